"""Each blocking rule alone stops a campaign; once fixed, the campaign is released (acceptance 2 of the gate)."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
import psycopg.sql
import pytest
from django.db import transaction

from mailflatrate.apps.accounts.actions import account_status, agreements, approval
from mailflatrate.apps.accounts.actions.account_status import Reasons
from mailflatrate.apps.accounts.models import AccountStatus, AgreementKind, Role
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.domains.models import CheckKind, DkimKey, DnsCheck, Mailbox, MailDomain, SenderAddress
from mailflatrate.apps.gate.actions import check_campaign, release_campaign
from mailflatrate.apps.gate.approval import approve_and_release, request_approval
from mailflatrate.apps.intake.models import Import, ImportState
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.signing.dkim import generate_key
from mailflatrate.rules.gate.chains import CAMPAIGN_CHAIN
from mailflatrate.rules.verdict import Severity
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.api import Program, problem, program_of
from support.cast import per_module
from support.customers import CONTENT, IMPRINT, WHERE, Customer, sending_customer
from support.origins import approve_origin
from support.people import operator, person
from support.scope import within

Step = Callable[["Home"], None]


FORGED_DECISION = """
INSERT INTO gate_decision (account_id, chain, campaign_id, edition_id, allowed, findings, rules_version, decided_at)
VALUES (%(account)s, 'campaign', %(campaign)s, %(edition)s, %(allowed)s,
    '[{"key": "subject-honest", "severity": "block", "passed": true}]', 'x', now()) RETURNING id
"""
FORGED_EDITION = """
INSERT INTO edition (account_id, campaign_id, number, content_hash, subject, preheader, html, text, links, facts,
    imprint_id, seal, created_at)
SELECT account_id, id, 99, policy_hash, subject, '', 'x', 'x', '[]', '{}', (SELECT max(id) FROM imprint), '', now()
FROM campaign WHERE id = %(campaign)s RETURNING id
"""
FORGED_LETTER = """
INSERT INTO delivery (account_id, campaign_id, chunk_id, edition_id, contact_id, mailing_list_id, decision_id,
    rules_version, granted_at, consent_event_id)
