"""Texts in every language: people write `<language>/LC_MESSAGES/django.po`; `.mo` is built from it."""
