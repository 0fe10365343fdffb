"""What can go wrong with sender domains, in words for the customer."""


class DomainError(Exception):
    """An action on a domain or a sender was refused; the message says why and how to fix it."""
