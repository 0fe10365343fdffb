"""Reading a stored message again after a reader has improved: an operator's action, audited with their reason."""

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.inbound.actions.process_batch import read_mail
from mailflatrate.apps.inbound.interpretation import source_of
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind, RawMail
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.apps.suppression.models import IN_FORCE, Suppression
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.suppression import SuppressionReason

AGAINST_THE_PERSON = {
    SuppressionReason.HARD_BOUNCE: FeedbackKind.HARD_BOUNCE,
    SuppressionReason.SOFT_BOUNCE: FeedbackKind.SOFT_BOUNCE,
    SuppressionReason.COMPLAINT: FeedbackKind.COMPLAINT,
    SuppressionReason.UNSUBSCRIBE: FeedbackKind.UNSUBSCRIBE,
}


def replay(raw_mail_id: int, *, by: User, reason: str) -> int:
    """Effects are not repeated. Returns how many suppressions ended. Raises SuppressionError."""
    if not reason.strip():
        raise suppression.SuppressionError(_("Explain why the message is being processed again."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        mail = RawMail.objects.get(id=raw_mail_id)
        if not mail.content():
            raise suppression.SuppressionError(
                _("The content of this message was deleted when its retention period ended.")
            )
        audit.record(
            "mail.replayed",
            by=audit.person(by),
            account_id=mail.account_id,
            subject=f"raw_mail:{mail.id}",
            reason=reason.strip(),
            details={"kind": mail.kind},
        )
    read_mail(raw_mail_id, again=True)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        mail.refresh_from_db(fields=["delivery_id", "account"])
        about = Feedback.objects.filter(account_id=mail.account_id or 0, delivery_id=mail.delivery_id or 0)
        kinds = set(about.values_list("kind", flat=True))
        rows = list(Suppression.objects.filter(IN_FORCE, source=source_of(raw_mail_id)).order_by("id"))
    mistaken = [row for row in rows if AGAINST_THE_PERSON.get(SuppressionReason(row.reason)) not in kinds]
    for row in mistaken:
        suppression.lift(row.id, reviewer=by, reason=f"Read again: {reason.strip()}", mistaken=True)
    return len(mistaken)
