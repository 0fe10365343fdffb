"""A reviewer's decisions on origins and held imports (R-10, R-11, R-15). People follow in batches, by a job: a million
take time.
"""

from datetime import UTC, datetime, time
from enum import StrEnum

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.models import NoticeKind, User
from mailflatrate.apps.accounts.service_mail import Passage
from mailflatrate.apps.intake.models import CheckState, Import
from mailflatrate.apps.intake.quarantine import (
    IMPORT_REFUSED,
    ORIGIN_REJECTED,
    TOO_OLD,
    UNSUBSCRIBED_SINCE,
    WAITING_REASONS,
)
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import OPEN_DECLARATIONS, DeclarationState, ListOrigin, MailingList, OriginState
from mailflatrate.base import audit, clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules import sql
from mailflatrate.settings.schema import load_settings

SETTLE_ROWS = 20_000
SETTLE_JOB = "intake.settle_people"


class OriginDecision(StrEnum):
    APPROVE = "approve"
    ASK = "ask"
    REJECT = "reject"


_STATE_AFTER = {
    OriginDecision.APPROVE: DeclarationState.APPROVED,
    OriginDecision.ASK: DeclarationState.ASKED,
    OriginDecision.REJECT: DeclarationState.REJECTED,
}


def decide_origin(origin_id: int, outcome: OriginDecision, *, reviewer: User, reason: str) -> ListOrigin:
    """REJECT is final. Raises ListError unless by a reviewer, with a reason (sent as is, R-09), on an open one."""
    reason = _reviewed(reviewer, reason)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        origin = ListOrigin.objects.select_for_update().filter(id=origin_id).select_related("mailing_list").first()
        if origin is None or origin.state not in OPEN_DECLARATIONS:
            raise ListError(_("this declaration has already been decided, or was replaced by a newer one"))
        # Runners of these imports hold their row during a slice: no slice is written half under the old state.
        list(Import.objects.select_for_update().filter(origin=origin).order_by("id"))
        origin.state, origin.decided_by = _STATE_AFTER[outcome], reviewer
        origin.decided_at, origin.decision_reason = clock.now(), reason
        origin.save(update_fields=["state", "decided_by", "decided_at", "decision_reason"])
        if outcome is not OriginDecision.ASK:
            state = OriginState.APPROVED if outcome is OriginDecision.APPROVE else OriginState.REJECTED
            MailingList.objects.filter(id=origin.mailing_list_id).update(
                origin_state=state, origin_decided_by=reviewer, origin_decided_at=origin.decided_at
            )
            Import.objects.filter(origin=origin, check_state=CheckState.HELD).update(
                check_state=CheckState.RELEASED if outcome is OriginDecision.APPROVE else CheckState.REFUSED,
                checked_by=reviewer,
                checked_at=origin.decided_at,
                check_reason=reason,
            )
        audit.record(
            f"origin.{origin.state}",
            by=audit.person(reviewer),
            account_id=origin.account_id,
            subject=f"origin:{origin.id}",
            reason=reason,
            details={"list": origin.mailing_list_id, "version": origin.version, "hits": len(origin.hits)},
        )
        facts = {
            "decision": outcome.value,
            "name": origin.mailing_list.name,
            "reason": Passage(reason),
            "url": f"{load_settings().public_url}/studio/lists/{origin.mailing_list_id}/",
        }
        tell_owners(origin.account_id, NoticeKind.ORIGIN, "intake/mail/origin_decided", facts)
    if outcome is not OriginDecision.ASK:
        settle_people(origin.account_id, origin_id=origin.id)
    return origin


def decide_import(import_id: int, *, release: bool, reviewer: User, reason: str) -> Import:
    """Or block them permanently (R-15). Raises ListError as `decide_origin`."""
    reason = _reviewed(reviewer, reason)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        locked = Import.objects.select_for_update(of=("self",)).select_related("mailing_list", "origin")
        job = locked.filter(id=import_id).first()
        if job is None or job.check_state != CheckState.HELD:
            raise ListError(_("this import isn't on hold"))
        if release and (job.origin is None or job.origin.state != DeclarationState.APPROVED):
            raise ListError(_("decide on the list origin instead; its imports follow that decision"))
        job.check_state = CheckState.RELEASED if release else CheckState.REFUSED
        job.checked_by, job.checked_at, job.check_reason = reviewer, clock.now(), reason
        job.save(update_fields=["check_state", "checked_by", "checked_at", "check_reason"])
        audit.record(
            f"import.{job.check_state}",
            by=audit.person(reviewer),
            account_id=job.account_id,
            subject=f"import:{job.id}",
            reason=reason,
            details={"list": job.mailing_list_id, "rows": job.rows_read},
        )
        facts = {
            "released": release,
            "name": job.file_name,
            "reason": Passage(reason),
            "url": f"{load_settings().public_url}/studio/imports/{job.id}/",
        }
        tell_owners(job.account_id, NoticeKind.ORIGIN, "intake/mail/import_decided", facts)
    settle_people(job.account_id, import_id=job.id)
    return job


