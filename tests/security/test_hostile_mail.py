"""Mail and reports that were made to stop us: they end quickly, and what comes after them is read."""

import base64
import io
import os
import signal
import subprocess
import sys
import time
from struct import pack, pack_into

import pytest
from django.core import signing
from django.test import Client

from mailflatrate.apps.inbound import intake, jobs
from mailflatrate.apps.inbound.actions import claim_batch, process_batch
from mailflatrate.apps.inbound.actions.claim_batch import BROKEN_OFF
from mailflatrate.apps.inbound.intake import READ_SHARDS, Arrival
from mailflatrate.apps.inbound.models import RawMail, RawMailState
from mailflatrate.base import child, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.message.unsubscribe import parse_unsubscribe_mail
from mailflatrate.mail.reading.outlook import outlook_message
from mailflatrate.mail.signing.dkim_verify import verify_signatures
from outlook_file import saved
from support.processes import is_alive
from support.returned_mail import STRANGER, SentCampaign, desk, plain, sent_campaign, stored
from support.waiting import wait_until


@pytest.fixture(scope="module")
def case(database: str) -> SentCampaign:
    assert database
    return sent_campaign(people=6)


def circle(sector_octets: int = 512) -> bytes:
    """A .msg whose directory is a chain of one sector that leads to itself and holds nothing but roots."""
    shift = sector_octets.bit_length() - 1
    head = bytearray(sector_octets)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    pack_into("<HHHHH", head, 24, 0x3E, 3, 0xFFFE, shift, 6)
    pack_into("<IIIIIIIIII", head, 40, 0, 1, 1, 0, 4096, 1, 1, 0xFFFFFFFE, 0, 0)
    pack_into("<109I", head, 76, 0, *[0xFFFFFFFF] * 108)
    fat = pack("<III", 0xFFFFFFFD, 1, 2).ljust(sector_octets, b"\xff")
    root = "Root Entry".encode("utf-16-le").ljust(64, b"\0") + pack("<HBB", 22, 5, 1)
    root = root.ljust(116, b"\0") + pack("<IQ", 2, 64)
    directory = (root * (sector_octets // 128)).ljust(sector_octets, b"\0")
    return bytes(head) + fat + directory + bytes(sector_octets)


def with_attachment(data: bytes, name: str = "mail.msg") -> bytes:
    """A mail to the abuse desk that carries a file."""
    body = base64.encodebytes(data)
    return (
        b"From: eve@attacker.example\r\nTo: abuse@mailflatrate.example\r\nSubject: spam\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n--b\r\n"
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="' + name.encode() + b'"\r\n\r\n' + body + b"\r\n--b--\r\n"
    )


@pytest.mark.parametrize("sector_octets", [512, 4096])
def test_a_chain_in_a_circle_ends_at_once(sector_octets: int) -> None:
    begin = time.process_time()
    assert outlook_message(circle(sector_octets)) is None
    assert time.process_time() - begin < 0.1


def test_each_way_round_a_compound_file_is_refused() -> None:
    """Every sector number of a good file led back to the beginning, one after another; none takes long."""
    good = saved("From: a@b.example\r\nSubject: x\r\n", "text " * 2000)
    begin = time.process_time()
    for at in range(512, 1024, 4):
        for target in (0, 1, 2, at // 4 - 128, 0x7FFFFFFF):
            broken = bytearray(good)
            pack_into("<I", broken, at, target)
            outlook_message(bytes(broken))
    assert time.process_time() - begin < 4
    assert outlook_message(good)


def store(raw: bytes, to: str = "") -> int:
    """A message that waits to be read."""
    (raw_mail_id,) = intake.store([Arrival("smtp", STRANGER, "eve@attacker.example", to or desk(), raw)])
    return raw_mail_id


def read_lanes() -> None:
    for lane in range(READ_SHARDS):
        jobs.read_new(lane)


def test_an_attachment_stops_no_lane(case: SentCampaign) -> None:
    poison = [store(with_attachment(circle(size))) for size in (512, 4096)]
    behind = intake.store([Arrival("smtp", STRANGER, "", case.bounce_address(0), case.bounce("5.1.1", "No user", 0))])
    begin = time.monotonic()
    read_lanes()
    assert time.monotonic() - begin < 5
    assert {stored(each).state for each in poison} <= {RawMailState.HANDLED, RawMailState.APART}
    assert stored(behind[0]).state == RawMailState.HANDLED
    assert case.feedback(0) == ["hard_bounce"]


def test_a_message_that_its_reader_does_not_survive_waits_for_a_person(
    case: SentCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of the reader one that never ends, in a real child."""
    mail = store(plain("eve@attacker.example", desk(), "Hello", "world"))
    call = child.call
    monkeypatch.setattr(child, "call", lambda name, *given: call("probe.spin" if name == "mail.read" else name, *given))
    read_lanes()
    monkeypatch.undo()
    assert (stored(mail).state, stored(mail).desk) == (RawMailState.UNREAD, "")
    assert "too long" in stored(mail).reason
    again = process_batch.read_mail(mail, again=True)
    assert again is not None
    assert stored(mail).state != RawMailState.UNREAD


def test_a_worker_that_is_killed_in_a_message_meets_it_only_twice(case: SentCampaign) -> None:
    """kill -9 of the whole process, twice; others that were claimed together are not blamed."""
    poison = store(plain("eve@attacker.example", desk(), "First", "x"))
    others = [store(plain("eve@attacker.example", desk(), f"Other {n}", "x")) for n in range(6)]
    lane = poison % READ_SHARDS
    mine = [poison, *(each for each in others if each % READ_SHARDS == lane)]
    assert claim_batch.claim_mails(lane, READ_SHARDS, after_id=0) == mine, "the first claim, which ends in a kill"
    assert claim_batch.claim_mails(lane, READ_SHARDS, after_id=0) == [poison], "alone now; killed once more"
    rest = mine[1:]
    assert claim_batch.claim_mails(lane, READ_SHARDS, after_id=0) == rest[:1]
    assert (stored(poison).state, stored(poison).reason) == (RawMailState.UNREAD, BROKEN_OFF)
    with tenancy.platform(PlatformReason.MAIL_IN):
        RawMail.objects.filter(id__in=rest).update(attempts=1)
    read_lanes()
    process_batch.read_mail(poison, again=True)
    assert {stored(each).state for each in rest} <= {RawMailState.HANDLED, RawMailState.APART}


def test_a_fault_that_is_not_its_own_costs_a_message_nothing(case: SentCampaign) -> None:
    mail = store(plain("eve@attacker.example", desk(), "Hello", "world"))
    for _ in range(4):
        claimed = claim_batch.claim_mails(mail % READ_SHARDS, READ_SHARDS, after_id=0)
        assert mail in claimed
        claim_batch.release_mails(claimed)
    read_lanes()
    assert stored(mail).state != RawMailState.NEW


def report(ip: str, **given: object) -> tuple[int, str]:
    moment = signing.dumps(["report", int(clock.now().timestamp()) - 60], salt="forms.shown")
    data = {"complaint": "unasked", "text": "Look.", "shown": moment} | given
    answer = Client(REMOTE_ADDR=ip).post("/report/", data)
    return answer.status_code, answer.content.decode()


def file_of(content: bytes, name: str = "mail.msg") -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


def test_the_report_page_answers_at_once(case: SentCampaign) -> None:
    report("203.0.113.9", file=file_of(b"From: a@b.example"), who="1")  # the child is up
    for number, size in enumerate((512, 4096)):
        begin = time.monotonic()
        status, page = report(f"203.0.113.{10 + number}", file=file_of(circle(size)))
        assert (status, "Paste the email headers instead" in page) == (422, True)
        assert time.monotonic() - begin < 2


def test_nothing_is_parsed_for_visitors_who_prove_nothing(case: SentCampaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """No moment on the page, no work, no token: refused before a parser sees a byte."""

    def parsed(name: str, *arguments: object) -> object:
        raise AssertionError(f"{name} was asked")

    monkeypatch.setattr(child, "call", parsed)
    fresh = signing.dumps(["report", int(clock.now().timestamp())], salt="forms.shown")
    for shown in ("", fresh, "forged"):
        for given in (
            {"file": file_of(circle())},
            {"about": "From: a@b.example\nSubject: x"},
            {"who": "1", "about": "x"},
        ):
            status, page = report("203.0.113.30", shown=shown, **given)
            assert (status, "very fast" in page) == (422, True)


@pytest.mark.slow
def test_visitors_are_counted_whatever_they_send(case: SentCampaign) -> None:
    """Files that hold no mail cost their sender the same as reports."""
    answers = [report("203.0.113.40", about=f"no id {n}", who="1")[1] for n in range(61)]
    assert "very fast" not in answers[59]
    assert "very fast" in answers[60]


def test_a_poisoned_worker_process_is_replaced() -> None:
    """A child that is killed from outside is nobody's end."""
    first = child.call("probe", "answer").pid
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not is_alive(first), "the end of the child")
    assert child.call("probe", "answer").pid != first


def test_the_command_line_ends_as_well(tmp_path: object) -> None:
    """`inspect` reads files of strangers in its own process; the same bounds hold in the readers."""
    raw = with_attachment(circle(4096))
    done = subprocess.run(
        [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "inspect", "--jsonl", "/dev/stdin"],
        input=raw,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert b'"kind"' in done.stdout, done.stderr


HOSTILE_HEADERS = {
    "comments in comments": b"From: " + b"(" * 100_000,
    "no address": b"To: " + b"a" * 1_000_000 + b"\nFrom: x@y.example",
    "many fields": b"Received: from x\n" * 60_000 + b"From: x@y.example",
}


@pytest.mark.parametrize("name", HOSTILE_HEADERS)
def test_a_request_to_unsubscribe_is_read_whatever_its_header_holds(name: str) -> None:
    begin = time.process_time()
    parse_unsubscribe_mail(HOSTILE_HEADERS[name] + b"\n\nunsubscribe\n", ["news@lindenhof.example"], "x@y.example")
    assert time.process_time() - begin < 1


@pytest.mark.parametrize(
    "body", [b"\r\n" * 500_000 + b"x", b"\n" * 1_000_000 + b"x", b" \t" * 500_000, b"a \r\n" * 300_000]
)
@pytest.mark.parametrize("form", ["simple", "relaxed"])
def test_a_signature_is_judged_in_time(body: bytes, form: str) -> None:
    """Lines without end in the body, and a list of fields as long as the header."""
    head = (
        b"DKIM-Signature: v=1; a=rsa-sha256; d=attacker.example; s=x; bh=AAAA; b=AAAA; c="
        + f"{form}/{form}".encode()
        + b"; h=from"
        + b":a" * 20_000
        + b"\r\n"
        + b"A: b\r\n" * 20_000
        + b"From: eve@attacker.example\r\n\r\n"
    )
    begin = time.process_time()
    verdicts = verify_signatures(head + body, lambda selector, domain: None, at=clock.now())
    assert [verdict.passed for verdict in verdicts] == [False]
    assert time.process_time() - begin < 1
