"""The desk's decisions about templates: approve, return with a reason, withdraw an approval (R-112)."""

from enum import StrEnum

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.models import Membership, NoticeKind, User
from mailflatrate.apps.accounts.service_mail import Passage
from mailflatrate.apps.transactional.errors import TemplateStateError, TransactionalError
from mailflatrate.apps.transactional.models import TemplateState, TemplateVersion
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings


class VersionDecision(StrEnum):
    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"


_MOVES = {
    VersionDecision.APPROVE: (TemplateState.SUBMITTED, TemplateState.APPROVED),
    VersionDecision.RETURN: (TemplateState.SUBMITTED, TemplateState.RETURNED),
    VersionDecision.WITHDRAW: (TemplateState.APPROVED, TemplateState.WITHDRAWN),
}


def decide_version(version_id: int, decision: VersionDecision, *, reviewer: User, reason: str) -> TemplateVersion:
    """The customer reads the reason word for word (R-09). Raises TransactionalError if the user isn't a reviewer,
    submitted it, or gives no reason; TemplateStateError if it isn't waiting.
    """
    reason = check_reviewer(reviewer, reason)
    before, after = _MOVES[decision]
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        rows = TemplateVersion.objects.select_for_update(of=("self",)).select_related("template")
        version = rows.filter(id=version_id).first()
        if version is None or version.state != before:
            raise TemplateStateError(_("This version has already been decided, or was taken back."))
        if version.submitted_by_id == reviewer.id:
            raise TransactionalError(_("You submitted this version, so a colleague has to review it."))
        version.state, version.decided_by = after, reviewer
        version.decided_at, version.decision_reason = clock.now(), reason
        version.save(update_fields=["state", "decided_by", "decided_at", "decision_reason"])
        audit.record(
            f"transactional.{after.value}",
            by=audit.person(reviewer),
            account_id=version.account_id,
            subject=f"template_version:{version.id}",
            reason=reason,
            details={
                "template": version.template.key,
                "version": version.number,
                "submitted_by": version.submitted_by_id,
                "hints": len(version.hints),
            },
        )
        facts = {
            "decision": decision.value,
            "name": version.template.name,
            "number": version.number,
            "reason": Passage(reason),
            "url": f"{load_settings().public_url}/studio/transactional/templates/{version.template_id}/",
        }
        tell_owners(version.account_id, NoticeKind.ORIGIN, "transactional/mail/version_decided", facts)
    return version


def check_reviewer(reviewer: User, reason: str) -> str:
    """The reason, stripped. Raises TransactionalError for anyone but an operator, or without one."""
    if not (reviewer.is_staff and reviewer.is_active):
        raise TransactionalError(_("Only a reviewer can decide this."))
    if not reason.strip():
        raise TransactionalError(_("Give the reason for your decision. The customer will read it."))
    return reason.strip()


def check_outsider(by: User, account_id: int) -> None:
    if Membership.objects.filter(account_id=account_id, user=by).exists():
        raise TransactionalError(_("You work for this account, so a colleague has to decide."))