SELECT %(account)s, %(campaign)s, 0, %(edition)s, contact_id, mailing_list_id, %(decision)s, 'x', now(), id
FROM consent_event WHERE kind IN ('confirmed', 'imported') LIMIT 1
"""
anna = per_module(sending_customer, people=1)


@dataclass
class Home:
    """Anna's account and the draft that is being broken."""

    anna: Customer
    draft: Campaign
    sql: psycopg.Connection
    owner: str = ""
    kept: dict[str, Any] = field(default_factory=dict)

    def save(self, **values: Any) -> None:
        """Change the draft, then tick the policy for it as it stands."""
        with tenancy.account(self.anna.account_id):
            Campaign.objects.filter(id=self.draft.id).update(**values)
        self.draft = self.anna.ticked(self.draft)

    def blocked_by(self) -> list[str]:
        """Ask for the release; the keys of the rules that keep it in."""
        with tenancy.account(self.anna.account_id):
            decision = release_campaign(self.draft.id, by=self.anna.owner)
            state = Campaign.objects.get(id=self.draft.id).state
        blocking = [one["key"] for one in decision.findings if not one["passed"] and one["severity"] == "block"]
        assert decision.allowed == (not blocking)
        assert (state == CampaignState.DRAFT) == bool(blocking)
        return blocking

    def stays(self, shop: Program) -> list[str]:
        """Try to let it out in every way: at the gate, on the page, by API, by SQL; the keys that keep it in."""
        word = {"policy_confirmed": True, "content_hash": self.draft.policy_hash}
        assert shop.call("POST", f"/campaigns/{self.draft.id}/release", word).status_code in (403, 409, 422)
        return self.stays_without_api()

    def stays_without_api(self) -> list[str]:
        """The same where the API's answer is read, too."""
        keys = self.blocked_by()
        self.anna.client.post(f"/studio/campaigns/{self.draft.id}/release/", {"when": "now"})
        assert self.anna.again(self.draft).state == CampaignState.DRAFT
        self.try_by_sql()
        return keys

    def try_by_sql(self) -> None:
        """As the application's own role, without our code: claim that the rules passed, and plan it without their
        decision.

        The database refuses the decision, and it refuses the message because it lacks one.
        """
        values, base = {"account": self.anna.account_id, "campaign": self.draft.id}, self.sql
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only the gate"), base.transaction():
            tenancy.enter_account(base, self.anna.account_id)
            base.execute(FORGED_DECISION, values | {"edition": None, "allowed": True})
        refused = pytest.raises(
            psycopg.errors.InsufficientPrivilege, match=r"no delivery without permission|a second person"
        )
        with refused, base.transaction():
            tenancy.enter_account(base, self.anna.account_id)
            base.execute("UPDATE campaign SET state = 'sending' WHERE id = %(campaign)s", values)
            values["edition"] = base.execute(FORGED_EDITION, values).fetchone()[0]  # type: ignore[index]
            values["decision"] = base.execute(FORGED_DECISION, values | {"allowed": False}).fetchone()[0]  # type: ignore[index]
            assert base.execute(FORGED_LETTER, values).rowcount
        with tenancy.account(self.anna.account_id):
            assert Campaign.objects.get(id=self.draft.id).state == CampaignState.DRAFT
            assert not Delivery.objects.filter(campaign_id=self.draft.id).exists()

    def blocked_by_api(self, shop: Program) -> list[str]:
        """Release it by API, the policy confirmed for what was ticked; the checks that keep it in."""
        word = {"policy_confirmed": True, "content_hash": self.draft.policy_hash}
        answer = shop.call("POST", f"/campaigns/{self.draft.id}/release", word)
        if answer.status_code == 202:
            return []
        code, shape = problem(answer), json.loads(answer.content)
        if code == (422, "content-changed"):
            return ["policy-acknowledged"]
        assert code == (422, "checks-open")
        return [each["id"] for each in shape["checks"] if each["severity"] == "block"]


@pytest.fixture(scope="module")
def shop(anna: Customer) -> Program:
    return program_of(anna)


@pytest.fixture(scope="module")
def sql() -> Iterator[psycopg.Connection]:
    """The application's own name and password."""
    with psycopg.connect(app_url(load_settings()), autocommit=True) as opened:
        yield opened


@pytest.fixture
def home(anna: Customer, sql: psycopg.Connection, database: str) -> Home:
    return Home(anna, anna.ticked(anna.draft()), sql, owner=database)


def content(piece: str) -> Step:
    """The message with something added to it."""
    return lambda home: home.save(content=f"{CONTENT}\n\n{piece}\n")


def subject(text: str) -> Step:
    return lambda home: home.save(subject=text)


def html(piece: str) -> Step:
    """The message as HTML with a piece in it."""
    return lambda home: home.save(content_kind="html", content=f"<p>Dear reader, the bulbs are here.</p>{piece}")


def rows(model: Any, which: dict[str, Any] | None = None, **broken: Any) -> tuple[Step, Step]:
    """A row of the account's domain broken, and as it was."""

    def found(home: Home) -> Any:
        return model.objects.filter(**(which or {})).get()

    def break_it(home: Home) -> None:
        with tenancy.account(home.anna.account_id):
            row = found(home)
            home.kept = {name: getattr(row, name) for name in broken}
            model.objects.filter(id=row.id).update(**broken)
        home.save()

    def fix_it(home: Home) -> None:
        with tenancy.account(home.anna.account_id):
            model.objects.filter(id=found(home).id).update(**home.kept)
        home.save()

    return break_it, fix_it


def dns(kind: CheckKind) -> tuple[Step, Step]:
    return rows(DnsCheck, {"kind": kind}, passed=False, problem="missing")


def name(text: str) -> tuple[Step, Step]:
    return sender(display_name=text)


