"""What forms refuse, in the words of whoever asked."""


class FormError(Exception):
    """The request is refused; the message says why and what to do."""
