"""After an erasure neither the database nor any file knows the person: not in clear, not in any encoding."""

import asyncio
import base64
import email
import quopri
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from io import BytesIO
from urllib.parse import quote, unquote_to_bytes

import pytest
from django.test import Client

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.jobs import queue_notice
from mailflatrate.apps.delivery.models import Attempt, Delivery, DeliveryState
from mailflatrate.apps.delivery.send import sender, upkeep
from mailflatrate.apps.gate.test_send import send_test
from mailflatrate.apps.inbound import intake, jobs, named_addresses, test_inbox
from mailflatrate.apps.inbound.intake import Arrival
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.apps.intake.actions import imports
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.actions import contacts
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.personal_traces import wipe_late
from mailflatrate.apps.suppression.queries import strongest
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import canonical_key
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.settings.postgres import BINARIES
from mailflatrate.settings.schema import load_settings
from support.fake_relay import ANY, FakeRelay, Step
from support.forms import FormCustomer, customer_with_form
from support.origins import approve_origin
from support.waiting import wait_until_async

pytestmark = pytest.mark.usefixtures("database")

FIRST, LAST = "Dorothea", "Quendelwurz"
HOST = "briefkasten-lindenhof.de"
SHORTEST = 10
"""No octets of a value that has fewer are looked for; no encoding is shorter than what it encodes."""


@dataclass(frozen=True)
class Person:
    """Dorothea, who left a trace wherever one can be left."""

    place: FormCustomer
    email: str
    campaign: Campaign

    def contact(self) -> Contact:
        with tenancy.account(self.place.account_id):
            return Contact.objects.get(email=self.email)

    @property
    def key(self) -> bytes:
        return key_ring().suppression_key(canonical_key(self.email))


def letters_of(address: str, verp: str) -> list[Arrival]:
    """What comes in about her: each names her in another way, and most belong to no delivery."""
    text = f"Guten Tag,\r\nich bin {FIRST} {LAST}, {address}.\r\n"
    base = base64.encodebytes(text.encode()).decode()
    quoted = quopri.encodestring(text.encode(), quotetabs=True).decode().replace("@", "=40")
    head = "From: Mailer <mailer@relay.example>\r\nSubject: note\r\nMIME-Version: 1.0\r\n"
    bodies = {
        "upper": f"From: {address.upper()}\r\nSubject: x\r\n\r\n{LAST.upper()}\r\n",
        "base64": f"{head}Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n{base}",
        "quoted": f"{head}Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{quoted}",
        "percent": f"{head}\r\nhttps://x.example/?m={quote(address, safe='').replace('.', '%2E')}&n={LAST}\r\n",
        "utf16": f"{head}Content-Transfer-Encoding: base64\r\n\r\n{base64.encodebytes(text.encode('utf-16')).decode()}",
        "header": f"From: =?utf-8?b?{base64.b64encode(f'{LAST} <{address}>'.encode()).decode()}?=\r\n\r\nhello\r\n",
    }
    desk = f"postmaster@{load_settings().service_domain}"
    loose = [Arrival("smtp", "198.51.100.7", "", desk, body.encode()) for body in bodies.values()]
    envelope = Arrival("smtp", "198.51.100.7", address.upper(), desk, b"x\r\n")
    own = Arrival("smtp", "198.51.100.7", "", verp, f"{head}\r\n550 <{address}>: {LAST} unknown\r\n".encode())
    return [*loose, envelope, own]


def known(name: str) -> Person:
    lindenhof, address = customer_with_form(), f"{name}@{HOST}"
    anna = lindenhof.anna
    lindenhof.confirm(lindenhof.asked(address))
    approve_origin(anna.account_id, anna.list_id)
    campaign = anna.sending("Winter bulbs")
    with tenancy.account(anna.account_id):
        contact = Contact.objects.get(email=address)
        contacts.edit_contact(contact.id, first_name=FIRST, last_name=LAST, attributes={"ort": "Plön"})
        delivery = Delivery.objects.get(campaign=campaign, contact=contact)
        reply = f"550 5.1.1 <{address}>: {LAST} unknown"
        Delivery.objects.filter(id=delivery.id).update(
            state=DeliveryState.BOUNCED, bounce="hard", reply_text=reply, settled_at=clock.now()
        )
        Attempt.objects.create(delivery=delivery, number=1, at=clock.now(), stage="rcpt", reply_text=reply)
        rows = f"email,first_name\r\n{address.upper()},{FIRST}\r\n".encode()
        imports.upload_import(anna.list_id, BytesIO(rows), "late.csv", by=anna.owner)
        (notice,) = send_test(campaign.id, [anna.owner.email], by=anna.owner, contact_ids=[contact.id])
        queue_notice(anna.account_id, notice.id)
        shown = Delivery.objects.get(notice=notice)
    for door, purpose, fields in (
        ("d", TokenPurpose.PRIVACY, {"kind": "access"}),
        ("p", TokenPurpose.PREFERENCES, {"act": "move", "email": f"neu.{name}@{HOST}"}),
    ):
        token = key_ring().seal(purpose, anna.account_id, delivery.id)
        assert Client().post(f"/{door}/{token}", fields).status_code == 200
    ring, ours = key_ring(), (delivery.id, shown.id)
    paths = {one: f"b+{ring.seal(TokenPurpose.VERP, anna.account_id, one)}@x.example" for one in ours}
    stored = intake.store(letters_of(address, paths[delivery.id]))
    jobs.read_mails(stored[:-2])  # the last two wait still
    mail = f"To: {address}\r\nSubject: Hello {LAST}\r\n\r\nHello {FIRST}\r\n".encode()
    sample = f"To: anna@x.example\r\nSubject: Hello {LAST}\r\n\r\nHello {FIRST}\r\n".encode()
    test_inbox.keep([(Arrival("smtp", "", paths[delivery.id], address.upper(), mail), "")])
    test_inbox.keep([(Arrival("smtp", "", paths[shown.id], "anna@x.example", sample), "")])
    return Person(lindenhof, address, campaign)


