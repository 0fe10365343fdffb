"""Errors with campaigns, worded for the customer."""

from mailflatrate.base.refusals import AlreadyExists
from mailflatrate.mail.images.picture_values import Refusal


class CampaignError(Exception):
    """An action on a campaign was refused; the message says why and how to fix it."""


class CampaignInputError(CampaignError):
    """A value of the request is not allowed, whatever the state of the campaign."""


class LockedPart(CampaignInputError):
    """The change reaches a part of the design that is locked for this member."""


class NotEditable(CampaignError):
    """The campaign is no longer a draft; what was sent is never changed."""


class NameTaken(CampaignError, AlreadyExists):
    """Raised when another template, saved row or test list already has this name."""


class MediaRefused(CampaignError):
    """`reason` says what is wrong with the file; None when the account's storage is full."""

    def __init__(self, reason: Refusal | None) -> None:
        super().__init__(reason.value if reason else "quota")
        self.reason = reason


class MediaInUse(CampaignError):
    """Raised on deleting a picture of a sent campaign, which readers still open."""
