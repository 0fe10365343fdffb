"""A small account is counted on each view; a large one shows what a job counted last, which says the same."""

import pytest

from mailflatrate.apps.stats import audience
from mailflatrate.apps.stats.models import AudienceCount
from mailflatrate.base import tenancy
from support.customers import customer_with_list
from support.scope import rows


def test_a_stored_count_says_the_same_as_a_live_one(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = customer_with_list("Anna", approved=False).with_people(2)
    carla = customer_with_list("Carla", approved=False).with_people(1)
    with tenancy.account(anna.account_id):
        figures = audience.audience_figures()
        assert (figures.growth.end, figures.inactive, figures.active_percent) == (2, 0, 100)
        assert not AudienceCount.objects.exists(), "a small account is counted on each view"
        monkeypatch.setattr(audience, "LIVE_PEOPLE", 0)
        stored = audience.audience_figures()
        assert (stored.growth, stored.ages, stored.inactive) == (figures.growth, figures.ages, figures.inactive)
        assert stored.counted_at is not None
        assert audience.audience_figures() == stored, "the last count serves until a job counts again"
    assert not rows(carla, AudienceCount).exists()
