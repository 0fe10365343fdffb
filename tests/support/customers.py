"""One builder of customers: each step does what the product does, and returns them with what they now have.

    Customer.vetted().with_imprint().with_sender().with_list().with_people(3).signed_in()

What many tests need has a name of its own: `sending_customer()`, `customer_with_list()`, `customer_with_members()`.
"""

import io
import itertools
import secrets
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self

from django.db import connection
from django.test import Client

from mailflatrate.apps.accounts.actions import account_status, agreements, vetting
from mailflatrate.apps.accounts.actions import people as people_actions
from mailflatrate.apps.accounts.models import Application, DecisionKind, Role, User
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.delivery.models import Chunk, Delivery, DeliveryState, Tally
from mailflatrate.apps.delivery.planning.plan import plan_campaign
from mailflatrate.apps.domains.actions.domains import add_sender
from mailflatrate.apps.domains.models import CheckKind, DkimKey, DnsCheck, SenderDomain
from mailflatrate.apps.gate.actions import release_campaign
from mailflatrate.apps.intake.actions import import_checks, imports
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.reading.import_options import ImportTerms
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.actions import lists
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.mail.signing.dkim import generate_key
from support.copied_accounts import AccountCopies
from support.mailboxes import prove_sender
from support.origins import approve_origin
from support.people import browser, fresh_mailbox, operator, person
from support.sql import beside_triggers
from support.subscribers import add_people

NUMBERS = itertools.count(1)
WHERE = agreements.Circumstances(ip=None, user_agent="test")
RECORD = {
    "legal_name": "Gärtnerei Lindenhof GmbH", "register_number": "Amtsgericht Kiel, HRB 1234 KI",
    "vat_id": "DE136695976", "street": "Lindenweg 4", "postcode": "24103", "city": "Kiel", "country": "DE",
    "responsible_person": "Anna Lindner", "phone": "+49 431 123450", "website": "https://lindenhof.example",
    "imprint_url": "https://lindenhof.example/impressum", "sector": "shop",
    "business_model": "We grow bulbs and sell them to gardeners.",
    "sending_history": "A monthly letter for six years.", "previous_provider": "Our shop system",
    "leaving_reason": "It cannot prove consent.", "monthly_volume": 8000, "cadence": "monthly",
    "lists": [{"name": "Newsletter", "size": 1949, "collection": "Form with double opt-in on our website"}],
    "form_url": "https://lindenhof.example/newsletter", "sample_mailing": "Winter bulbs are here: …",
}  # fmt: skip
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


