"""The full path with a real Postfix: Anna's campaign leaves through it, and its bounces come back into the list."""

import io
import os
import smtplib  # noqa: TID251  a stranger's client
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from itertools import count
from secrets import token_hex
from typing import Any

import dkim
import psycopg
import pytest

from free_ports import free_ports
from mailflatrate.apps.accounts.actions import agreements
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, ContentKind
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.delivery.models import DeliveryRecord, DeliveryState
from mailflatrate.apps.delivery.planning.recipients import RecipientFilter, recipients
from mailflatrate.apps.delivery.queries import campaign_progress
from mailflatrate.apps.domains.actions import domains, mailboxes
from mailflatrate.apps.gate import actions as gate
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind, RawMail
from mailflatrate.apps.inbound.queries import feedback_counts, inbox_messages
from mailflatrate.apps.intake.actions import imports
from mailflatrate.apps.intake.models import Import, ImportState
from mailflatrate.apps.lists.actions import lists
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression.queries import is_suppressed
from mailflatrate.base import clock, ids, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.web.tls import certificate
from mailflatrate.entrypoints.workers.supervisor import Supervisor
from mailflatrate.mail.address import canonical_key
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from support.customers import Customer
from support.mailboxes import prove, prove_sender
from support.origins import approve_origin
from support.people import operator
from support.postfix_host import POSTFIX, PostfixHost, Refused, postfix_host, wait_for_greeting
from support.waiting import wait_until

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.slow,
    pytest.mark.skipif(not POSTFIX.exists(), reason="no /usr/sbin/postfix here; `make tools` installs it"),
    pytest.mark.skipif(os.geteuid() != 0, reason="an instance of Postfix is started by root only"),
]

PATIENCE_SECONDS = 300.0
SENDER_DOMAIN = "postfix-story.example"
# No reserved names: an import refuses those. Postfix knows no other way out than to these two.
HERE, THERE, LATER = "hausbriefkasten-lindenhof.de", "anderswo-lindenhof.de", "spaeter-lindenhof.de"
DORA, GONE_HERE, GONE_THERE = f"dora@{HERE}", f"wilhelmine@{HERE}", f"x-550@{THERE}"
PEOPLE = [DORA, GONE_HERE, GONE_THERE, *(f"{name}@{THERE}" for name in ("emil", "frieda", "gustav", "hanna"))]
GONE = {GONE_HERE, GONE_THERE}
# A quota, a server that is busy until the queue gives up, a mailbox refused at RCPT, content refused after DATA,
# a person on holiday; and one person with no trouble at all.
FULL, BUSY, REFUSED, CONTENT, AWAY, WELL = (
    f"x-full@{THERE}",
    f"x-421@{LATER}",
    f"irmgard@{HERE}",
    f"johanna@{THERE}",
    f"x-vacation@{THERE}",
    f"karla@{THERE}",
)
ODD = [FULL, BUSY, REFUSED, CONTENT, AWAY, WELL]
IMPRINT = {
    "organisation": "company", "legal_name": "Gärtnerei Lindenhof", "legal_form": "GmbH",
    "representatives": "Anna Lindner", "street": "Lindenweg 4", "postcode": "24103", "city": "Kiel",
    "address_country": "DE", "email": f"post@{SENDER_DOMAIN}", "phone": "+49 431 123450",
    "website": f"https://{SENDER_DOMAIN}", "register_name": "Amtsgericht Kiel", "register_number": "HRB 1234 KI",
    "vat_id": "DE136695976", "privacy_url": f"https://{SENDER_DOMAIN}/datenschutz",
}  # fmt: skip
LETTER = (
    "# Guten Tag, {{ contact.first_name }}\n\nDie Winterzwiebeln sind da. [Ansehen](https://postfix-story.example/z)\n"
)
NUMBERS = count(1)


@dataclass(frozen=True)
class Anna:
    """The customer: her account, her list, her sender."""

    account_id: int
    list_id: int
    sender_id: int
    user: User


@contextmanager
def running(environment: dict[str, str]) -> Iterator[None]:
    """A worker for every queue and the listeners, as real processes."""
    supervisor = Supervisor(environment)
    supervisor.add("worker", "worker")
    supervisor.add("inbound", "inbound")
    watcher = threading.Thread(target=supervisor.watch)
    watcher.start()
    try:
        yield
    finally:
        supervisor.stop()
        watcher.join()


@pytest.fixture(scope="module")
def dns() -> Iterator[ZoneServer]:
    with ZoneServer(SERVICE_ZONE) as server:
        yield server


