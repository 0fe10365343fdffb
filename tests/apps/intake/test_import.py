"""Imports as a whole: who becomes mailable, who is refused and why, and that a second upload changes nothing.

A worker that is killed in the midst of a file: every slice is whole or not there, and the next runner goes on.
"""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.db import connection

from mailflatrate.apps.consent.models import ConsentEvent, ConsentEvidence
from mailflatrate.apps.intake.actions import import_checks, imports, rejected_rows
from mailflatrate.apps.intake.jobs import resume_tasks
from mailflatrate.apps.intake.models import Import, ImportRefusal, ImportState
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.actions import consent, lists
from mailflatrate.apps.lists.models import Contact, Subscription, SubscriptionState
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import tenancy
from mailflatrate.base.storage import files
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.settings.schema import load_settings
from support.contact_files import HEADER, tables
from support.customers import Customer
from support.origins import approve_origin
from support.scope import rows, within
from support.waiting import wait_until

Line = Callable[..., str]


def test_rows_with_proof_become_mailable(anna: Customer, line: Line) -> None:
    """Contact, subscription, ledger event and evidence, in one go."""
    done = anna.bring("\n".join([HEADER, line("Dora@Kunde-1.de"), line("erik@kunde-2.de", "Erik")]))
    assert (done.state, done.accepted, done.quarantined, done.refused) == (ImportState.DONE, 2, {}, {})
    with tenancy.account(anna.account_id):
        dora = Contact.objects.get(email="Dora@kunde-1.de")
        subscription = Subscription.objects.get(contact=dora)
        event = ConsentEvent.objects.get(contact_id=dora.id)
        evidence = ConsentEvidence.objects.get(event=event)
        assert (dora.first_name, dora.last_name, dora.attributes) == ("Dora", "Klein", {"stadt": "Kiel"})
        assert subscription.state == SubscriptionState.CONFIRMED
        assert subscription.consent_event_id == event.id
        assert subscription.confirmed_at == event.occurred_at == evidence.confirmed_at == dora.last_activity_at
        assert (event.kind, event.source_import_id) == ("imported", done.id)
        assert (evidence.email, evidence.signup_ip, evidence.source) == (
            "Dora@kunde-1.de",
            "203.0.113.9",
            "https://anna.example/news",
        )
        assert evidence.details == {"line": 2}
        assert len(bytes(evidence.salt)) == 16 and len(bytes(event.commitment)) == 32


def test_each_gap_in_the_proof_means_quarantine(anna: Customer, line: Line) -> None:
    """R-12: without time, IP, confirmation or source nobody is mailable, and the reason is counted."""
    done = anna.bring(
        "\n".join(
            [
                HEADER,
                line("a@kunde-1.de", signup=""),
                line("b@kunde-1.de", ip=""),
                line("c@kunde-1.de", confirmed=""),
                line("d@kunde-1.de", source=" "),
                line("e@kunde-1.de", ip="999.1.1.1"),
                line("f@kunde-1.de", confirmed="yes"),
                line("g@kunde-1.de", signup="2019-01-01T00:00:00Z", confirmed="2019-01-01T00:00:00Z"),
                line("h@kunde-1.de", confirmed="2018-01-01T00:00:00Z"),
                line("i@kunde-1.de", confirmed="2099-01-01T00:00:00Z"),
            ]
        )
    )
    assert done.quarantined == {
        "sign_up_time_missing": 1,
        "sign_up_ip_missing": 1,
        "confirmation_time_missing": 1,
        "source_missing": 1,
        "sign_up_ip_malformed": 1,
        "confirmation_time_unreadable": 1,
        "too_old": 1,
        "confirmed_before_sign_up": 1,
        "in_the_future": 1,
    }
    with tenancy.account(anna.account_id):
        assert set(Subscription.objects.values_list("state", flat=True)) == {SubscriptionState.QUARANTINED}
        assert not ConsentEvent.objects.exists()


