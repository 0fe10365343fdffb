"""What an outsider with one forwarded message, and all of its tokens, can do to its recipient and to its sender."""

import asyncio
import smtplib  # noqa: TID251  the listener is asked by a client that is not ours
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import dkim
import pytest
from django.db import connections
from django.test import Client

from mailflatrate.apps.abuse import jobs as abuse_jobs
from mailflatrate.apps.abuse.actions import intake as intake_actions
from mailflatrate.apps.abuse.actions.intake import PageReport
from mailflatrate.apps.abuse.models import Case
from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.delivery.relays.tables import Relay
from mailflatrate.apps.inbound import intake, jobs, report_proof
from mailflatrate.apps.inbound.models import DeskState, FeedbackKind, RawMail
from mailflatrate.apps.inbound.queries import feedback_counts
from mailflatrate.apps.stats import actions as stats
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.smtpd.connection_limits import CountedSMTP, Visitors
from mailflatrate.entrypoints.smtpd.listeners import InboundHandler, Spool
from mailflatrate.mail.address import canonical_key
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.identifiers.verp import unsubscribe_address
from mailflatrate.mail.signing.dkim import generate_key
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.dns import ZoneServer
from support.contact_files import readdress
from support.returned_mail import LOOP, STRANGER, SentCampaign, arrive, desk, plain, sent_campaign, stored

RELAY = "127.0.0.1"
"""Our own Postfix, as the settings name it."""
ATTACKER = "203.0.113.9"
DOMAINS = ("evil.example", "provider.example", "anderswo.example")


@pytest.fixture(scope="module")
def cases(database: str) -> Iterator[SentCampaign]:
    """A campaign seen by three of its readers at a time, of whom no other test hears."""
    assert database

    def three_by_three() -> Iterator[SentCampaign]:
        while True:
            whole = sent_campaign(people=60)
            for begin in range(0, 60, 3):
                yield replace(whole, delivery_ids=whole.delivery_ids[begin : begin + 3])

    return three_by_three()


@pytest.fixture
def case(cases: Iterator[SentCampaign]) -> SentCampaign:
    """A campaign and three people who got it."""
    return next(cases)


@pytest.fixture
def own_case(database: str) -> SentCampaign:
    """A campaign that six people got, of an account of its own."""
    assert database
    return sent_campaign(people=6)


@pytest.fixture(scope="module")
def signer(database: str) -> Iterator[bytes]:
    """The private half of a key that several domains publish, the attacker's own among them."""
    assert database
    private, record = generate_key()
    zone = {f"s1._domainkey.{name}": {"TXT": [record]} for name in DOMAINS}
    with ZoneServer(zone) as dns, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAILFLATRATE_DNS_SERVERS", dns.nameserver)
        load_settings.cache_clear()
        report_proof._resolver.cache_clear()
        yield private
    load_settings.cache_clear()
    report_proof._resolver.cache_clear()


def signed(
    raw: bytes,
    key: bytes,
    domain: str,
    fields: tuple[bytes, ...] = (b"from", b"to", b"subject"),
    *,
    length: bool = False,
) -> bytes:
    field = dkim.sign(raw, b"s1", domain.encode(), key, include_headers=list(fields), length=length)
    return bytes(field) + raw


def behind_postfix(first_line: str, raw: bytes) -> bytes:
    """The message as our Postfix hands it over: its own Received line on top."""
    return (
        f"Received: {first_line}\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n"
        "\tby mail.service.example (Postfix) with ESMTPS id 4cX1\r\n\tfor <fbl@service.example>; "
        "Fri, 27 Nov 2026 02:00:00 +0000 (UTC)\r\n"
    ).encode() + raw


def readdressed(case: SentCampaign, number: int, email: str) -> str:
    readdress(case.reader(number).id, email=email, address_key=key_ring().suppression_key(canonical_key(email)))
    return email


def mails_cases(case: SentCampaign) -> list[Case]:
    abuse_jobs.take_mail()
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return list(Case.objects.filter(account_id=case.anna.account_id))


def assert_untouched(case: SentCampaign, number: int = 0) -> None:
    """Nothing happened to the recipient, and nothing counts against the sender."""
    assert (case.suppressions(number), case.state(number), case.feedback(number)) == ([], "confirmed", [])


