"""Lines of the activity log for changes that record none themselves, so that an account's log is complete. A page
declares its line at its view; the API's are listed here, and a test fails for one that is not.
"""

from typing import Final

from django.core.cache import cache

from mailflatrate.apps.accounts.models import User
from mailflatrate.base import audit, tenancy

_ONE_LINE_SECONDS: Final = 600


def _named(action: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), action)


API_CHANGES: Final = {
    **_named("campaign.created", "create_campaign copy_campaign"),
    **_named("campaign.edited", "change_campaign"),
    **_named("campaign.deleted", "delete_campaign"),
    **_named("campaign.test_sent", "try_campaign"),
    **_named("campaign.variant_chosen", "choose"),
    **_named("campaign.released", "release"),
    **_named("release.asked", "ask_release"),
    **_named("campaign.withdrawn", "take_back"),
    **_named("campaign.paused", "pause"),
    **_named("campaign.resumed", "resume"),
    **_named("campaign.canceled", "cancel"),
    **_named("campaign.speed_set", "pace"),
    **_named("contact.unsubscribed", "unsubscribe_contact"),
    **_named("contact.asked", "ask_person"),
    **_named("person.erased", "erase_contact"),
    **_named("campaign.labeled", "change_campaign_labels"),
    **_named("digest.saved", "create_digest change_digest"),
    **_named("digest.deleted", "delete_digest"),
    **_named("digest.checked", "check_digest"),
    **_named("export.requested", "start_export"),
    **_named("export.canceled", "cancel_export"),
    **_named("export.deleted", "delete_export"),
    **_named("field.saved", "create_field change_field"),
    **_named("field.archived", "archive_field"),
    **_named("field.restored", "restore_field"),
    **_named("import.started", "start_import"),
    **_named("list.created", "create_list"),
    **_named("list.changed", "change_list"),
    **_named("list.archived", "archive_list"),
    **_named("list.unarchived", "unarchive_list"),
    **_named("segment.saved", "create_segment change_segment"),
    **_named("segment.deleted", "delete_segment"),
    **_named("test_list.saved", "create_test_list replace_test_list"),
    **_named("test_list.deleted", "delete_test_list"),
    **_named("template.saved", "keep_template"),
    **_named("template.deleted", "delete_template"),
    **_named("media.uploaded", "upload_media"),
    **_named("media.changed", "describe_media"),
    **_named("media.deleted", "delete_media"),
    **_named("domain.added", "add_domain"),
    **_named("domain.checked", "check_domain"),
    **_named("domain.address_added", "add_sender"),
    **_named("tag.saved", "create_tag change_tag"),
    **_named("event_type.saved", "create_event_type change_event_type"),
    **_named("event_type.deleted", "delete_event_type"),
    **_named("event_period.changed", "change_event_period"),
    **_named("tag.deleted", "delete_tag"),
    **_named(
        "bulk.started",
        "start_adding_tag start_removing_tag start_setting_field start_unsubscribing start_erasing start_asking_again",
    ),
    **_named("bulk.canceled", "cancel_bulk_action"),
    **_named("bulk.undone", "undo_bulk_action"),
    **_named("contact.changed", "change_contacts change_contact"),
    **_named("import.uploaded", "upload_import upload_move answer_move"),
    **_named("move.started", "start_move"),
    **_named("import.canceled", "cancel_import discard_move"),
    **_named("origin.declared", "declare_list_origin"),
    **_named("suppression.added", "add_suppression add_suppressions"),
    **_named("automation.paused", "pause_automation"),
    **_named("automation.resumed", "resume_automation"),
    **_named("automation.ended", "end_automation"),
    **_named("webhook.created", "create_webhook"),
    **_named("webhook.changed", "change_webhook"),
    **_named("webhook.secret_rotated", "rotate_webhook_secret"),
    **_named("webhook.switched_on", "switch_webhook"),
    **_named("webhook.replayed", "replay_webhook"),
    **_named("webhook.tested", "test_webhook"),
    **_named("webhook.deleted", "delete_webhook"),
}
"""Operation of the API -> what it did."""
OPERATIONS_THAT_COMPUTE: Final = frozenset(
    {
        "look_up_suppression",
        "look_up_contact",
        "certify_consent",
        "search_transactional_messages",
        # The log of messages is the record.
        "send_transactional_message",
        "resend_transactional_message",
        # Thousands a second: the events themselves are the record.
        "record_event",
        "record_event_batch",
    }
)
_OFTEN: Final = frozenset({"campaign.edited", "contact.changed", "contact.asked", "contact.unsubscribed"})
"""What happens many times in a row: one line per person, thing and ten minutes."""


def record_change(action: str, by: User, values: dict[str, object], tally: audit.AuditTally) -> None:
    """Append a line unless the tally has one about that kind of object or says that nothing changed, in the change's
    transaction. A program's changes of contacts share a line per ten minutes, since lines are chained one by one.
    """
    if tally.is_unchanged or action.partition(".")[0] in {
        logged_action.partition(".")[0] for logged_action in tally.actions
    }:
        return
    account_id = tenancy.current_account_id()
    name, number = next(((key, value) for key, value in values.items() if key.endswith("_id")), ("", ""))
    subject = f"{name.removesuffix('_id')}:{number}" if name else ""
    if action in _OFTEN:
        thing = "" if audit.through() and action.startswith("contact.") else subject
        key = f"activity {account_id} {by.id} {action} {thing} {audit.through()}"
        if not cache.add(key, True, _ONE_LINE_SECONDS):
            return
    audit.record(action, by=audit.person(by), account_id=account_id, subject=subject)
