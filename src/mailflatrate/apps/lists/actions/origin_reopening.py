"""Reopens an approved list origin because too many of its addresses do not exist (R-88)."""

from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.models import NoticeKind
from mailflatrate.apps.lists.models import OPEN_DECLARATIONS, DeclarationState, ListOrigin, MailingList, OriginState
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.settings.schema import load_settings


@tenancy.needs_platform
def reopen_origin(list_id: int, *, dead: int, of: int, machine: str) -> bool:
    """Imported people get nothing until the review of a copy, with the numbers tried and dead. False unless approved:
    only once.
    """
    approved_list = (
        MailingList.objects.select_for_update().filter(id=list_id, origin_state=OriginState.APPROVED).first()
    )
    if approved_list is None:
        return False
    declared = ListOrigin.objects.filter(mailing_list=approved_list).order_by("-version")
    if not declared.filter(state__in=OPEN_DECLARATIONS).exists():
        _copy(declared.filter(state=DeclarationState.APPROVED)[0], declared[0].version + 1, dead, of)
    MailingList.objects.filter(id=list_id).update(origin_state=OriginState.WAITING)
    audit.record(
        "origin.reopened",
        by=audit.machine(machine),
        account_id=approved_list.account_id,
        subject=f"list:{list_id}",
        details={"list": list_id, "dead": dead, "of": of},
    )
    facts = {"name": approved_list.name, "url": f"{load_settings().public_url}/studio/lists/{approved_list.id}/"}
    tell_owners(approved_list.account_id, NoticeKind.ORIGIN, "lists/mail/origin_reopened", facts)
    return True


def _copy(approved: ListOrigin, version: int, dead: int, of: int) -> None:
    copy = ListOrigin.objects.get(id=approved.id)
    copy.pk, copy.version, copy.state, copy.declared_at = None, version, DeclarationState.WAITING, clock.now()
    copy.decided_by, copy.decided_at, copy.decision_reason = None, None, ""
    copy.dead, copy.dead_of = dead, of
    copy._state.adding = True
    copy.save(force_insert=True)
