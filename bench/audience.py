"""What the contacts of an estate need besides consent for the benches of their list: fields, tags, more lists, states.

Written as rows by the database's owner, in the form in which the product writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estate import Estate

SIZES = ("S", "M", "L", "XL")
# Numbers, choices and dates as fields store them; people who were added and confirmed at many times, some of them
# equal; a tenth with a tag, a thousandth with another; a second list; one in a thousand in each other state.
_ROWS = (
    """UPDATE contact SET created_at = created_at - (id %% 5000) * interval '1 hour',
           last_activity_at = CASE WHEN id %% 3 = 0 THEN now() - (id %% 700) * interval '1 day' END,
           attributes = CASE WHEN id %% 7 = 0 THEN attributes - 'points' ELSE attributes
               || jsonb_build_object('points', id %% 1000) END
               || jsonb_build_object('size', (ARRAY['S', 'M', 'L', 'XL'])[id %% 4 + 1],
                   'town', 'Town ' || (id %% 30000),
                   'since', to_char(date '2020-01-01' + (id %% 2000)::int, 'YYYY-MM-DD'))
       WHERE account_id = %(account_id)s""",
    """UPDATE subscription SET confirmed_at = confirmed_at - (contact_id %% 20000) * interval '7 minutes'
       WHERE account_id = %(account_id)s""",
    """UPDATE subscription SET state = (ARRAY['unsubscribed', 'quarantined', 'pending'])[contact_id / 333 %% 3 + 1],
           confirmed_at = CASE WHEN contact_id / 333 %% 3 = 0 THEN confirmed_at END
       WHERE account_id = %(account_id)s AND contact_id %% 333 = 0""",
    """INSERT INTO subscription (account_id, mailing_list_id, contact_id, state, consent_event_id, confirmed_at)
       SELECT account_id, %(second_id)s, contact_id, 'confirmed', consent_event_id, confirmed_at + interval '90 days'
       FROM subscription WHERE account_id = %(account_id)s AND contact_id %% 10 = 3 AND state = 'confirmed'""",
    """INSERT INTO contact_tag (account_id, tag_id, contact_id) SELECT account_id, %(common)s, id FROM contact
       WHERE account_id = %(account_id)s AND id %% 10 = 1""",
    """INSERT INTO contact_tag (account_id, tag_id, contact_id) SELECT account_id, %(rare)s, id FROM contact
       WHERE account_id = %(account_id)s AND id %% 1000 = 1""",
)


@dataclass(frozen=True, slots=True)
class Audience:
    """What was made: ids that addresses of pages name."""

    second_list: int
    common_tag: int
    rare_tag: int
    segment: int


def enrich(estate: Estate) -> Audience:
    """Give the estate's contacts fields, tags, a second list and several states; then vacuum and analyze."""
    import psycopg

    from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
    from mailflatrate.apps.lists.actions.tags import create_tag
    from mailflatrate.apps.lists.models import MailingList
    from mailflatrate.apps.segments.actions.segments import save_segment
    from mailflatrate.base import tenancy
    from mailflatrate.settings import load_settings
    from mailflatrate.settings.roles import owner_url

    with tenancy.account(estate.account_id):
        for label, kind in (("Points", "number"), ("Town", "text"),
                            ("Since", "date")):  # fmt: skip
            create_field(FieldDraft(label, kind, "benchmark"))
        create_field(FieldDraft("Size", "choice", "benchmark", choices=list(SIZES)))
        second = MailingList.objects.create(name="Offers", public_name="Anna's offers", code="offers01")
        common, rare = create_tag("Regulars"), create_tag("Press")
        conditions = [{"field": "attribute", "key": "size", "op": "equals", "value": "L"}]
        segment = save_segment("Large", conditions)
        made = Audience(second.id, common.id, rare.id, segment.id)
    values = {"account_id": estate.account_id, "second_id": second.id, "common": common.id, "rare": rare.id}
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        for statement in _ROWS:
            owner.execute(statement, values)
        owner.execute("VACUUM ANALYZE contact, subscription, contact_tag")
    return made