HELO_TRICKS = [
    "[{source}] (unknown [{attacker}])",
    "x (y [{source}]) (unknown [{attacker}])",
    "x (y [{source}])\r\n (unknown [{attacker}])",
    "x[{source}] (unknown [{attacker}])",
    "(y [{source}]) (unknown [{attacker}])",
    "[IPv6:::1] (unknown [{attacker}])",
    "x ([{source}] [{attacker}])",
    "x (unknown [unix:{source}])",
    "[{source}]",
    "x (localhost [{relay}])",
    "x (y [{source}]) by mail.service.example (unknown [{attacker}])",
    "x (y [{source}]) by mail.service.example (Postfix) with SMTP id 4cX0 (unknown [{attacker}])",
]


@pytest.mark.parametrize("line", HELO_TRICKS)
def test_the_name_a_client_gives_itself_proves_nothing(case: SentCampaign, line: str) -> None:
    """`EHLO [127.0.0.2]` was believed: the first bracket of the Received line is the client's own claim."""
    text = "from " + line.format(source=LOOP, relay=RELAY, attacker=ATTACKER)
    mail = arrive(behind_postfix(text, case.report()), desk("fbl"), peer=RELAY)
    assert (mail.reading["proof"], mail.desk) == ("none", DeskState.WAITING)
    assert_untouched(case)


@pytest.mark.parametrize("padding", [10, 900, 7900, 20_000])
def test_a_relay_that_folds_long_lines_cuts_no_proof_off(case: SentCampaign, padding: int) -> None:
    """Postfix breaks lines of more than 998 octets, and readers cut long fields: what is left could look whole."""
    text = f"from x (y [{LOOP}]) by {'a' * padding}\r\n a (unknown [{ATTACKER}])"
    mail = arrive(behind_postfix(text, case.report()), desk("fbl"), peer=RELAY)
    assert mail.reading["proof"] == "none"


@pytest.mark.parametrize("raw", [b"", b"Received: by mail.service.example (Postfix, from userid 0)\r\n"])
def test_a_relay_is_no_source(case: SentCampaign, raw: bytes) -> None:
    mail = arrive(raw + case.report(), desk("fbl"), peer=RELAY)
    assert mail.reading["proof"] == "none"
    assert_untouched(case)


@pytest.mark.parametrize("name", ["x (unknown", "[203.0.113.9] (fbl.provider.example", "fbl.provider.example ("])
def test_the_parenthesis_of_our_own_relay_is_believed(case: SentCampaign, name: str) -> None:
    line = f"from {name} [{LOOP}])".replace("( [", "([")
    mail = arrive(behind_postfix(line, case.report()), desk("fbl"), peer=RELAY)
    assert (mail.reading["proof"], mail.reading["proof_detail"]) == ("source", LOOP)
    assert case.feedback() == ["complaint"]


@contextmanager
def listener() -> Iterator[int]:
    ready, found = threading.Event(), []

    async def serve() -> None:
        loop, stop, spool = asyncio.get_running_loop(), asyncio.Event(), Spool(intake.store)
        loop.set_default_executor(ThreadPoolExecutor(1))
        handler = partial(CountedSMTP, InboundHandler("smtp", spool), Visitors(RELAY), hostname="x.example")
        server = await loop.create_server(handler, "127.0.0.1", 0)
        found.extend([server.sockets[0].getsockname()[1], lambda: loop.call_soon_threadsafe(stop.set)])
        ready.set()
        await stop.wait()
        server.close()
        await asyncio.to_thread(connections.close_all)
        await loop.run_in_executor(spool._thread, connections.close_all)
        await spool.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(20)
    try:
        yield found[0]
    finally:
        found[1]()
        thread.join()


def test_over_the_wire_as_well(case: SentCampaign) -> None:
    """Through the listener, from where our Postfix and the test inbox connect, and from anywhere else."""
    trick = behind_postfix(f"from [{LOOP}] (unknown [{ATTACKER}])", case.report(0))
    with listener() as port:
        for peer, raw in ((RELAY, trick), ("127.0.0.9", case.report(1)), (LOOP, case.report(2))):
            with smtplib.SMTP("127.0.0.1", port, local_hostname=f"[{LOOP}]", source_address=(peer, 0)) as link:
                assert link.sendmail("fbl@provider.example", [desk("fbl")], raw) == {}
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        ids = list(RawMail.objects.order_by("-id").values_list("id", flat=True)[:3])[::-1]
    jobs.read_mails(ids)
    assert [stored(one).reading["proof"] for one in ids] == ["none", "none", "source"]
    assert_untouched(case, 0)
    assert_untouched(case, 1)
    assert case.feedback(2) == ["complaint"]


