"""Checks a finished import as a whole (R-13, R-15, R-18). No one is mailed before (gate rule `import-finished`)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Max

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.domains.mailable import askable, known_facts
from mailflatrate.apps.intake.figures import ImportCharts, count_import, largest_domains, mistyped_domains
from mailflatrate.apps.intake.judging.judged import UNREAD_NO
from mailflatrate.apps.intake.models import CheckState, Import, ImportState
from mailflatrate.apps.intake.people_figures import unmailable
from mailflatrate.apps.intake.quarantine import AGEING, IMPORT_HELD, SAID_NO, WAITING_REASONS
from mailflatrate.apps.lists.left_mailboxes import LeftMailboxes
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression.queries import refused_mailboxes
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import mailbox_keys
from mailflatrate.rules import sql
from mailflatrate.rules.addresses import AddressReason
from mailflatrate.rules.origins.figures import Anomaly, judge_figures

OVER = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED)

_KEEP_OUT = f"""
WITH chosen AS MATERIALIZED (
    SELECT s.id, CASE WHEN {sql.is_confirmed("s.state")} THEN '' ELSE s.quarantine_reason END AS was
    FROM consent_event e
    JOIN subscription s ON s.account_id = e.account_id AND s.consent_event_id = e.id
        AND s.contact_id = e.contact_id AND s.mailing_list_id = e.mailing_list_id
    JOIN contact c ON c.id = s.contact_id AND c.account_id = e.account_id
    WHERE e.account_id = %(account_id)s AND e.source_import_id = %(import_id)s
      AND (%(domains)s::text[] IS NULL OR split_part(c.email, '@', 2) = ANY(%(domains)s::text[]))
      AND (%(contacts)s::bigint[] IS NULL OR s.contact_id = ANY(%(contacts)s::bigint[]))
      AND ({sql.is_confirmed("s.state")} OR s.quarantine_reason = ANY(%(waiting)s::text[]))
    FOR UPDATE OF s
), moved AS (
    UPDATE subscription s SET state = 'quarantined', confirmed_at = NULL, quarantine_reason = %(reason)s
    FROM chosen WHERE s.id = chosen.id RETURNING chosen.was
)
SELECT was, count(*) FROM moved GROUP BY was
"""  # noqa: S608  # made of constants


def domains_to_ask(import_id: int) -> list[str]:
    job = Import.objects.filter(id=import_id).first()
    return [] if job is None else [domain for domain in largest_domains(job, clock.now()) if askable(domain)]


@tenancy.needs_account
def check_import(import_id: int) -> Import | None:
    """Once; None if there is nothing to check. Over a limit it is HELD for a reviewer. Domains count only with cached
    facts.
    """
    job = Import.objects.select_for_update().filter(id=import_id).first()
    if job is None or job.state not in OVER or job.check_state != CheckState.UNCHECKED:
        return None
    picture = count_import(job, clock.now())
    facts = known_facts([domain for domain, _ in picture.asked])
    figures = replace(
        picture.figures,
        resolved=sum(count for domain, count in picture.asked if domain in facts),
        unresolvable=sum(count for domain, count in picture.asked if domain in unmailable(facts)),
        unread_noes=max(0, job.refused.get(UNREAD_NO, 0) - job.terms.get("unread_noes", 0)),
    )
    anomalies = judge_figures(figures)
    _keep_out_refused_mailboxes(job)
    _keep_out_the_unmailable(job, unmailable(facts))
    job.figures = _as_json(replace(picture, figures=figures), anomalies, unmailable(facts))
    job.check_state = CheckState.HELD if anomalies or job.quarantined.get(AGEING) else CheckState.CLEAR
    job.checked_at = clock.now()
    if job.check_state == CheckState.HELD:
        _keep_out_the_mistyped(job)
    if anomalies:
        _hold(job)
    job.save(update_fields=["figures", "check_state", "checked_at", "quarantined", "accepted"])
    if job.check_state == CheckState.HELD:
        audit.record(
            "import.held",
            by=audit.machine("intake.check_import"),
            account_id=job.account_id,
            subject=f"import:{job.id}",
            details={"anomalies": [anomaly.kind.value for anomaly in anomalies], "rows": job.rows_read},
        )
    return job


def _keep_out_refused_mailboxes(job: Import) -> None:
    """Their mailbox said no in another spelling: suppressed, or left a list after the file's consent (ADR 0087)."""
    left = LeftMailboxes()
    brought = ConsentEvent.objects.filter(source_import_id=job.id).values("contact_id").annotate(at=Max("occurred_at"))
    rows = brought.order_by("contact_id").values_list("contact_id", "at").iterator(chunk_size=2_000)
    while some := dict(islice(rows, 2_000)):
        people = Contact.objects.filter(id__in=some).values_list("id", "email")
        keys = {contact: mailbox_keys(email) for contact, email in people}
        refused = refused_mailboxes([key.mailbox for key in keys.values()])
        noes = left.last_noes(keys.values())
        contacts = [
            contact
            for contact, address_keys in keys.items()
            if address_keys.mailbox in refused or noes.get(address_keys.exact, some[contact]) > some[contact]
        ]
        if contacts:
            _keep_out(job, SAID_NO, contacts=contacts, waiting=WAITING_REASONS)


def _keep_out_the_unmailable(job: Import, reasons: dict[str, str]) -> None:
    """Their domains accept no mail; no decision or later import changes that (R-18)."""
    for reason in sorted(set(reasons.values())):
        domains = [domain for domain, why in reasons.items() if why == reason]
        _keep_out(job, reason, domains=domains, waiting=WAITING_REASONS)


def _keep_out_the_mistyped(job: Import) -> None:
    """At mistyped domains of an unusual import, even an approved one (R-24)."""
    domains = mistyped_domains(job, clock.now())
    if domains:
        _keep_out(job, AddressReason.TYPO.value, domains=domains, waiting=WAITING_REASONS)


def _hold(job: Import) -> None:
    _keep_out(job, IMPORT_HELD, waiting=())


def _keep_out(
    job: Import,
    reason: str,
    *,
    domains: list[str] | None = None,
    contacts: list[int] | None = None,
    waiting: tuple[str, ...],
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP_OUT,
            {
                "account_id": tenancy.current_account_id(),
                "import_id": job.id,
                "domains": domains,
                "contacts": contacts,
                "waiting": list(waiting),
                "reason": reason,
            },
        )
        moved: dict[str, int] = dict(cursor.fetchall())
    quarantined = Counter(job.quarantined)
    for was, people in moved.items():
        quarantined[reason] += people
        if was:
            quarantined[was] -= people
        else:
            job.accepted -= people
    job.quarantined = {name: rows for name, rows in quarantined.items() if rows > 0}


def _as_json(picture: ImportCharts, anomalies: Iterable[Anomaly], dead: dict[str, str]) -> dict[str, Any]:
    return {
        "figures": asdict(picture.figures),
        "anomalies": [
            {
                "kind": anomaly.kind.value,
                "count": anomaly.count,
                "percent": anomaly.percent,
                "limit_percent": anomaly.limit_percent,
            }
            for anomaly in anomalies
        ],
        "domains": [list(row) for row in picture.domains],
        "domain_count": picture.domain_count,
        "dead_domains": sorted(dead)[:20],
        "ages": list(picture.ages),
        "sources": [list(row) for row in picture.sources],
        "source_count": picture.source_count,
    }