def sender(**broken: str) -> tuple[Step, Step]:
    """A sender from before its name was judged when it's added; the application can't change one."""

    def set_to(values: dict[str, str]) -> Step:
        def step(home: Home) -> None:
            ((column, value),) = values.items()
            with psycopg.connect(home.owner, autocommit=True) as owner:
                owner.execute("SET session_replication_role = replica")
                change = psycopg.sql.SQL("UPDATE sender_address SET {} = %s WHERE account_id = %s")
                owner.execute(change.format(psycopg.sql.Identifier(column)), [value, home.anna.account_id])
            home.save()

        return step

    honest = {"display_name": "Lindenhof", "email": "news@lindenhof.example"}
    return set_to(broken), set_to({column: honest[column] for column in broken})


def imprint(**changes: str) -> Step:
    def step(home: Home) -> None:
        agreements.save_imprint(home.anna.account_id, country="DE", fields=IMPRINT | changes, by=home.anna.owner)
        home.save()

    return step


def waiting_list(home: Home) -> None:
    """A second list that nobody decided about and that nobody confirmed."""
    with tenancy.account(home.anna.account_id):
        second = create_list("Old stock", "Old stock", "en")
        MailingList.objects.filter(id=second.id).update(origin_state="waiting")
    home.save(list_ids=[home.anna.list_id, second.id])


def dead_reply_address(home: Home) -> None:
    """Answers would go to a domain of which the DNS said that it takes no mail."""
    with tenancy.account(home.anna.account_id):
        now = clock.now()
        MailDomain.objects.update_or_create(
            domain="dead.lindenhof.de", defaults={"resolves": False, "null_mx": False, "checked_at": now}
        )
    home.save(reply_to="post@dead.lindenhof.de")


def reset(home: Home) -> None:
    """The draft as it was."""
    home.save(subject="Winter bulbs are here", content=CONTENT, content_kind="markdown", list_ids=[home.anna.list_id],
              reply_to="", variants=[], translations=[], language="en")  # fmt: skip


def changed_after_the_tick(home: Home) -> None:
    with tenancy.account(home.anna.account_id):
        Campaign.objects.filter(id=home.draft.id).update(subject="Changed after the tick")


OTHER_RECORD = generate_key()[1]
OTHER_VARIANT = {"subject": "Tulips for winter", "preheader": "", "content": CONTENT, "text_override": ""}
CASES: list[tuple[str, Step, Step]] = [
    ("policy-acknowledged", changed_after_the_tick, reset),
    ("sender-verified", *rows(SenderAddress, verified_at=None)),
    ("sender-name-honest", *name("Lindenhof kontakt@bank.de")),
    ("sender-name-letters", *name("Lind\u0435nhof Lindner")),
    ("sender-name-brand", *name("Lindenhof PayPal")),
    ("domain-spf", *dns(CheckKind.SPF)),
    ("domain-dkim", *dns(CheckKind.DKIM)),
    ("domain-dmarc", *dns(CheckKind.DMARC)),
    ("domain-mx", *dns(CheckKind.MX)),
    ("domain-aligned", *rows(DkimKey, retired_at=clock.now())),
    ("letter-signed", *rows(DkimKey, public_record=OTHER_RECORD)),
    ("letter-built", lambda home: home.save(reply_to="nobody at all"), reset),
    ("rendering-light", content("{% for i in (1..2000) %}{% if i == 5000 %}x{% endif %}{% endfor %}"), reset),
    ("reply-to-deliverable", dead_reply_address, reset),
    ("reply-to-verified", lambda home: home.save(reply_to="dora@people.example"), reset),
    ("origin-approved", waiting_list, reset),
    ("imprint-complete", imprint(phone=""), imprint()),
    ("subject-present", subject(" "), reset),
    ("subject-honest", subject("Re: your order"), reset),
    ("variants-have-readers", lambda home: home.save(variants=[OTHER_VARIANT]), reset),
    ("languages-translated", lambda home: home.save(translations=[OTHER_VARIANT | {"language": "de"}]), reset),
    ("merge-tags-filled", content("Dear {{ contact.shoe_size }}"), reset),
    ("placeholders-replaced", content("## Name des Produkts"), reset),
    ("pictures-chosen", html('<img src="" alt="">'), reset),
    ("links-finished", content("[more](https://example.org/shop)"), reset),
    ("links-clean", content("[more](https://bit.ly/x)"), reset),
    ("links-truthful", content("[www.lindenhof.example](https://elsewhere.example/)"), reset),
    ("links-public", content("[more](https://shop.local/)"), reset),
    ("nothing-hidden", html('<p style="display:none">cheap watches</p>'), reset),
    ("no-foreign-pixel", html('<img src="https://count.example/p.gif" width="1" height="1" alt="">'), reset),
    ("size-limit", html("<p>" + "bulbs and petals " * 7000 + "</p>"), reset),
]
ELSEWHERE = {
    # Broken below, with more than a draft and a domain.
    "account-active", "dpa-accepted", "policy-accepted", "volume-allowed", "import-finished", "sender-not-freemail",
    "released-by-two", "links-hosted", "coupons-enough", "shared-rows-exist",
    # What the compiler and the sanitizer always add or remove: no draft can break them.
    "imprint-shown", "imprint-readable", "unsubscribe-link", "reason-given", "both-parts", "no-active-content",
}  # fmt: skip