SERVICE_ZONE = {
    "spf.mailflatrate.example": {"TXT": ["v=spf1 ip4:127.0.0.1 -all"]},
    "mx.mailflatrate.example": {"A": ["127.0.0.1"]},
}


@pytest.fixture(scope="module")
def host(database: str, dns: ZoneServer) -> Iterator[PostfixHost]:
    settings = load_settings()
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")  # what other tests left waiting
    smtp_port, lmtp_port, test_inbox_port = free_ports(3)
    with ExitStack() as stack:
        running_host = stack.enter_context(
            postfix_host(
                lmtp_port=lmtp_port,
                certificate=certificate(settings),
                mailboxes={HERE: ["dora"]},
                routes={THERE: test_inbox_port, LATER: test_inbox_port},
                refused=Refused(at_rcpt=REFUSED, after_data=CONTENT),
            )
        )
        ours = {
            "DATA_DIR": str(settings.data_dir),
            "RELAY_HOST": "127.0.0.1",
            "FEEDBACK_SOURCES": "127.0.0.2/32",  # named, so it holds beside a relay
            "RELAY_PORT": str(running_host.submission_port),
            "RELAY_TLS": "never",
            "HELO_NAME": "mail.mailflatrate.example",
            "INBOUND_SMTP_PORT": str(smtp_port),
            "INBOUND_LMTP_PORT": str(lmtp_port),
            "TEST_INBOX_PORT": str(test_inbox_port),
            "DNS_SERVERS": dns.nameserver,
            "CANARY_WAIT_SECONDS": "1",
        }
        environment = dict(os.environ) | {f"MAILFLATRATE_{name}": value for name, value in ours.items()}
        stack.enter_context(running(environment))
        for port in (smtp_port, lmtp_port, test_inbox_port):
            wait_for_greeting(port, PATIENCE_SECONDS)
        yield running_host


@pytest.fixture(scope="module")
def anna(host: PostfixHost, dns: ZoneServer) -> Anna:
    otto = operator()
    customer = Customer.vetted(by=otto)
    account_id, user = customer.account_id, customer.owner
    agreements.save_imprint(account_id, country="DE", fields=IMPRINT, by=user)
    with tenancy.account(account_id):
        domain = domains.add_domain(SENDER_DOMAIN)
        records = domains.records_to_publish(domain)
        zone = {name: dict(sets) for name, sets in SERVICE_ZONE.items()}
        for record in records:  # the bounce host has a TXT and an MX
            zone.setdefault(record.host, {})[record.record_type] = [record.value]
        zone |= {name: {"A": ["127.0.0.1"]} for name in (HERE, THERE, LATER)}
        dns.replace(zone)
        domains.check_domain(domain.id, resolver=DnsResolver([dns.nameserver]))
        sender_id = prove_sender(domains.add_sender(domain.id, f"news@{SENDER_DOMAIN}", "Gärtnerei Lindenhof"))
        prove(mailboxes.add_reply_address(f"post@{SENDER_DOMAIN}", by=user).email)
        list_id = lists.create_list("Newsletter", public_name="Newsletter der Gärtnerei", language="de").id
    approve_origin(account_id, list_id)
    anna = Anna(account_id, list_id, sender_id, user)
    bring(anna, PEOPLE, host)
    return anna


def bring(anna: Anna, people: list[str], host: PostfixHost) -> None:
    with tenancy.account(anna.account_id):
        file = io.BytesIO(people_csv(people))
        import_id = imports.start_import(anna.list_id, file, "people.csv", {}, by=anna.user).id
    done = wait(lambda: imported(anna.account_id, import_id), "the import", host)
    assert (done.accepted, done.refused, done.quarantined) == (len(people), {}, {})


def people_csv(people: list[str]) -> bytes:
    day = clock.now() - timedelta(days=40)
    signed_up, confirmed = day.isoformat(), (day + timedelta(minutes=5)).isoformat()
    lines = ["E-Mail;Vorname;Nachname;Anmeldung;Anmelde-IP;Bestätigung;Bestätigungs-IP;Quelle"]
    lines += [
        f"{email};Dora;Klein;{signed_up};203.0.113.9;{confirmed};203.0.113.9;https://{SENDER_DOMAIN}/news"
        for email in people
    ]
    return "\n".join(lines).encode()


def imported(account_id: int, import_id: int) -> Import | None:
    with tenancy.account(account_id):
        found = Import.objects.get(id=import_id)
    assert found.state not in (ImportState.FAILED, ImportState.CANCELLED), found.problem
    return found if found.state == ImportState.DONE and found.check_state else None


