"""The facts about the audience of a campaign, whose people are counted in one pass (R-10, R-13, R-15, R-44)."""

from collections.abc import Mapping

from django.db import connection
from django.db.models import Q

from mailflatrate.apps.campaigns.content.samples import audience_sql
from mailflatrate.apps.campaigns.coupons import named_pools, pool_stocks
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import audience_lists
from mailflatrate.apps.campaigns.recipients import count_recipients
from mailflatrate.apps.campaigns.translations import languages_of, people_by_language
from mailflatrate.apps.campaigns.variants import people_each
from mailflatrate.apps.intake.actions.import_checks import OVER
from mailflatrate.apps.intake.models import CheckState, Import, ImportState
from mailflatrate.apps.lists.models import OriginState, Subscription, SubscriptionState
from mailflatrate.apps.segments.builders import whole_account
from mailflatrate.rules.campaigns.campaign_states import NOT_BEGUN
from mailflatrate.rules.facts import AudienceFacts, CouponFacts


def coupon_facts(campaign: Campaign, recipients: int) -> tuple[CouponFacts, ...]:
    """People who have a code of the pool need none. A message of an automation needs one to begin with."""
    coupons = []
    for pool_id in named_pools(campaign).values():
        (stock,) = pool_stocks(pool_id)
        needed = 1 if campaign.automation_id is not None else recipients
        if stock.given and needed > stock.free:
            needed -= _holders(campaign, pool_id)
        coupons.append(CouponFacts(stock.pool.name, free=stock.free, needed=max(0, needed)))
    return tuple(coupons)


def _holders(campaign: Campaign, pool_id: int) -> int:
    where, values = audience_sql(campaign)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM contact c JOIN coupon_code g ON g.account_id = c.account_id"  # noqa: S608  constants
            f" AND g.contact_id = c.id AND g.pool_id = %s WHERE {where}",
            [pool_id, *values],
        )
        return int(cursor.fetchone()[0])


def audience_facts(campaign: Campaign) -> AudienceFacts:
    """Raises SegmentError if the segment's conditions are invalid."""
    lists = audience_lists(campaign)
    counted = count_recipients(campaign)
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
        untranslated=tuple(
            translation["language"] for translation in campaign.translations if _is_copy(campaign, translation)
        ),
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
    return bool(campaign.content.strip()) and text["content"] == campaign.content


def _without_origin(list_id: int, state: OriginState) -> bool:
    if state is not OriginState.WAITING:
        return state is OriginState.REJECTED
    confirmed = Subscription.objects.filter(mailing_list_id=list_id, state=SubscriptionState.CONFIRMED)
    return not confirmed.exists()


def _importing(list_id: int) -> bool:
    unchecked = Q(state=ImportState.RUNNING) | Q(state__in=OVER, rows_read__gt=0, check_state=CheckState.UNCHECKED)
    return Import.objects.filter(unchecked, mailing_list_id=list_id).exists()
