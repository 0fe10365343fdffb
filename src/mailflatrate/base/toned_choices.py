"""Choices of a state that a page shows as a badge: value, tone, label."""

from typing import Self

from django.db import models


class TonedChoices(models.TextChoices):
    """A member is `NAME = value, tone, label`. `tone` is one of the badge component's; empty: neutral."""

    tone: str

    def __new__(cls, value: str, tone: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.tone = tone
        return member
