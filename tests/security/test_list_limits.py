"""A member who sees only some lists, against every table and every address of the rest of the account (ADR 0048)."""

import re
from dataclasses import dataclass

import psycopg
import pytest
from django.apps import apps
from django.test import Client

from mailflatrate.apps.accounts.actions import people
from mailflatrate.apps.accounts.models import Membership, Role, User
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.models import Contact, ContactNote, MailingList, Subscription
from mailflatrate.apps.segments.models import BulkAction, Export
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason, TenantModel
from mailflatrate.base.tenancy.limits import LIMITED_TABLES
from mailflatrate.entrypoints.ui.pages import pages
from mailflatrate.settings.roles import (
    ACCOUNT_ID_SETTING,
    ACCOUNT_SETTING,
    APP_ROLE,
    LIMITED_ROLE,
    LIMITED_SETTING,
    MEMBER_SETTING,
    PLATFORM_ROLE,
    app_url,
    limited_pass_for,
    owner_url,
    server_of,
)
from mailflatrate.settings.schema import load_settings
from support.neighbours import Neighbours
from support.people import browser, person

TENANT_TABLES = sorted(m._meta.db_table for m in apps.get_models() if issubclass(m, TenantModel))
_ACCOUNT_WIDE = (
    "account membership four_eyes_switch acceptance acknowledgement imprint application standing_change strike "
    "sender_domain dns_check sender_address mailbox media_host brand_kit link_tagging mailing_template contact_field "
    "field_migration segment media media_file page_fetch_count saved_block coupon_pool tag event_type event_settings "
    "conversion_goal test_list writing_help"
)
ACCOUNT_WIDE = frozenset(_ACCOUNT_WIDE.split())
"""What a limited member sees of the account as a whole: no person, nothing that was sent, nothing of another list."""
_NOTHING = (
    "abuse_case api_answer api_key asking_tally audience_count automation automation_arrival automation_count "
    "automation_member brand_lookup content_lookup "
    "conversion conversion_fold "
    "automation_snapshot automation_step automation_version case_answer case_event case_question case_report "
    "contact_text contact_touch coupon_code desk_message dkim_key domain_report enrolment enrolment_passage event_day "
    "event_setting invitation last_mailing lift_request mailable_count message_copy message_template "
    "misdirected_address poll_ballot "
    "monthly_report monthly_report_reader notice "
    "postbox_message privacy_request raw_mail search_todo signup_counter sort_index suppression_file "
    "suppression_file_row template_edition template_version transactional_message transactional_switch "
    "vetting_decision vetting_signal webhook_attempt webhook_endpoint webhook_waiting withdrawal_outbox"
)
NOTHING = frozenset(_NOTHING.split())
"""Tables of which a limited member sees no row at all."""


@dataclass(frozen=True)
class Limited:
    """Nora, an admin who sees only an empty list, and Mia, an admin who sees only Anna's; both in Anna's account."""

    neighbours: Neighbours
    nora: User
    mia: User
    blank_id: int

    @property
    def account_id(self) -> int:
        return self.neighbours.anna.account_id

    @property
    def list_id(self) -> int:
        return self.neighbours.anna.list_id


def limit(account_id: int, user: User, *list_ids: int) -> None:
    """Limit a member as an owner does on the team page."""
    with tenancy.account(account_id):
        owner = Membership.objects.filter(role=Role.OWNER).select_related("user").order_by("id")[0].user
        membership = Membership.objects.get(user=user)
    people.limit_member(account_id, membership.id, list_ids, by=owner)


@pytest.fixture(scope="module")
def limited(database: str) -> Limited:
    """The account with both members, made once."""
    assert database
    neighbours = Neighbours()
    account_id = neighbours.anna.account_id
    with tenancy.account(account_id):
        MailingList.objects.filter(id=neighbours.anna.list_id).update(name="Zwiebelpost")
        blank = create_list("Blank")
    nora, mia = person(account_id, "Nora Nord", Role.ADMIN), person(account_id, "Mia Mohn", Role.ADMIN)
    limit(account_id, nora, blank.id)
    limit(account_id, mia, neighbours.anna.list_id)
    return Limited(neighbours, nora, mia, blank.id)