@pytest.mark.parametrize("role", ["abuse", "postmaster", "fbl"])
def test_a_bounce_at_the_desk_acts_only_from_the_mailboxs_own_provider(
    own_case: SentCampaign, signer: bytes, role: str
) -> None:
    """Any unsubscribe token in a DSN to abuse@ suppressed two people everywhere."""
    readdressed(own_case, 0, f"dora.{role}{own_case.anna.account_id}@provider.example")
    forged = own_case.bounce("5.1.1", "User unknown").replace(
        own_case.bounce_address().encode(), desk(role).encode(), 1
    )
    forged = forged.replace(b"--x--", b"--x\r\nContent-Type: message/rfc822\r\n\r\n" + own_case.mail() + b"\r\n--x--")
    for raw in (
        forged,
        signed(forged.replace(b"MAILER-DAEMON@people.example", b"MAILER-DAEMON@evil.example"), signer, "evil.example"),
    ):
        mail = arrive(raw, desk(role), sender="")
        assert (mail.kind, mail.desk) == ("bounce", DeskState.WAITING), "a person at the desk looks"
        assert_untouched(own_case)
    assert len(mails_cases(own_case)) == 1
    own = forged.replace(b"MAILER-DAEMON@people.example", b"MAILER-DAEMON@provider.example")
    arrive(signed(own, signer, "provider.example"), desk(role), sender="")
    assert own_case.suppressions() == [("hard_bounce", False), ("hard_bounce", True)]


def test_a_bounce_at_another_address_of_ours_acts_no_more(case: SentCampaign) -> None:
    """Neither at the address of unsubscribe requests nor at that of aggregate reports."""
    forged = case.bounce("5.1.1", "User unknown").replace(
        b"--x--", b"--x\r\nContent-Type: message/rfc822\r\n\r\n" + case.mail() + b"\r\n--x--"
    )
    arrive(forged, f"dmarc@{load_settings().service_domain}", sender="")
    address = unsubscribe_address(case.token(TokenPurpose.UNSUBSCRIBE, 1), load_settings().service_domain)
    arrive(forged, address, sender="")
    assert_untouched(case, 0)
    assert {reason for reason, _everywhere in case.suppressions(1)} <= {"unsubscribe"}
    assert set(case.feedback(1)) <= {"unsubscribe", "auto_reply"}


def test_a_bounce_made_of_an_old_message_waits_for_a_person(case: SentCampaign) -> None:
    """Its return path is genuine, but no server returns a message after weeks."""
    with clock.frozen_at(clock.now() + timedelta(days=15)):
        mail = arrive(case.bounce("5.1.1", "User unknown"), case.bounce_address(), sender="")
    assert mail.state == "unread"
    assert_untouched(case)
    with clock.frozen_at(clock.now() + timedelta(days=13)):
        arrive(case.bounce("5.1.1", "User unknown"), case.bounce_address(), sender="")
    assert case.feedback() == ["hard_bounce"]


def test_a_strangers_signature_makes_nobody_else_complain(case: SentCampaign, signer: bytes) -> None:
    """Eve signs what she likes at her own domain: that proves Eve, not the recipient of the message."""
    arrive(signed(case.forward(0, sender="eve@evil.example"), signer, "evil.example"), desk())
    assert (case.suppressions(0), case.feedback(0)) == ([("unsubscribe", False)], ["unsubscribe"]), "as by its link"
    report = signed(case.report(1, "fbl@evil.example", "abuse"), signer, "evil.example")
    arrive(report, desk())
    assert ("complaint", True) not in case.suppressions(1)
    assert "complaint" not in case.feedback(1), "it doesn't count in rates"
    readdressed(case, 2, f"dora{case.delivery_ids[2]}@provider.example")
    arrive(signed(case.report(2), signer, "provider.example"), desk("fbl"))
    assert case.feedback(2) == ["complaint"]


def test_two_signed_reports_of_strangers_stop_no_mail_from_everyone(own_case: SentCampaign, signer: bytes) -> None:
    """R-79 makes complaints about two accounts hold everywhere; Eve has a message of each."""
    other = sent_campaign(people=6)
    email = own_case.reader(0).email
    readdress(other.reader(0).id, email=email, address_key=key_ring().suppression_key(canonical_key(email)))
    for one in (own_case, other):
        arrive(signed(one.report(0, "fbl@evil.example"), signer, "evil.example"), desk("fbl"))
    assert ("complaint", True) not in own_case.suppressions(0)
    arrive(own_case.report(0), desk("fbl"), peer=LOOP)
    assert ("complaint", True) not in own_case.suppressions(0), "the other account's is still nobody's own"


