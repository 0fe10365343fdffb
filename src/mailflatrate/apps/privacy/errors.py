"""What can go wrong, in words for the person concerned."""


class PrivacyError(Exception):
    """A request was refused; the message says why and how to fix it."""
