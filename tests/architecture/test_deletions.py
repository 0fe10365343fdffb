"""Whatever a page or program may delete can be deleted together with every row that may refer to it."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, models

DELETABLE = (
    "accounts.Invitation", "automations.Automation", "automations.AutomationVersion", "campaigns.Campaign",
    "campaigns.CampaignTemplate", "campaigns.CampaignVersion", "campaigns.CouponPool", "campaigns.FeedDigest",
    "campaigns.Media", "campaigns.SavedBlock", "campaigns.TestList", "delivery.Relay", "delivery.RelayHook",
    "domains.MediaHost", "domains.SenderDomain", "domains.Mailbox", "events.WebhookEndpoint", "forms.SignupRequest",
    "intake.Import", "lists.ContactEventType", "lists.ContactNote", "lists.Tag", "segments.Segment",
    "tracking.PollAnswer", "transactional.MessageTemplate",
)  # fmt: skip
"""The models whose rows people and programs delete (`.delete()` in `actions` and entry points)."""

_UNRELEASED = "automations.actions.drafts: only versions that were never released are deleted"
ASKED_FIRST = {
    "automation_step.version_id -> automation_version": _UNRELEASED,
    "coupon_code.pool_id -> coupon_pool": "campaigns.actions.coupons: a pool stays while a code of it was given",
    "gate_decision.campaign_id -> campaign": "campaigns.actions.drafts: a draft with a permit is hidden",
    "gate_decision.edition_id -> edition": "campaigns.actions.drafts: a draft with an edition is hidden",
    "media_host.domain_id -> sender_domain": "domains.actions.domains: the images of campaigns are served from it",
    "template_version.template_id -> message_template": "transactional.actions.templates: only drafts are deleted",
}
"""References (`table.column -> table`) that are never there when the row is deleted, and what sees to it."""

_REFUSALS = """
SELECT relname, (tgtype & 8) > 0 AS on_delete, (tgtype & 16) > 0 AS on_update
FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid JOIN pg_proc p ON p.oid = tgfoid
WHERE NOT tgisinternal AND tgtype & 2 > 0 AND (prosrc ~* 'RAISE EXCEPTION')
"""
_RULES = """
SELECT c.relname, a.attname, confdeltype FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
WHERE contype = 'f'
"""


def refused(label: str, kept: set[str], fixed: set[str], rules: dict[tuple[str, str], str]) -> Iterator[str]:
    seen, waiting = set(), [model for model in apps.get_models() if model._meta.label == label]
    assert waiting
    while waiting:
        model = waiting.pop()
        if model in seen:
            continue
        seen.add(model)
        table = model._meta.db_table
        for relation in model._meta.related_objects:
            field, child = relation.field, relation.related_model
            assert isinstance(field, models.ForeignKey)
            place = f"{child._meta.db_table}.{field.column} -> {table}"
            by_database = rules.get((child._meta.db_table, field.column)) == "c"
            rule = "cascade" if by_database else field.remote_field.on_delete.__name__.lower()
            if rule == "cascade":
                if child._meta.db_table in kept:
                    yield f"{place}: the database keeps these rows"
                waiting.append(child)
            elif rule == "set_null" and child._meta.db_table in fixed:
                yield f"{place}: the database keeps these rows as they are"
            elif rule in ("protect", "restrict") or (rule == "do_nothing" and field.db_constraint):
                yield f"{place}: {rule}"


@pytest.mark.parametrize("label", DELETABLE)
def test_deletable_row_goes_with_everything_that_refers_to_it(database: str, label: str) -> None:
    assert database
    with connection.cursor() as cursor:
        cursor.execute(_REFUSALS)
        triggers = cursor.fetchall()
        cursor.execute(_RULES)
        rules = {(table, column): rule for table, column, rule in cursor.fetchall()}
    kept = {table for table, on_delete, _ in triggers if on_delete}
    fixed = {table for table, _, on_update in triggers if on_update}
    assert [each for each in refused(label, kept, fixed, rules) if each.partition(":")[0] not in ASKED_FIRST] == []
