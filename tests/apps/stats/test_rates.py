"""Rates as R-85 has them, by everything that it tells apart, and the ceilings of accounts that have just begun."""

import pytest
from django.db.models import F
from django.utils import translation

from mailflatrate.apps.abuse.models import Case, CaseKind
from mailflatrate.apps.accounts.models import Account, AccountStatus, Notice
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import Delivery, DeliveryState, Tally
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.stats import action_texts, actions, queries
from mailflatrate.apps.stats.models import DailyFigure, Measure
from mailflatrate.apps.stats.queries import Dimension
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.feedback.measures import MeasureLevel
from support.cast import per_test
from support.contact_files import HEADER, readdress
from support.customers import Customer, sending_customer, sends_since
from support.origins import approve_origin
from support.scope import within

PEOPLE = 400
anna = per_test(sending_customer, PEOPLE)


def move_to(campaign: Campaign, domain: str, people: int, skip: int = 0) -> None:
    """So many recipients have their mailbox at this domain. Runs inside `tenancy.account(...)`."""
    ids = Delivery.objects.filter(campaign=campaign).order_by("id").values_list("contact_id", flat=True)
    for contact in Contact.objects.filter(id__in=list(ids[skip : skip + people])):
        readdress(contact.id, email=f"{contact.email.partition('@')[0]}@{domain}")


def complain(campaign: Campaign, count: int) -> None:
    """The first ones report it. Runs inside `tenancy.account(...)`."""
    rows = Delivery.objects.filter(campaign=campaign, state=DeliveryState.SENT).order_by("id")
    for row in rows[:count]:
        kind = FeedbackKind.COMPLAINT
        Feedback.objects.create(delivery_id=row.id, campaign=campaign, contact_id=row.contact_id, kind=kind)


def taken(anna: Customer) -> list[tuple[str, str, int]]:
    with tenancy.account(anna.account_id):
        return list(Measure.objects.order_by("id").values_list("scope", "cause", "level"))


@pytest.mark.slow
def test_who_never_reports_thins_no_rate(anna: Customer) -> None:
    """100 at Outlook, 300 at Gmail, 2 complaints: 2 % whatever the dimension, and none at Gmail."""
    campaign = anna.sending()
    with tenancy.account(anna.account_id):
        move_to(campaign, "outlook.com", 100)
        move_to(campaign, "gmail.com", 300, skip=100)
    anna.settle(campaign, DeliveryState.SENT, PEOPLE)
    within(anna, complain, campaign, 2)
    actions.refresh_campaign(anna.account_id, campaign.id)
    with tenancy.account(anna.account_id):
        for days in (1, 7):
            for dimension in (Dimension.LIST, Dimension.DOMAIN, Dimension.CAMPAIGN, Dimension.ORIGIN):
                [counts] = queries.rates_by(dimension, days).values()
                assert (counts.delivered, counts.reporting, counts.complaints) == (400, 100, 2), dimension
            by_provider = queries.rates_by(Dimension.PROVIDER, days)
            assert (by_provider["microsoft"].reporting, by_provider["google"].reporting) == (100, 0)
            whole = queries.window_counts(days)
            assert (whole.delivered, whole.reporting, whole.complaints) == (400, 100, 2)


def test_each_origin_has_its_own_rate(anna: Customer) -> None:
    """Imported contacts count for the declaration they rest on; those who came by a form count for none."""
    declared = approve_origin(anna.account_id, anna.list_id)
    line = "2026-10-01T10:00:00Z;192.0.2.1;2026-10-01T10:05:00Z;https://a.example/;Kiel"
    lines = [f"{name}@ulmenhof-briefe.de;Emil;Neu;{line}" for name in ("emil", "frieda", "gustav", "hanna", "ida")]
    imported = anna.bring("\n".join([HEADER, *lines]) + "\n")
    assert (imported.origin_id, imported.accepted) == (declared.id, 5)
    campaign = anna.sending()
    anna.settle(campaign, DeliveryState.SENT, PEOPLE + 2)
    anna.settle(campaign, DeliveryState.BOUNCED, 3, bounce="hard")
    actions.refresh_campaign(anna.account_id, campaign.id)
    with tenancy.account(anna.account_id):
        found = queries.rates_by(Dimension.ORIGIN, 7)
        assert {key: (counts.settled, counts.hard) for key, counts in found.items()} == {
            None: (PEOPLE, 0),
            declared.id: (5, 3),
        }


def bounced_twice(anna: Customer, *, before: int, now: int) -> Campaign:
    """A running campaign where `now` of 400 addresses were dead; in one earlier today, `before` of many were."""
    earlier, campaign = anna.sending("Before"), anna.sending()
    with tenancy.account(anna.account_id):
        DailyFigure.objects.create(
            campaign=earlier, mailing_list_id=anna.list_id, provider="other", day=queries.today(), settled=5000,
            delivered=5000 - before, hard=before, soft=0, complaints=0, unsubscribed=0,
        )  # fmt: skip
    anna.settle(campaign, DeliveryState.SENT, PEOPLE - now - 1)
    anna.settle(campaign, DeliveryState.BOUNCED, now, bounce="hard")
    return campaign


def test_a_new_account_is_paused_at_its_ceiling_at_once(anna: Customer) -> None:
    """25 dead addresses in a day, at 0.5 %: no line of R-88 says so, the ceiling does, before any figure is kept."""
    campaign = bounced_twice(anna, before=21, now=3)
    actions.judge_campaign(anna.account_id, campaign.id)
    assert taken(anna) == [("day", "new_hard_bounces", MeasureLevel.WARN)]
    with tenancy.account(anna.account_id):
        Tally.objects.filter(campaign=campaign, state=DeliveryState.BOUNCED).update(count=F("count") + 1)
    for _ in range(2):
        actions.judge_campaign(anna.account_id, campaign.id)
    assert ("day", "new_hard_bounces", MeasureLevel.PAUSE_ACCOUNT) in taken(anna)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Account.objects.get(id=anna.account_id).status == AccountStatus.PAUSED
        measure = Measure.objects.get(account_id=anna.account_id, level=MeasureLevel.PAUSE_ACCOUNT.value)
        assert (measure.events, measure.limit_percent) == (25, 25)
        assert Case.objects.filter(account_id=anna.account_id, kind=CaseKind.FIGURES).count() == 1
        letters = Notice.objects.filter(recipient=anna.owner.email, kind="standing")
        said = "25 addresses didn't exist within a day. A new account must stay below 25."
        assert any(said in letter.text for letter in letters)
    with translation.override("de"):
        assert action_texts.sentence(measure).endswith(
            "gezählt über einen Tag; ein neues Konto darf 25 nicht erreichen."
        )


def test_an_account_that_sends_for_a_while_has_rates_only(anna: Customer) -> None:
    sends_since(anna.account_id, 31)
    campaign = bounced_twice(anna, before=60, now=3)
    actions.judge_campaign(anna.account_id, campaign.id)
    assert taken(anna) == []
