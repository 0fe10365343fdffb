"""Signing up and confirming: the hosted form, embeds for other pages, and the page that the
confirmation mail links to.
"""
