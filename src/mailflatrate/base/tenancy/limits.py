"""What a member who is limited to some lists may see and write (ADR 0048). LIMITED_ROLE has policies of its own, so
those of everyone else cost nothing more. A table that isn't named here shows it nothing and takes nothing from it.
"""

from dataclasses import dataclass

from mailflatrate.settings.roles import ACCOUNT_ID_SETTING, MEMBER_SETTING

_ACCOUNT = f"nullif(current_setting('{ACCOUNT_ID_SETTING}', true), '')::bigint"
_MINE = f"account_id = {_ACCOUNT}"
SHARED = f"{_MINE} AND (SELECT public.limited_open())"
LISTS = "(SELECT public.limited_lists())::bigint[]"
USER = f"nullif(current_setting('{MEMBER_SETTING}', true), '')::bigint"


def _of_lists(column: str) -> str:
    return f"{_MINE} AND {column} = ANY ({LISTS})"


def _within(column: str, table: str) -> str:
    return f"{SHARED} AND {column} IN (SELECT seen.id FROM public.{table} seen)"  # noqa: S608  # made of constants


def _of_contact(table: str, column: str) -> str:
    """Rows of a contact on one of the lists, in any state; one lookup in an index for each."""
    return (
        f"{SHARED} AND EXISTS (SELECT 1 FROM public.subscription seen"  # noqa: S608  # made of constants
        f' WHERE seen.account_id = "{table}".account_id AND seen.contact_id = "{table}".{column})'
    )


def _by_me_or_all_mine(table: str, author: str) -> str:
    """What the member wrote about a contact, and all of one on no other list: others' may be about a hidden list."""
    return f"{_of_contact(table, 'contact_id')} AND ({author} = {USER} OR NOT public.is_on_other_lists(contact_id))"


def _own(column: str) -> str:
    return f"{SHARED} AND {column} = {USER}"


@dataclass(frozen=True, slots=True)
class LimitedTable:
    table: str
    may_see: str
    may_write: str
    rights: str


_READ = "SELECT"
_ADD = "SELECT, INSERT"
_EDIT = "SELECT, INSERT, UPDATE"
_ALL = "SELECT, INSERT, UPDATE, DELETE"
_CHANGE = "SELECT, UPDATE"
_LOCK = "UPDATE (created_at)"
_ADD_EVENT = (
    "SELECT, INSERT (id, account_id, contact_id, mailing_list_id, kind, occurred_at, source_import_id, commitment)"
)
# A subscription stays with its contact and its list: moved to another contact, it would show that one.
_MOVE_STATE = "SELECT, UPDATE (state, quarantine_reason, confirmed_at, unsubscribed_at, unsubscribed_by)"


def _tables(condition: str, rights: str, names: str) -> list[LimitedTable]:
    return [LimitedTable(name, condition, "false" if rights == _READ else condition, rights) for name in names.split()]


# A campaign belongs to a member whose lists include its whole audience, and all lists it excludes. A draft without an
# audience belongs to its author, and to who edited it last.
_CAMPAIGN = (
    f"{SHARED} AND excluded_list_ids <@ {LISTS} AND"
    f" CASE WHEN cardinality(list_ids) > 0 THEN list_ids <@ {LISTS} ELSE {USER} IN (created_by_id, edited_by_id) END"
)
_OF_CAMPAIGN = _within("campaign_id", "campaign")
_OF_ANY_CAMPAIGN = f"{SHARED} AND (campaign_id IS NULL OR {_OF_CAMPAIGN})"
_DELIVERY = f"{SHARED} AND ({_OF_CAMPAIGN} OR campaign_id IS NULL AND mailing_list_id = ANY ({LISTS}))"
_FIGURE = f"mailing_list_id = ANY ({LISTS}) AND {_OF_ANY_CAMPAIGN}"
_EVENT = f"{_of_contact('consent_event', 'contact_id')} AND (mailing_list_id IS NULL OR {_of_lists('mailing_list_id')})"
# A "no" of the account or the platform is seen for the contacts that are seen. Adding one goes past the limit.
_SUPPRESSION = (
    f"(account_id IS NULL OR {_MINE}) AND (SELECT public.limited_open()) AND EXISTS (SELECT 1 FROM public.contact seen"  # noqa: S608
    f" WHERE seen.account_id = {_ACCOUNT} AND seen.address_key = suppression.address_key)"
)
# A stored segment that asks about lists, or what was sent to them, would tell who is on another one.
_ASKING = " || ".join(
    f'@ == "{field}"' for field in ["list", "form", "source", "consent", "mailing", "received", "clicked", "answered"]
)
_ASKS_NO_LIST = f"NOT jsonb_path_exists(conditions, '$.**.field ? ({_ASKING})')"
_STARTED = f"{_own('created_by_id')} AND list_ids <@ {LISTS}"

