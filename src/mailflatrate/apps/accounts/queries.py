"""Scoped reads of accounts."""

from django.db.models import QuerySet

from mailflatrate.apps.accounts.models import (
    Acceptance,
    Account,
    AgreementDocument,
    AgreementKind,
    Membership,
    Role,
    User,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason


def current_version(kind: AgreementKind) -> str:
    """The version of a document in force now; empty when there is none."""
    newest = AgreementDocument.objects.filter(kind=kind, valid_from__lte=clock.now()).order_by("-valid_from").first()
    return newest.version if newest else ""


def current_documents(language: str) -> list[AgreementDocument]:
    """The version in force of each kind, in `language` where there is one, otherwise in English."""
    found = []
    for kind in AgreementKind:
        valid = AgreementDocument.objects.filter(kind=kind, version=current_version(kind))
        document = valid.filter(language=language).first() or valid.filter(language="en").first()
        if document is not None:
            found.append(document)
    return found


def accepted_version(kind: AgreementKind) -> str:
    """The newest version of a document that somebody accepted for this account; empty when none."""
    accepted = Acceptance.objects.filter(document__kind=kind).order_by("-document__valid_from", "-accepted_at")
    newest = accepted.select_related("document").first()
    return newest.document.version if newest else ""


def memberships(user: User) -> list[Membership]:
    """The accounts a person works for, by name."""
    with tenancy.platform(PlatformReason.ACCOUNT_CHOICE):
        return list(Membership.objects.filter(user=user).select_related("account").order_by("account__name"))


def account_of(user: User, account_id: int | None) -> Membership | None:
    """The person's place in `account_id`, otherwise in the first of his accounts; None when he has none."""
    mine = memberships(user)
    return next((row for row in mine if row.account_id == account_id), mine[0] if mine else None)


def may_write(membership: Membership) -> bool:
    """Viewers look; owners and editors also change."""
    return membership.role in (Role.OWNER, Role.EDITOR)


def members() -> QuerySet[Membership]:
    """The people of the current account."""
    return Membership.objects.select_related("user").order_by("user__name")


def current_account() -> Account:
    """The account of this context."""
    return Account.objects.get(id=tenancy.current_account_id())
