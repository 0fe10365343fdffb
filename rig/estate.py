"""A customer with everything a campaign needs, created as rows in a separate database, for benchmarks and fault runs.

The rows are those that the product writes, except that they are made set by set instead of through an import.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copies import adopt, is_copy
from mailflatrate.rules.campaigns.campaign_states import CampaignMover
from mailflatrate.settings.links import ProcessPurpose

if TYPE_CHECKING:
    from mailflatrate.apps.accounts.models import User

CONTENT = "\n\n".join(
    [
        "Good morning, {{ contact.first_name }},",
        "you have {{ contact.points }} points in {{ contact.city }}, {{ contact.first_name }} {{ contact.last_name }}.",
        *(
            f"Worth the walk this week: the new oven of the bakery, story {number} of five. "
            f"[Read it](https://shop.example/stories/{number}?from=mailing)"
            for number in range(1, 6)
        ),
    ]
)


@dataclass(frozen=True, slots=True)
class Estate:
    """The customer and their list."""

    account_id: int
    list_id: int
    sender_id: int
    owner: User


@contextmanager
def workspace(**settings: str) -> Iterator[Path]:
    """A migrated database in a temporary folder, with Django set up in this process and settings for its children.

    PREPARED_CLUSTER names a data folder with a migrated database to begin with; the tests have one.
    """
    # Not below a folder that only its owner may enter: under root the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="mailflatrate-bench-"))
    folder.chmod(0o755)
    if prepared := os.environ.get("PREPARED_CLUSTER"):
        subprocess.run(["cp", "-a", f"{prepared}/postgres", f"{prepared}/secrets.json", folder], check=True)
    for name in [name for name in os.environ if name.startswith("MAILFLATRATE_") or name == "DATABASE_URL"]:
        del os.environ[name]
    os.environ["MAILFLATRATE_DATA_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "mailflatrate.settings.django"
    os.environ.setdefault("MAILFLATRATE_LOG_LEVEL", "WARNING")
    os.environ.update({f"MAILFLATRATE_{name.upper()}": value for name, value in settings.items()})
    if is_copy():
        adopt(ProcessPurpose.ADMINISTRATION)
    from mailflatrate.settings.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(folder)
    try:
        with server.owned():
            from mailflatrate.entrypoints.boot import boot
            from mailflatrate.entrypoints.cli.setup import bring_up_to_date

            bring_up_to_date(boot())
            yield folder
            from django.db import connections

            connections.close_all()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def plain_address(account_id: int, number: int) -> str:
    """Return the address of a person who accepts mail, at one of fifty domains."""
    return f"dora{account_id}x{number}@people{number % 50}.example"


def build_estate(recipients: int, address: Callable[[int, int], str] = plain_address) -> Estate:
    """Return one vetted account with a signing domain, and a list of confirmed people with their proof.

    `address` makes a recipient's address from the account and the recipient's number.
    """
    from mailflatrate.apps.accounts.actions import agreements
    from mailflatrate.apps.accounts.models import Account
    from mailflatrate.apps.domains.actions import domains
    from mailflatrate.apps.domains.models import DkimKey, Mailbox, SenderDomain
    from mailflatrate.apps.lists.models import MailingList
    from mailflatrate.base import clock, tenancy
    from mailflatrate.base.tenancy import PlatformReason

    pem, record = _signing_key()
    account_id, owner = _vetted_account()
    now = clock.now()
    with tenancy.account(account_id):
        agreements.save_imprint(account_id, country="DE", fields=IMPRINT, by=owner)
        domain = SenderDomain.objects.create(name="shop.example", state="verified", verified_at=now)
        DkimKey.objects.create(
            domain=domain,
            selector="bench",
            private_sealed=DkimKey.seal(domain.name, "bench", pem),
            public_record=record,
        )
        with tenancy.platform(PlatformReason.SETUP):  # as if clicked; our own email must not be counted
            Mailbox.objects.create(account_id=account_id, email="anna@shop.example", proved_at=now)
        sender = domains.add_sender(domain.id, "anna@shop.example", "Anna's Shop")
        mailing_list = MailingList.objects.create(name="News", public_name="Anna's news", code="news0001")
    add_people(account_id, mailing_list.id, recipients, address)
    with tenancy.platform(PlatformReason.SETUP):
        assert Account.objects.get(id=account_id).may_send
    return Estate(account_id, mailing_list.id, sender.id, owner)


@cache
def _signing_key() -> tuple[bytes, str]:
    """Return the key of all estates of this process: finding its primes takes longer than the rest of one."""
    from mailflatrate.mail.signing.dkim import generate_key

    return generate_key()


def _vetted_account() -> tuple[int, User]:
    """Return an account activated by a person some months ago, with its first campaigns behind it; and its owner.

    The triggers protect that time, so the database's owner changes it, bypassing them.
    """
    import psycopg

    from mailflatrate.apps.accounts.actions import account_status, agreements, people, vetting
    from mailflatrate.apps.accounts.models import DecisionKind, User
    from mailflatrate.settings import load_settings
    from mailflatrate.settings.roles import owner_url

    mark = secrets.token_hex(4)
    otto = people.create_user(f"otto-{mark}@service.example", name="Otto", password=None, is_staff=True)
    email = f"anna-{mark}@shop.example"
    begun = vetting.begin_application(email, name="Anna", company="Anna's Shop GmbH", country="DE", language="en")
    vetting.save_application(begun.account_id, RECORD, step="all")
    anna = User.objects.get(email=email)
    vetting.submit_application(begun.account_id, anna, agreements.Circumstances(ip=None, user_agent="bench"))
    vetting.decide_application(begun.account_id, DecisionKind.APPROVE, by=otto)
    account_status.set_limits(begun.account_id, by=otto, daily_limit=10_000_000, supervised=False, because="benchmark")
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE account SET activated_at = now() - interval '100 days' WHERE id = %s", [begun.account_id])
    return begun.account_id, anna


RECORD = {
    "register_number": "Amtsgericht Bonn, HRB 12345", "vat_id": "DE123456789", "street": "Hauptstraße 1",
    "postcode": "53111", "city": "Bonn", "phone": "+49 228 1234567", "website": "https://shop.example",
    "imprint_url": "https://shop.example/impressum", "sector": "shop", "business_model": "We sell things.",
    "sending_history": "Six years.", "previous_provider": "none", "leaving_reason": "none", "monthly_volume": 1_000_000,
    "cadence": "weekly", "lists": [{"name": "News", "size": 1_000_000, "collection": "form with double opt-in"}],
    "form_url": "https://shop.example/news", "sample_mailing": "Hello",
}  # fmt: skip
IMPRINT = {
    "organisation": "company", "legal_name": "Anna's Shop GmbH", "street": "Hauptstraße 1", "postcode": "53111",
    "city": "Bonn", "email": "anna@shop.example", "phone": "+49 228 1234567", "representatives": "Anna Anders",
    "register_name": "Amtsgericht Bonn", "register_number": "HRB 12345", "vat_id": "DE123456789",
}  # fmt: skip


def add_people(account_id: int, list_id: int, count: int, address: Callable[[int, int], str] = plain_address) -> None:
    """Confirmed subscriptions with ledger events and evidence: copied into a staging table, then set by set."""
    from django.db import connection

    from mailflatrate.base import tenancy
    from mailflatrate.base.ids import key_ring

    ring = key_ring()
    names = ("Dora", "Emil", "Frieda", "Gustav", "Hanna")
    with tenancy.account(account_id), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE stage (n bigint, email text, key bytea, first_name text) ON COMMIT DROP")
        with cursor.copy("COPY stage FROM STDIN") as copy:
            for number in range(count):
                email = address(account_id, number)
                copy.write_row((number, email, ring.suppression_key(email), names[number % 5]))
        for statement in _people():
            cursor.execute(statement, {"account_id": account_id, "list_id": list_id})
    _analyse()


def _people() -> tuple[str, ...]:
    """Contacts, events, evidence and subscriptions. The evidence is the one that the events commit to."""
    from mailflatrate.apps.consent.ledger import commitment_sql

    return tuple(statement.replace("[commitment]", commitment_sql("row")) for statement in PEOPLE)


PEOPLE = (
    """INSERT INTO contact (account_id, email, address_key, first_name, last_name, attributes)
       SELECT %(account_id)s, email, key, first_name, 'Meyer-' || n,
              jsonb_build_object('points', (n %% 1000)::text, 'city', 'Bonn', 'birthday', '1980-02-03')
       FROM stage ORDER BY n""",
    """INSERT INTO consent_event (account_id, contact_id, mailing_list_id, kind, occurred_at, commitment)
       SELECT account_id, id, %(list_id)s, 'confirmed', signup_at, [commitment]
       FROM (SELECT account_id, id, email, NULL::inet AS signup_ip,
                    now() - interval '30 days' - id %% 24 * interval '1 hour' AS signup_at,
                    now() - interval '30 days' - id %% 24 * interval '1 hour' AS confirmed_at,
                    NULL::inet AS confirmed_ip,
                    'shop.example/news' AS source, '' AS user_agent, '{}'::jsonb AS details,
                    decode(repeat('00', 16), 'hex') AS salt
             FROM contact WHERE account_id = %(account_id)s
               AND NOT EXISTS (SELECT 1 FROM consent_event e WHERE e.contact_id = contact.id)) row ORDER BY id""",
    """INSERT INTO consent_evidence (account_id, event_id, email, signup_at, confirmed_at, source, salt)
       SELECT c.account_id, e.id, c.email, e.occurred_at, e.occurred_at, 'shop.example/news',
              decode(repeat('00', 16), 'hex')
       FROM consent_event e JOIN contact c ON c.id = e.contact_id WHERE e.account_id = %(account_id)s
         AND NOT EXISTS (SELECT 1 FROM consent_evidence v WHERE v.event_id = e.id) ORDER BY e.id""",
    """INSERT INTO subscription (account_id, mailing_list_id, contact_id, state, consent_event_id, confirmed_at)
       SELECT account_id, mailing_list_id, contact_id, 'confirmed', id, occurred_at FROM consent_event
       WHERE account_id = %(account_id)s ORDER BY id ON CONFLICT DO NOTHING""",
)


def _analyse() -> None:
    import psycopg

    from mailflatrate.settings.roles import owner_url
    from mailflatrate.settings.schema import load_settings

    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE contact, consent_event, consent_evidence, subscription")


def add_coupons(estate: Estate, recipients: int) -> str:
    """Give the account a coupon with a code for everyone, once; return a text that shows it."""
    from mailflatrate.apps.campaigns.actions.coupons import create_pool
    from mailflatrate.apps.campaigns.coupons import pool_keys
    from mailflatrate.base import tenancy

    with tenancy.account(estate.account_id):
        if "autumn" not in pool_keys():
            create_pool("Autumn", "\n".join(f"AUTUMN-{n}" for n in range(recipients)).encode(), by=None)
    return "\n\nYour code is {{ coupon.autumn }}.\n"


def release(
    estate: Estate, *, plan_now: bool = True, variants: int = 1, more: str = "", best_hour: bool = False
) -> int:
    """Freeze a new campaign to the whole list and plan it; the id of the campaign. Its chunks wait for senders.

    With several `variants`, a tenth of the list gets each, and the rest waits for the choice. `more` follows its text.
    With `best_hour`, each recipient gets it at the hour at which they confirmed.
    """
    from mailflatrate.apps.campaigns.actions import drafts
    from mailflatrate.apps.campaigns.content.campaign_content import content_hash
    from mailflatrate.apps.campaigns.models import CampaignState
    from mailflatrate.apps.campaigns.queries import newest_imprint
    from mailflatrate.apps.campaigns.states import locked, move
    from mailflatrate.apps.delivery.planning.plan import plan_campaign
    from mailflatrate.apps.gate.models import Chain, GateDecision
    from mailflatrate.base import clock, tenancy
    from mailflatrate.rules.gate.judge import RULES_VERSION

    with tenancy.account(estate.account_id):
        campaign = drafts.create_campaign("Autumn", by=None, values={
            "subject": "{{ contact.first_name }}, what is worth the walk", "preheader": "Five stories from next door",
            "sender_id": estate.sender_id, "list_ids": [estate.list_id], "content": CONTENT + more, "variants": [
                {"subject": f"Autumn, variant {number}", "preheader": "", "content": CONTENT, "text_override": ""}
                for number in range(2, variants + 1)
            ],
        })  # fmt: skip
        shown = content_hash(campaign, newest_imprint())
        drafts.tick_policy(campaign.id, by=estate.owner, shown_hash=shown)
        editions = [drafts.make_edition(campaign, number) for number in range(variants)]
        with tenancy.deciding():
            decisions = [
                GateDecision.objects.create(
                    chain=Chain.CAMPAIGN,
                    campaign=campaign,
                    edition=edition,
                    allowed=True,
                    rules_version=RULES_VERSION,
                    findings=[{"key": "bench", "severity": "block", "passed": True}],
                    decided_at=clock.now(),
                )
                for edition in editions
            ]
        waves: dict[str, Any] = {"local_at": clock.now(), "at_best_hour": True} if best_hour else {}
        move(locked(campaign.id), CampaignState.PLANNING, CampaignMover.MACHINE, **waves)
    if plan_now:
        plan_campaign(estate.account_id, campaign.id, decisions[0].edition_id or 0, decisions[0].id)
    return int(campaign.id)


def worker_command(*queues: str, unsigned: bool = False, concurrency: int = 2) -> list[str]:
    """The command line of one worker process."""
    command = [sys.executable, str(Path(__file__).with_name("worker.py")), "--concurrency", str(concurrency), *queues]
    return [*command, "--unsigned"] if unsigned else command
