"""Readers who lack a value that a campaign prints, or whose value leads to a host of others (R-52). They are rendered
as the engine does it, conditions and defaults included; SQL first drops readers with every value and no sign of a
host.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from django.db import connection

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.content.child_compiler import CompiledCampaign, missing_in_child, variables_in_child
from mailflatrate.apps.campaigns.content.personalization import recipient_values
from mailflatrate.apps.campaigns.content.samples import audience_sql
from mailflatrate.apps.campaigns.coupons import pool_keys, sample_codes
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.lists.fields import defaults
from mailflatrate.mail.links import LINK_VARIABLES
from mailflatrate.mail.liquid.led_hosts import FOLDED_SIGNS
from mailflatrate.rules.fields.field_type import FieldValue

MOST_CHECKED = 10_000
"""The most readers with an empty field that one check renders: about a second's work."""
READERS_TOGETHER = 2_000
MOST_WORK = 60_000_000
"""The most work of Liquid for one check, in octets (`mail.liquid.work_limit`), about half a second."""
_OWN = ("first_name", "last_name")
_EMPTY = r"^\s*(\[\]|\{\}|null|false)?\s*$|"
_MAY_LEAD = rf"[.:/\\%{FOLDED_SIGNS}]"
"""A sign of a host, such as a dot; rendering decides."""


@dataclass(frozen=True, slots=True)
class MissingFields:
    """`fields`: variable and number of readers without it, most frequent first; `ids`: those readers, ascending.
    `whole` False: more than MOST_CHECKED have an empty field, or the content takes too much work.
    """

    fields: tuple[tuple[str, int], ...]
    ids: tuple[int, ...]
    whole: bool


def missing_fields(campaign: Campaign, account: Account, compiled: CompiledCampaign) -> MissingFields:
    """Raises SegmentError for faulty conditions, SourceRefused if the content is too much work."""
    names = sorted(name for name in variables_in_child(compiled) if name.startswith("contact."))
    names = [name.partition(".")[2] for name in names if name.count(".") == 1]
    filled, codes = defaults(), sample_codes(pool_keys())
    candidates = _candidates(campaign, account, names, filled, codes)
    counts: Counter[str] = Counter()
    ids: list[int] = []
    checked, work = 0, 0
    while some := list(islice(candidates, min(READERS_TOGETHER, MOST_CHECKED - checked))):
        gaps = missing_in_child(compiled, [values for _id, values in some], MOST_WORK - work)
        checked += len(gaps.names)
        work += gaps.work
        for (contact_id, _values), missing in zip(some, gaps.names, strict=False):
            if missing:
                counts.update(missing)
                ids.append(contact_id)
        if len(gaps.names) < len(some):
            return MissingFields(tuple(counts.most_common()), tuple(ids), whole=False)
    whole = next(candidates, None) is None
    return MissingFields(tuple(counts.most_common()), tuple(ids), whole)


def _candidates(
    campaign: Campaign,
    account: Account,
    names: list[str],
    filled: Mapping[str, FieldValue],
    codes: Mapping[str, str],
) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield, by ascending ID, readers with one of these fields empty or a sign of a host, and their values. `filled`:
    defaults; `codes`: sample codes, because real ones are given later.
    """
    names = [name for name in names if name != "email"]
    if not names or not campaign.list_ids:
        return
    where, values = audience_sql(campaign)
    unfit, patterns = list[str](), list[str]()
    for name in names:
        unfit.append(f"coalesce({f'c.{name}' if name in _OWN else 'c.attributes ->> %s'}, '') ~ %s")
        patterns += [] if name in _OWN else [name]
        patterns.append(_MAY_LEAD if name in filled else _EMPTY + _MAY_LEAD)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT c.id, c.email, c.first_name, c.last_name, c.attributes FROM contact c
            WHERE {where} AND ({" OR ".join(unfit)}) ORDER BY c.id LIMIT {MOST_CHECKED + 1}""",  # noqa: S608  names are checked
            [*values, *patterns],
        )
        rows = cursor.fetchall()
    for contact_id, email, first_name, last_name, stored in rows:
        yield contact_id, {
            **recipient_values(
                email=email, first_name=first_name, last_name=last_name, attributes=json.loads(stored),
                account_name=account.name, list_name="…", mailing_id=campaign.mailing_id,
                subscribed_at=account.created_at, source="…", language=campaign.language,
                defaults=filled, coupons=codes,
            ),
            **dict.fromkeys(LINK_VARIABLES.values(), "#"),
        }  # fmt: skip
