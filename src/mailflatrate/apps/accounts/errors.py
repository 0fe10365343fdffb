class AccountError(Exception):
    """An action on an account was refused; the message says why and how to fix it."""