LOOSE = ["to unsigned", "subject unsigned", "body limited", "second to", "second subject"]


@pytest.mark.parametrize("how", LOOSE)
def test_a_loose_signature_proves_nothing(case: SentCampaign, signer: bytes, how: str) -> None:
    raw, all_three = case.report(0), (b"from", b"to", b"subject")
    fields = {"to unsigned": (b"from", b"subject"), "subject unsigned": (b"from", b"to")}.get(how, all_three)
    raw = signed(raw, signer, "provider.example", fields, length=how == "body limited")
    if how.startswith("second"):
        name = how.removeprefix("second ").title().encode()
        raw = name + b": " + desk("fbl").encode() + b"\r\n" + raw
    mail = arrive(raw, desk("fbl"))
    assert mail.reading["proof"] == "none"
    assert_untouched(case)


TO = [
    "<news@shop.example>",
    '"abuse@{own}" <news@shop.example>',
    "abuse@{own} <news@shop.example>",
    "news@shop.example, abuse@{own}",
    "=?utf-8?q?abuse=40{own}?= <news@shop.example>",
    "news@shop.example (abuse@{own})",
    "postmaster@bounce.lindenhof.example",
]


@pytest.mark.parametrize("to", TO)
def test_an_unsubscribe_that_was_signed_for_somebody_else_leaves_no_list(
    case: SentCampaign, signer: bytes, to: str
) -> None:
    """Eve got a signed "unsubscribe" once, at her own newsletter, and sends it on to our desk."""
    email = readdressed(case, 0, f"emil{case.delivery_ids[0]}@provider.example")
    theirs = signed(
        plain(email, to.format(own=load_settings().service_domain), "unsubscribe", "unsubscribe"),
        signer,
        "provider.example",
    )
    mail = arrive(theirs, desk())
    assert mail.reading["proof"] == "none"
    assert_untouched(case)
    ours = signed(plain(email, f"Desk <{desk()}>", "unsubscribe", "unsubscribe"), signer, "provider.example")
    arrive(ours, desk())
    assert case.state(0) == "unsubscribed"


def on_the_page(raw: bytes, reporter: str = "") -> None:
    """Submit the message on the public page."""
    intake_actions.take_page_report(
        PageReport(
            raw=raw, complaint="unasked", text="Spam.", reporter=reporter, reporter_name="", language="en",
            ip=ATTACKER, notice={}, stop=True,
        )
    )  # fmt: skip


def test_forwarded_messages_on_the_report_page_pause_and_freeze_nobody(own_case: SentCampaign) -> None:
    """Every recipient's message in one hand: each stops getting this sender's mail, and nothing else happens."""
    for number in range(5):
        on_the_page(own_case.mail(number), reporter="eve@evil.example")
        arrive(own_case.report(number), desk("fbl"), peer=STRANGER)
    abuse_jobs.take_mail()
    with tenancy.account(own_case.anna.account_id):
        counts = feedback_counts(own_case.campaign.id)
    assert counts[FeedbackKind.COMPLAINT] == 0
    assert {own_case.suppressions(number)[0] for number in range(5)} == {("unsubscribe", False)}
    stats.judge_campaign(own_case.anna.account_id, own_case.campaign.id)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Account.objects.get(id=own_case.anna.account_id).status == "active"
        (found,) = Case.objects.filter(account_id=own_case.anna.account_id)
    assert not found.frozen
    assert own_case.anna.again(own_case.campaign).hold_rule == ""


def test_nobody_agrees_to_click_tracking_with_a_forwarded_link(case: SentCampaign) -> None:
    """Agreeing is confirmed in the mailbox; taking it back is not."""
    page, browser = f"/d/{case.token(TokenPurpose.PRIVACY)}", Client(enforce_csrf_checks=True)
    for given in ({"clicks": "yes"}, {"kind": "tracking"}, {"clicks": "yes", "kind": "access"}):
        browser.post(page, given)
        assert not case.reader().tracking


def test_once_mail_leaves_this_host_its_test_inbox_reports_nothing(case: SentCampaign) -> None:
    """Any program of the host could send from 127.0.0.2."""
    with tenancy.platform(PlatformReason.SETUP):
        relay = Relay.objects.create(name="far-away", host="relay.example")
    try:
        mail = arrive(case.report(), desk("fbl"), peer=LOOP)
        assert mail.reading["proof"] == "none"
        assert_untouched(case)
    finally:
        with tenancy.platform(PlatformReason.SETUP):
            relay.delete()
