"""What can go wrong with campaigns, in words for the customer."""


class CampaignError(Exception):
    """An action on a campaign was refused; the message says why and how to mend it."""


class NotEditable(CampaignError):
    """The campaign has left the draft; what went out is never changed."""
