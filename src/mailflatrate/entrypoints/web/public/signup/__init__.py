"""Signing up and confirming: the hosted form, embeds for other pages, the page behind the confirmation mail."""
