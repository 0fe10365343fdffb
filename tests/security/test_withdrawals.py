"""Attacks on the withdrawals log: lines that were made up, a no that is lost, an address that should not be in it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.withdrawals.log import BucketLog, FolderLog, read_paths
from mailflatrate.apps.privacy.withdrawals.log_lines import LineRefused, WithdrawalLine, read_line
from mailflatrate.apps.privacy.withdrawals.log_writer import log_waiting, withdrawals_since
from mailflatrate.apps.privacy.withdrawals.replay import replay
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.apps.suppression.models import Suppression, WithdrawalKind
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import canonical_address_key
from mailflatrate.base.storage.directory import DirectoryFiles
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.contact_files import HEADER
from support.customers import Customer, customer_with_list
from support.origins import approve_origin
from support.people import operator

pytestmark = pytest.mark.usefixtures("database")
PEOPLE = ("dora", "emil", "frieda", "gustav")
ROW = "{}@kunde-1.de;D;D;2026-10-01T09:00:00Z;192.0.2.1;2026-10-01T09:05:00Z;https://a.example/;Kiel"


@pytest.fixture
def anna() -> Customer:
    place = customer_with_list("Anna")
    place.bring("\n".join([HEADER, *(ROW.format(name) for name in PEOPLE)]))
    return place


@pytest.fixture
def log(tmp_path: Path) -> Iterator[FolderLog]:
    log_waiting(FolderLog(tmp_path / "earlier"))
    yield FolderLog(tmp_path / "log")


def people(place: Customer) -> dict[str, Contact]:
    with tenancy.account(place.account_id):
        return {contact.email.partition("@")[0]: contact for contact in Contact.objects.all()}


def everyone_says_no(place: Customer) -> None:
    here = people(place)
    with tenancy.account(place.account_id):
        consent.unsubscribe(here["dora"].id, list_id=place.list_id, by="link", source="test")
        consent.object_to_mail(here["emil"].id, source="test")
        suppression.suppress(
            bytes(here["frieda"].address_key), reason=SuppressionReason.HARD_BOUNCE, source="t", evidence={}
        )
        erase_for_customer(here["gustav"].id, by=operator())


def mine(place: Customer, texts: list[str]) -> list[WithdrawalLine]:
    return [line for line in map(read_line, texts) if line.account_id == place.account_id]


def _compared(line: WithdrawalLine) -> tuple[WithdrawalKind, int | None, bytes | None]:
    # Only the log still knows the hash of an erased contact; the suppression beside it has the hash, too.
    return line.kind, line.contact_id, None if line.kind is WithdrawalKind.ERASED else line.address_key


def test_each_no_is_in_the_log_and_no_address_is(anna: Customer, log: FolderLog, tmp_path: Path) -> None:
    before = clock.now()
    everyone_says_no(anna)
    log_waiting(log)
    texts = list(log.read(before))
    kinds = {(line.kind.value, line.reason) for line in mine(anna, texts)}
    assert kinds == {
        ("withdrawn", ""),
        ("objection", ""),
        ("erased", ""),
        ("suppressed", "hard_bounce"),
        ("suppressed", "erased"),
        ("suppressed", "objection"),
        ("suppressed", "unsubscribe"),
    }
    assert "@" not in "".join(texts)
    assert not [name for name in PEOPLE if name in "".join(texts)]
    (file,) = (tmp_path / "log").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    log_waiting(log)
    assert len(list(log.read(before))) == len(texts), "each once"
    exported = {_compared(line) for line in withdrawals_since(before)}
    assert exported >= {_compared(line) for line in mine(anna, texts)}


def test_a_withdrawal_that_is_not_logged_yet_stays_in_the_outbox(anna: Customer, tmp_path: Path) -> None:
    everyone_says_no(anna)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        log_waiting(FolderLog(tmp_path / "file"))
    after = FolderLog(tmp_path / "log")
    log_waiting(after)
    assert len(mine(anna, list(after.read(clock.now())))) >= 7


def test_the_log_takes_effect_on_people_who_are_confirmed_again_and_twice_is_once(
    anna: Customer, log: FolderLog
) -> None:
    """The same people in an earlier state: as a restored database has them."""
    before = clock.now()
    here = people(anna)
    lines = [
        WithdrawalLine(before, WithdrawalKind.WITHDRAWN, anna.account_id, "", here["dora"].id, anna.list_id),
        WithdrawalLine(before, WithdrawalKind.OBJECTION, anna.account_id, "", here["emil"].id, None),
        WithdrawalLine(before, WithdrawalKind.SUPPRESSED, anna.account_id, "complaint", None, None,
             bytes(here["frieda"].address_key)),
        WithdrawalLine(before, WithdrawalKind.ERASED, anna.account_id, "", here["gustav"].id, None),
        WithdrawalLine(before, WithdrawalKind.SUPPRESSED, 10**12, "complaint", None, None, b"x" * 32),
    ]  # fmt: skip
    texts = [line.write() for line in lines]
    done = replay(texts, before)
    assert done == {"withdrawn": 1, "objection": 1, "suppressed": 1, "erased": 1, "unknown_account": 1}
    with tenancy.account(anna.account_id):
        assert not Subscription.objects.filter(state="confirmed").exists()
        assert not Contact.objects.filter(id=here["gustav"].id).exists()
        assert set(Suppression.objects.values_list("reason", flat=True)) == {"objection", "complaint", "erased"}
        events = ConsentEvent.objects.count()
    again = replay(texts, before)
    assert +again == {"unknown_account": 1}
    with tenancy.account(anna.account_id):
        assert ConsentEvent.objects.count() == events
    assert not +replay(texts, before + timedelta(hours=2)), "older than the backup"


def test_a_no_of_people_whom_the_backup_does_not_know_keeps_their_old_proof_out(anna: Customer, log: FolderLog) -> None:
    """They were imported after the backup and left; afterward, the customer imports the same file again."""
    before, here = clock.now(), people(anna)
    with tenancy.account(anna.account_id):
        later = create_list("Offers").id
    approve_origin(anna.account_id, later)
    rows = ["paula", "quirin"]
    file = "\n".join([HEADER, *(ROW.format(name) for name in rows)])
    left = [
        ("paula", 10**9, anna.list_id),
        ("quirin", 10**9 + 1, 10**9),
        ("dora", here["dora"].id, later),
        ("emil", here["emil"].id, 10**9),
    ]
    lines = [
        WithdrawalLine(
            before,
            WithdrawalKind.WITHDRAWN,
            anna.account_id,
            "",
            person,
            of,
            canonical_address_key(f"{name}@kunde-1.de"),
        )
        for name, person, of in left
    ]
    texts = [line.write() for line in lines]
    assert replay(texts, before) == {"withdrawn": 4}
    assert not +replay(texts, before), "twice is once"
    assert anna.bring(file).refused == {"suppressed": 2}
    again = anna.bring("\n".join([HEADER, *(ROW.format(name) for name in ("dora", "emil", "frieda"))]), list_id=later)
    assert (again.accepted, again.refused) == (1, {"unsubscribed": 1, "suppressed": 1})
    with tenancy.account(anna.account_id):
        own = Subscription.objects.filter(mailing_list_id=anna.list_id, state="confirmed")
        assert own.filter(contact=here["dora"]).exists(), "a no to one list ends no other"


def test_a_line_that_was_made_up_erases_nobody(anna: Customer) -> None:
    here, now = people(anna), clock.now()
    genuine = WithdrawalLine(now, WithdrawalKind.WITHDRAWN, anna.account_id, "", here["dora"].id, anna.list_id).write()
    fields = json.loads(genuine)
    forged = [
        json.dumps({**fields, "kind": "erased"}),
        json.dumps({**fields, "contact": here["emil"].id}),
        json.dumps({**fields, "account": customer_with_list("Carla").account_id}),
        json.dumps({**fields, "seal": "0" * 64}),
        json.dumps({name: value for name, value in fields.items() if name != "seal"}),
        json.dumps({**fields, "seal": None}), json.dumps([fields]), "null", "1", "{", "", "[" * 900, genuine[:-9],
        "x" * 5_000,
    ]  # fmt: skip
    for text in forged:
        with pytest.raises(LineRefused):
            read_line(text)
    assert replay(forged, now) == {"refused": len(forged)}
    with tenancy.account(anna.account_id):
        assert Subscription.objects.filter(state="confirmed").count() == len(PEOPLE)


def test_a_file_of_a_stranger_is_read_in_bounds(tmp_path: Path) -> None:
    path = tmp_path / "withdrawals-20261127T08.jsonl"
    path.write_bytes(b"\xff" * 3_000_000 + b"\n{}\n")
    texts = list(read_paths([tmp_path]))
    assert max(map(len, texts)) <= 4_096
    assert replay(texts, clock.now())["refused"] == len(texts)


def test_sql_of_an_account_neither_reads_nor_empties_the_outbox(anna: Customer, log: FolderLog) -> None:
    before = clock.now()
    everyone_says_no(anna)
    for statement in (
        "DELETE FROM withdrawal_outbox",
        "UPDATE withdrawal_outbox SET kind = 'withdrawn'",
        "TRUNCATE withdrawal_outbox",
        "ALTER TABLE consent_event DISABLE TRIGGER consent_event_is_logged",
        "INSERT INTO withdrawal_outbox (account_id, kind, contact_id, at) VALUES (NULL, 'erased', 1, now())",
    ):
        with (
            pytest.raises(DatabaseError, match=r"permission denied|must be owner|row-level security"),
            tenancy.account(anna.account_id),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM withdrawal_outbox")
        assert cursor.fetchone() == (0,)
    log_waiting(log)
    assert len(mine(anna, list(log.read(before)))) >= 7


def test_old_lines_go_and_those_of_a_bucket_as_well(tmp_path: Path) -> None:
    line = WithdrawalLine(clock.now(), WithdrawalKind.ERASED, 1, "", 1).write()
    for log in (FolderLog(tmp_path / "folder"), BucketLog(DirectoryFiles(tmp_path / "bucket"))):
        with clock.frozen_at(clock.now() - timedelta(days=40)):
            log.write([line])
        log.write([line, line])
        assert len(list(log.read(clock.now() - timedelta(days=60)))) == 3
        assert len(list(log.read(clock.now() - timedelta(days=1)))) == 2
        log.drop_before(clock.now() - timedelta(days=30))
        assert len(list(log.read(clock.now() - timedelta(days=60)))) == 2


def test_the_platforms_own_suppressions_are_logged(log: FolderLog) -> None:
    before = clock.now()
    key = b"k" * 31 + b"w"
    suppression.suppress_everywhere(key, reason=SuppressionReason.COMPLAINT, source="t", evidence={})
    log_waiting(log)
    (text,) = [text for text in log.read(before) if read_line(text).address_key == key]
    assert read_line(text).account_id is None
    with tenancy.platform(PlatformReason.MAIL_IN):
        Suppression.objects.filter(address_key=key).update(lifted_at=clock.now(), lifted_reason="as before the backup")
    assert replay([text], before) == {"suppressed": 1}
