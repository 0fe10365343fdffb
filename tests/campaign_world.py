"""Anna's account ready to send, her colleague Ben who only looks, and Carla who works next door."""

import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection
from django.test import Client

from mailboxes import prove_sender
from mailflatrate.apps.accounts import actions as accounts
from mailflatrate.apps.accounts.models import Role, User
from mailflatrate.apps.campaigns import actions as campaigns
from mailflatrate.apps.campaigns.campaign_content import content_hash
from mailflatrate.apps.campaigns.gallery import invented_words
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.delivery.models import Chunk, Delivery, DeliveryState, Tally
from mailflatrate.apps.delivery.plan import plan_campaign
from mailflatrate.apps.domains.actions import add_sender
from mailflatrate.apps.domains.models import CheckKind, DkimKey, DnsCheck, SenderDomain
from mailflatrate.apps.gate.actions import release_campaign
from mailflatrate.apps.lists.actions import create_list
from mailflatrate.apps.lists.ledger import SALT_SQL, commitment_sql
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.dkim import generate_key
from vetted import vetted

IMPRINT = {
    "organisation": "company", "legal_form": "GmbH", "legal_name": "Lindenhof GmbH", "street": "Lindenweg 4",
    "postcode": "24103", "city": "Kiel", "email": "post@lindenhof.example", "phone": "+49 431 12345",
    "representatives": "Anna Lindner",
    "register_name": "Amtsgericht Kiel", "register_number": "HRB 1234", "vat_id": "DE123456789",
    "privacy_url": "https://lindenhof.example/privacy",
}  # fmt: skip
CONTENT = """# Winter bulbs

Hello {{ contact.first_name | default: "there" }},

the first bulbs are here. [To the bulbs](https://lindenhof.example/bulbs)
"""
_PEOPLE = (
    """INSERT INTO contact (account_id, email, address_key, first_name, last_name, attributes)
       SELECT %(account_id)s, email, key, first_name, 'Meyer', '{"city": "Kiel"}' FROM stage ORDER BY n""",
    f"""WITH row AS MATERIALIZED (
         SELECT nextval('consent_event_id_seq') AS event_id, c.account_id, c.id AS contact_id, c.email,
             now() - interval '30 days' AS signup_at, NULL::inet AS signup_ip,
             now() - interval '30 days' AS confirmed_at, NULL::inet AS confirmed_ip,
             'lindenhof.example' AS source, '' AS user_agent, '{{}}'::jsonb AS details,
             {SALT_SQL} AS salt
         FROM contact c WHERE c.account_id = %(account_id)s
           AND NOT EXISTS (SELECT 1 FROM consent_event e WHERE e.contact_id = c.id) ORDER BY c.id
       ), event AS (
         INSERT INTO consent_event (id, account_id, contact_id, mailing_list_id, kind, occurred_at, commitment)
         SELECT event_id, account_id, contact_id, %(list_id)s, 'confirmed', confirmed_at, {commitment_sql("row")}
         FROM row
       )
       INSERT INTO consent_evidence (account_id, event_id, email, signup_at, confirmed_at, source, salt)
       SELECT account_id, event_id, email, signup_at, confirmed_at, source, salt FROM row""",
    """INSERT INTO subscription (account_id, mailing_list_id, contact_id, state, consent_event_id, confirmed_at)
       SELECT account_id, mailing_list_id, contact_id, 'confirmed', id, occurred_at FROM consent_event
       WHERE account_id = %(account_id)s ON CONFLICT DO NOTHING""",
)


