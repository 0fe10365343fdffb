"""How fast the consent ledger is sealed and verified, and whether tampering is named. `--events` (1,000,000).

The events are made by one statement with evidence as an import writes it. Sealing and verifying are the product's own
code, in this one process; PostgreSQL is the embedded one with its settings as they ship. Afterward the owner of the
database flips a byte of evidence, removes an event and slips one in: each has to be named.
"""

import argparse
import json
import resource
import sys
import time

import psycopg

from estate import workspace

EVENTS_PER_SECOND = 50_000
_MAKE = """
WITH row AS MATERIALIZED (
    SELECT nextval('consent_event_id_seq') AS event_id, n AS contact_id, 'dora.' || n || '@kunden-post.de' AS email,
        now() - interval '300 days' + n * interval '1 second' AS signup_at,
        ('198.51.' || n / 250 %% 250 || '.' || n %% 250)::inet AS signup_ip,
        now() - interval '300 days' + n * interval '1 second' + interval '7 minutes' AS confirmed_at,
        NULL::inet AS confirmed_ip, 'https://shop.example/newsletter' AS source,
        'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' AS user_agent, jsonb_build_object('line', n) AS details,
        {salt} AS salt
    FROM generate_series(1, %(events)s) AS n
), event AS (
    INSERT INTO consent_event (id, account_id, contact_id, mailing_list_id, kind, occurred_at, commitment)
    SELECT event_id, %(account_id)s, contact_id, %(list_id)s, 'imported', confirmed_at, {commitment} FROM row
)
INSERT INTO consent_evidence (event_id, account_id, email, signup_at, signup_ip, confirmed_at, confirmed_ip, source,
    user_agent, details, salt)
SELECT event_id, %(account_id)s, email, signup_at, signup_ip, confirmed_at, confirmed_ip, source, user_agent, details,
    salt FROM row
"""


def main() -> None:
    """Make, seal, verify, tamper; one JSON object on standard output."""
    parser = argparse.ArgumentParser(description="measure the consent ledger")
    parser.add_argument("--events", type=int, default=1_000_000)
    events = parser.parse_args().events
    with workspace() as _:
        from mailflatrate.apps.accounts.actions.people import create_account
        from mailflatrate.apps.consent import seals as ledger_seals
        from mailflatrate.apps.consent.ledger import SALT_SQL, commitment_sql
        from mailflatrate.apps.consent.verification import FaultKind, LedgerReport, verify_ledger
        from mailflatrate.apps.lists.actions.lists import create_list
        from mailflatrate.base import tenancy
        from mailflatrate.settings.roles import PLATFORM_ROLE, app_url, enter_role, owner_url
        from mailflatrate.settings.schema import load_settings

        account_id = create_account("Bakery").id
        with tenancy.account(account_id):
            list_id = create_list("News").id
        owner = psycopg.connect(owner_url(load_settings()))
        make = _MAKE.format(salt=SALT_SQL, commitment=commitment_sql("row"))
        owner.execute(make, {"events": events, "account_id": account_id, "list_id": list_id})
        owner.commit()
        owner.autocommit = True
        owner.execute("VACUUM ANALYZE")
        owner.autocommit = False

        began = time.perf_counter()
        seals = ledger_seals.seal_ledger()
        sealed_seconds = time.perf_counter() - began

        def verify() -> LedgerReport:
            with psycopg.connect(app_url(load_settings())) as reader:
                reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                enter_role(reader, PLATFORM_ROLE)
                return verify_ledger(reader)

        began_cpu = time.process_time()
        report = verify()
        cpu_seconds = time.process_time() - began_cpu
        flipped, removed = events // 3, events // 2
        with owner.transaction():
            owner.execute("SET LOCAL session_replication_role = replica")
            owner.execute(
                "UPDATE consent_evidence SET email = overlay(email PLACING 'x' FROM 1) WHERE event_id = %s", [flipped]
            )
            owner.execute("DELETE FROM consent_evidence WHERE event_id = %s", [removed])
            owner.execute("DELETE FROM consent_event WHERE id = %s", [removed])
            row = owner.execute(
                "INSERT INTO consent_event (account_id, contact_id, mailing_list_id, kind, occurred_at, commitment)"
                " SELECT account_id, contact_id, mailing_list_id, kind, occurred_at, commitment FROM consent_event"
                " WHERE id = 1 RETURNING id"
            ).fetchone()
            assert row
            inserted = row[0]
        tampered = verify()
        named = {(fault.kind, fault.event_id) for fault in tampered.faults}
        wanted = {
            (FaultKind.EVIDENCE_CHANGED, flipped),
            (FaultKind.EVENT_REMOVED, removed),
            (FaultKind.EVENT_TWICE, inserted),
        }
        owner.close()
        from django.db import connections

        connections.close_all()
    rate = report.events / report.seconds
    good = report.good and report.events == events and rate >= EVENTS_PER_SECOND and wanted <= named
    print(json.dumps({
        "events": report.events, "seals": len(seals), "sealed_per_second": round(events / sealed_seconds),
        "verified_per_second": round(rate), "verify_seconds": round(report.seconds, 2),
        "verify_cpu_seconds": round(cpu_seconds, 2), "to_reach_per_second": EVENTS_PER_SECOND,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "tampering_named": wanted <= named, "tampered_faults": tampered.fault_count,
    }))  # fmt: skip
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
