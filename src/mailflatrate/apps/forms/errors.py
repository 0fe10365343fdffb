"""Errors of forms, worded for the person who made the request."""

from dataclasses import dataclass

from mailflatrate.rules.forms.request_limits import AskingAllowance


class FormError(Exception):
    pass


@dataclass(eq=False)
class AskingBraked(FormError):
    """Retry after `seconds`."""

    message: str
    seconds: int
    allowance: AskingAllowance | None = None

    def __str__(self) -> str:
        return self.message
