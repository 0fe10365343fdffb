"""How long the segments of a large customer take to count, with fields, tags, lists, deliveries and clicks.

    python bench/segments.py [--contacts 1000000] [--repeat 9]

Prints one JSON object: for each segment its people, the median and 95th percentile of a count in milliseconds, and the
time until the first people of it are shown. On a machine that does other work, look at the lowest time. The exit status
is 1 when the median of the segment with five conditions and an OR is above 1.5 seconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

from estate import Estate, build_estate, workspace
from measure import machine

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT_MILLISECONDS = 1_500
CAMPAIGNS = 8
SHARE_OF_A_CAMPAIGN = 0.5
ASKED = "five conditions with an OR"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="the speed of counting segments")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    with workspace(log_level="ERROR", public_url="https://localhost") as _:
        began = time.perf_counter()
        estate = build_estate(options.contacts)
        names = fill(estate)
        built = round(time.perf_counter() - began)
        found = {name: measure(estate, tree, options.repeat) for name, tree in segments(names).items()}
    print(
        json.dumps({"contacts": options.contacts, "built_s": built, "segments": found, "machine": machine()}, indent=1)
    )
    sys.exit(found[ASKED]["p50_ms"] > LIMIT_MILLISECONDS)


def fill(estate: Estate) -> dict[str, Any]:
    """Give the people values, tags, a second list, deliveries and clicks; return the ids to ask about.

    The owner writes the rows beside the triggers, which hold each of them for itself.
    """
    import psycopg

    from mailflatrate.apps.campaigns.actions.drafts import create_campaign
    from mailflatrate.apps.lists.actions.lists import create_list
    from mailflatrate.apps.lists.tags import ensure_tags
    from mailflatrate.base import tenancy
    from mailflatrate.settings import load_settings
    from mailflatrate.settings.roles import owner_url

    with tenancy.account(estate.account_id):
        second = create_list("Offers", "Offers", "en").id
        tags = ensure_tags(["VIP", "Wholesale", "Long ago"])
        campaigns = [create_campaign(f"Campaign {n}", by=None, values={}).id for n in range(CAMPAIGNS)]
    values = {
        "account": estate.account_id, "first": estate.list_id, "second": second, "tags": tags, "campaigns": campaigns,
        "share": SHARE_OF_A_CAMPAIGN,
    }  # fmt: skip
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("SET work_mem = '256MB'")
        for statement in ROWS:
            owner.execute(statement, values)
        owner.execute("VACUUM ANALYZE contact, subscription, contact_tag, delivery, click, campaign")
    return {"list": estate.list_id, "second": second, "tags": tags, "campaigns": campaigns}


ROWS = (
    """UPDATE contact c SET attributes = jsonb_build_object(
           'city', (ARRAY['Kiel', 'Bonn', 'Köln', 'Ulm', 'Hamm', 'Trier', 'Jena', 'Gera', 'Hof', 'Wien'])
               [(1 + id %% 10)::int],
           'points', id %% 1000, 'born', (date '1950-01-01' + (id * 7919 %% 20000)::int)::text,
           'vip', id %% 20 = 0, 'likes', to_jsonb((ARRAY['Roses', 'Tulips', 'Asters'])[1:(1 + id %% 3)::int])),
           last_activity_at = CASE WHEN id %% 3 > 0 THEN now() - (id * 31 %% 900) * interval '1 day' END,
           tracking_event_id = CASE WHEN id %% 5 < 2 THEN (SELECT s.consent_event_id FROM subscription s
               WHERE s.contact_id = c.id LIMIT 1) END
       WHERE account_id = %(account)s""",
    """UPDATE subscription SET confirmed_at = now() - (contact_id * 17 %% 1200) * interval '1 day'
       WHERE account_id = %(account)s""",
    """INSERT INTO subscription (account_id, mailing_list_id, contact_id, state, consent_event_id, confirmed_at)
       SELECT account_id, %(second)s, contact_id, 'confirmed', consent_event_id,
           now() - (contact_id * 13 %% 700) * interval '1 day'
       FROM subscription WHERE account_id = %(account)s AND mailing_list_id = %(first)s AND contact_id %% 5 < 2""",
    """INSERT INTO contact_tag (account_id, tag_id, contact_id)
       SELECT c.account_id, t.id, c.id FROM contact c
       JOIN unnest(%(tags)s::bigint[], ARRAY[20, 3, 2]) AS t (id, every) ON c.id %% t.every = 0
       WHERE c.account_id = %(account)s""",
    """UPDATE campaign SET state = 'sent', finished_at = now(),
           started_at = now() - array_position(%(campaigns)s::bigint[], id) * interval '15 days'
       WHERE id = ANY(%(campaigns)s)""",
    """INSERT INTO delivery (account_id, campaign_id, chunk_id, contact_id, mailing_list_id, decision_id, rules_version,
           granted_at, consent_event_id, state, attempts, settled_at, created_at)
       SELECT s.account_id, k.id, 0, s.contact_id, s.mailing_list_id, 0, 'bench', k.at, s.consent_event_id,
           CASE WHEN s.contact_id %% 50 = 0 THEN 'bounced' ELSE 'sent' END, 1, k.at, k.at
       FROM (SELECT id, started_at AS at FROM campaign WHERE id = ANY(%(campaigns)s) ORDER BY id) k
       JOIN subscription s ON s.account_id = %(account)s AND s.mailing_list_id = %(first)s
           AND abs(hashint8(s.contact_id * 31 + k.id)) %% 1000 < 1000 * %(share)s::float
       ORDER BY k.id, s.contact_id""",
    """INSERT INTO click (account_id, campaign_id, edition_id, link_number, at, delivery_id, machine)
       SELECT d.account_id, d.campaign_id, 0, 1 + d.id %% 5, d.settled_at + interval '2 hours', d.id, d.id %% 97 = 0
       FROM delivery d JOIN contact c ON c.id = d.contact_id AND c.tracking_event_id IS NOT NULL
       CROSS JOIN generate_series(1, 2) AS times
       WHERE d.account_id = %(account)s AND abs(hashint8(d.id)) %% 8 = 0""",
)


def condition(field: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """Return a condition in the JSON form."""
    return {"field": field, "op": op, **({} if value is None else {"value": value}), **more}


def segments(names: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the segments to count, by what they ask."""
    city = condition("attribute", "in", ["Kiel", "Bonn"], key="city")
    points = condition("attribute", "more", 500, key="points")
    born = condition("attribute", "anniversary", 30, key="born")
    vip, wholesale, _old = (condition("tag", "has", tag) for tag in names["tags"])
    offers = condition("list", "on_within_days", names["second"], days=90)
    received = condition("received", "at_least", times=3, days=90)
    clicked = condition("clicked", "did", days=90)
    active = condition("activity", "within_days", 90)

    def all_of(*items: Any) -> dict[str, Any]:
        return {"match": "all", "items": list(items)}

    def any_of(*items: Any, exclude: bool = False) -> dict[str, Any]:
        return {"match": "any", "items": list(items), "exclude": exclude}

    return {
        "everyone": all_of(),
        "one field": all_of(city),
        "one tag": all_of(vip),
        "anniversary": all_of(born),
        "one list, since when": all_of(offers),
        "source of sign-up": all_of(condition("source", "contains", "shop.example")),
        "got a campaign": all_of(condition("mailing", "got", names["campaigns"][0])),
        "received once": all_of(condition("received", "at_least", times=1, days=90)),
        "received three times": all_of(received),
        "clicked": all_of(clicked),
        "clicked twice": all_of(condition("clicked", "did", times=2, days=90)),
        "nothing clicked": all_of(condition("clicked", "did_not", days=90)),
        ASKED: all_of(points, wholesale, any_of(city, offers, active)),
        "five conditions with an OR over campaigns": all_of(points, any_of(vip, clicked, city), active),
        "five, two groups and an exclusion": all_of(
            any_of(city, vip),
            any_of(points, active),
            any_of(condition("mailing", "got", names["campaigns"][1]), exclude=True),
        ),
    }


def measure(estate: Estate, tree: dict[str, Any], repeat: int) -> dict[str, Any]:
    """Count a segment some times, after once to warm up, and show some of its people."""
    from mailflatrate.apps.segments.counts import count_people, sample_people
    from mailflatrate.base import tenancy

    took: list[float] = []
    with tenancy.account(estate.account_id):
        count = count_people(tree)
        for _ in range(repeat if count.people is not None and not count.is_least else 1):
            took.append(_milliseconds(lambda: count_people(tree)))
        sample = _milliseconds(lambda: sample_people(tree))
    return {
        "people": count.people, "is_least": count.is_least, "untracked": count.untracked, "p50_ms": _share(took, 0.5),
        "p95_ms": _share(took, 0.95), "lowest_ms": round(min(took), 1), "sample_ms": round(sample, 1),
    }  # fmt: skip


def _milliseconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _share(took: Sequence[float], share: float) -> float:
    if share == 0.5:
        return round(statistics.median(took), 1)
    return round(sorted(took)[min(len(took) - 1, round(share * (len(took) - 1)))], 1)


if __name__ == "__main__":
    main()