LIMITED_TABLES: dict[str, LimitedTable] = {
    spec.table: spec
    for spec in (
        LimitedTable("account", f"id = {_ACCOUNT} AND (SELECT public.limited_open())", "false", _READ),
        LimitedTable("audit_entry", "false", SHARED, _ADD),
        # What an account has for all its lists; most of it is changed by those who see them all.
        *_tables(
            SHARED,
            _READ,
            "membership four_eyes_switch acceptance imprint application standing_change strike sender_domain dns_check "
            "sender_address mailbox media_host brand_kit mailing_template saved_block coupon_pool field_migration "
            "test_list event_type event_settings conversion_goal link_tagging page_fetch_count writing_help",
        ),
        *_tables(f"{SHARED} AND {_ASKS_NO_LIST}", _READ, "segment"),
        *_tables(SHARED, _ADD, "acknowledgement media media_file"),
        # To set a field or a tag is to lock its row, for which PostgreSQL asks for the right to update a column.
        *_tables(SHARED, f"{_ADD}, {_LOCK}", "contact_field tag"),
        *_tables(_own("user_id"), _ALL, "contact_columns"),
        # Lists, their contacts, and what people agreed to.
        *_tables(_of_lists("id"), _CHANGE, "mailing_list"),
        *_tables(_of_lists("mailing_list_id"), _READ, "list_tally signup_request feed_digest"),
        *_tables(_of_lists("mailing_list_id"), _EDIT, "list_origin import move signup_form"),
        *_tables(_of_lists("mailing_list_id"), _MOVE_STATE, "subscription"),
        *_tables(_of_contact("contact", "id"), _CHANGE, "contact"),
        *_tables(_of_contact("contact_tag", "contact_id"), "SELECT, INSERT, DELETE", "contact_tag"),
        *_tables(_of_contact("contact_event", "contact_id"), _READ, "contact_event"),
        *_tables(_of_contact("sort_key", "contact_id"), _READ, "sort_key"),
        *_tables(_by_me_or_all_mine("contact_change", "user_id"), _READ, "contact_change"),
        *_tables(_by_me_or_all_mine("contact_note", "author_id"), _ALL, "contact_note"),
        *_tables(_EVENT, _ADD_EVENT, "consent_event"),
        # Written in one statement with its event, which the policy can't see yet.
        LimitedTable("consent_evidence", _within("event_id", "consent_event"), SHARED, _ADD),
        *_tables(_SUPPRESSION, _READ, "suppression"),
        *_tables(_within("source_import_id", "import"), _READ, "import_refusal"),
        *_tables(_within("move_id", "move"), _CHANGE, "move_fetch"),
        *_tables(_within("form_id", "signup_form"), _ADD, "form_version"),
        *_tables(_within("form_id", "signup_form"), _EDIT, "landing_page stand"),
        *_tables(_within("page_id", "landing_page"), _ADD, "landing_version"),
        *_tables(_within("page_id", "landing_page"), _READ, "landing_takedown"),
        *_tables(_within("form_id", "signup_form"), _READ, "signup_denial form_count"),
        *_tables(_within("digest_id", "feed_digest"), _READ, "feed_item"),
        *_tables(_STARTED, _EDIT, "bulk_action export"),
        *_tables(_within("action_id", "bulk_action"), _EDIT, "bulk_item"),
        # Campaigns, and what became of them.
        *_tables(_CAMPAIGN, _ALL, "campaign"),
        *_tables(_OF_CAMPAIGN, _ALL, "campaign_version"),
        *_tables(_OF_CAMPAIGN, _EDIT, "release_request campaign_comment report_link link_visit writing_request"),
        *_tables(_OF_CAMPAIGN, _CHANGE, "plan trial chunk"),
        *_tables(_OF_CAMPAIGN, _ADD, "edition"),
        *_tables(
            _OF_CAMPAIGN,
            _READ,
            "campaign_review gate_decision archived_campaign past_recipients relay_deferral lost_claim tally retry "
            "lane_hold feedback click click_hour click_fold click_total conversion_day poll_count poll_answer "
            "poll_comment",
        ),
        *_tables(_within("chunk_id", "chunk"), _READ, "begun"),
        *_tables(_DELIVERY, _READ, "delivery delivery_archive"),
        *_tables(_within("delivery_id", "delivery"), _READ, "attempt"),
        *_tables(_FIGURE, _READ, "daily_figure"),
        *_tables(_OF_ANY_CAMPAIGN, _READ, "measure"),
    )
}
"""Every other table of an account shows a limited member no row."""
