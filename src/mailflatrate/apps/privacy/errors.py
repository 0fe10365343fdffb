"""Errors of data requests, worded for the person concerned."""


class PrivacyError(Exception):
    """A request was refused; the message says why and how to fix it."""
