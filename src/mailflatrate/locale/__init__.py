"""Translations: `<language>/LC_MESSAGES/django.po` is written by people, `.mo` is built from it."""
