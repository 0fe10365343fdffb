"""Signing up and confirming: the hosted form, what other pages embed, the page behind the confirmation mail."""
