"""Signing up and confirming: the hosted form, embeds for other pages, and the page behind the confirmation mail."""