def test_refusals_keep_line_row_rule_and_reason(anna: Customer, line: Line) -> None:
    """Broken and unwanted rows are refused one by one, everything else goes on."""
    text = "\n".join(
        [
            HEADER,
            line("info@kunde-1.de"),
            line("kein-at-zeichen"),
            line("dora@kunde-1.de"),
            line("DORA@KUNDE-1.DE"),
            "zu;wenig",
            line("nul\0@kunde-1.de"),
            line("wegwerf@mailinator.com"),
            line("erik@kunde-1.de"),
        ]
    )
    done = anna.bring(text)
    assert done.accepted == 2
    with tenancy.account(anna.account_id):
        found = {row.line_number: (row.rule, row.reason) for row in ImportRefusal.objects.filter(source_import=done)}
        kept = ImportRefusal.objects.get(source_import=done, line_number=6).row
    assert found == {
        2: ("R-21", "role"),
        3: ("R-17", "syntax"),
        5: ("R-20", "duplicate_in_file"),
        6: ("", "wrong_column_count"),
        7: ("", "nul_byte"),
        8: ("R-22", "disposable"),
    }
    assert kept == ["zu", "wenig"]
    assert done.refused == {
        "role": 1,
        "syntax": 1,
        "duplicate_in_file": 1,
        "wrong_column_count": 1,
        "nul_byte": 1,
        "disposable": 1,
    }


def test_names_that_may_be_roles_wait_in_quarantine(anna: Customer, line: Line) -> None:
    """R-21, tier 2."""
    done = anna.bring("\n".join([HEADER, line("chef@kunde-1.de")]))
    assert done.quarantined == {"maybe_role": 1}


def test_a_second_upload_changes_nothing(anna: Customer, line: Line) -> None:
    """Not one row of contacts, subscriptions or ledger differs afterward."""
    text = "\n".join(
        [HEADER, *(line(f"p{n}@kunde-1.de") for n in range(10)), line("q@kunde-1.de", ip=""), line("info@kunde-1.de")]
    )
    anna.bring(text)
    before = tables(anna.account_id)
    again = anna.bring(text)
    assert tables(anna.account_id) == before
    assert (again.accepted, again.updated, again.unchanged, again.quarantined) == (0, 0, 11, {})
    assert again.refused == {"role": 1}


def test_attributes_are_updated_without_a_second_event(anna: Customer, line: Line) -> None:
    anna.bring("\n".join([HEADER, line("dora@kunde-1.de"), line("erik@kunde-1.de")]))
    again = anna.bring("\n".join([HEADER, line("dora@kunde-1.de", city="Bonn"), line("erik@kunde-1.de", city="")]))
    assert (again.accepted, again.updated, again.unchanged) == (0, 1, 1)
    with tenancy.account(anna.account_id):
        assert Contact.objects.get(email="dora@kunde-1.de").attributes == {"stadt": "Bonn"}
        assert Contact.objects.get(email="erik@kunde-1.de").attributes == {"stadt": "Kiel"}
        assert ConsentEvent.objects.count() == 2


def test_proof_that_comes_later_lifts_the_quarantine(anna: Customer, line: Line) -> None:
    anna.bring("\n".join([HEADER, line("dora@kunde-1.de", ip="")]))
    again = anna.bring("\n".join([HEADER, line("dora@kunde-1.de")]))
    assert again.accepted == 1
    with tenancy.account(anna.account_id):
        subscription = Subscription.objects.get()
        assert (subscription.state, subscription.quarantine_reason) == (SubscriptionState.CONFIRMED, "")


