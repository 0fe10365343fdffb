"""Suppresses people who said no in the previous system, with evidence, and ends their subscriptions (R-16)."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import connection

from mailflatrate.apps.consent.ledger import SALT_SQL, commitment_sql
from mailflatrate.apps.intake.judging.judged import SaidNo
from mailflatrate.apps.intake.list_opt_outs import write_leavers
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.quarantine import SAID_NO
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import clock
from mailflatrate.rules import sql
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.contacts.timestamps import LAST_CHANGE
from mailflatrate.rules.prior_status.status_words import NO, PriorStatus

_REASONS = {
    PriorStatus.COMPLAINED: SuppressionReason.COMPLAINT,
    PriorStatus.BOUNCED: SuppressionReason.HARD_BOUNCE,
    PriorStatus.BLOCKED: SuppressionReason.MANUAL,
    PriorStatus.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBE,
}
_WITHDRAWS = (PriorStatus.COMPLAINED, PriorStatus.UNSUBSCRIBED)
"""What a person says ends the consent; a dead or blocked mailbox says nothing about it."""
TEXT_CHARACTERS = 200


# The people on a list, by the same keys; `mine`: the subscription came with this very import.
_END = f"""
WITH opted_out AS (
    SELECT * FROM unnest(%(keys)s::bytea[], %(withdraws)s::boolean[], %(details)s::text[])
        AS t(address_key, withdraws, details)
), chosen AS MATERIALIZED (
    SELECT s.id, s.contact_id, s.mailing_list_id, s.state, s.quarantine_reason, c.email, opted_out.withdraws,
        opted_out.details::jsonb AS details, NULL::timestamptz AS signup_at, NULL::inet AS signup_ip,
        %(now)s::timestamptz AS confirmed_at, NULL::inet AS confirmed_ip, %(source)s::text AS source,
        ''::text AS user_agent, {SALT_SQL} AS salt,
        CASE WHEN opted_out.withdraws THEN nextval('consent_event_id_seq') END AS event_id,
        coalesce(e.source_import_id = %(import_id)s AND s.mailing_list_id = %(list_id)s, FALSE) AS mine
    FROM opted_out
    JOIN contact c ON c.account_id = %(account_id)s AND c.address_key = opted_out.address_key
    JOIN subscription s ON s.account_id = %(account_id)s AND s.contact_id = c.id
    LEFT JOIN consent_event e ON e.id = s.consent_event_id AND e.account_id = %(account_id)s
    WHERE s.state <> 'unsubscribed' AND s.quarantine_reason <> '{SAID_NO}'
    ORDER BY s.id
    FOR UPDATE OF s
), event AS (
    INSERT INTO consent_event (id, account_id, contact_id, mailing_list_id, kind, occurred_at, commitment)
    SELECT event_id, %(account_id)s, contact_id, mailing_list_id, 'withdrawn', %(now)s, {commitment_sql("chosen")}
    FROM chosen WHERE withdraws
), evidence AS (
    INSERT INTO consent_evidence (event_id, account_id, email, confirmed_at, source, user_agent, details, salt)
    SELECT event_id, %(account_id)s, email, confirmed_at, source, user_agent, details, salt
    FROM chosen WHERE withdraws
), ended AS (
    UPDATE subscription s SET
        state = CASE WHEN chosen.withdraws THEN 'unsubscribed' ELSE 'quarantined' END,
        confirmed_at = CASE WHEN chosen.withdraws THEN s.confirmed_at END,
        unsubscribed_at = CASE WHEN chosen.withdraws THEN %(now)s END,
        unsubscribed_by = CASE WHEN chosen.withdraws THEN 'import' ELSE '' END,
        quarantine_reason = CASE WHEN chosen.withdraws THEN '' ELSE '{SAID_NO}' END
    FROM chosen WHERE s.id = chosen.id
)
SELECT mine, CASE WHEN {sql.is_confirmed("state")} THEN '' ELSE quarantine_reason END, count(*)
FROM chosen GROUP BY 1, 2
"""  # noqa: S608  # made of constants


def write_noes(job: Import, noes: Sequence[SaidNo]) -> Counter[str]:
    """Idempotent. Returns how many this import had added, by quarantine reason ("": confirmed)."""
    write_leavers(job, [noe for noe in noes if noe.left_list_as])
    noes = [noe for noe in noes if not noe.left_list_as]
    if not noes:
        return Counter()
    strongest: dict[bytes, SaidNo] = {}
    for noe in sorted(noes, key=lambda said_no: (NO.index(said_no.status), said_no.line)):
        strongest.setdefault(noe.address_key, noe)
    source = f"import {job.id}: {job.file_name}"[:200]
    suppression.suppress_many(
        [
            suppression.SuppressionEntry(
                said_no.address_key, _REASONS[said_no.status], source, evidence_of(job, said_no), said_no.mailbox_key
            )
            for said_no in strongest.values()
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _END,
            {
                "account_id": job.account_id,
                "import_id": job.id,
                "list_id": job.mailing_list_id,
                "keys": list(strongest),
                "withdraws": [said_no.status in _WITHDRAWS for said_no in strongest.values()],
                "details": [
                    json.dumps({"by": "import", **evidence_of(job, said_no)}) for said_no in strongest.values()
                ],
                "source": source,
                "now": clock.now(),
            },
        )
        return Counter({reason: people for mine, reason, people in cursor.fetchall() if mine})


def evidence_of(job: Import, noe: SaidNo) -> dict[str, Any]:
    """`at`: when the previous system recorded it, if known."""
    return {
        "rule": "R-16",
        "import": job.id,
        "file": job.file_name,
        "sha256": job.file_sha256,
        "line": noe.line,
        "column": noe.column,
        "text": noe.text.strip()[:TEXT_CHARACTERS],
        "status": noe.status.value,
        "at": None if noe.at is None else noe.at.at.isoformat(),
        **({"at_is": "the last change of the row"} if noe.at is not None and LAST_CHANGE in noe.at.assumed else {}),
    }
