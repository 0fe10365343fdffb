"""What forms refuse, in the requester's terms."""

from dataclasses import dataclass

from mailflatrate.rules.forms.asking import AskingAllowance


class FormError(Exception):
    """The request is refused; the message says why and what to do."""


@dataclass(eq=False)
class AskingBraked(FormError):
    """Too much was asked on other people's behalf. Trying again makes sense after so many `seconds`."""

    message: str
    seconds: int
    allowance: AskingAllowance | None = None

    def __str__(self) -> str:
        return self.message
