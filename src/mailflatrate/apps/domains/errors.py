"""Errors of sender domains, worded for the customer."""


class DomainError(Exception):
    """An action on a domain or a sender was refused; the message says why and how to fix it."""
