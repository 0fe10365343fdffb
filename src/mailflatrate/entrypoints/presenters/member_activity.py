"""How the activity log names a successful change by a member or a program.

Most actions record themselves, with more detail. A change that recorded no line gets one from here, so that the
account's log is complete. Pages and API operations that only compute or show something are listed as such; a test fails
for one that is in neither table.
"""

from typing import Final

from django.core.cache import cache

from mailflatrate.apps.accounts.models import User
from mailflatrate.base import audit, tenancy

_ONE_LINE_SECONDS: Final = 600


def _named(action: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), action)


PAGE_CHANGES: Final = {
    **_named("list.created", "list-new list-first"),
    **_named("list.changed", "list-edit list-public-archive"),
    **_named("list.archived", "list-archive"),
    **_named("list.unarchived", "list-unarchive"),
    **_named("origin.declared", "list-origin"),
    **_named("bulk.started", "bulk-start"),
    **_named("bulk.canceled", "bulk-cancel"),
    **_named("bulk.undone", "bulk-undo"),
    **_named("contact.asked", "contact-new"),
    **_named("contact.changed", "contact-edit contact-field contact-tags"),
    **_named("contact.noted", "contact-note-new contact-note contact-note-delete"),
    **_named("contact.unsubscribed", "contact-unsubscribe"),
    **_named("person.exported", "contact-data contact-proof"),
    **_named("person.erased", "contact-erase"),
    **_named("people.withdrawn", "inactive-sunset"),
    **_named("people.asked", "inactive-ask"),
    **_named("segment.saved", "segment-new segment"),
    **_named("segment.deleted", "segment-delete"),
    **_named("field.saved", "field-new field field-move"),
    **_named("field.archived", "field-archive"),
    **_named("field.restored", "field-restore"),
    **_named("tag.saved", "tag-new tag"),
    **_named("tag.deleted", "tag-delete"),
    **_named("event_type.deleted", "event-type-delete"),
    **_named("event_period.changed", "event-period"),
    **_named("conversion_goal.changed", "conversion-goal"),
    **_named("suppression.added", "suppression-add suppression-import"),
    **_named("suppression.lift_asked", "suppression-lift"),
    **_named("suppression.file_canceled", "suppression-file-cancel"),
    **_named("import.uploaded", "import-new import-move import import-move-check"),
    **_named("move.fetch_started", "import-fetch import-move-choose import-move-again"),
    **_named("move.started", "import-move-start"),
    **_named("import.canceled", "import-cancel import-move-discard"),
    **_named("export.requested", "export-new"),
    **_named("export.canceled", "export-cancel"),
    **_named("export.deleted", "export-delete"),
    **_named("campaign.created", "campaign-new campaign-copy campaign-follow-up"),
    **_named("campaign.edited", "campaign-edit campaign-version-take campaign-version-forget"),
    **_named("campaign.copy_requested", "campaign-import"),
    **_named("campaign.content_looked_up", "content-lookups"),
    **_named("writing_help.asked", "campaign-writing-help"),
    **_named("writing_help.agreed", "campaign-writing-help-agree"),
    **_named("writing_help.switched_off", "settings-writing-help"),
    **_named("campaign.draft_review_asked", "campaign-draft-review automation_draft_review"),
    **_named("campaign.deleted", "campaign-delete"),
    **_named("policy.ticked", "campaign-policy"),
    **_named("campaign.test_sent", "campaign-test"),
    **_named("campaign.released", "campaign-release campaign-approval"),
    **_named("release.asked", "campaign-ask"),
    **_named("release.sent_back", "campaign-approval-return"),
    **_named("comment.written", "campaign-comments"),
    **_named("comment.settled", "campaign-comment-settle"),
    **_named("comment.deleted", "campaign-comment-delete"),
    **_named("campaign.answer_comment_deleted", "campaign-answer-comment-delete"),
    **_named("campaign.withdrawn", "campaign-take-back"),
    **_named("campaign.labeled", "campaign-labels"),
    **_named("campaign.moved", "campaign-move"),
    **_named("campaign.paused", "campaign-pause"),
    **_named("campaign.resumed", "campaign-resume campaign-send-unsent"),
    **_named("campaign.variant_chosen", "campaign-choose"),
    **_named("campaign.speed_set", "campaign-speed"),
    **_named("campaign.canceled", "campaign-cancel"),
    **_named("report_link.created", "campaign-report-links"),
    **_named("report_link.revoked", "campaign-report-link-revoke"),
    **_named("automation.created", "automation_new automation_copy"),
    **_named("automation.edited", "automation_edit automation_rename automation_discard"),
    **_named("automation.deleted", "automation_delete"),
    **_named("automation.released", "automation_release"),
    **_named("automation.withdrawn", "automation_take_back"),
    **_named("automation.paused", "automation_pause"),
    **_named("automation.resumed", "automation_resume"),
    **_named("automation.ended", "automation_end"),
    **_named("release.asked", "automation_ask"),
    **_named("release.sent_back", "automation_return"),
    **_named("digest.saved", "digest-new digest"),
    **_named("digest.checked", "digest-check"),
    **_named("digest.deleted", "digest-delete"),
    **_named("template.saved", "campaign-template template template-gallery"),
    **_named("template.deleted", "template-delete"),
    **_named("template.locked", "template-lock"),
    **_named("campaign.unlocked", "campaign-unlock"),
    **_named("saved_block.saved", "saved-blocks saved-block"),
    **_named("saved_block.deleted", "saved-block-delete"),
    **_named("coupon.saved", "coupons coupon"),
    **_named("coupon.deleted", "coupon-delete"),
    **_named("test_list.saved", "test-lists"),
    **_named("test_list.deleted", "test-list-delete"),
    **_named("media.uploaded", "media-upload"),
    **_named("media.changed", "media-one"),
    **_named("media.edited", "media-edit"),
    **_named("media.deleted", "media-delete"),
    **_named("brand.saved", "brand"),
    **_named("brand.looked_up", "brand-website"),
    **_named("form.saved", "form-new form-edit form-brand form-placement form-text-keep"),
    **_named("automation.edited", "form-series"),
    **_named("form.published", "form-publish"),
    **_named("landing_page.saved", "form-landing"),
    **_named("landing_page.published", "form-landing-publish"),
    **_named("landing_page.unpublished", "form-landing-unpublish"),
    **_named("stand.created", "form-stands"),
    **_named("stand.closed", "form-stand-close"),
    **_named("form.closed", "form-close"),
    **_named("form.reopened", "form-reopen"),
    **_named("domain.added", "sender-new"),
    **_named("domain.checked", "sender-check"),
    **_named("domain.records_published", "sender-publish"),
    **_named("domain.setup_started", "sender-setup"),
    **_named("domain.address_added", "sender-address"),
    **_named("domain.removed", "sender-remove"),
    **_named("domain.link_revoked", "sender-link-revoke"),
    **_named("media_host.named", "media-host"),
    **_named("media_host.left", "media-host-leave"),
    **_named("mailbox.asked", "reply-add mailbox-ask"),
    **_named("mailbox.removed", "reply-remove"),
    **_named("imprint.saved", "imprint"),
    **_named("message.written", "account-status-message"),
    **_named("question.answered", "question"),
    **_named("agreements.accepted", "account-status-accept"),
    **_named("settings.changed", "settings settings-link-parameters"),
    **_named("monthly_report.changed", "settings-monthly-report"),
    **_named("second_factor.required", "security-second-factor"),
    **_named("four_eyes.switched", "security-approval"),
    **_named("invitation.sent", "team"),
    **_named("member.role_changed", "team-role"),
    **_named("member.limited", "team-limit"),
    **_named("invitation.sent_again", "team-invite-again"),
    **_named("invitation.withdrawn", "team-invite-withdraw"),
    **_named("member.removed", "team-remove"),
    **_named("api_key.made", "keys"),
    **_named("api_key.revoked", "key-revoke"),
    **_named("contact.unsubscribed", "test-inbox-one-click"),
    **_named("transactional.template_saved", "transactional-templates transactional-template"),
    **_named("transactional.version_begun", "transactional-template-version"),
    **_named("transactional.template_deleted", "transactional-template-delete"),
    **_named("transactional.submitted", "transactional-template-submit"),
    **_named("transactional.test_sent", "transactional-template-test"),
    **_named("transactional.taken_back", "transactional-template-back"),
    **_named("transactional.resent", "transactional-resend"),
    **_named("webhook.created", "webhook-new"),
    **_named("webhook.changed", "webhook"),
    **_named("webhook.secret_rotated", "webhook-rotate"),
    **_named("webhook.switched_on", "webhook-switch"),
    **_named("webhook.replayed", "webhook-replay"),
    **_named("webhook.tested", "webhook-test"),
    **_named("webhook.deleted", "webhook-delete"),
    **_named("events.per_message_switched", "webhook-messages"),
}
"""URL name of the studio -> what a successful POST to it did, if the action recorded nothing itself."""
PAGES_THAT_COMPUTE: Final = frozenset(
    {
        *(
            "contact-count",
            "contact-filter",
            "contact-columns",
            "bulk-new",
            "segment-rows",
            "segment-count",
            "campaign-audience",
            "campaign-preview",
            "campaign-visit-links",
            "campaign-writing-help-one",
        ),
        *("campaign-pulse", "campaign-waves", "form-preview", "imprint-fields", "imprint-preview", "brand-preview"),
        *("suppression-look-up", "choose-account", "import-move-rows", "agreements", "automation_side"),
    }
)
"""URL names that take a POST and change nothing that others see."""

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
    """Append a line for a change in the current account, unless the tally has one about the same kind of object, or
    says that nothing changed.

    `values` are the IDs in the URL. The change and its line are in one transaction. Contacts changed by a program share
    a line per ten minutes, since a program may change hundreds a minute and the log's lines are chained one by one.
    """
    if tally.is_unchanged or action.partition(".")[0] in {each.partition(".")[0] for each in tally.actions}:
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
