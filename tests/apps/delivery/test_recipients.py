"""Pages of a campaign's recipients: everyone once, whichever chunks hold them and however few match."""

import pytest
from django.db.models import Count

from estate import Estate, build_estate, release
from mailflatrate.apps.delivery.models import Delivery, DeliveryState, Tally
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.delivery.planning.recipients import RecipientFilter, all_recipients, recipients
from mailflatrate.base import tenancy
from mailflatrate.settings.schema import load_settings

PEOPLE = 60


@pytest.fixture(scope="module")
def planned(database: str) -> tuple[Estate, int]:
    """A campaign in chunks of ten, in which every seventh bounced, a third of those hard."""
    assert database
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(plan, "load_settings", lambda: load_settings().model_copy(update={"chunk_size": 10}))
        patched.setattr(plan, "SLICE_CONTACTS", 25)
        estate = build_estate(PEOPLE)
        campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        for number, row in enumerate(Delivery.objects.filter(campaign_id=campaign_id).order_by("contact_id")):
            if number % 5:
                bounce = "" if number % 7 else "hard" if number % 3 else "soft"
                state = DeliveryState.BOUNCED if bounce else DeliveryState.SENT
                Delivery.objects.filter(id=row.id).update(state=state, bounce=bounce)
        counted = Delivery.objects.filter(campaign_id=campaign_id).exclude(state=DeliveryState.PENDING)
        for chunk, state, bounce, count in counted.values_list("chunk_id", "state", "bounce").annotate(Count("id")):
            Tally.objects.create(chunk_id=chunk, campaign_id=campaign_id, state=state, detail=bounce, count=count)
    return estate, campaign_id


@pytest.mark.slow
@pytest.mark.parametrize(
    "wanted",
    [
        RecipientFilter(),
        RecipientFilter(DeliveryState.SENT),
        RecipientFilter(DeliveryState.BOUNCED),
        RecipientFilter(DeliveryState.BOUNCED, "hard"),
        RecipientFilter(DeliveryState.PENDING),
        RecipientFilter(DeliveryState.WITHHELD),
        RecipientFilter(search="1"),
        RecipientFilter(DeliveryState.SENT, search="1"),
    ],
    ids=lambda wanted: f"{wanted.state or 'all'} {wanted.detail}{wanted.search}".strip(),
)
def test_pages_of_any_size_show_every_match_once(planned: tuple[Estate, int], wanted: RecipientFilter) -> None:
    estate, campaign_id = planned
    with tenancy.account(estate.account_id):
        matching = Delivery.objects.filter(campaign_id=campaign_id)
        if wanted.state:
            matching = matching.filter(state=wanted.state)
        if wanted.detail:
            matching = matching.filter(bounce=wanted.detail)
        if wanted.search:
            matching = matching.filter(contact__email__contains=wanted.search)
        expected = set(matching.values_list("id", flat=True))
        for most in (1, 7, PEOPLE + 1):
            shown: list[int] = []
            while page := recipients(campaign_id, wanted, after=shown[-1] if shown else 0, most=most):
                assert len(page) <= most
                shown += [row.id for row in page]
            assert len(shown) == len(expected) and set(shown) == expected, most
    assert [row.id for row in all_recipients(estate.account_id, campaign_id, wanted)] == shown
    assert bool(expected) == (wanted.state != DeliveryState.WITHHELD)


def test_another_customer_sees_none_of_them(planned: tuple[Estate, int]) -> None:
    with tenancy.account(build_estate(1).account_id):
        assert recipients(planned[1], RecipientFilter()) == []
