"""What the people of the desk did, in words: the audit log's own codes, as the first page of the desk says them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.models import Account
from mailflatrate.base.audit import ActorKind
from mailflatrate.base.audit.models import AuditEntry

WORDS: Final = {
    "account.registered": gettext_lazy("Account opened"),
    "account.submitted": gettext_lazy("Application handed in"),
    "account.more_info": gettext_lazy("Applicant asked"),
    "account.approved": gettext_lazy("Application approved"),
    "account.rejected": gettext_lazy("Application rejected"),
    "account.active": gettext_lazy("Account activated"),
    "account.throttled": gettext_lazy("Account throttled"),
    "account.paused": gettext_lazy("Account paused"),
    "account.suspended": gettext_lazy("Account suspended"),
    "account.closed": gettext_lazy("Account closed"),
    "account.limits_set": gettext_lazy("Limits set"),
    "account.supervision_ended": gettext_lazy("Mailings wait for no reviewer any more"),
    "strike.given": gettext_lazy("Strike given"),
    "strike.taken_back": gettext_lazy("Strike taken back"),
    "mailing.approved": gettext_lazy("Mailing let out"),
    "mailing.sent_back": gettext_lazy("Mailing sent back"),
    "mailing.frozen": gettext_lazy("Mailing frozen"),
    "mailing.tested": gettext_lazy("Test messages sent"),
    "mailing.test_sent": gettext_lazy("Test messages sent"),
    "mailing.variant_chosen": gettext_lazy("Variant chosen"),
    "measure.warn": gettext_lazy("Warning by the figures"),
    "measure.throttle": gettext_lazy("Account throttled by the figures"),
    "measure.pause_lane": gettext_lazy("Provider paused by the figures"),
    "measure.pause_mailing": gettext_lazy("Mailing paused by the figures"),
    "measure.pause_account": gettext_lazy("Account paused by the figures"),
    "measure.suspend": gettext_lazy("Account suspended by the figures"),
    "measure.lifted": gettext_lazy("Stopped mailing let go on"),
    "origin.declared": gettext_lazy("Origin declared"),
    "origin.reopened": gettext_lazy("Origin back at the desk"),
    "origin.approved": gettext_lazy("Origin approved"),
    "origin.asked": gettext_lazy("Asked about an origin"),
    "origin.rejected": gettext_lazy("List rejected"),
    "import.held": gettext_lazy("Import held"),
    "import.released": gettext_lazy("Import released"),
    "import.refused": gettext_lazy("Import refused"),
    "case.opened": gettext_lazy("Case opened"),
    "case.assigned": gettext_lazy("Case taken"),
    "case.attributed": gettext_lazy("Case given its mailing"),
    "case.noted": gettext_lazy("Note written in a case"),
    "case.closed": gettext_lazy("Case closed"),
    "case.reopened": gettext_lazy("Case opened again"),
    "case.suppress": gettext_lazy("Person suppressed everywhere"),
    "case.freeze": gettext_lazy("Mailing frozen"),
    "case.release": gettext_lazy("Frozen mailing let go on"),
    "case.throttle": gettext_lazy("Account throttled in a case"),
    "case.pause": gettext_lazy("Account paused in a case"),
    "case.suspend": gettext_lazy("Account suspended in a case"),
    "case.strike": gettext_lazy("Strike given in a case"),
    "case.ask": gettext_lazy("Customer asked in a case"),
    "reporter.answered": gettext_lazy("Reporter answered"),
    "mail.handed_to_desk": gettext_lazy("Mail made a case"),
    "mail.put_away": gettext_lazy("Mail put away"),
    "mail.replayed": gettext_lazy("Mail read again"),
    "message.answered": gettext_lazy("Letter answered"),
    "message.put_away": gettext_lazy("Letter put away"),
    "relay.added": gettext_lazy("Relay added"),
    "relay.changed": gettext_lazy("Relay changed"),
    "relay.enabled": gettext_lazy("Relay enabled"),
    "relay.drained": gettext_lazy("Relay drained"),
    "relay.disabled": gettext_lazy("Relay disabled"),
    "relay.tested": gettext_lazy("Relay tested"),
    "relay.removed": gettext_lazy("Relay deleted"),
    "warm_up.started": gettext_lazy("Warm-up started"),
    "warm_up.ended": gettext_lazy("Warm-up ended"),
    "suppression.lifted": gettext_lazy("Suppression lifted"),
    "document.published": gettext_lazy("Agreement published"),
    "agreements.accepted": gettext_lazy("Agreements accepted"),
    "agreements.read": gettext_lazy("Agreements read"),
    "policy.ticked": gettext_lazy("Policy confirmed"),
    "release.asked": gettext_lazy("Second person asked"),
    "release.given": gettext_lazy("Released by the second person"),
    "release.sent_back": gettext_lazy("Sent back by the second person"),
    "four_eyes.switched": gettext_lazy("Four-eyes release switched"),
    "user.address_changed": gettext_lazy("Sign-in address changed"),
    "invitation.sent": gettext_lazy("Person invited"),
    "invitation.sent_again": gettext_lazy("Invitation sent again"),
    "invitation.withdrawn": gettext_lazy("Invitation withdrawn"),
    "invitation.accepted": gettext_lazy("Invitation accepted"),
    "member.role_changed": gettext_lazy("Role changed"),
    "member.removed": gettext_lazy("Person removed from the account"),
    "api_key.made": gettext_lazy("API key made"),
    "api_key.revoked": gettext_lazy("API key withdrawn"),
    "list.archived": gettext_lazy("List archived"),
    "list.unarchived": gettext_lazy("List used again"),
    "mailbox.asked": gettext_lazy("Mailbox asked for proof"),
    "mailbox.proved": gettext_lazy("Mailbox proved"),
    "mailbox.refused": gettext_lazy("Mailbox refused"),
    "media_host.named": gettext_lazy("Host for pictures named"),
    "media_host.left": gettext_lazy("Host for pictures left"),
    "mailbox.rests": gettext_lazy("Mailbox takes no mail"),
    "comment.deleted": gettext_lazy("Comment deleted"),
    "digest.saved": gettext_lazy("Digest saved"),
    "digest.prepared": gettext_lazy("Issue of a digest prepared"),
    "digest.deleted": gettext_lazy("Digest deleted"),
    "people.withdrawn": gettext_lazy("Silent people let go"),
    "question.answered": gettext_lazy("Question of the desk answered"),
    "audit.checked": gettext_lazy("Audit log checked"),
    "audit.damaged": gettext_lazy("Audit log found damaged"),
    "setup.checked": gettext_lazy("Installation checked"),
    "staff.created": gettext_lazy("Person of the desk added"),
    "evidence.exported": gettext_lazy("Proof taken along"),
    "person.exported": gettext_lazy("Data of a person taken along"),
    "person.erased": gettext_lazy("Person erased"),
}
"""What stands in the log; a code that is missing here is shown as it is."""

REASONS: Final = {
    "applied": gettext_lazy("the application was handed in"),
    "vetting_approve": gettext_lazy("the application was approved"),
    "vetting_ask": gettext_lazy("the desk asked for more"),
    "vetting_reject": gettext_lazy("the application was rejected"),
    "activated": gettext_lazy("everything for sending is there"),
    "desk_active": gettext_lazy("by the desk"),
    "desk_throttled": gettext_lazy("by the desk"),
    "desk_paused": gettext_lazy("by the desk"),
    "desk_suspended": gettext_lazy("by the desk"),
    "desk_closed": gettext_lazy("by the desk"),
    "abuse_case": gettext_lazy("after a case of the abuse desk"),
    "strikes": gettext_lazy("after three strikes"),
    "blocklisted": gettext_lazy("a sender domain stands on a blocklist"),
    "figures_complaints": gettext_lazy("too many complaints"),
    "figures_hard_bounces": gettext_lazy("too many dead addresses"),
    "figures_provider_bounces": gettext_lazy("too many dead addresses at one provider"),
    "figures_provider_complaints": gettext_lazy("too many complaints at one provider"),
    "figures_provider_refusals": gettext_lazy("one provider refuses the mail"),
    "figures_new_complaints": gettext_lazy("too many complaints for a new account"),
    "figures_new_hard_bounces": gettext_lazy("too many dead addresses for a new account"),
    "figures_unsubscribes": gettext_lazy("too many unsubscribe"),
}
"""Why an account moved (`StandingChange.reason_code`)."""


def word(action: str) -> str:
    """A line's code in the reader's language."""
    return str(WORDS.get(action, action))


def names_of(lines: Iterable[AuditEntry]) -> dict[int, str]:
    """The names of the accounts that lines are about."""
    numbers = {line.account_id for line in lines if line.account_id}
    return dict(Account.objects.filter(id__in=numbers).values_list("id", "name"))


def reason_word(code: str) -> str:
    """A reason in the reader's language."""
    return str(REASONS.get(code, code))


@dataclass(frozen=True, slots=True)
class Deed:
    """One line: what, about whom, by whom, when, and the reason given."""

    what: str
    account: str
    who: str
    at: datetime
    reason: str


def newest(number: int) -> list[Deed]:
    """The last decisions of people of the desk, newest first."""
    lines = list(AuditEntry.objects.filter(actor_kind=ActorKind.STAFF.value).order_by("-id")[:number])
    names = names_of(lines)
    return [
        Deed(word(line.action), names.get(line.account_id or 0, ""), line.actor, line.at, line.reason) for line in lines
    ]