def dumped(owner_url: str) -> dict[str, set[bytes]]:
    """What `pg_dump` says of each table: its different values, octets as octets; not those too short for a name."""
    done = subprocess.run(
        [BINARIES / "pg_dump", "--data-only", "--schema=public", owner_url], capture_output=True, check=True
    )
    found: dict[str, set[bytes]] = {}
    table = ""
    for line in done.stdout.split(b"\n"):
        if line.startswith(b"COPY public."):
            table = line.split(b" ")[1].decode().removeprefix("public.")
        elif line == b"\\.":
            table = ""
        elif table:
            found.setdefault(table, set()).update(
                octets(value) for value in line.split(b"\t") if len(value) >= SHORTEST
            )
    return found


def octets(value: bytes) -> bytes:
    """A column of COPY: `\\\\x6162` are octets, an array of them several."""
    if value.startswith((b"\\\\x", b'{"\\\\\\\\x')):
        return b"\n".join(bytes.fromhex(digits.decode()) for digits in re.findall(rb"x((?:[0-9a-f]{2})+)", value))
    return value.replace(b"\\n", b"\n").replace(b"\\r", b"\r").replace(b"\\t", b"\t")


def readings(data: bytes) -> Iterator[bytes]:
    """A value in clear and as a mail program would read it."""
    yield data
    if b"\0" in data:
        yield data.replace(b"\0", b"")
    if b"%" in data:
        yield unquote_to_bytes(data)
    if b"=" in data:
        yield quopri.decodestring(data)
    if b":" in data[:2000]:
        for part in email.message_from_bytes(data).walk():
            decoded = part.get_payload(decode=True)
            if isinstance(decoded, bytes):
                yield decoded.replace(b"\0", b"")
    for run in re.findall(rb"[A-Za-z0-9+/\r\n]{24,}={0,2}", data):
        digits = re.sub(rb"\s", b"", run)
        yield base64.b64decode(digits[: len(digits) // 4 * 4])


@cache
def earlier(owner_url: str) -> frozenset[bytes]:
    """Values that the database had before anyone of these tests was known: none of them can name her."""
    return frozenset().union(*dumped(owner_url).values())


@pytest.fixture(scope="module", autouse=True)
def before_her(database: str) -> None:
    earlier(database)


def places_of(owner_url: str, *secrets: str) -> set[str]:
    """Tables and files in which one of some texts stands."""
    blobs = dumped(owner_url)
    folder = load_settings().data_dir
    for path in folder.rglob("*"):
        if path.is_file() and "postgres" not in path.relative_to(folder).parts[0] and path.suffix != ".sock":
            blobs.setdefault(f"file:{path.relative_to(folder).parts[0]}", set()).add(path.read_bytes())
    assert min(map(len, secrets)) >= SHORTEST
    wanted = [secret.lower().encode() for secret in secrets]
    return {
        name
        for name, values in blobs.items()
        if any(
            secret in reading.lower()
            for value in values - earlier(owner_url)
            for reading in readings(value)
            for secret in wanted
        )
    }


EVERYWHERE = {
    "contact", "consent_evidence", "delivery", "attempt", "raw_mail", "notice", "postbox_message", "signup_request",
    "stored_chunk",
}  # fmt: skip


@pytest.mark.slow
def test_neither_address_nor_name_is_left_in_any_encoding(database: str) -> None:
    her = known("dorothea.quendelwurz")
    secrets = (her.email.partition("@")[0], LAST)
    assert places_of(database, *secrets) >= EVERYWHERE, "the test must find her everywhere, or it proves nothing"
    with tenancy.account(her.place.account_id):
        erase_for_customer(her.contact().id, by=her.place.anna.owner)
    assert places_of(database, *secrets) == set()
    with tenancy.account(her.place.account_id):
        row = strongest(her.key)
        assert row is not None
        assert row.reason == SuppressionReason.ERASED, "the keyed hash stays"
        cancelled = Import.objects.get(file_name="late.csv")
        assert cancelled.state == "cancelled"
        assert "erased" in cancelled.problem


def test_what_a_case_holds_is_kept_and_nothing_else(database: str) -> None:
    her = known("dorothea.amcase")
    with tenancy.platform(PlatformReason.MAIL_IN):
        held = RawMail.objects.filter(envelope_from=her.email.upper())
        assert held.update(desk="taken") == 1
    with tenancy.account(her.place.account_id):
        erase_for_customer(her.contact().id, by=her.place.anna.owner)
    assert places_of(database, "dorothea.amcase") == {"raw_mail"}
    with tenancy.platform(PlatformReason.MAIL_IN):
        held.update(desk="", envelope_from="")


@pytest.mark.slow
def test_messages_that_were_not_noted_in_time_are_wiped_by_a_job(database: str) -> None:
    """More wait than an erasure notes itself: what is left goes as soon as it's noted, what came later stays."""
    her = known("dorothea.spaet")
    with tenancy.account(her.place.account_id):
        contact = her.contact()
    late = f"From: {her.email.upper()}\r\n\r\nI am back\r\n".encode()
    to = f"postmaster@{load_settings().service_domain}"
    before = clock.now()
    with clock.frozen_at(before + timedelta(hours=1)):
        (later_id,) = intake.store([Arrival("smtp", "198.51.100.7", "", to, late)])
    with tenancy.platform(PlatformReason.MAIL_IN):
        for model in named_addresses.TABLES:
            model.objects.update(address_keys=None)
    wipe_late(contact.account_id, her.key, before + timedelta(minutes=1))
    assert "raw_mail" in places_of(database, "dorothea.spaet"), "nothing is noted yet"
    jobs.note_addresses(0)
    wipe_late(contact.account_id, her.key, before + timedelta(minutes=1))
    with tenancy.platform(PlatformReason.MAIL_IN):
        mine = RawMail.objects.filter(address_keys__contains=[her.key])
        assert list(mine.values_list("id", flat=True)) == [later_id]


@pytest.mark.slow
def test_an_address_among_too_many_is_found_again(database: str) -> None:
    her = known("dorothea.viele")
    many = "".join(f"a{number}@example.net\r\n" for number in range(6_000))
    to = f"postmaster@{load_settings().service_domain}"
    intake.store([Arrival("smtp", "198.51.100.7", "", to, f"From: x@y.example\r\n\r\n{many}{her.email}\r\n".encode())])
    with tenancy.account(her.place.account_id):
        erase_for_customer(her.contact().id, by=her.place.anna.owner)
    assert places_of(database, "dorothea.viele") == {"raw_mail"}, "a job reads it again"
    wipe_late(her.place.account_id, her.key, clock.now())
    assert places_of(database, "dorothea.viele") == set()


@pytest.mark.slow
def test_carlas_mail_about_the_same_person_stays(database: str) -> None:
    her, other = known("dorothea.beide"), customer_with_form()
    campaign = other.anna.sending()
    with tenancy.account(other.account_id):
        delivery = Delivery.objects.filter(campaign=campaign).order_by("id")[0]
    verp = f"b+{key_ring().seal(TokenPurpose.VERP, other.account_id, delivery.id)}@x.example"
    stored = intake.store([Arrival("smtp", "198.51.100.7", "", verp, f"From: {her.email}\r\n\r\nx\r\n".encode())])
    jobs.read_mails(stored)
    with tenancy.account(her.place.account_id):
        erase_for_customer(her.contact().id, by=her.place.anna.owner)
    with tenancy.platform(PlatformReason.MAIL_IN):
        row = RawMail.objects.get(id=stored[0])
        assert row.account_id == other.account_id
        assert her.email.encode() in bytes(row.raw)


def test_an_erasure_finds_messages_by_an_index(database: str) -> None:
    """Whatever the number of messages: neither the octets nor all rows are looked at."""
    import psycopg

    with psycopg.connect(database) as owner:
        owner.execute("SET enable_seqscan = off")
        for table in ("raw_mail", "postbox_message"):
            plan = owner.execute(
                f"EXPLAIN SELECT id FROM {table} WHERE address_keys && ARRAY['\\x00'::bytea]"
            ).fetchall()
            assert f"{table}_named" in str(plan)


def test_the_journal_of_an_idle_sender_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies name people; once they're in the database, the file has no use for them."""
    monkeypatch.setattr(upkeep, "RECOVERY_SECONDS", 0.05)
    lindenhof = customer_with_form()
    lindenhof.sign_up(f"dorothea.journal@{HOST}")
    folder = load_settings().data_dir / "journal"

    others = set(folder.glob("*.journal"))  # of senders that other tests killed

    def size() -> int:
        return sum(path.stat().st_size for path in folder.glob("*.journal") if path not in others)

    async def work() -> int:
        async with FakeRelay() as relay:
            sizes: list[int] = []
            relay.on(Step.DATA_END, ANY, lambda *_: sizes.append(size()))
            settings = load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port})
            process = sender.Sender(settings)
            try:
                await process.work_confirmations(lindenhof.account_id)
                await wait_until_async(lambda: not size(), "an empty journal")
                return max(sizes)
            finally:
                await process.close()

    assert asyncio.run(work()) > 0, "it was not empty before"