def test_an_import_lifts_no_unsubscribe(anna: Customer, line: Line) -> None:
    """R-16: from one list, and from all."""
    text = "\n".join([HEADER, line("dora@kunde-1.de"), line("erik@kunde-1.de")])
    anna.bring(text)
    with tenancy.account(anna.account_id):
        dora, erik = Contact.objects.order_by("email")
        consent.unsubscribe(dora.id, list_id=anna.list_id, by="link", source="test")
        consent.unsubscribe(erik.id, list_id=None, by="link", source="test")
        other = lists.create_list("Other")
    approve_origin(anna.account_id, other.id)
    before = tables(anna.account_id)
    again = anna.bring(text)
    assert again.refused == {"unsubscribed": 1, "suppressed": 1}
    assert tables(anna.account_id) == before
    elsewhere = anna.bring(text, list_id=other.id)
    assert (elsewhere.accepted, elsewhere.refused) == (0, {"unsubscribed": 1, "suppressed": 1})


def test_an_import_lifts_no_bounce_and_no_complaint(
    anna: Customer, carla: Customer, line: Line, key_of: Callable[[str], bytes]
) -> None:
    """R-16: suppressed in the account, or on the whole platform by what happened to another customer."""
    with tenancy.account(anna.account_id):
        suppression.suppress(key_of("Dora@Kunde-1.de"), reason=SuppressionReason.COMPLAINT, source="t", evidence={})
    with tenancy.account(carla.account_id):
        suppression.suppress(
            key_of("erik-r16@kunde-1.de"), reason=SuppressionReason.HARD_BOUNCE, source="t", evidence={}, platform=True
        )
        suppression.suppress(key_of("frida@kunde-1.de"), reason=SuppressionReason.SOFT_BOUNCE, source="t", evidence={})
    done = anna.bring("\n".join([HEADER, *map(line, ("dora@kunde-1.de", "erik-r16@kunde-1.de", "frida@kunde-1.de"))]))
    assert (done.accepted, done.refused) == (1, {"suppressed": 2})
    with tenancy.account(anna.account_id):
        assert Contact.objects.get().email == "frida@kunde-1.de"
        assert set(ImportRefusal.objects.values_list("rule", flat=True)) == {"R-16"}


def test_times_without_zone_take_the_accounts_and_say_so(anna: Customer, line: Line) -> None:
    done = anna.bring(
        "\n".join([HEADER, line("dora@kunde-1.de", signup="01.10.2026 09:00", confirmed="01.10.2026 um 09:05 Uhr")])
    )
    assert done.accepted == 1
    with tenancy.account(anna.account_id):
        evidence = ConsentEvidence.objects.get()
    assert evidence.confirmed_at is not None and evidence.confirmed_at.isoformat() == "2026-10-01T07:05:00+00:00"
    assert evidence.details["confirmed_at"] == {"text": "01.10.2026 um 09:05 Uhr", "assumed": ["zone"]}


def test_cancel_before_and_a_file_that_is_gone(anna: Customer, line: Line) -> None:
    data = "\n".join([HEADER, line("dora@kunde-1.de")]).encode()
    with tenancy.account(anna.account_id):
        first = imports.start_import(anna.list_id, io.BytesIO(data), "a.csv", {}, enqueue=False)
        imports.cancel_import(first.id)
    assert not within(anna, files.exists, first.file_path)
    run_import(anna.account_id, first.id)
    with tenancy.account(anna.account_id):
        second = imports.start_import(anna.list_id, io.BytesIO(data), "b.csv", {}, enqueue=False)
        assert files.exists(second.file_path)
        files.delete(second.file_path)
    run_import(anna.account_id, second.id)
    with tenancy.account(anna.account_id):
        states = dict(Import.objects.values_list("file_name", "state"))
        assert states == {"a.csv": ImportState.CANCELLED, "b.csv": ImportState.FAILED}
        assert not Contact.objects.exists()


def test_cancel_takes_effect_at_the_next_slice(anna: Customer, line: Line) -> None:
    data = "\n".join([HEADER, *(line(f"p{n}@kunde-1.de") for n in range(30))]).encode()
    job = within(anna, imports.start_import, anna.list_id, io.BytesIO(data), "a.csv", {}, enqueue=False)

    def stop(rows: int, position_bytes: int) -> None:
        if rows == 9:
            within(anna, imports.cancel_import, job.id)

    run_import(anna.account_id, job.id, slice_rows=3, on_slice=stop)
    with tenancy.account(anna.account_id):
        after = Import.objects.get(id=job.id)
        assert after.state == ImportState.CANCELLED
        assert after.rows_read in (6, 9)
        assert Contact.objects.count() == after.accepted == after.rows_read


