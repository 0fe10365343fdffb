"""The audience of a campaign, counted in one pass over the people who would get it (R-10, R-13, R-15, R-44)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import audience_lists, audience_of
from mailflatrate.apps.campaigns.translations import languages_of, people_by_language
from mailflatrate.apps.campaigns.variants import people_each
from mailflatrate.apps.gate.coupon_stock import coupon_facts
from mailflatrate.apps.lists.actions.import_checks import OVER
from mailflatrate.apps.lists.models import CheckState, Import, ImportState, OriginState, Subscription, SubscriptionState
from mailflatrate.apps.lists.queries import UNSUPPRESSED, on_a_list
from mailflatrate.apps.lists.segments import named_sql, whole_account
from mailflatrate.base import clock, tenancy
from mailflatrate.rules import sql
from mailflatrate.rules.campaign_states import NOT_BEGUN
from mailflatrate.rules.countries import ATTRIBUTES, country_of
from mailflatrate.rules.facts import AudienceFacts
from mailflatrate.rules.limits import CONSENT_REVIEW_AGE

MOST_NAME_CHARACTERS = 40

# A click or a confirmation within the year settles freshness; more is looked up only for the others.
_PEOPLE = """
SELECT ending, country, count(*), count(*) FILTER (WHERE stale) FROM (
    SELECT substring(c.email FROM '[^.]+$') AS ending, left(lower(coalesce({country})), %(most)s) AS country,
        coalesce(c.last_activity_at < %(since)s, TRUE)
        AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.account_id = c.account_id AND s.contact_id = c.id
            AND s.mailing_list_id = ANY(%(list_ids)s::bigint[]) AND {is_confirmed}
            AND s.confirmed_at >= %(since)s)
        AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.account_id = c.account_id AND d.contact_id = c.id
            AND d.state = 'sent' AND d.settled_at >= %(since)s)
        AND NOT EXISTS (SELECT 1 FROM last_mailing m WHERE m.account_id = c.account_id AND m.contact_id = c.id
            AND m.sent_at >= %(since)s) AS stale
    FROM contact c
    WHERE c.account_id = %(account_id)s AND {unsuppressed} AND {on_a_list} AND {segment}
) people GROUP BY ending, country
"""


@dataclass(frozen=True, slots=True)
class _AudienceCount:
    recipients: int
    stale: int
    countries: frozenset[str]


def audience_facts(campaign: Campaign) -> AudienceFacts:
    """Return the facts about the audience at this moment, for the rules.

    Raises SegmentError if the segment's conditions are invalid.
    """
    lists = audience_lists(campaign)
    counted = _count(campaign)
    tests = campaign.variants and campaign.state in NOT_BEGUN
    return AudienceFacts(
        lists=tuple(row.name for row in lists),
        lists_without_origin=tuple(row.name for row in lists if _without_origin(row.id, OriginState(row.origin_state))),
        lists_importing=tuple(row.name for row in lists if _importing(row.id)),
        recipients=counted.recipients,
        stale_consents=counted.stale,
        recipient_countries=counted.countries,
        language=campaign.language,
        lists_in_other_language=tuple(row.name for row in lists if row.language not in languages_of(campaign)),
        unwritten_languages=_unwritten(campaign),
        untranslated=tuple(each["language"] for each in campaign.translations if _is_copy(campaign, each)),
        people_each=people_each(campaign, counted.recipients) if tests else None,
        coupons=coupon_facts(campaign, counted.recipients),
    )


def _unwritten(campaign: Campaign) -> tuple[tuple[str, int], ...]:
    """Return the languages that recipients chose and that the campaign has no text in, with their number (R-51)."""
    if not campaign.translations:
        return ()
    with whole_account():
        chosen = people_by_language(campaign)
    return tuple((code, people) for code, people in chosen.items() if code and code not in languages_of(campaign))


def _is_copy(campaign: Campaign, text: Mapping[str, str]) -> bool:
    """Return whether a translation still says what the first text says, as it did when it was added."""
    return bool(campaign.content.strip()) and text["content"] == campaign.content


def _without_origin(list_id: int, state: OriginState) -> bool:
    """Return whether a list's origin blocks it: rejected, or undecided while it has no confirmed subscribers."""
    if state is not OriginState.WAITING:
        return state is OriginState.REJECTED
    confirmed = Subscription.objects.filter(mailing_list_id=list_id, state=SubscriptionState.CONFIRMED)
    return not confirmed.exists()


def _importing(list_id: int) -> bool:
    """Return True while a file is being read, and until it has been checked as a whole."""
    unchecked = Q(state=ImportState.RUNNING) | Q(state__in=OVER, rows_read__gt=0, check_state=CheckState.UNCHECKED)
    return Import.objects.filter(unchecked, mailing_list_id=list_id).exists()


def _count(campaign: Campaign) -> _AudienceCount:
    with whole_account():
        segment, values = named_sql(*audience_of(campaign).members_sql())
        rows = _people(campaign, segment, values)
    countries = {country_of(country, ending or "") for ending, country, *_ in rows}
    return _AudienceCount(
        recipients=sum(row[2] for row in rows),
        stale=sum(row[3] for row in rows),
        countries=frozenset(country for country in countries if country is not None),
    )


def _people(campaign: Campaign, segment: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return rows of address ending, country, people, and people without a fresh sign of consent."""
    statement = _PEOPLE.format(
        country=", ".join([f"nullif(c.attributes->>'{name}', '')" for name in ATTRIBUTES] + ["''"]),
        unsuppressed=UNSUPPRESSED,
        is_confirmed=sql.is_confirmed("s.state"),
        on_a_list=on_a_list("%(list_ids)s"),
        segment=segment,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "account_id": tenancy.current_account_id(),
                "list_ids": campaign.list_ids,
                "since": clock.now() - CONSENT_REVIEW_AGE,
                "most": MOST_NAME_CHARACTERS,
                **values,
            },
        )
        return list(cursor.fetchall())
