"""Errors of forms, worded for the person who made the request."""

from dataclasses import dataclass

from mailflatrate.rules.forms.request_limits import AskingAllowance


class FormError(Exception):
    """The request is refused; the message says why and how to fix it."""


@dataclass(eq=False)
class AskingBraked(FormError):
    """Raised after too many requests on other people's behalf. Retry after `seconds`."""

    message: str
    seconds: int
    allowance: AskingAllowance | None = None

    def __str__(self) -> str:
        return self.message