@dataclass(frozen=True)
class World:
    """One account with its people; `client` is Anna's browser."""

    account_id: int
    list_id: int
    sender_id: int
    anna: User
    client: Client

    def draft(self, name: str = "Winter bulbs", **values: Any) -> Campaign:
        """A draft that lacks nothing but the tick."""
        whole = {
            "subject": "Winter bulbs are here",
            "sender_id": self.sender_id,
            "list_ids": [self.list_id],
            "content": CONTENT,
        } | values
        with tenancy.account(self.account_id):
            return campaigns.create_campaign(name, by=self.anna, values=whole)

    def ticked(self, campaign: Campaign) -> Campaign:
        """The policy is confirmed for the draft as it stands."""
        with tenancy.account(self.account_id):
            shown = content_hash(Campaign.objects.get(id=campaign.id), newest_imprint())
            return campaigns.tick_policy(campaign.id, by=self.anna, shown_hash=shown)

    def sending(self, name: str = "On its way") -> Campaign:
        """Released by the gate and planned: every recipient waits."""
        return self.sending_of(self.draft(name))

    def sending_of(self, draft: Campaign) -> Campaign:
        """The same for a draft of the test's own."""
        campaign = self.ticked(draft)
        with tenancy.account(self.account_id):
            decision = release_campaign(campaign.id, by=self.anna)
        assert decision.allowed, decision.findings
        assert decision.edition_id is not None
        plan_campaign(self.account_id, campaign.id, decision.edition_id, decision.id)
        return self.again(campaign)

    def again(self, campaign: Campaign) -> Campaign:
        """As it stands now."""
        with tenancy.account(self.account_id):
            return Campaign.objects.get(id=campaign.id)

    def settle(self, campaign: Campaign, state: DeliveryState, count: int, **values: Any) -> list[int]:
        """Give the next `count` waiting recipients an outcome, counted as a sender would."""
        with tenancy.account(self.account_id):
            waiting = Delivery.objects.filter(campaign_id=campaign.id, state=DeliveryState.PENDING).order_by("id")
            ids = list(waiting.values_list("id", flat=True)[:count])
            Delivery.objects.filter(id__in=ids).update(state=state, settled_at=clock.now(), attempts=1, **values)
            chunk = Chunk.objects.filter(campaign_id=campaign.id).first()
            Tally.objects.create(
                chunk=chunk,
                campaign=campaign,
                state=state,
                count=count,
                detail=values.get("bounce") or (values.get("reason", "") if state == DeliveryState.WITHHELD else ""),
            )
        return ids


def written_over(draft: Campaign, key: str, language: str, *, by: User) -> Campaign:
    """Return a draft that began with one of our templates, with the author's own words and links written into it."""
    values = {"content": draft.content, "subject": draft.subject, "preheader": draft.preheader}
    for number, text in enumerate(invented_words(key, language)):
        values = {name: value.replace(text, f"Lindenhof {number}") for name, value in values.items()}
    values["content"] = values["content"].replace("https://example.org/", "https://lindenhof.example/")
    return campaigns.update_campaign(draft.id, values, by=by)


def browser(user: User) -> Client:
    """Return a user's browser, signed in."""
    client = Client()
    client.force_login(user)
    return client


def followed(client: Client, address: str, data: dict[str, Any]) -> str:
    """The page that a form leads to."""
    answer = client.post(address, data)
    assert answer.status_code == 303, answer.content
    return client.get(answer.headers["Location"]).content.decode()


def person(account_id: int, name: str, role: Role = Role.OWNER) -> User:
    """A person who works for the account."""
    user = accounts.create_user(
        f"{name.split()[0].lower()}{secrets.token_hex(4)}@people.example", name=name, password=None
    )
    accounts.add_member(account_id, user, role)
    return user


def bare_account(name: str) -> tuple[int, User]:
    """A fresh account with its owner and nothing else."""
    account = accounts.create_account(name)
    return account.id, person(account.id, "Carla Clausen")


def world(people: int = 3, domain: str = "") -> World:
    """Anna's account: activated, agreements accepted, imprint, verified sender, one list with `people` at a domain."""
    account_id, anna = vetted()
    accounts.save_imprint(account_id, country="DE", fields=IMPRINT, by=anna)
    with tenancy.account(account_id):
        sender_id = _sender()
        mailing_list = create_list("Newsletter", "News from Lindenhof", "en")
    add_people(account_id, mailing_list.id, people, domain)
    return World(account_id, mailing_list.id, sender_id, anna, browser(anna))


@cache
def _key() -> tuple[bytes, str]:
    return generate_key()


def _sender() -> int:
    now = clock.now()
    pem, record = _key()
    domain = SenderDomain.objects.create(name="lindenhof.example", state="verified", checked_at=now, verified_at=now)
    DkimKey.objects.create(
        domain=domain, selector="one", private_sealed=DkimKey.seal(domain.name, "one", pem), public_record=record
    )
    for kind in CheckKind:
        DnsCheck.objects.create(
            domain=domain, kind=kind, host="lindenhof.example", record_type="TXT", expected="x", found="x",
            passed=True, checked_at=now,
        )  # fmt: skip
    return prove_sender(add_sender(domain.id, "news@lindenhof.example", "Lindenhof"))


def add_people(account_id: int, list_id: int, count: int, domain: str = "") -> None:
    """Confirmed people with their proof."""
    ring, names = key_ring(), ("Dora", "Emil", "Frieda")
    with tenancy.account(account_id), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE stage (n bigint, email text, key bytea, first_name text) ON COMMIT DROP")
        for n in range(count):
            email = f"reader{n}x{account_id}@{domain}" if domain else f"reader{n}@people{account_id}.example"
            row = [n, email, ring.suppression_key(email), names[n % 3]]
            cursor.execute("INSERT INTO stage VALUES (%s, %s, %s, %s)", row)
        for statement in _PEOPLE:
            cursor.execute(statement, {"account_id": account_id, "list_id": list_id})