def wait(look: Callable[[], Any], what: str, host: PostfixHost) -> Any:
    """Look until there is something to see."""
    return wait_until(look, lambda: f"{what}; Postfix says:\n{host.log[-4000:]}", seconds=PATIENCE_SECONDS, pause=0.3)


def mail_out(anna: Anna, host: PostfixHost) -> int:
    """Release one campaign to all of the list and wait until it is sent; return its ID."""
    with tenancy.account(anna.account_id):
        values = {
            "subject": "Winterzwiebeln sind da",
            "preheader": "Bis Samstag",
            "sender_id": anna.sender_id,
            "reply_to": f"post@{SENDER_DOMAIN}",
            "language": "de",
            "list_ids": [anna.list_id],
            "content_kind": ContentKind.MARKDOWN,
            "content": LETTER,
        }
        campaign = drafts.create_campaign(f"Winterzwiebeln {next(NUMBERS)}", by=None, values=values)
        shown = content_hash(campaign, newest_imprint())
        drafts.tick_policy(campaign.id, by=anna.user, shown_hash=shown)
        decision = gate.release_campaign(campaign.id, by=anna.user)
        assert decision.allowed, [finding for finding in decision.findings if not finding["passed"]]

    def sent() -> bool:
        with tenancy.account(anna.account_id):
            found = Campaign.objects.get(id=campaign.id)
            assert found.state != CampaignState.PAUSED, found.hold_rule
            account = current_account()
            assert account.may_send, (account.status, account.status_reason)
            return bool(found.state == CampaignState.SENT)

    wait(sent, "the mailing", host)
    return int(campaign.id)


@pytest.mark.newcomer
def test_a_mailing_goes_out_and_its_bounces_come_back(anna: Anna, host: PostfixHost, dns: ZoneServer) -> None:
    first = mail_out(anna, host)

    def bounced() -> bool:
        with tenancy.account(anna.account_id):
            return feedback_counts(first)[FeedbackKind.HARD_BOUNCE] >= len(GONE)

    wait(bounced, "the bounces of Postfix", host)
    with tenancy.account(anna.account_id):
        outcomes = outcomes_of(first)
        assert {email for email, row in outcomes.items() if row.state == DeliveryState.BOUNCED} == GONE
        assert {email for email, row in outcomes.items() if row.state == DeliveryState.SENT} == set(PEOPLE) - GONE
        assert {outcomes[email].bounce for email in GONE} == {"hard"}
        assert "unknown" in outcomes[GONE_HERE].reply_text.lower()
        progress = campaign_progress(first)
        assert (progress.planned, progress.bounced_hard, progress.in_doubt) == (len(PEOPLE), len(GONE), 0)
        assert {email for email in PEOPLE if suppressed(email)} == GONE
        kept = wait(lambda: list(inbox_messages()) if inbox_messages().count() == 4 else None, "the test inbox", host)
    assert sorted(message.envelope_to for message in kept) == sorted(set(PEOPLE) - GONE - {DORA})

    (letter,) = wait(lambda: host.mailbox("dora"), "Dora's mailbox", host)
    arrived = message_from_bytes(letter, policy=policy.SMTP)
    assert arrived["Return-Path"].startswith("<b+")
    assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    resolver = DnsResolver([dns.nameserver])

    def key(name: bytes, timeout: int = 5) -> bytes:
        return resolver.txt(name.decode()).values[0].encode()

    assert dkim.verify(letter, dnsfunc=key)

    second = mail_out(anna, host)
    with tenancy.account(anna.account_id):
        reached = {email for email, row in outcomes_of(second).items() if row.state == DeliveryState.SENT}
        assert reached == set(PEOPLE) - GONE
        progress = campaign_progress(second)
        reasons = dict(progress.left_out) | dict(progress.withheld)
    assert reasons == {"suppressed_bounce": len(GONE)}
    wait(lambda: len(host.mailbox("dora")) == 2, "Dora's second letter", host)
    for email in GONE:
        assert host.log.count(f"to=<{email}>") == 1, "somebody who bounced was mailed again"


