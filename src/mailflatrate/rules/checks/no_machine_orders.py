"""R-48: the mailing speaks to its readers, not to their assistants."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: HasContent) -> Params | None:
    orders = facts.content.machine_orders
    return {"orders": orders[:3]} if orders else None


CHECK: Check[HasContent] = Check(
    rule="R-48",
    key="no-machine-orders",
    severity=Severity.REVIEW,
    anchor="campaign.content",
    source="Microsoft Defender quarantines instructions to AI readers since Sep 2026",
    hits=_hits,
    en=Words(
        title="No orders to machines",
        sentence="The mailing gives orders to the reader's assistant: {orders}.",
        why="Mailboxes treat that as an attack on their readers and quarantine the whole mailing.",
        mend="Delete these sentences, or release the mailing if you only write about them: a reviewer looks.",
    ),
    de=Words(
        title="Keine Anweisungen an Maschinen",
        sentence="Das Mailing gibt dem Assistenten des Lesers Anweisungen: {orders}.",
        why="Postfächer halten das für einen Angriff und stellen das ganze Mailing unter Quarantäne.",
        mend="Löschen Sie diese Sätze, oder geben Sie frei, wenn Sie nur darüber schreiben: Wir sehen es an.",
    ),
)
