"""Segment conditions about earlier campaigns."""

from mailflatrate.apps.delivery.archive.lookup import of_campaign_sql
from mailflatrate.apps.lists.segments import Built, Condition, Field, Op, register_builder


def got_campaign(condition: Condition, alias: str) -> Built:
    """Return SQL for whether a contact got an earlier campaign, or may still get it.

    That is: delivered, waiting, deferred or unknown result. Contacts with a bounce or a skipped message have not
    got it, so another campaign may reach them.
    """
    kept = of_campaign_sql(int(str(condition.value)), "got")
    exists = (
        f"EXISTS (SELECT 1 FROM delivery_record got WHERE {kept} AND got.account_id = {alias}.account_id "  # noqa: S608  a checked alias
        f"AND got.contact_id = {alias}.id AND got.campaign_id = %s "
        "AND got.state IN ('sent', 'pending', 'deferred', 'in_doubt'))"
    )
    return (exists if condition.op is Op.GOT else f"NOT {exists}"), [condition.value]


def register() -> None:
    """Register the condition "got a campaign" for segments; called once, when Django is ready."""
    register_builder(Field.CAMPAIGN, got_campaign)