def test_every_blocking_rule_has_a_case() -> None:
    blocking = {check.key for check in CAMPAIGN_CHAIN if check.severity is Severity.BLOCK}
    assert {key for key, _, _ in CASES} | ELSEWHERE == blocking


@pytest.mark.slow
@pytest.mark.parametrize(("key", "break_it", "fix_it"), CASES, ids=[key for key, _, _ in CASES])
def test_one_broken_rule_keeps_it_in_and_mending_lets_it_go(
    home: Home, shop: Program, key: str, break_it: Step, fix_it: Step
) -> None:
    """By the gate itself, on the page, by API, and by SQL."""
    try:
        break_it(home)
        assert home.stays_without_api() == [key]
        assert home.blocked_by_api(shop) == [key]
        assert home.anna.again(home.draft).state == CampaignState.DRAFT
    finally:
        fix_it(home)
    assert home.blocked_by() == []


def test_a_draft_cannot_leave_out_what_the_service_puts_in(home: Home) -> None:
    style = "<style>div{display:none!important;color:#fff;font-size:1px}</style>"
    active = "<script>x()</script><form><input></form><iframe src='https://lindenhof.example'></iframe>"
    home.save(content_kind="html", content=f"{style}<p>Bulbs</p>{active}")
    with tenancy.account(home.anna.account_id):
        failed = {finding.key for finding in check_campaign(home.draft.id).failures}
    assert not failed & ELSEWHERE


def test_a_mailing_in_another_language_than_its_list_is_warned_of(home: Home) -> None:
    home.save(language="de")
    verdict = within(home.anna, check_campaign, home.draft.id)
    assert verdict.allowed
    assert [finding.key for finding in verdict.failures] == ["list-language"]
    page = home.anna.client.get(f"/studio/campaigns/{home.draft.id}/edit/").content.decode()
    assert "but these lists have a different one: Newsletter." in page
    assert 'href="#id_language"' in page
    home.save(language="en")
    assert within(home.anna, check_campaign, home.draft.id).failures == ()


def test_a_test_that_is_under_way_is_not_stopped_by_an_audience_that_shrank(home: Home) -> None:
    """The rest of it has to get its letter; only a test that has not begun can be asked for more people."""
    home.save(variants=[OTHER_VARIANT])
    with tenancy.account(home.anna.account_id):
        Campaign.objects.filter(id=home.draft.id).update(state=CampaignState.SENDING)
        assert check_campaign(home.draft.id).allowed


def test_a_mailbox_provider_is_no_sender(home: Home, shop: Program) -> None:
    with tenancy.platform(PlatformReason.SETUP):  # no provider's mailbox gets this far on its own
        Mailbox.objects.create(account_id=home.anna.account_id, email="lindenhof@gmx.de", proved_at=clock.now())
    break_it, fix_it = sender(email="lindenhof@gmx.de")
    break_it(home)
    assert set(home.stays(shop)) == {"sender-not-freemail", "domain-aligned", "letter-built"}
    fix_it(home)
    assert home.blocked_by() == []


