"""Errors of the abuse desk, worded for the person concerned."""


class AbuseError(Exception):
    """An action on a case was refused; the message says why and how to fix it."""