def test_refused_rows_come_back_as_harmless_csv(anna: Customer, line: Line) -> None:
    done = anna.bring(
        "\n".join([HEADER, line("info@kunde-1.de", "=HYPERLINK(0)", last="@SUM", city="-1", source="+4")])
    )
    text = "".join(within(anna, rejected_rows.rows_to_correct, done.id))
    header, row = text.splitlines()
    assert header.endswith("mailflatrate_line,mailflatrate_reason,mailflatrate_suggestion")
    assert row.startswith("info@kunde-1.de,'=HYPERLINK(0),'@SUM,")
    assert row.endswith(",'+4,'-1,2,role,")


ROWS, SLICE = 2000, 100
WORKER = """
import sys
from mailflatrate.entrypoints.boot import boot
boot()
from mailflatrate.apps.intake.runner import run_import
run_import(int(sys.argv[1]), int(sys.argv[2]), slice_rows=int(sys.argv[3]))
"""


def worker(anna: Customer, job: Import) -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    environment |= {"MAILFLATRATE_DATA_DIR": str(load_settings().data_dir), "MAILFLATRATE_LOG_LEVEL": "ERROR"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(anna.account_id), str(job.id), str(SLICE)], env=environment
    )


def state(anna: Customer, job: Import) -> Import:
    return rows(anna, Import).get(id=job.id)


def consistent(anna: Customer, job: Import) -> None:
    """Counters, people, proof and position say the same."""
    now = state(anna, job)
    assert now.rows_read % SLICE == 0
    counts = [rows(anna, table).count() for table in (Contact, Subscription, ConsentEvent)]
    assert counts == [now.accepted] * 3
    assert now.accepted == now.rows_read


@pytest.mark.slow
def test_an_import_survives_kill_9_again_and_again(anna: Customer, carla: Customer, line: Line) -> None:
    lines = [line(f"dora{number}x@kunde-{number % 50}.de", ip=f"203.0.113.{number % 250}") for number in range(ROWS)]
    data = "\n".join([HEADER, *lines]).encode()
    job = within(anna, imports.start_import, anna.list_id, io.BytesIO(data), "a.csv", {}, enqueue=False)
    kills = 0
    for _ in range(2):
        process, before = worker(anna, job), state(anna, job).rows_read

        def has_begun(process: subprocess.Popen[bytes] = process, before: int = before) -> bool:
            return state(anna, job).rows_read != before or process.poll() is not None

        wait_until(has_begun, "the first slice", pause=0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += process.returncode == -signal.SIGKILL
        _until_unlocked(job)
        consistent(anna, job)
    assert kills, "the worker was too fast to be killed"
    assert state(anna, job).state == ImportState.RUNNING
    resume_tasks(0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'intake.run_import'"
            " AND (args->>'task_id')::int = %s",
            [job.id],
        )
        assert cursor.fetchone() == (1,), "the house notices the orphan"
    run_import(anna.account_id, job.id, slice_rows=SLICE)
    done = state(anna, job)
    assert (done.state, done.rows_read, done.accepted) == (ImportState.DONE, ROWS, ROWS)
    consistent(anna, job)
    within(anna, import_checks.check_import, job.id)
    carla.bring(data, slice_rows=SLICE)
    assert _people(anna) == _people(carla), "as if nothing had happened"


def _until_unlocked(job: Import) -> None:
    """PostgreSQL rolls a dead client's transaction back when it notices."""

    def is_free() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [job.id])
            return bool(cursor.fetchone() == (0,))

    wait_until(is_free, "the dead worker's lock")


def _people(place: Customer) -> set[tuple[str, str]]:
    assert tables(place.account_id)["contact"]
    return set(rows(place, Subscription).values_list("contact__email", "state"))