def test_an_account_that_was_paused_sends_nothing(home: Home, shop: Program) -> None:
    otto = operator()
    why = Reasons("complaints", text="Complaints of your last mailing.", remedy="Write to us.", rule="R-86")
    account_status.change_account_status(home.anna.account_id, AccountStatus.PAUSED, why, by=otto)
    assert home.stays(shop) == ["account-active"]
    later = clock.now() + timedelta(hours=25)
    with clock.frozen_at(later):
        account_status.change_account_status(home.anna.account_id, AccountStatus.ACTIVE, why, by=otto)
    assert home.blocked_by_api(shop) == []


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        (AgreementKind.DPA, {"dpa-accepted"}),
        (AgreementKind.TERMS, {"policy-accepted"}),
        (AgreementKind.POLICY, {"policy-accepted", "policy-acknowledged"}),
    ],
)
def test_a_new_agreement_has_to_be_accepted(home: Home, shop: Program, kind: AgreementKind, keys: set[str]) -> None:
    with transaction.atomic():  # rolled back at the end: documents apply to everyone
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            texts = [("en", "# New\n\nText"), ("de", "# Neu\n\nText")]
            agreements.publish_documents(kind, f"9{secrets.token_hex(3)}", texts, by=operator())
        assert set(home.blocked_by()) == keys
        answer = shop.call("POST", f"/campaigns/{home.draft.id}/release", {"policy_confirmed": True})
        assert answer.status_code in (403, 409, 422)
        home.anna.client.post(f"/studio/campaigns/{home.draft.id}/release/", {"when": "now"})
        assert home.anna.again(home.draft).state == CampaignState.DRAFT
        agreements.accept_agreements(home.anna.account_id, home.anna.owner, ip=None, user_agent="test")
        home.save()
        assert home.blocked_by() == []
        transaction.set_rollback(True)


def test_a_daily_limit_holds(sql: psycopg.Connection) -> None:
    anna, otto = sending_customer(people=2), operator()
    home = Home(anna, anna.ticked(anna.draft()), sql)
    account_status.set_limits(anna.account_id, by=otto, daily_limit=1, supervised=False, because="test")
    assert home.stays(program_of(anna)) == ["volume-allowed"]
    account_status.set_limits(anna.account_id, by=otto, daily_limit=None, supervised=False, because="test")
    assert home.blocked_by() == []


def test_nothing_goes_out_while_a_file_is_read_into_its_list(sql: psycopg.Connection) -> None:
    anna = sending_customer(people=1)
    home, origin = Home(anna, anna.ticked(anna.draft()), sql), approve_origin(anna.account_id, anna.list_id)
    with tenancy.account(anna.account_id):
        running = Import.objects.create(
            mailing_list_id=anna.list_id, file_name="stock.csv", file_path="", file_sha256="0" * 64, file_bytes=1,
            state=ImportState.RUNNING, origin=origin,
        )  # fmt: skip
    assert home.stays(program_of(anna)) == ["import-finished"]
    with tenancy.account(anna.account_id):
        Import.objects.filter(id=running.id).update(state=ImportState.FAILED)
    assert home.blocked_by() == []


def test_where_two_have_to_release_one_cannot(sql: psycopg.Connection) -> None:
    anna = sending_customer(people=1)
    ben = person(anna.account_id, "Ben Berger", Role.EDITOR)
    approval.switch_four_eyes(anna.account_id, True, by=anna.owner)
    home = Home(anna, anna.ticked(anna.draft()), sql)
    assert home.stays(program_of(anna)) == ["released-by-two"]
    with tenancy.account(anna.account_id):
        shown = content_hash(Campaign.objects.get(id=home.draft.id), newest_imprint())
        request_approval(home.draft.id, by=anna.owner, shown_hash=shown)
        assert approve_and_release(home.draft.id, by=ben, shown_hash=shown, where=WHERE).allowed