# People waiting with full proof, in the order of the table's key; `confirmed` False only sets the final reason.
_SETTLE = f"""
WITH batch AS MATERIALIZED (
    SELECT s.id, s.contact_id, s.quarantine_reason, e.occurred_at, e.source_import_id,
        -- Fresh enough only by a last campaign that was declared, and the declaration that was accepted knows of none.
        %(confirmed)s AND coalesce(v.details->'last_contact'->>'by' = 'origin'
            AND ((v.details->'last_contact'->>'at')::timestamptz > %(last_mailed_at)s::timestamptz
                OR %(last_mailed_at)s::timestamptz IS NULL), FALSE) AS stale,
        %(confirmed)s AND {sql.forbids_subscribing("e.account_id", "e.contact_id", "e.occurred_at")} AS said_no
    FROM subscription s
    JOIN consent_event e ON e.id = s.consent_event_id AND e.account_id = %(account_id)s
    LEFT JOIN consent_evidence v ON v.event_id = e.id AND v.account_id = %(account_id)s
    WHERE s.account_id = %(account_id)s AND s.mailing_list_id = %(list_id)s AND s.contact_id > %(after)s
      AND s.state = 'quarantined' AND s.quarantine_reason = ANY(%(reasons)s)
      AND e.source_import_id = ANY(%(import_ids)s::bigint[])
    ORDER BY s.contact_id LIMIT %(rows)s
    FOR UPDATE OF s
), settled AS (
    UPDATE subscription s SET
        state = CASE WHEN %(confirmed)s AND NOT stale AND NOT said_no THEN 'confirmed' ELSE s.state END,
        confirmed_at = CASE WHEN %(confirmed)s AND NOT stale AND NOT said_no THEN batch.occurred_at END,
        quarantine_reason = CASE WHEN said_no THEN '{UNSUBSCRIBED_SINCE}' WHEN stale THEN '{TOO_OLD}' ELSE %(word)s END
    FROM batch WHERE s.id = batch.id
    RETURNING batch.contact_id, batch.source_import_id, batch.quarantine_reason AS was, s.quarantine_reason AS word
)
SELECT source_import_id, was, word, count(*), max(contact_id) FROM settled GROUP BY 1, 2, 3
"""  # noqa: S608  # made of constants


def settle_people(
    account_id: int, *, origin_id: int | None = None, import_id: int | None = None, after: int = 0
) -> int:
    """The next `SETTLE_ROWS` people; return how many. Nothing without a decision. A job goes on. Idempotent."""
    with tenancy.account(account_id):
        rows, after = _settle_next(origin_id, import_id, after)
        if rows == SETTLE_ROWS:
            jobs.defer(
                SETTLE_JOB,
                jobs.JobQueue.IMPORT,
                account_id=account_id,
                origin_id=origin_id,
                import_id=import_id,
                after=after,
            )
        return rows


def _settle_next(origin_id: int | None, import_id: int | None, after: int) -> tuple[int, int]:
    chosen = Import.objects.select_for_update(of=("self",)).select_related("origin").order_by("id")
    chosen = chosen.filter(id=import_id) if import_id is not None else chosen.filter(origin_id=origin_id)
    verdicts = {job: verdict for job in chosen if (verdict := _verdict(job)) is not None}
    # An earlier decision about a single import stays as it is when its list's origin is decided.
    verdicts = {job: verdict for job, verdict in verdicts.items() if import_id or verdict[1] != IMPORT_REFUSED}
    if not verdicts:
        return 0, after
    confirmed, word = next(iter(verdicts.values()))
    first = next(iter(verdicts))
    list_id, same = first.mailing_list_id, [job.id for job in verdicts]
    mailed_on = None if first.origin is None else first.origin.last_mailed_on
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLE,
            {
                "account_id": tenancy.current_account_id(),
                "list_id": list_id,
                "after": after,
                "reasons": list(WAITING_REASONS),
                "import_ids": same,
                "rows": SETTLE_ROWS,
                "confirmed": confirmed,
                "word": word,
                "last_mailed_at": None if mailed_on is None else datetime.combine(mailed_on, time(), UTC),
            },
        )
        rows = cursor.fetchall()
    for job_id, was, kept, people, _last in rows:
        _count(job_id, was, people, confirmed=confirmed and not kept, word=kept)
    return sum(row[3] for row in rows), max((row[4] for row in rows), default=after)


def _verdict(job: Import) -> tuple[bool, str] | None:
    assert job.origin is not None
    if job.origin.state == DeclarationState.REJECTED:
        return False, ORIGIN_REJECTED
    if job.check_state == CheckState.REFUSED:
        return False, IMPORT_REFUSED
    if job.origin.state == DeclarationState.APPROVED and job.check_state != CheckState.HELD:
        return True, ""
    return None


def _count(import_id: int, was: str, people: int, *, confirmed: bool, word: str) -> None:
    job = Import.objects.get(id=import_id)
    quarantined = dict(job.quarantined)
    left = quarantined.pop(was, 0) - people
    if left > 0:
        quarantined[was] = left
    if not confirmed:
        quarantined[word] = quarantined.get(word, 0) + people
    Import.objects.filter(id=import_id).update(
        quarantined=quarantined, accepted=F("accepted") + (people if confirmed else 0)
    )


def _reviewed(reviewer: User, reason: str) -> str:
    if not (reviewer.is_staff and reviewer.is_active):
        raise ListError(_("only a reviewer can decide on a list origin"))
    if not reason.strip():
        raise ListError(_("give the reason for your decision; the customer will read it"))
    return reason.strip()
