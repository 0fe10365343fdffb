"""Segments on a small crowd: what the SQL of a tree finds is what a plain reading of the tree in Python says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.consent import ledger
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.models import ConsentKind, Contact, Subscription
from mailflatrate.apps.lists.tags import ensure_tags, give_tags
from mailflatrate.apps.segments.builders import conditions_sql, whole_account
from mailflatrate.apps.segments.conditions.parsing import parse_segment
from mailflatrate.apps.segments.conditions.tree import versioned_form
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import clock, tenancy
from support.customers import Customer, sending_customer
from support.scope import within
from support.segment_reading import Someone, holds, meets

PEOPLE = 10
VALUES: list[dict[str, Any]] = [
    {"city": "Kiel", "points": 12, "born": "1980-02-29", "vip": True, "likes": ["Roses", "Tulips"], "land": "DE"},
    {"city": "KIEL", "points": 3.5, "born": "1990-12-31", "vip": False, "likes": ["Roses"], "land": "AT"},
    {"city": "Köln", "points": "3,5", "born": "03.02.1990", "likes": ["Tulips"]},
    {"city": "", "points": -4, "born": "31.02.1990", "vip": "true"},
    {"points": "many", "born": "2026-01-01"},
    {},
    {"city": "kiel am see", "points": 100, "likes": [], "born": "--02-29"},
    {"city": "Bonn", "points": 0, "born": "2001-01-01"},
    {"city": "Bonn", "likes": ["Asters", "Roses", "Tulips"], "born": "--12-04"},
    {"city": "100%_'\"\\", "points": 12.0},
]
DOMAINS = ("gmail.com", "gmx.de", "web.de", "people.example", "outlook.com")


@dataclass
class Crowd:
    """The people of an account, and what conditions can name."""

    account_id: int
    people: list[Someone]
    lists: list[int]
    tags: list[int]
    campaigns: list[int]
    link: str


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    return build()


def build() -> Crowd:
    anna = sending_customer(people=0)
    for domain in DOMAINS:
        anna.with_people(PEOPLE // len(DOMAINS), domain)
    with tenancy.account(anna.account_id):
        other = create_list("Other").id
        tags = ensure_tags(["VIP", "Wholesale"])
        people = [dress(anna, other, tags, number) for number in range(PEOPLE)]
    campaigns = [anna.sending(name) for name in ("First", "Second")]
    for campaign in campaigns:
        anna.settle(campaign, DeliveryState.SENT, 7)
        anna.settle(campaign, DeliveryState.BOUNCED, 1, bounce="soft")
    link = within(anna, record, people, campaigns)
    return Crowd(anna.account_id, people, [anna.list_id, other], tags, [each.id for each in campaigns], link)


def dress(anna: Customer, other: int, tags: list[int], number: int) -> Someone:
    contact = Contact.objects.order_by("id")[number]
    contact.first_name = ("Dora", "dora", "Emil", "", "Änne")[number % 5]
    contact.attributes = VALUES[number]
    active = None if number % 3 == 0 else 40.0 * number + 0.5
    contact.last_activity_at = None if active is None else ago(active)
    first = Subscription.objects.get(contact=contact)
    agreed = number % 2 == 0
    contact.tracking_event_id = first.consent_event_id if agreed else None
    contact.save()
    assert first.confirmed_at is not None
    lists = {first.mailing_list_id: (clock.now() - first.confirmed_at).total_seconds() / 86_400}
    assert first.consent_event is not None
    sources, forms = [first.consent_event.evidence.source], list[int]()
    if number % 4 == 1:
        days, forms = 15.0 * number + 0.5, [number % 2 + 7]
        sources.append(f"https://shop.example/page{number}")
        evidence = ledger.EventEvidence(email=contact.email, source=sources[-1], details={"form": forms[0]})
        event = ledger.append(contact.id, other, ConsentKind.CONFIRMED, ago(days), evidence)
        Subscription.objects.create(
            mailing_list_id=other, contact=contact, state="confirmed", consent_event_id=event, confirmed_at=ago(days)
        )
        lists[other] = days
    given_tags = [tag for place, tag in enumerate(tags) if number % (place + 2) == 0]
    if given_tags:
        give_tags([contact.id], given_tags)
    return Someone(
        contact.id,
        contact.email,
        contact.first_name,
        VALUES[number],
        active,
        lists,
        sources,
        forms,
        set(given_tags),
        agreed,
    )


def record(people: list[Someone], campaigns: list[Campaign]) -> str:
    """Spread deliveries over time, and let some people click; return the link."""
    link = ""
    by_id = {person.id: person for person in people}
    for place, campaign in enumerate(campaigns):
        edition = Edition.objects.get(campaign=campaign)
        link = edition.links[0]["url"]
        for delivery in Delivery.objects.filter(campaign=campaign).order_by("id"):
            assert delivery.contact_id is not None
            person = by_id[delivery.contact_id]
            if delivery.state != "bounced":
                person.got.add(campaign.id)
            if delivery.state != "sent":
                continue
            days = 20.0 * person.id % 97 + 50 * place + 0.5
            Delivery.objects.filter(id=delivery.id).update(settled_at=ago(days))
            person.sent_days.append(days)
            for click in range(person.id % 3 if person.agreed else 0):
                at = max(days - 1 - click, 0.5)
                Click.objects.create(
                    campaign=campaign,
                    edition_id=edition.id,
                    link_number=edition.links[0]["number"],
                    at=ago(at),
                    delivery_id=delivery.id,
                    machine=False,
                )
                person.clicks.append((campaign.id, link, at))
            Click.objects.create(  # a scanner
                campaign=campaign, edition_id=edition.id, link_number=1, delivery_id=delivery.id, machine=True
            )
    return link


def ago(days: float) -> datetime:
    return clock.now() - timedelta(days=days)


# -- random trees -----------------------------------------------------------------------------------------------------

TEXTS = st.sampled_from(["Kiel", "kiel", "Bonn", "K", "ö", "Roses", "tulips", "dora", "e", "%", "12", "\\", "true"])
LONG = st.sampled_from([1, 10, 31, 60, 90, 200, 400])


def conditions(crowd: Crowd) -> st.SearchStrategy[dict[str, Any]]:
    lists, tags = st.sampled_from([*crowd.lists, 10**9]), st.sampled_from([*crowd.tags, 10**9])
    campaigns = st.sampled_from([*crowd.campaigns, 10**9])
    keys = st.sampled_from(["city", "points", "born", "vip", "likes", "land", "none"])
    numbers = st.sampled_from([-4, 0, 3, 3.5, 12, 100])
    sources = st.sampled_from(["https", "page1", "lindenhof.example"])
    texts = ["equals", "not_equals", "contains", "not_contains", "starts"]

    def made(kind: str, ops: list[str], **values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({"field": st.just(kind), "op": st.sampled_from(ops), **values})

    def some(one: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
        return st.lists(one, min_size=1, max_size=3, unique=True)

    def perhaps(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(st.none(), one)

    return st.one_of(
        made("attribute", texts, key=keys, value=TEXTS),
        made("attribute", ["in", "has_all", "not_equals"], key=keys, value=some(TEXTS).filter(lambda v: len(v) > 1)),
        made("attribute", ["set", "empty", "yes", "no"], key=keys),
        made("attribute", ["less", "at_most", "more", "at_least", "equals", "not_equals"], key=keys, value=numbers),
        made("attribute", ["between"], key=keys, value=st.tuples(numbers, numbers).map(lambda two: sorted(two))),
        made("attribute", ["before", "after", "on_day"], key=keys, value=st.sampled_from(["1990-02-03", "2001-01-01"])),
        made("attribute", ["last_days", "anniversary"], key=keys, value=LONG.filter(lambda days: days < 366)),
        made("first_name", texts, value=TEXTS),
        made("first_name", ["set", "empty"]),
        made("email_domain", ["equals", "contains"], value=st.sampled_from(["gmx.de", "g", "example"])),
        made("provider", ["in", "not_equals"], value=some(st.sampled_from(["google", "united_internet", "other"]))),
        made("list", ["on", "not_on"], value=lists),
        made("list", ["on", "not_on"], value=some(lists)),
        made("list", ["on_within_days", "on_longer_days"], value=lists, days=LONG),
        made("tag", ["has", "has_all", "has_not"], value=some(tags)),
        made("tag", ["set", "empty"]),
        made("form", ["in", "not_equals"], value=st.sampled_from([7, 8, 9])),
        made("source", ["equals", "contains", "starts", "not_contains"], value=sources),
        made("consent", ["within_days", "not_within_days"], value=LONG),
        made("activity", ["within_days", "not_within_days"], value=LONG),
        made("activity", ["never"]),
        made("mailing", ["got", "not_got"], value=campaigns),
        made("received", ["at_least", "less"], times=st.integers(1, 3), days=perhaps(LONG)),
        made("clicked", ["did", "did_not"], times=perhaps(st.integers(1, 3)), days=perhaps(LONG)),
        made("clicked", ["did", "did_not"], campaign=campaigns, link=perhaps(st.sampled_from([crowd.link, "x"]))),
    )


def trees(crowd: Crowd) -> st.SearchStrategy[dict[str, Any]]:
    leaf = conditions(crowd)

    def group(items: st.SearchStrategy[Any], least: int, **more: Any) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries(
            {"match": st.sampled_from(["all", "any"]), "items": st.lists(items, min_size=least, max_size=4), **more}
        )

    inner = group(leaf, 1, exclude=st.booleans())
    middle = group(st.one_of(leaf, inner), 1, exclude=st.booleans())
    return group(st.one_of(leaf, middle), 0)


def found(crowd: Crowd, tree: dict[str, Any]) -> set[int]:
    with tenancy.account(crowd.account_id), connection.cursor() as cursor:
        where, values = conditions_sql(tree)
        cursor.execute(f"SELECT c.id FROM contact c WHERE {where}", values)
        inside = {row[0] for row in cursor.fetchall()}
        with whole_account():
            by_sets, more = conditions_sql(tree)
            cursor.execute(f"SELECT c.id FROM contact c WHERE {by_sets}", more)
            assert {row[0] for row in cursor.fetchall()} == inside, "by sets and one by one"
        cursor.execute(f"SELECT c.id FROM contact c WHERE NOT ({where})", values)
        outside = {row[0] for row in cursor.fetchall()}
    assert inside | outside == {person.id for person in crowd.people}, "true or false, never unknown"
    assert not inside & outside
    return inside


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_tree_finds_whom_a_plain_reading_finds(crowd: Crowd, data: st.DataObject) -> None:
    tree = data.draw(trees(crowd))
    assert found(crowd, tree) == {person.id for person in crowd.people if holds(tree, person)}
    assert parse_segment(versioned_form(parse_segment(tree))) == parse_segment(tree), "what is stored reads back"


@pytest.mark.slow
def test_each_condition_alone(crowd: Crowd) -> None:
    """Every operator of every field at least once, so that none is left to chance."""
    seen: set[tuple[str, str]] = set()

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(asked=conditions(crowd))
    def check(asked: dict[str, Any]) -> None:
        seen.add((asked["field"], asked["op"]))
        assert found(crowd, {"items": [asked]}) == {person.id for person in crowd.people if meets(asked, person)}

    check()
    assert len(seen) > 50
