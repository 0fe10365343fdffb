"""What can go wrong at the abuse desk, in words for the person concerned."""


class AbuseError(Exception):
    """An action on a case was refused; the message says why and how to fix it."""
