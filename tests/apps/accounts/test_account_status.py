"""How account status changes: by the actions, the application role with raw SQL, and time (R-01, R-08, R-90)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from mailflatrate.apps.accounts.actions import account_status, people, vetting
from mailflatrate.apps.accounts.actions.account_status import Reasons
from mailflatrate.apps.accounts.automatic_checks import check_applicant, read_application
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import (
    Account,
    AccountStatus,
    AccountStatusChange,
    Application,
    DecisionKind,
    Notice,
    Signal,
    User,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.vetting.account_status import MOVES, Mover, may_move
from mailflatrate.rules.vetting.record import FIELDS
from mailflatrate.rules.vetting.signals import signals
from mailflatrate.settings.roles import PLATFORM_ROLE, app_url, enter_role, owner_url
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from support.customers import WHERE, Customer
from support.people import operator
from support.scope import rows

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
WHY = Reasons("complaints", "Three complaints in one hour.", "Stop and look at your list.", "R-86", {"complaints": 3})


def account(account_id: int) -> Account:
    return rows(PlatformReason.OPERATOR_DESK, Account).get(id=account_id)


def letters(user: User) -> list[str]:
    with tenancy.account(people.house_account().id):
        return [notice.text for notice in Notice.objects.filter(recipient=user.email).order_by("id")]


def test_the_way_in_from_application_to_activation() -> None:
    customer = Customer.applying()
    account_id, anna = customer.account_id, customer.owner
    otto = operator()
    assert account(account_id).status == AccountStatus.REGISTERED
    with pytest.raises(AccountError):
        vetting.decide_application(account_id, DecisionKind.APPROVE, by=otto)
    vetting.submit_application(account_id, anna, WHERE, password="bulbs-and-seeds")
    assert User.objects.get(id=anna.id).check_password("bulbs-and-seeds")
    with pytest.raises(AccountError, match="Your application has been submitted and can no longer be"):
        vetting.save_application(account_id, {"city": "Bonn"}, step="company")
    with pytest.raises(AccountError, match="reason"):
        vetting.decide_application(account_id, DecisionKind.ASK, by=otto, text=" ")
    vetting.decide_application(account_id, DecisionKind.ASK, by=otto, text="Where is your form?")
    assert "Where is your form?" in letters(anna)[-1]
    vetting.save_application(account_id, {"form_url": "https://lindenhof.example/form"}, step="samples")
    vetting.submit_application(account_id, anna, WHERE)
    with pytest.raises(AccountError):
        vetting.decide_application(account_id, DecisionKind.APPROVE, by=anna)
    vetting.decide_application(account_id, DecisionKind.APPROVE, by=otto, note="Phoned them.")
    found = account(account_id)
    assert (found.status, found.activated_by_id, found.supervised) == (AccountStatus.ACTIVE, otto.id, True)
    assert found.vetting_record_id is not None
    assert "You can send campaigns now" in letters(anna)[-1]
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        moves = AccountStatusChange.objects.filter(account_id=account_id).order_by("id").values_list("after", flat=True)
        assert list(moves) == ["submitted", "more_info", "submitted", "approved", "active"]
        lines = AuditEntry.objects.filter(account_id=account_id).order_by("id").values_list("action", flat=True)
        assert [line for line in lines if line.startswith("account.")] == [
            "account.registered",
            *(f"account.{move}" for move in moves),
        ]


@pytest.mark.parametrize("field", [field.key for field in FIELDS])
def test_nothing_is_approved_with_an_empty_field(field: str) -> None:
    """The application form refuses it first; the decision refuses it again."""
    customer = Customer.applying()
    account_id, anna = customer.account_id, customer.owner
    vetting.submit_application(account_id, anna, WHERE)
    empty = {"monthly_volume": None, "lists": []}.get(field, "")
    rows(PlatformReason.OPERATOR_DESK, Application).filter(account_id=account_id).update(**{field: empty})
    with pytest.raises(AccountError, match="empty field"):
        vetting.decide_application(account_id, DecisionKind.APPROVE, by=operator())
    assert account(account_id).status == AccountStatus.SUBMITTED


def test_the_database_allows_the_moves_of_the_rules_and_no_others() -> None:
    """Every pair of standings, by raw SQL under the platform role: with a person, and with a rule."""
    customer = Customer.vetted()
    account_id, anna = customer.account_id, customer.owner
    otto = operator()
    settings = load_settings()
    with psycopg.connect(app_url(settings)) as connection, psycopg.connect(owner_url(settings)) as owner:
        for before in AccountStatus:
            for after in AccountStatus:
                for mover, actor in ((Mover.STAFF, otto.id), (Mover.MACHINE, None), (Mover.APPLICANT, anna.id)):
                    if mover is Mover.STAFF and MOVES.get((before, after)) is Mover.APPLICANT:
                        continue  # nobody is kept from handing in what an applicant could
                    allowed = _tried(connection, owner, account_id, before, after, actor)
                    least = MOVES.get((before, after))
                    expected = may_move(before, after, mover) or (least is Mover.APPLICANT)
                    assert allowed == expected, (before, after, mover)


def _tried(
    connection: psycopg.Connection,
    owner: psycopg.Connection,
    account_id: int,
    before: AccountStatus,
    after: AccountStatus,
    actor: int | None,
) -> bool:
    """Put the account into `before` as the owner would, then try the move; all of it is rolled back."""
    owner.execute("SET session_replication_role = replica")
    owner.execute("UPDATE account SET standing = %s WHERE id = %s", [before.value, account_id])
    owner.commit()
    try:
        enter_role(connection, PLATFORM_ROLE)
        connection.execute(
            "INSERT INTO standing_change (account_id, before, after, actor_id, actor_name, reason_code, rule, text,"
            " remedy, evidence, at, application_id) SELECT %s, %s, %s, %s, 'x', 'x', '', 'x', '', '{}',"
            " now() + interval '9 days', vetting_record_id FROM account WHERE id = %s",
            [account_id, before.value, after.value, actor, account_id],
        )
    except psycopg.errors.CheckViolation as refused:
        # An approval needs its decision besides; that a person made the move was accepted by then.
        return "decision about its record" in str(refused) and actor is not None
    else:
        return True
    finally:
        connection.rollback()
        owner.execute("UPDATE account SET standing = 'active' WHERE id = %s", [account_id])
        owner.commit()


@pytest.fixture
def application_role() -> Iterator[psycopg.Connection]:
    with psycopg.connect(app_url(load_settings())) as connection:
        yield connection


def test_the_application_role_moves_nothing_not_even_its_own(application_role: psycopg.Connection) -> None:
    """Eve has SQL under the application role, in the scope of her own account that waits for a decision."""
    customer = Customer.applying("Eve Ltd", "Eve")
    account_id, eve = customer.account_id, customer.owner
    vetting.submit_application(account_id, eve, WHERE)
    otto = operator()
    attacks = [
        "UPDATE account SET standing = 'active', activated_by_id = {otto}, activated_at = now()",
        "UPDATE account SET standing = 'closed'",
        "UPDATE account SET standing_reason = 'all is well'",
        "UPDATE account SET vetting_record_id = (SELECT id FROM application)",
        "UPDATE account SET activated_at = now()",
        "UPDATE account SET daily_limit = 1000000",
        "UPDATE account SET supervised = false",
        "UPDATE account SET is_house = true",
        "DELETE FROM account",
        "INSERT INTO standing_change (account_id, before, after, actor_id, actor_name, reason_code, rule, text, remedy,"
        " evidence, at) VALUES ({account}, 'submitted', 'approved', {otto}, 'otto', 'x', '', 'x', '', '{{}}', now())",
        "INSERT INTO vetting_decision (account_id, application_id, kind, text, note, record, record_sha256, signals,"
        " decided_by_id, decided_at) SELECT {account}, id, 'approve', '', '', '{{}}', '', '[]', {otto}, now()"
        " FROM application",
        "UPDATE application SET legal_name = 'Somebody Else GmbH'",
        "DELETE FROM standing_change",
        "DELETE FROM strike",
        "UPDATE user_account SET is_staff = true WHERE id = {eve}",
        "INSERT INTO user_account (password, email, name, language, is_active, is_staff, created_at)"
        " VALUES ('', 'eve2@eve.example', 'Eve', 'en', true, true, now())",
        "INSERT INTO agreement_document (kind, version, language, title, text, sha256, valid_from)"
        " VALUES ('terms', 'eve', 'en', 'x', 'x', 'x', now())",
        "UPDATE vetting_signal SET outcome = 'good'",
        "INSERT INTO desk_message (account_id, side, text, author_id, at)"
        " VALUES ({account}, 'desk', 'ok', {otto}, now())",
    ]
    for attack in attacks:
        tenancy.enter_account(application_role, account_id)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application_role.execute(attack.format(account=account_id, otto=otto.id, eve=eve.id))
        application_role.rollback()
    for new_id in (account_id + 1_000_000, account_id):
        tenancy.enter_account(application_role, new_id)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application_role.execute(
                "INSERT INTO account (id, name, country, language, time_zone, colour, standing, standing_reason,"
                " activated_by_id, activated_at, vetting_record_id, supervised, is_house, created_at) VALUES"
                " (%s, 'Eve', 'DE', 'en', 'UTC', '#000000', 'active', '', %s, now(), 1, false, false, now())",
                [new_id, otto.id],
            )
        application_role.rollback()
    tenancy.enter_account(application_role, account_id)
    for hidden in ("vetting_decision", "vetting_signal"):
        assert application_role.execute(f"SELECT count(*) FROM {hidden}").fetchone() == (0,)
    found = account(account_id)
    assert (found.status, found.supervised, found.daily_limit) == (AccountStatus.SUBMITTED, True, None)


def test_not_even_the_platform_role_writes_a_standing(application_role: psycopg.Connection) -> None:
    """A code path that forgets the row in `standing_change` fails."""
    account_id = Customer.vetted().account_id
    for statement in (
        "UPDATE account SET standing = 'suspended' WHERE id = %s",
        "DELETE FROM account WHERE id = %s",
        "UPDATE standing_change SET text = 'x' WHERE account_id = %s",
        "DELETE FROM standing_change WHERE account_id = %s",
    ):
        enter_role(application_role, PLATFORM_ROLE)
        with pytest.raises(psycopg.Error, match=r"R-01|Cannot|permission"):
            application_role.execute(statement, [account_id])
        application_role.rollback()
    assert account(account_id).status == AccountStatus.ACTIVE


def test_a_stop_is_told_with_reason_rule_and_remedy() -> None:
    customer = Customer.vetted()
    account_id, anna = customer.account_id, customer.owner
    account_status.change_account_status(account_id, AccountStatus.PAUSED, WHY, by=None, machine="stats.judge_account")
    text = letters(anna)[-1]
    assert all(part in text for part in (WHY.text, WHY.remedy, "R-86", "automatically", "/studio/settings/status/"))
    assert account(account_id).status_reason == WHY.text
    with pytest.raises(AccountError, match="reason"):
        account_status.change_account_status(account_id, AccountStatus.SUSPENDED, Reasons("x"), by=operator())


def test_a_pause_never_lifts_itself_and_rests_a_day() -> None:
    customer = Customer.vetted()
    account_id, anna = customer.account_id, customer.owner
    otto, why = operator(), Reasons("lifted", "They cleaned the list.")
    with clock.frozen_at(NOW):
        account_status.change_account_status(
            account_id, AccountStatus.PAUSED, WHY, by=None, machine="stats.judge_account"
        )
    with clock.frozen_at(NOW + timedelta(hours=23, minutes=59)), pytest.raises(AccountError, match="24 hours"):
        account_status.change_account_status(account_id, AccountStatus.ACTIVE, why, by=otto)
    with clock.frozen_at(NOW + timedelta(days=400)):
        for who in (None, anna):
            with pytest.raises(AccountError):
                account_status.change_account_status(account_id, AccountStatus.ACTIVE, why, by=who, machine="a timer")
        with pytest.raises(AccountError):
            account_status.change_account_status(account_id, AccountStatus.ACTIVE, Reasons("lifted"), by=otto)
        account_status.change_account_status(account_id, AccountStatus.ACTIVE, why, by=otto)
    found = account(account_id)
    assert (found.status, found.supervised, found.status_reason) == (AccountStatus.ACTIVE, True, "")


def test_three_strikes_within_six_months_suspend_and_the_next_three_close() -> None:
    customer = Customer.vetted()
    account_id, anna = customer.account_id, customer.owner
    otto = operator()

    def strike(day: int) -> str:
        with clock.frozen_at(NOW + timedelta(days=day)):
            account_status.give_strike(account_id, Reasons("complaints", "Too many complaints."), by=otto)
        return account(account_id).status

    assert [strike(0), strike(100), strike(190)] == ["active"] * 3, "the first has expired on day 183"
    assert strike(200) == "suspended"
    assert "Three strikes within six months" in letters(anna)[-1]
    assert strike(201) == "suspended", "the three were answered; this one begins a new count"
    with clock.frozen_at(NOW + timedelta(days=210)):
        account_status.change_account_status(
            account_id, AccountStatus.ACTIVE, Reasons("lifted", "New people."), by=otto
        )
    assert [strike(220), strike(230)] == ["active", "closed"]


def test_a_strike_that_was_taken_back_does_not_count() -> None:
    account_id = Customer.vetted().account_id
    otto = operator()
    given = [account_status.give_strike(account_id, Reasons("x", "Why."), by=otto) for _ in range(2)]
    with pytest.raises(AccountError):
        account_status.take_back_strike(given[0].id, by=otto, because=" ")
    account_status.take_back_strike(given[0].id, by=otto, because="It was another company.")
    account_status.give_strike(account_id, Reasons("x", "Why."), by=otto)
    assert account(account_id).status == AccountStatus.ACTIVE


def test_the_machine_looks_at_dns_website_and_earlier_accounts() -> None:
    """The whole job against a DNS of its own: what it cannot know is not checked, and it decides nothing."""
    customer = Customer.applying("Eve Ltd", "Eve")
    gone, eve = customer.account_id, customer.owner
    otto = operator()
    vetting.submit_application(gone, eve, WHERE)
    vetting.decide_application(gone, DecisionKind.REJECT, by=otto, text="Bought lists.")
    customer = Customer.applying()
    account_id, anna = customer.account_id, customer.owner
    vetting.submit_application(account_id, anna, WHERE)
    zone = {
        "people.example": {"MX": ["10 mx.people.example"], "TXT": ["v=spf1 -all"]},
        "lindenhof.example": {"A": ["127.0.0.1"]},
    }
    with ZoneServer(zone) as dns, tenancy.platform(PlatformReason.HOUSEKEEPING):
        asked = read_application(account_id)
        facts = check_applicant(asked, DnsResolver([dns.nameserver], timeout_seconds=2))
    vetting.keep_signals(account_id, signals(facts))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        found = {one.key: (one.outcome, one.evidence) for one in Signal.objects.filter(account_id=account_id)}
    assert found["closed_account"][0] == "serious"
    assert "Eve Ltd (rejected)" in found["closed_account"][1]
    assert (found["mx"][0], found["spf"][0], found["dmarc"][0]) == ("good", "good", "concern")
    assert found["website"][0] == found["imprint_matches"][0] == "not_checked"
    assert account(account_id).status == AccountStatus.SUBMITTED
