"""Errors of sender domains, worded for the customer."""

from mailflatrate.base.refusals import AlreadyExists


class DomainError(Exception):
    """An action on a domain or a sender was refused; the message says why and how to fix it."""


class AddressInUse(DomainError, AlreadyExists):
    """The account has this domain or this sender already."""