def session_of(limited: Limited, user: User) -> psycopg.Connection[tuple[object, ...]]:
    link = psycopg.connect(app_url(load_settings()))
    shown = limited_pass_for(server_of(link), limited.account_id, user.id)
    given = {"role": LIMITED_ROLE, ACCOUNT_ID_SETTING: str(limited.account_id), MEMBER_SETTING: str(user.id)}
    for setting, value in {**given, LIMITED_SETTING: shown}.items():
        link.execute("SELECT set_config(%s, %s, false)", [setting, value])
    link.commit()
    return link


def count(link: psycopg.Connection[tuple[object, ...]], table: str, where: str = "true") -> int:
    (number,) = link.execute(f'SELECT count(*) FROM "{table}" WHERE {where}').fetchone() or (0,)  # type: ignore[arg-type]
    return int(str(number))


def others(limited: Limited, table: str) -> str:
    """Return the condition that leaves out Nora's own list."""
    return f"id <> {limited.blank_id}" if table == "mailing_list" else "true"


# -- every table -------------------------------------------------------------------------------------------------------


def test_it_is_said_of_every_table_what_a_limited_member_sees() -> None:
    """A new table shows nothing until someone decides, and this test makes them decide."""
    known = set(LIMITED_TABLES) | NOTHING
    assert sorted(set(TENANT_TABLES) - known - {"delivery_record"}) == []
    assert sorted(set(LIMITED_TABLES) & NOTHING) == []


def test_another_list_shows_nothing_in_any_table(limited: Limited) -> None:
    with session_of(limited, limited.nora) as link:
        seen = {table for table in [*TENANT_TABLES, "account"] if count(link, table, others(limited, table))}
    assert sorted(seen - ACCOUNT_WIDE) == []


def test_ones_own_list_shows_what_belongs_to_it(limited: Limited) -> None:
    """Otherwise the test above would prove nothing."""
    with session_of(limited, limited.mia) as link:
        seen = {table for table in TENANT_TABLES if count(link, table)}
    assert sorted(seen & NOTHING) == []
    assert {"contact", "subscription", "consent_event", "campaign", "delivery", "import", "signup_form"} <= seen


def test_nothing_of_another_list_is_changed_by_raw_sql(limited: Limited) -> None:
    with session_of(limited, limited.nora) as link:
        for table in [*TENANT_TABLES, "account"]:
            theirs = "id" if table == "account" else "account_id"
            for statement in (f'UPDATE "{table}" SET {theirs} = {theirs}', f'DELETE FROM "{table}"'):
                try:
                    done = link.execute(f"{statement} WHERE {others(limited, table)}")  # type: ignore[arg-type]
                except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState):
                    pass
                else:
                    assert done.rowcount == 0, statement
                link.rollback()


WIDER = [
    "RESET ROLE",
    f"SET ROLE {APP_ROLE}",
    f"SET ROLE {PLATFORM_ROLE}",
    f"SELECT set_config('{MEMBER_SETTING}', '%(owner)s', false)",
    f"SELECT set_config('{MEMBER_SETTING}', '', false)",
    f"SELECT set_config('{LIMITED_SETTING}', '', false)",
    f"RESET ROLE; SELECT set_config('{ACCOUNT_SETTING}', current_setting('{LIMITED_SETTING}'), false)",
    "UPDATE membership SET list_ids = NULL",
    "UPDATE membership SET list_ids = ARRAY[%(list)s]",
    "RESET ROLE; UPDATE membership SET list_ids = NULL",
    "INSERT INTO subscription (account_id, contact_id, mailing_list_id, state, created_at)"
    " VALUES (%(account)s, %(contact)s, %(blank)s, 'confirmed', now())",
    "UPDATE mailing_list SET id = %(list)s WHERE id = %(blank)s",
    "UPDATE subscription SET mailing_list_id = %(blank)s",
    "UPDATE subscription SET contact_id = %(contact)s",
    "SELECT contact_matches(ARRAY['%%a%%'], 10)",
    "CREATE TEMP TABLE membership (account_id bigint, user_id bigint, list_ids bigint[]);"
    " INSERT INTO pg_temp.membership VALUES (%(account)s, %(nora)s, ARRAY[%(list)s])",
]


