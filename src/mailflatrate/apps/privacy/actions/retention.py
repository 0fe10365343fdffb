"""Retention (R-95): each night, batch by batch, delete data past its period (`rules.limits`, which the operator may
shorten). Elsewhere: `forms.forget_old` deletes unconfirmed sign-ups; IP addresses of a proof stay as long as it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from mailflatrate.apps.abuse.actions.case_handling import forget_old_cases
from mailflatrate.apps.delivery.archive.archiving import drop_expired
from mailflatrate.apps.delivery.models import ArchivedDelivery, Attempt, Chunk, Delivery, DeliveryRecord
from mailflatrate.apps.lists.models import ConsentKind
from mailflatrate.apps.privacy.actions.erasure import erase_person
from mailflatrate.apps.privacy.models import PrivacyRequest
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules import sql
from mailflatrate.rules.limits import value

BATCH = 500
_WHO = audit.machine("privacy.retention")

# The last event between customer and person: a message, a withdrawal, or any ledger entry. Contacts confirmed on a
# list are not checked: the proof is needed while campaigns are sent.
_ENDED = f"""
SELECT c.account_id, c.id FROM contact c
WHERE c.created_at < %(before)s
  AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.account_id = c.account_id AND s.contact_id = c.id
                  AND {sql.is_confirmed("s.state")})
  AND NOT EXISTS (SELECT 1 FROM consent_event e WHERE e.account_id = c.account_id AND e.contact_id = c.id
                  AND e.recorded_at >= %(before)s)
  AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.account_id = c.account_id AND d.contact_id = c.id
                  AND coalesce(d.settled_at, d.created_at) >= %(before)s)
  AND NOT EXISTS (SELECT 1 FROM last_mailing m WHERE m.account_id = c.account_id AND m.contact_id = c.id
                  AND m.at >= %(before)s)
ORDER BY c.account_id, c.id LIMIT %(most)s
"""  # noqa: S608  # made of constants
# CNIL: three years from the last contact made by the person; neither a campaign nor an open counts.
_FRENCH = """
SELECT c.account_id, c.id FROM contact c JOIN account a ON a.id = c.account_id AND a.country = 'FR'
WHERE c.created_at < %(before)s AND coalesce(c.last_activity_at, c.created_at) < %(before)s
  AND NOT EXISTS (SELECT 1 FROM consent_event e WHERE e.account_id = c.account_id AND e.contact_id = c.id
                  AND e.occurred_at >= %(before)s)
ORDER BY c.account_id, c.id LIMIT %(most)s
"""
_CLICKS = """
WITH old AS (
    DELETE FROM click WHERE id IN (SELECT id FROM click WHERE at < %(before)s ORDER BY at LIMIT %(most)s)
    RETURNING account_id, campaign_id, edition_id, link_number, machine, at
), counted AS (
    INSERT INTO click_total (account_id, campaign_id, edition_id, link_number, people, machines)
    SELECT account_id, campaign_id, edition_id, link_number, count(*) FILTER (WHERE NOT machine),
        count(*) FILTER (WHERE machine)
    FROM old WHERE NOT EXISTS (SELECT 1 FROM click_fold f WHERE f.account_id = old.account_id
        AND f.campaign_id = old.campaign_id AND f.until > old.at)
    GROUP BY 1, 2, 3, 4
    ON CONFLICT (account_id, campaign_id, edition_id, link_number) DO UPDATE SET
        people = click_total.people + excluded.people, machines = click_total.machines + excluded.machines
)
SELECT count(*) FROM old
"""
_ANSWERS = (
    "DELETE FROM poll_answer WHERE id IN (SELECT id FROM poll_answer WHERE at < %(before)s LIMIT %(most)s)",
    "DELETE FROM poll_comment WHERE id IN (SELECT id FROM poll_comment WHERE day < %(before)s LIMIT %(most)s)",
)
_BALLOTS = """
DELETE FROM poll_ballot WHERE id IN (SELECT id FROM poll_ballot WHERE expires_on <= %(before)s LIMIT %(most)s)
"""
_RAW_MAIL = """
UPDATE raw_mail SET raw = '', envelope_from = '', peer = '', address_keys = '{}' WHERE id IN (
    SELECT id FROM raw_mail WHERE received_at < %(before)s AND raw <> '' AND state <> 'new' AND desk = ''
    LIMIT %(most)s)
"""
_FEEDBACK = """
UPDATE feedback SET text = '' WHERE id IN (
    SELECT id FROM feedback WHERE at < %(before)s AND text <> '' LIMIT %(most)s)
"""
_REFUSED = """
DELETE FROM import_refusal WHERE id IN (
    SELECT r.id FROM import_refusal r JOIN import i ON i.id = r.source_import_id
    WHERE coalesce(i.finished_at, i.created_at) < %(before)s LIMIT %(most)s)