def test_each_trouble_ends_where_the_rules_say(anna: Anna, host: PostfixHost) -> None:
    """R-68 to R-73: by a report over LMTP, in the engine's own session, or by an answering machine over SMTP."""
    bring(anna, ODD, host)
    campaign_id = mail_out(anna, host)

    def all_came_back() -> bool:
        with tenancy.account(anna.account_id):
            counts = feedback_counts(campaign_id)
        soft, delay, away = FeedbackKind.SOFT_BOUNCE, FeedbackKind.DELAY, FeedbackKind.AUTO_REPLY
        return (counts[soft], counts[delay], counts[away]) == (2, 1, 1)

    wait(all_came_back, "what comes back by mail", host)
    with tenancy.account(anna.account_id):
        outcomes = {email: row for email, row in outcomes_of(campaign_id).items() if email in ODD}
        people = {person.email: person for person in Contact.objects.filter(email__in=ODD)}
        said = {
            email: set(Feedback.objects.filter(contact_id=person.id).values_list("kind", flat=True))
            for email, person in people.items()
        }
        held = {email for email in ODD if suppressed(email)}
    assert {email: (row.state, row.bounce) for email, row in outcomes.items()} == {
        FULL: (DeliveryState.BOUNCED, "soft"),
        BUSY: (DeliveryState.BOUNCED, "soft"),
        REFUSED: (DeliveryState.BOUNCED, "hard"),
        CONTENT: (DeliveryState.BOUNCED, "sender"),
        AWAY: (DeliveryState.SENT, ""),
        WELL: (DeliveryState.SENT, ""),
    }
    assert held == {REFUSED}, "nobody but the unknown mailbox is suppressed (R-69 to R-71)"
    assert {email: person.soft_bounces for email, person in people.items()} == {
        FULL: 1,
        BUSY: 1,
        REFUSED: 0,
        CONTENT: 0,
        AWAY: 0,
        WELL: 0,
    }
    assert said[BUSY] == {FeedbackKind.DELAY, FeedbackKind.SOFT_BOUNCE}, "delayed, then failed"
    assert (said[FULL], said[AWAY], said[WELL]) == ({FeedbackKind.SOFT_BOUNCE}, {FeedbackKind.AUTO_REPLY}, set())
    assert "quota" in outcomes[FULL].reply_text.lower()
    assert "User unknown" in outcomes[REFUSED].reply_text
    assert "do not want this content" in outcomes[CONTENT].reply_text
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        ways = set(RawMail.objects.filter(account_id=anna.account_id).values_list("via", flat=True))
    assert {"smtp", "lmtp"} <= ways


def outcomes_of(campaign_id: int) -> dict[str, DeliveryRecord]:
    return {row.contact.email: row for row in recipients(campaign_id, RecipientFilter()) if row.contact}


def suppressed(email: str) -> bool:
    return is_suppressed(ids.key_ring().suppression_key(canonical_key(email)))


@pytest.mark.parametrize(
    ("client", "name", "proof"),
    [
        ("127.0.0.2", "loop.example", "source"),
        ("127.0.0.9", "[127.0.0.2]", "none"),
        ("127.0.0.9", "x (y [127.0.0.2])", "none"),
        ("127.0.0.9", "x (y [127.0.0.2]) by mail.mailflatrate.example", "none"),
        ("127.0.0.9", f"x (y [127.0.0.2]) by {'a' * 970}", "none"),
    ],
)
def test_a_source_is_the_host_that_postfix_saw(host: PostfixHost, client: str, name: str, proof: str) -> None:
    """Whatever a client calls itself, the line that Postfix writes about it proves its address and no other."""
    mark = token_hex(8)
    text = f"From: fbl@provider.example\r\nTo: fbl@mailflatrate.example\r\nSubject: {mark}\r\n\r\nA report.\r\n"
    with smtplib.SMTP("127.0.0.1", host.world_port, local_hostname=name, source_address=(client, 0)) as link:
        link.sendmail("fbl@provider.example", ["fbl@mailflatrate.example"], text)

    def read() -> RawMail | None:
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            found = RawMail.objects.filter(envelope_to="fbl@mailflatrate.example", handled_at__isnull=False)
            return next((mail for mail in found if mark.encode() in bytes(mail.raw)), None)

    mail = wait(read, "the report", host)
    assert f"[{client}])".encode() in bytes(mail.raw), "written by Postfix"
    assert (mail.via, mail.reading["proof"]) == ("lmtp", proof)


def test_strangers_reach_our_addresses_only(anna: Anna, host: PostfixHost) -> None:
    assert host.ask("postmaster@mailflatrate.example")[0] == 250
    assert host.ask("abuse@mailflatrate.example")[0] == 250
    code, text = host.ask(f"b+madeup@bounce.{SENDER_DOMAIN}")
    assert code == 550, text
    code, text = host.ask("nobody@mailflatrate.example")
    assert code == 550, text
    code, text = host.ask("dora@third-party.example")
    assert (code, "Relay access denied" in text) == (554, True), text
