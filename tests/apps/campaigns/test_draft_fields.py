"""The table of what a customer writes of a campaign."""

from mailflatrate.apps.campaigns.draft_fields import COVERED, DRAFT_FIELDS, UNSEEN, WITH_LINKS
from mailflatrate.apps.campaigns.models import Campaign


def test_draft_fields_are_those_of_a_campaign() -> None:
    assert all(hasattr(Campaign(), name) and field.label for name, field in DRAFT_FIELDS.items())
    assert COVERED >= WITH_LINKS and not UNSEEN & COVERED
