"""Errors of accounts, worded for the person concerned."""


class AccountError(Exception):
    """An action on an account was refused; the message says why and how to fix it."""