@pytest.mark.parametrize("statement", WIDER)
def test_raw_sql_does_not_widen_a_limit(limited: Limited, statement: str) -> None:
    with tenancy.account(limited.account_id):
        contact = Subscription.objects.filter(mailing_list_id=limited.list_id).values_list("contact_id", flat=True)[0]
    values = {"owner": limited.neighbours.anna.owner.id, "list": limited.list_id, "blank": limited.blank_id}
    values |= {"account": limited.account_id, "contact": contact, "nora": limited.nora.id}
    with session_of(limited, limited.nora) as link:
        try:
            link.execute(statement % values)  # type: ignore[arg-type]
        except psycopg.Error:
            link.rollback()
        for table in ("contact", "subscription", "campaign", "delivery", "consent_event", "export", "signup_request"):
            assert count(link, f"{table}") == 0, (statement, table)
        link.rollback()


def test_a_forged_limit_counts_for_nothing(limited: Limited) -> None:
    """The pass is for exactly this account and this member."""
    with session_of(limited, limited.nora) as link:
        shown = limited_pass_for(server_of(link), limited.account_id, limited.nora.id)
        for user_id in (limited.mia.id, limited.neighbours.anna.owner.id):
            link.execute("SELECT set_config(%s, %s, true)", [MEMBER_SETTING, str(user_id)])
            link.execute("SELECT set_config(%s, %s, true)", [LIMITED_SETTING, shown])
            assert count(link, "membership") == 0
            assert count(link, "contact") == 0


def test_whoever_has_no_limit_is_shown_nothing_by_the_limited_role(limited: Limited) -> None:
    """A pass for someone whose membership has no limit opens no list."""
    with session_of(limited, limited.neighbours.anna.owner) as link:
        assert count(link, "contact") == 0
        assert count(link, "mailing_list") == 0


def test_other_scopes_inside_a_limited_one_stay_limited(limited: Limited) -> None:
    with tenancy.member(limited.account_id, limited.nora.id, is_limited=True):
        assert not Contact.objects.exists()
        with tenancy.account(limited.account_id):
            assert not Contact.objects.exists()
        with tenancy.platform(PlatformReason.METRICS), tenancy.account(limited.account_id):
            assert not Contact.objects.exists()
        assert not Contact.objects.exists()
    with tenancy.account(limited.account_id):
        assert Contact.objects.exists()


def test_a_limit_counts_at_once(limited: Limited) -> None:
    """The lists are read with each statement, so that a narrower limit holds within the same transaction."""
    rosa = person(limited.account_id, "Rosa Rot", Role.EDITOR)
    limit(limited.account_id, rosa, limited.list_id)
    with session_of(limited, rosa) as link:
        assert count(link, "contact") > 0
        limit(limited.account_id, rosa, limited.blank_id)
        assert count(link, "contact") == 0


def test_members_without_a_limit_pay_nothing(limited: Limited) -> None:
    """The policies that their statements are planned with don't know of limits."""
    with psycopg.connect(owner_url(load_settings())) as owner:
        rows = owner.execute(
            "SELECT tablename, qual, with_check FROM pg_policies WHERE roles && ARRAY[%s, %s]::name[]",
            [APP_ROLE, PLATFORM_ROLE],
        ).fetchall()
    assert len(rows) > 200
    assert [row for row in rows if "limited" in f"{row[1]} {row[2]}" or MEMBER_SETTING in f"{row[1]} {row[2]}"] == []


# -- every address -----------------------------------------------------------------------------------------------------


LIMITED_PAGES = {page.name for page in pages().values() if page.limited}
ADDRESSES = {page.name: f"/studio/{page.route}" for name, page in pages().items() if name.startswith("studio:")}
WITH_IDS = sorted(name for name, route in ADDRESSES.items() if "<int:" in route and name != "choose-account")
WITHOUT_IDS = sorted(name for name, route in ADDRESSES.items() if "<int:" not in route)


def address_of(limited: Limited, name: str) -> str:
    """Return the address of a page with the ids of what belongs to Anna's list."""
    address = ADDRESSES[name].replace("<slug:system>", "brevo").replace("<str:key>", "first_name")
    for each, value in limited.neighbours.ids.items():
        address = address.replace(f"<int:{each}>", str(value))
    assert "<" not in address, address
    return address


_UNKNOWN = (
    "bulk-action bulk-progress export-file import-move-rows contact-note template-gallery template-gallery-message "
    "campaign-writing-help"
)
UNKNOWN_TO_MIA = frozenset(_UNKNOWN.split())
"""What its author alone sees among limited members, and pages that need to be told which rows or template."""


