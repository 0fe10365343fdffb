"""Texts for what people did: the audit log's codes as the desk and an account's activity log show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.models import Account
from mailflatrate.base.audit import ActorKind
from mailflatrate.base.audit.models import AuditEntry

_LABELS: Final = {
    "account.registered": gettext_lazy("Account opened"),
    "account.submitted": gettext_lazy("Application submitted"),
    "account.more_info": gettext_lazy("Question sent to applicant"),
    "account.approved": gettext_lazy("Application approved"),
    "account.rejected": gettext_lazy("Application rejected"),
    "account.active": gettext_lazy("Account activated"),
    "account.throttled": gettext_lazy("Account throttled"),
    "account.paused": gettext_lazy("Account paused"),
    "account.suspended": gettext_lazy("Account suspended"),
    "account.closed": gettext_lazy("Account closed"),
    "account.limits_set": gettext_lazy("Limits changed"),
    "account.supervision_ended": gettext_lazy("Campaign review requirement lifted"),
    "strike.given": gettext_lazy("Strike issued"),
    "strike.taken_back": gettext_lazy("Strike withdrawn"),
    "campaign.approved": gettext_lazy("Campaign approved"),
    "campaign.sent_back": gettext_lazy("Campaign returned"),
    "campaign.frozen": gettext_lazy("Campaign frozen"),
    "campaign.test_sent": gettext_lazy("Test messages sent"),
    "campaign.variant_chosen": gettext_lazy("Winner chosen"),
    "measure.warn": gettext_lazy("Automatic warning"),
    "measure.throttle": gettext_lazy("Account throttled automatically"),
    "measure.pause_lane": gettext_lazy("Provider lane paused automatically"),
    "measure.pause_campaign": gettext_lazy("Campaign paused automatically"),
    "measure.pause_account": gettext_lazy("Account paused automatically"),
    "measure.suspend": gettext_lazy("Account suspended automatically"),
    "measure.lifted": gettext_lazy("Action lifted"),
    "origin.declared": gettext_lazy("List origin declared"),
    "origin.reopened": gettext_lazy("List origin reopened for review"),
    "origin.approved": gettext_lazy("List origin approved"),
    "origin.asked": gettext_lazy("Question sent about a list origin"),
    "origin.rejected": gettext_lazy("List rejected"),
    "import.held": gettext_lazy("Import held"),
    "import.released": gettext_lazy("Import released"),
    "import.refused": gettext_lazy("Import rejected"),
    "import.no_status": gettext_lazy("File imported without a status column"),
    "import.rechecked": gettext_lazy("Import checked again"),
    "suppression_file.started": gettext_lazy("Suppressions imported"),
    "suppression_file.canceled": gettext_lazy("Import of suppressions canceled"),
    "export.requested": gettext_lazy("Export requested"),
    "export.finished": gettext_lazy("Export finished"),
    "export.downloaded": gettext_lazy("Export downloaded"),
    "export.canceled": gettext_lazy("Export canceled"),
    "export.deleted": gettext_lazy("Export deleted"),
    "case.opened": gettext_lazy("Case opened"),
    "case.assigned": gettext_lazy("Case assigned to an operator"),
    "case.attributed": gettext_lazy("Case matched to a campaign"),
    "case.noted": gettext_lazy("Note added to a case"),
    "case.closed": gettext_lazy("Case closed"),
    "case.reopened": gettext_lazy("Case reopened"),
    "case.suppress": gettext_lazy("Recipient suppressed everywhere"),
    "case.freeze": gettext_lazy("Campaign frozen"),
    "case.release": gettext_lazy("Frozen campaign resumed"),
    "case.throttle": gettext_lazy("Account throttled in a case"),
    "case.pause": gettext_lazy("Account paused in a case"),
    "case.suspend": gettext_lazy("Account suspended in a case"),
    "case.strike": gettext_lazy("Strike issued in a case"),
    "case.ask": gettext_lazy("Question sent to customer in a case"),
    "reporter.answered": gettext_lazy("Reply sent to reporter"),
    "mail.handed_to_desk": gettext_lazy("Case opened from an email"),
    "mail.put_away": gettext_lazy("Email archived"),
    "mail.replayed": gettext_lazy("Email processed again"),
    "message.answered": gettext_lazy("Customer message answered"),
    "message.put_away": gettext_lazy("Customer message archived"),
    "relay.added": gettext_lazy("Relay added"),
    "relay.changed": gettext_lazy("Relay changed"),
    "relay.enabled": gettext_lazy("Relay enabled"),
    "relay.drained": gettext_lazy("Relay drained"),
    "relay.disabled": gettext_lazy("Relay disabled"),
    "relay.tested": gettext_lazy("Relay tested"),
    "relay.removed": gettext_lazy("Relay deleted"),
    "relay.hook_created": gettext_lazy("Event webhook of a relay created"),
    "relay.hook_rotated": gettext_lazy("Address of an event webhook replaced"),
    "relay.hook_key_set": gettext_lazy("Key of an event webhook saved"),
    "relay.hook_removed": gettext_lazy("Event webhook of a relay deleted"),
    "warm_up.started": gettext_lazy("Warm-up started"),
    "warm_up.ended": gettext_lazy("Warm-up ended"),
    "suppression.lifted": gettext_lazy("Suppression lifted"),
    "suppression.lift_asked": gettext_lazy("Lifting of a suppression requested"),
    "suppression.lift_granted": gettext_lazy("Requested suppression lifted"),
    "suppression.lift_refused": gettext_lazy("Lifting of a suppression refused"),
    "document.published": gettext_lazy("Agreement published"),
    "agreements.accepted": gettext_lazy("Agreements accepted"),
    "agreements.read": gettext_lazy("Agreements read"),
    "policy.ticked": gettext_lazy("Policy accepted"),
    "release.asked": gettext_lazy("Approval requested"),
    "release.given": gettext_lazy("Released by approver"),
    "release.sent_back": gettext_lazy("Returned by approver"),
    "four_eyes.switched": gettext_lazy("Approval requirement changed"),
    "second_factor.required": gettext_lazy("Two-factor authentication required for everyone"),
    "second_factor.optional": gettext_lazy("Two-factor authentication made optional"),
    "second_factor.removed": gettext_lazy("Second factor removed by the operator"),
    "second_factor.added": gettext_lazy("First second factor set up"),
    "user.address_changed": gettext_lazy("Sign-in address changed"),
    "invitation.sent": gettext_lazy("Person invited"),
    "invitation.sent_again": gettext_lazy("Invitation resent"),
    "invitation.withdrawn": gettext_lazy("Invitation withdrawn"),
    "invitation.accepted": gettext_lazy("Invitation accepted"),
    "member.role_changed": gettext_lazy("Role changed"),
    "member.limited": gettext_lazy("Lists of a member changed"),
    "member.removed": gettext_lazy("Person removed from account"),
    "api_key.made": gettext_lazy("API key created"),
    "api_key.revoked": gettext_lazy("API key revoked"),
    "transactional.switched_on": gettext_lazy("Transactional email switched on"),
    "transactional.switched_off": gettext_lazy("Transactional email switched off"),
    "transactional.template_saved": gettext_lazy("Transactional template saved"),
    "transactional.version_begun": gettext_lazy("New version of a transactional template begun"),
    "transactional.template_deleted": gettext_lazy("Transactional template deleted"),
    "transactional.resent": gettext_lazy("Transactional message sent again"),
    "transactional.submitted": gettext_lazy("Template submitted for review"),
    "transactional.taken_back": gettext_lazy("Submitted template taken back"),
    "transactional.approved": gettext_lazy("Transactional template approved"),
    "transactional.returned": gettext_lazy("Transactional template returned"),
    "transactional.withdrawn": gettext_lazy("Approval of a transactional template withdrawn"),
    "transactional.misdirected": gettext_lazy("Reader said that a message wasn't for them"),
    "transactional.misdirected_lifted": gettext_lazy("“This wasn't me” lifted"),
    "webhook.created": gettext_lazy("Webhook created"),
    "webhook.changed": gettext_lazy("Webhook changed"),
    "webhook.secret_rotated": gettext_lazy("New secret for a webhook"),
    "webhook.switched_on": gettext_lazy("Webhook switched on"),
    "webhook.switched_off": gettext_lazy("Webhook switched off"),
    "webhook.replayed": gettext_lazy("Events sent to a webhook again"),
    "webhook.tested": gettext_lazy("Test event sent to a webhook"),
    "webhook.deleted": gettext_lazy("Webhook deleted"),
    "events.per_message_switched": gettext_lazy("Events for each message switched on or off"),
    "list.public_archive_opened": gettext_lazy("Public archive opened"),
    "list.public_archive_closed": gettext_lazy("Public archive closed"),
    "list.archived": gettext_lazy("List archived"),
    "list.unarchived": gettext_lazy("List restored"),
    "mailbox.asked": gettext_lazy("Mailbox confirmation requested"),
    "mailbox.proved": gettext_lazy("Mailbox confirmed"),
    "mailbox.refused": gettext_lazy("Mailbox rejected by its owner"),
    "media_host.named": gettext_lazy("Media host added"),
    "media_host.left": gettext_lazy("Media host removed"),
    "mailbox.rests": gettext_lazy("Mailbox doesn't accept email"),
    "comment.deleted": gettext_lazy("Comment deleted"),
    "digest.saved": gettext_lazy("RSS campaign saved"),
    "digest.prepared": gettext_lazy("Issue of an RSS campaign prepared"),
    "digest.deleted": gettext_lazy("RSS campaign deleted"),
    "people.withdrawn": gettext_lazy("Inactive contacts removed"),
    "question.answered": gettext_lazy("Question from our team answered"),
    "list.created": gettext_lazy("List created"),
    "list.changed": gettext_lazy("List changed"),
    "bulk.started": gettext_lazy("Bulk action started"),
    "bulk.canceled": gettext_lazy("Bulk action canceled"),
    "bulk.undone": gettext_lazy("Bulk action undone"),
    "contact.asked": gettext_lazy("Confirmation requested"),
    "contact.changed": gettext_lazy("Contact changed"),
    "contact.noted": gettext_lazy("Note about a contact changed"),
    "contact.unsubscribed": gettext_lazy("Contact unsubscribed"),
    "people.asked": gettext_lazy("Inactive contacts asked again"),
    "automation.created": gettext_lazy("Automation created"),
    "automation.edited": gettext_lazy("Automation edited"),
    "automation.deleted": gettext_lazy("Automation deleted"),
    "automation.released": gettext_lazy("Automation activated"),
    "automation.withdrawn": gettext_lazy("Automation withdrawn from review"),
    "automation.paused": gettext_lazy("Automation paused"),
    "automation.resumed": gettext_lazy("Automation resumed"),
    "automation.ended": gettext_lazy("Automation ended"),
    "segment.saved": gettext_lazy("Segment saved"),
    "segment.deleted": gettext_lazy("Segment deleted"),
    "field.saved": gettext_lazy("Field saved"),
    "field.archived": gettext_lazy("Field archived"),
    "field.restored": gettext_lazy("Field restored"),
    "tag.saved": gettext_lazy("Tag saved"),
    "tag.deleted": gettext_lazy("Tag deleted"),
    "event_type.saved": gettext_lazy("Event type saved"),
    "event_type.deleted": gettext_lazy("Event type and its events deleted"),
    "event_period.changed": gettext_lazy("Retention of events changed"),
    "suppression.file_canceled": gettext_lazy("Suppression of a file canceled"),
    "suppression.added": gettext_lazy("Address suppressed"),
    "import.uploaded": gettext_lazy("Import uploaded"),
    "import.started": gettext_lazy("Import started"),
    "import.canceled": gettext_lazy("Import canceled"),
    "move.fetch_started": gettext_lazy("Contacts fetched from the previous system"),
    "move.started": gettext_lazy("Move started"),
    "campaign.draft_review_asked": gettext_lazy("Draft shown to the service team"),
    "campaign.draft_review_withdrawn": gettext_lazy("Draft withdrawn from the service team"),
    "campaign.created": gettext_lazy("Campaign created"),
    "campaign.edited": gettext_lazy("Campaign edited"),
    "campaign.deleted": gettext_lazy("Campaign deleted"),
    "campaign.released": gettext_lazy("Campaign released"),
    "campaign.moved": gettext_lazy("Campaign moved to another time"),
    "campaign.withdrawn": gettext_lazy("Release withdrawn"),
    "campaign.paused": gettext_lazy("Campaign paused"),
    "campaign.resumed": gettext_lazy("Campaign resumed"),
    "campaign.speed_set": gettext_lazy("Sending speed changed"),
    "campaign.canceled": gettext_lazy("Campaign canceled"),
    "comment.written": gettext_lazy("Comment written"),
    "comment.settled": gettext_lazy("Comment resolved or reopened"),
    "digest.checked": gettext_lazy("Feed checked"),
    "template.saved": gettext_lazy("Template saved"),
    "template.deleted": gettext_lazy("Template deleted"),
    "media.uploaded": gettext_lazy("Image uploaded"),
    "media.changed": gettext_lazy("Image description changed"),
    "media.deleted": gettext_lazy("Image deleted"),
    "brand.saved": gettext_lazy("Brand saved"),
    "form.saved": gettext_lazy("Form saved"),
    "form.published": gettext_lazy("Form published"),
    "form.closed": gettext_lazy("Form closed"),
    "form.reopened": gettext_lazy("Form reopened"),
    "domain.added": gettext_lazy("Domain added"),
    "domain.checked": gettext_lazy("Domain checked"),
    "domain.records_published": gettext_lazy("DNS records published"),
    "domain.setup_started": gettext_lazy("Setup at the DNS provider started"),
    "domain.address_added": gettext_lazy("From address added"),
    "domain.removed": gettext_lazy("Domain removed"),
    "domain.link_revoked": gettext_lazy("Link to the DNS records revoked"),
    "mailbox.removed": gettext_lazy("Reply-to address removed"),
    "imprint.saved": gettext_lazy("Imprint saved"),
    "message.written": gettext_lazy("Message sent to the service team"),
    "settings.changed": gettext_lazy("General settings changed"),
    "audit.checked": gettext_lazy("Audit log checked"),
    "audit.damaged": gettext_lazy("Audit log damage detected"),
    "setup.checked": gettext_lazy("Installation checked"),
    "staff.created": gettext_lazy("Operator added"),
    "evidence.exported": gettext_lazy("Proof exported"),
    "person.exported": gettext_lazy("Contact data exported"),
    "person.address_undone": gettext_lazy("Address change undone"),
    "person.erased": gettext_lazy("Contact data erased"),
}
_FORMER_CODES: Final = {
    "mailing.approved": "campaign.approved",
    "mailing.sent_back": "campaign.sent_back",
    "mailing.frozen": "campaign.frozen",
    "mailing.tested": "campaign.test_sent",
    "mailing.test_sent": "campaign.test_sent",
    "mailing.variant_chosen": "campaign.variant_chosen",
    "measure.pause_mailing": "measure.pause_campaign",
}
"""Codes that 0.1 wrote, and what they are called today. No line of the log can be changed."""
WORDS: Final = _LABELS | {former: _LABELS[code] for former, code in _FORMER_CODES.items()}
"""The codes in the log; a code that is missing here is shown unchanged."""

REASONS: Final = {
    "applied": gettext_lazy("the application was submitted"),
    "vetting_approve": gettext_lazy("the application was approved"),
    "vetting_ask": gettext_lazy("an operator asked for more information"),
    "vetting_reject": gettext_lazy("the application was rejected"),
    "activated": gettext_lazy("everything needed for sending is in place"),
    "desk_active": gettext_lazy("by an operator"),
    "desk_throttled": gettext_lazy("by an operator"),
    "desk_paused": gettext_lazy("by an operator"),
    "desk_suspended": gettext_lazy("by an operator"),
    "desk_closed": gettext_lazy("by an operator"),
    "abuse_case": gettext_lazy("after an abuse case"),
    "strikes": gettext_lazy("after three strikes"),
    "blocklisted": gettext_lazy("a sending domain is on a blocklist"),
    "figures_complaints": gettext_lazy("too many complaints"),
    "figures_hard_bounces": gettext_lazy("too many hard bounces"),
    "figures_provider_bounces": gettext_lazy("too many hard bounces at one provider"),
    "figures_provider_complaints": gettext_lazy("too many complaints at one provider"),
    "figures_provider_refusals": gettext_lazy("one provider is rejecting messages"),
    "figures_new_complaints": gettext_lazy("too many complaints for a new account"),
    "figures_new_hard_bounces": gettext_lazy("too many hard bounces for a new account"),
    "figures_unsubscribes": gettext_lazy("too many unsubscribes"),
}
"""Why an account moved (`AccountStatusChange.reason_code`)."""


def word(action: str) -> str:
    """Return the text for an audit code in the reader's language."""
    return str(WORDS.get(action, action))


def names_of(lines: Iterable[AuditEntry]) -> dict[int, str]:
    """Return the names of the accounts that entries are about, by id."""
    numbers = {line.account_id for line in lines if line.account_id}
    return dict(Account.objects.filter(id__in=numbers).values_list("id", "name"))


def reason_word(code: str) -> str:
    """Return the text for a reason in the reader's language."""
    return str(REASONS.get(code, code))


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One activity: the action, its subject, the person, the time, and the reason they gave."""

    what: str
    account: str
    who: str
    at: datetime
    reason: str


def newest(number: int) -> list[AuditRow]:
    """Return the latest decisions by desk staff, newest first."""
    lines = list(AuditEntry.objects.filter(actor_kind=ActorKind.STAFF.value).order_by("-id")[:number])
    names = names_of(lines)
    return [
        AuditRow(word(line.action), names.get(line.account_id or 0, ""), line.actor, line.at, line.reason)
        for line in lines
    ]
