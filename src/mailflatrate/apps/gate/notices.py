"""The gate for messages of the service itself: facts, and the stored decision."""

from mailflatrate.apps.accounts.actions.addresses import LINK_WORKS
from mailflatrate.apps.accounts.models import AddressChange, Applicant, Invitation, Notice, NoticeKind, User
from mailflatrate.apps.domains.models import Mailbox
from mailflatrate.apps.gate.models import Chain, GateDecision
from mailflatrate.apps.gate.test_recipients import test_addresses
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.facts import NoticeFacts
from mailflatrate.rules.gate.judge import judge_notice


def notice_facts(notice: Notice, *, address_dead: bool = False) -> NoticeFacts:
    """Whether the recipient works with us or asked to (R-32). `address_dead`: an earlier notice hard bounced (R-69)."""
    if notice.kind == NoticeKind.TEST:
        # Users of other accounts, applicants and invited people get none, nor do those who left or said no meanwhile.
        allowed = notice.recipient.lower() in dict(test_addresses())
        return NoticeFacts(recipient_is_user=False, address_dead=address_dead, gets_tests=allowed)
    people = User.objects.filter(email__iexact=notice.recipient, is_active=True)
    return NoticeFacts(
        recipient_is_user=people.exists() or _on_the_way_in(notice),
        address_dead=address_dead,
        answers_request=_answers_request(notice),
        asks_mailbox=_asks_mailbox(notice),
    )


def _on_the_way_in(notice: Notice) -> bool:
    """Return whether the recipient applied, was invited by an owner, or has the address a user is changing to."""
    email = notice.recipient.lower()
    if Applicant.objects.filter(email__iexact=email).exists():
        return True
    if notice.kind != NoticeKind.ACCESS:
        return False
    now = clock.now()
    if AddressChange.objects.filter(email=email, confirmed_at=None, asked_at__gt=now - LINK_WORKS).exists():
        return True
    with tenancy.platform(PlatformReason.INVITATION):
        open_rows = Invitation.objects.filter(email=email, accepted_at=None, withdrawn_at=None, expires_at__gt=now)
        return open_rows.exists()


def _answers_request(notice: Notice) -> bool:
    """Return whether it answers a named report, or a person's data request whose address is a known contact."""
    if notice.kind == NoticeKind.CASE:
        return notice.report_id is not None
    return notice.kind == NoticeKind.PRIVACY and Contact.objects.filter(email__iexact=notice.recipient).exists()


def _asks_mailbox(notice: Notice) -> bool:
    """Return whether the account named this mailbox, and no one who reads it has refused (R-46)."""
    if notice.kind != NoticeKind.SENDER:
        return False
    asked = Mailbox.objects.filter(email=notice.recipient.lower(), refused_at=None, expires_at__gt=clock.now())
    return asked.exists()


@tenancy.needs_account
def notice_decision(notice: Notice) -> GateDecision:
    verdict = judge_notice(notice_facts(notice))
    return GateDecision.objects.create(
        chain=Chain.TEST if notice.kind == NoticeKind.TEST else Chain.NOTICE,
        edition_id=notice.edition_id,
        allowed=verdict.allowed,
        findings=[finding.as_json() for finding in verdict],
        rules_version=verdict.rules_version,
        decided_at=clock.now(),
    )