def test_only_known_pages_are_open_to_limited_members() -> None:
    for name in ("team-role", "team-limit", "team-remove", "keys", "key-revoke", "settings", "imprint"):
        assert name not in LIMITED_PAGES


def _fingerprint(limited: Limited) -> list[tuple[object, ...]]:
    """What Nora could have changed."""
    with tenancy.account(limited.account_id):
        return [
            tuple(Campaign.objects.values_list("id", "state", "name", "subject").order_by("id")),
            tuple(Export.objects.values_list("id", "state").order_by("id")),
            tuple(Import.objects.values_list("id", "state", "cancel_requested").order_by("id")),
            tuple(MailingList.objects.values_list("id", "name", "archived_at").order_by("id")),
            tuple(BulkAction.objects.values_list("id", "state", "cancel_requested").order_by("id")),
            tuple(Form.objects.values_list("id", "name", "state", "draft", "current_id").order_by("id")),
            tuple(Membership.objects.values_list("id", "role", "list_ids").order_by("id")),
            tuple(Contact.objects.values_list("id", "email", "first_name", "attributes").order_by("id")),
            tuple(ContactNote.objects.values_list("id", "text").order_by("id")),
            tuple(Subscription.objects.values_list("id", "state").order_by("id")),
        ]


def test_no_address_shows_or_changes_what_is_on_other_lists(limited: Limited) -> None:
    """404 for what is on other lists, 403 for what concerns the whole account; 405 where only the other method is."""
    nora = browser(limited.nora)
    before = _fingerprint(limited)
    for name in WITH_IDS:
        for method in ("get", "post"):
            if name == "segment-count":
                continue  # segments are the account's; the numbers are the member's
            answer = getattr(nora, method)(address_of(limited, name))
            assert answer.status_code in (403, 404, 405), (name, method, answer.status_code)
            if name not in LIMITED_PAGES and answer.status_code != 405:
                assert answer.status_code == 403, (name, method)
                assert "whole account" in answer.content.decode(), (name, method)
    assert _fingerprint(limited) == before


def _words_of_others(limited: Limited) -> set[str]:
    """Return names and addresses that belong to Anna's list."""
    with tenancy.account(limited.account_id):
        words = set(Contact.objects.values_list("email", flat=True)[:50])
        words |= set(Campaign.objects.values_list("name", flat=True)) | set(Form.objects.values_list("code", flat=True))
        words |= set(Campaign.objects.values_list("mailing_id", flat=True))
        words |= set(MailingList.objects.filter(id=limited.list_id).values_list("name", flat=True))
        words |= set(Import.objects.values_list("file_name", flat=True))
        return {word for word in words if len(word) > 4}


def _text(answer: object) -> str:
    if getattr(answer, "streaming", False):
        return b"".join(answer).decode()  # type: ignore[call-overload]
    return answer.content.decode(errors="replace")  # type: ignore[attr-defined, no-any-return]


def test_no_page_names_what_is_on_other_lists(limited: Limited) -> None:
    nora, words = browser(limited.nora), _words_of_others(limited)
    for name in WITHOUT_IDS:
        address = ADDRESSES[name].replace("<slug:system>", "brevo")
        for query in ("", "?q=dora", "?q=@") if name in ("search", "contacts", "campaigns") else ("",):
            answer = nora.get(address + query)
            assert answer.status_code in (200, 302, 303, 403, 404, 405, 422), (name, answer.status_code)
            said = _text(answer)
            assert [word for word in words if word in said] == [], name


def test_a_limited_member_works_with_their_own_list(limited: Limited) -> None:
    """Otherwise an account that shows nothing to anyone would pass, too."""
    mia = browser(limited.mia)
    for name in sorted(LIMITED_PAGES):
        answer = mia.get(address_of(limited, name))
        known = 404 if name in UNKNOWN_TO_MIA else 200
        assert answer.status_code in (known, 204, 302, 303, 405), (name, answer.status_code)
        _text(answer)


def test_the_pages_say_how_many_lists_are_seen(limited: Limited) -> None:
    said = " ".join(browser(limited.mia).get("/studio/lists/").content.decode().split())
    assert re.search(r"You see 1 of \d+ lists", said)
    assert "You see" not in Client().get("/login/").content.decode()