"""
_NOTICES = """
UPDATE notice SET recipient = '', subject = '', text_sealed = '' WHERE id IN (
    SELECT id FROM notice WHERE created_at < %(before)s AND kind IN ('privacy', 'case') AND recipient <> ''
    LIMIT %(most)s)
"""
_TESTS = """
UPDATE notice SET text_sealed = '' WHERE id IN (
    SELECT id FROM notice WHERE created_at < %(before)s AND kind = 'test' AND text_sealed <> '' LIMIT %(most)s)
"""


def delete_expired() -> dict[str, int]:
    """Delete expired data in all accounts, once a night; return how much of each kind. Idempotent."""
    rows: dict[str, Callable[[], int]] = {
        "proofs": expire_proofs,
        "french_prospects": expire_french,
        "replies": wipe_replies,
        "raw_mails": lambda: _by_days(_RAW_MAIL, "raw_mail_days"),
        "feedback": lambda: _by_days(_FEEDBACK, "raw_mail_days"),
        "clicks": lambda: _until_done(_CLICKS, _click_limit()),
        "answers": lambda: sum(_until_done(statement, _click_limit()) for statement in _ANSWERS),
        "ballots": lambda: _until_done(_BALLOTS, clock.now()),
        "delivery_months": lambda: drop_expired(proof_limit(clock.now())),
        "refused_rows": lambda: _by_days(_REFUSED, "refused_row_days"),
        "notices": lambda: _by_days(_NOTICES, "smtp_reply_days"),
        "test_texts": lambda: _by_days(_TESTS, "smtp_reply_days"),
        "requests": forget_requests,
        "cases": forget_old_cases,
    }
    return {name: row() for name, row in rows.items()}


def _by_days(statement: str, limit: str) -> int:
    return _until_done(statement, clock.now() - timedelta(days=value(limit)))


def _until_done(statement: str, before: datetime) -> int:
    """Run a statement, in a transaction each time, until it finds nothing more."""
    total = 0
    while True:
        with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
            cursor.execute(statement, {"before": before, "most": BATCH * 10})
            done = int(cursor.fetchone()[0]) if cursor.description else cursor.rowcount
        total += done
        if done < BATCH * 10:
            return total


def years_before(now: datetime, years: int) -> datetime:
    """Return the same day and time `years` years earlier; 28 February if there is no 29th."""
    try:
        return now.replace(year=now.year - years)
    except ValueError:
        return now.replace(year=now.year - years, day=28)


def proof_limit(now: datetime) -> datetime:
    """Return the deletion limit: three years, counted from the end of the year in which the data's purpose ended."""
    return datetime(now.year - int(value("proof_years_after_end")), 1, 1, tzinfo=now.tzinfo)


def expire_proofs() -> int:
    """Persons and proofs for which everything ended before the limit (BGB 195, 199; OWiG 31)."""
    return _expire(_ENDED, proof_limit(clock.now()), "R-95: the time of the proof is over")


def expire_french() -> int:
    """Erase people of French customers who showed no activity for three years; return how many."""
    before = years_before(clock.now(), int(value("french_prospect_years")))
    return _expire(_FRENCH, before, "R-95: three years without a sign of the person (CNIL)")


def _expire(statement: str, before: datetime, reason: str) -> int:
    total = 0
    while True:
        with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
            cursor.execute(statement, {"before": before, "most": BATCH})
            people = cursor.fetchall()
        for account_id, contact_id in people:
            with tenancy.account(account_id):
                erase_person(contact_id, by=_WHO, source=reason, kind=ConsentKind.EXPIRED)
        total += len(people)
        if len(people) < BATCH:
            return total


def wipe_replies() -> int:
    """They may contain the address. Goes through chunks, so that deliveries need no index for it."""
    before = clock.now() - timedelta(days=value("smtp_reply_days"))
    total = 0
    while True:
        with tenancy.platform(PlatformReason.HOUSEKEEPING):
            chunks = Chunk.objects.filter(claimed_at__lt=before, wiped_at=None).exclude(state="sending")
            ids = list(chunks.order_by("claimed_at").values_list("id", flat=True)[:20])
            rows = DeliveryRecord.objects.filter(chunk_id__in=ids)
            Attempt.objects.filter(delivery_id__in=rows.values("id")).exclude(reply_text="").update(reply_text="")
            for table in (Delivery, ArchivedDelivery):  # in this order, so that a row moved meanwhile is not missed
                total += table.objects.filter(chunk_id__in=ids).exclude(reply_text="").update(reply_text="")
            Chunk.objects.filter(id__in=ids).update(wiped_at=clock.now())
        if not ids:
            return total


def _click_limit() -> datetime:
    """Return 25 months ago: older clicks and answers with a person's name are deleted; reports keep their number."""
    months = int(value("click_months"))
    now = clock.now()
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, 28))


def forget_requests() -> int:
    before = years_before(clock.now(), int(value("request_years")))
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        done, _ = PrivacyRequest.objects.filter(Q(done_at__lt=before) | Q(expires_at__lt=before, done_at=None)).delete()
    return done
