"""Errors with campaigns, worded for the customer."""

from mailflatrate.base.refusals import AlreadyExists
from mailflatrate.mail.picture_values import Refusal


class CampaignError(Exception):
    """An action on a campaign was refused; the message says why and how to fix it."""


class CampaignInputError(CampaignError):
    """A value of the request is not allowed, whatever the state of the campaign."""


class NotEditable(CampaignError):
    """The campaign is no longer a draft; what was sent is never changed."""


class NameTaken(CampaignError, AlreadyExists):
    """Raised when another template already has this name."""


class MediaRefused(CampaignError):
    """Raised when a picture is rejected. `reason` is the file's fault; None when the account's storage is full."""

    def __init__(self, reason: Refusal | None) -> None:
        super().__init__(reason.value if reason else "quota")
        self.reason = reason


class MediaInUse(CampaignError):
    """A picture shown in a sent campaign is kept, because readers still open it."""
