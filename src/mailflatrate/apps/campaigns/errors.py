"""What can go wrong with campaigns, in words for the customer."""

from mailflatrate.mail.pictures import Refusal


class CampaignError(Exception):
    """An action on a campaign was refused; the message says why and how to fix it."""


class NotEditable(CampaignError):
    """The campaign is no longer a draft; what was sent is never changed."""


class NameTaken(CampaignError):
    """Another template has this name."""


class MediaRefused(CampaignError):
    """A picture is not taken. `reason` is the file's fault; None where the account's room is used up."""

    def __init__(self, reason: Refusal | None) -> None:
        super().__init__(reason.value if reason else "quota")
        self.reason = reason


class MediaInUse(CampaignError):
    """A picture shown in a sent campaign is kept, because readers still open it."""