@dataclass(frozen=True)
class Customer:
    """A customer: an account and its people. Ids of what it lacks are 0; asking for a person it lacks fails."""

    account_id: int
    list_id: int = 0
    sender_id: int = 0
    people: dict[str, Any] = field(default_factory=dict)

    # -- making it ------------------------------------------------------------------------------------------------

    @classmethod
    def bare(cls, company: str) -> Self:
        """A row, and nobody who works for it."""
        return cls(people_actions.create_account(company).id)

    @classmethod
    def registered(cls, company: str) -> Self:
        """An account and its owner, and nothing else."""
        return cls.bare(company).with_owner("Carla Clausen")

    @classmethod
    def applying(cls, company: str = "Gärtnerei Lindenhof", name: str = "Anna Lindner") -> Self:
        """An account with a complete application that is not submitted yet, and its owner."""
        email = fresh_mailbox(name)
        application = vetting.begin_application(email, name=name, company=company, country="DE", language="en")
        vetting.save_application(application.account_id, RECORD, step="all")
        return cls(application.account_id, people={"owner": User.objects.get(email=email)})

    @classmethod
    def vetted(
        cls,
        company: str = "Gärtnerei Lindenhof",
        name: str = "Anna Lindner",
        *,
        watched: bool = False,
        by: User | None = None,
    ) -> Self:
        """An account that a person of the operator activated. `watched`: its first campaigns are reviewed (R-06)."""
        customer, otto = cls.applying(company, name), by or operator()
        vetting.submit_application(customer.account_id, customer.owner, WHERE)
        vetting.decide_application(customer.account_id, DecisionKind.APPROVE, by=otto)
        if not watched:
            account_status.set_limits(customer.account_id, by=otto, daily_limit=None, supervised=False, because="test")
        return customer

    def with_owner(self, name: str) -> Self:
        return self._with(owner=person(self.account_id, name))

    def with_imprint(self) -> Self:
        agreements.save_imprint(self.account_id, country="DE", fields=IMPRINT, by=self.owner)
        return self

    def with_sender(self) -> Self:
        """A verified domain, its key, and an address whose mailbox is proved."""
        with tenancy.account(self.account_id):
            return replace(self, sender_id=_sender())

    def with_list(
        self,
        name: str = "Newsletter",
        purpose: str = "News from Lindenhof",
        language: str = "en",
        *,
        known: bool = False,
    ) -> Self:
        """A list. `known`: where it comes from is declared and approved."""
        with tenancy.account(self.account_id):
            mailing_list = lists.create_list(name, purpose, language)
        if known:
            approve_origin(self.account_id, mailing_list.id)
        return replace(self, list_id=mailing_list.id)

    def with_people(self, count: int, domain: str = "") -> Self:
        """People on its list who confirmed, with their proof; all at a domain if one is given."""
        add_people(self.account_id, self.list_id, count, domain)
        return self

    def signed_in(self, **more: User) -> Self:
        """The browser of its owner, and of `more` people by the name that a test calls them."""
        found = self._with(client=browser(self.owner))
        return found._with(**{name: browser(user) for name, user in more.items()})

    def _with(self, **people: Any) -> Self:
        return replace(self, people=self.people | people)

    # -- who works for it ------------------------------------------------------------------------------------------

    @property
    def owner(self) -> User:
        found = self.people["owner"]
        assert isinstance(found, User)
        return found

    @property
    def client(self) -> Client:
        """The owner's browser."""
        found = self.people["client"]
        assert isinstance(found, Client)
        return found

    @property
    def ben(self) -> Client:
        """The browser of a colleague who may only view."""
        found = self.people["ben"]
        assert isinstance(found, Client)
        return found

    def page(self, url: str, status: int = 200) -> str:
        """What the owner sees under /studio/."""
        answer = self.client.get(f"/studio/{url}")
        assert answer.status_code == status, answer.content[-2000:]
        return answer.content.decode()

    # -- its lists -------------------------------------------------------------------------------------------------

    def bring(
        self,
        content: bytes | str,
        mapping: dict[str, str] | None = None,
        *,
        slice_rows: int = 3,
        list_id: int | None = None,
        no_status: Mapping[str, str] | None = None,
    ) -> Import:
        """Import a file to its end in small slices; the import as it is afterward."""
        terms = ImportTerms(no_status=no_status) if no_status else None
        data = content.encode() if isinstance(content, str) else content
        with tenancy.account(self.account_id):
            target = list_id or self.list_id
            job = imports.start_import(
                target, io.BytesIO(data), "people.csv", mapping or {}, terms=terms, enqueue=False
            )
        run_import(self.account_id, job.id, slice_rows=slice_rows)
        with tenancy.account(self.account_id):
            import_checks.check_import(job.id)
            return Import.objects.get(id=job.id)

    def contact(self, email: str) -> Contact:
        """The person with this address."""
        with tenancy.account(self.account_id):
            return Contact.objects.get(email=email)

    def job(self, import_id: int) -> Import:
        """An import as it is now."""
        with tenancy.account(self.account_id):
            return Import.objects.get(id=import_id)

    # -- its campaigns ---------------------------------------------------------------------------------------------

    def draft(self, name: str = "Winter bulbs", **values: Any) -> Campaign:
        """A draft that lacks nothing but the policy's confirmation."""
        whole = {
            "subject": "Winter bulbs are here",
            "sender_id": self.sender_id,
            "list_ids": [self.list_id],
            "content": CONTENT,
        } | values
        with tenancy.account(self.account_id):
            return drafts.create_campaign(name, by=self.owner, values=whole)

    def ticked(self, campaign: Campaign) -> Campaign:
        """The policy is confirmed for the draft as it is."""
        with tenancy.account(self.account_id):
            shown = content_hash(Campaign.objects.get(id=campaign.id), newest_imprint())
            return drafts.tick_policy(campaign.id, by=self.owner, shown_hash=shown)

    def sending(self, name: str = "On its way") -> Campaign:
        """Released by the gate and planned: every recipient waits."""
        return self.sending_of(self.draft(name))

    def sending_of(self, draft: Campaign) -> Campaign:
        """The same for a draft of the test's own."""
        campaign = self.ticked(draft)
        with tenancy.account(self.account_id):
            decision = release_campaign(campaign.id, by=self.owner)
        assert decision.allowed, decision.findings
        assert decision.edition_id is not None
        plan_campaign(self.account_id, campaign.id, decision.edition_id, decision.id)
        return self.again(campaign)

    def again(self, campaign: Campaign) -> Campaign:
        with tenancy.account(self.account_id):
            return Campaign.objects.get(id=campaign.id)

    def settle(self, campaign: Campaign, state: DeliveryState, count: int, **values: Any) -> list[int]:
        """Give the next `count` waiting recipients a result, counted as a sender would."""
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


