"""Applying for an account: a public page in steps, saved as it goes (R-01, R-02).

An address is proved first, by a link that also leads back later. The link opens one application in this browser's
session and nothing else: it signs nobody in.
"""