def sending_customer(people: int = 3, domain: str = "") -> Customer:
    """An account that lacks nothing to send to the `people` on its list."""
    ready = _like_the_first(
        "sending",
        lambda: Customer.vetted().with_imprint().with_sender(),
        lambda first: {first.value("user_account", "email"): fresh_mailbox("Anna")},
    )
    return ready.with_list().with_people(people, domain).signed_in()


def customer_with_list(name: str, *, approved: bool = True) -> Customer:
    """An account called after `name` whose list's origin is approved, or not declared; nobody works for it."""
    company = f"{name} {next(NUMBERS)}"

    def make() -> Customer:
        return Customer.bare(company).with_list("News", "News of the house", "de", known=approved)

    def names(first: AccountCopies) -> dict[str, str]:
        return {first.value("account", "name"): company, first.value("mailing_list", "code"): secrets.token_hex(6)}

    return _like_the_first("list", make, names) if approved else make()


def customer_with_members(name: str = "Anna") -> Customer:
    """The same with an owner and with Ben, who may only view; both are signed in."""
    customer = customer_with_list(name).with_owner(name)
    return customer.signed_in(ben=person(customer.account_id, "Ben", Role.VIEWER))


def vetted_as(customer: Customer, company: str) -> Customer:
    """The same account, vetted as a company. The triggers keep the record, so the owner does it beside them."""
    with tenancy.account(customer.account_id):
        record = Application.objects.create(legal_name=company, created_at=clock.now())
    beside_triggers("UPDATE account SET vetting_record_id = %s WHERE id = %s", [record.id, customer.account_id])
    return customer


def sends_since(account_id: int, days: int) -> None:
    """An account became active so many days ago. The triggers keep that moment, so the owner does it beside them."""
    beside_triggers("UPDATE account SET activated_at = now() - %s * interval '1 day' WHERE id = %s", [days, account_id])


_FIRST: dict[Hashable, tuple[Customer, AccountCopies]] = {}


def _like_the_first(
    kind: Hashable, make: Callable[[], Customer], names: Callable[[AccountCopies], dict[str, str]]
) -> Customer:
    """A copy of the first customer of a kind in this run, with other `names`; one that `make` makes if there is none.

    So does a test that moved the clock, because the database's is not moved, and one in a transaction.
    """
    if connection.in_atomic_block or abs(clock.now() - datetime.now(UTC)) > timedelta(minutes=1):
        return make()
    if kind not in _FIRST:
        made = make()
        _FIRST[kind] = made, AccountCopies(made.account_id)
        return made
    first, copies = _FIRST[kind]
    numbers = copies.copy(names(copies))
    people = {name: User.objects.get(id=numbers["user_account"][user.id]) for name, user in first.people.items()}
    return Customer(
        numbers["account"][first.account_id],
        list_id=numbers["mailing_list"][first.list_id] if first.list_id else 0,
        sender_id=numbers["sender_address"][first.sender_id] if first.sender_id else 0,
        people=people,
    )


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
