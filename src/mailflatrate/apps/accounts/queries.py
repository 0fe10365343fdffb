"""Scoped reads of accounts."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import F, QuerySet

from mailflatrate.apps.accounts.models import (
    Acceptance,
    Account,
    Acknowledgement,
    AgreementDocument,
    AgreementKind,
    ApiKey,
    Invitation,
    Membership,
    Occasion,
    Role,
    User,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.roles import Permission, roles_with


@tenancy.read_once
def current_versions() -> dict[str, str]:
    """Return the version of each kind of document in force now; a kind without one is missing."""
    valid = AgreementDocument.objects.filter(valid_from__lte=clock.now())
    return dict(valid.order_by("kind", "-valid_from").distinct("kind").values_list("kind", "version"))


def current_version(kind: AgreementKind) -> str:
    return current_versions().get(kind, "")


def current_documents(language: str) -> list[AgreementDocument]:
    """Return the version in force of each kind, in `language` if available, otherwise in English."""
    current = current_versions()
    written = {
        (row.kind, row.language): row
        for row in AgreementDocument.objects.filter(language__in=(language, "en"), version__in=current.values())
        if row.version == current.get(row.kind)
    }
    documents = (written.get((kind, language)) or written.get((kind, "en")) for kind in AgreementKind)
    return [document for document in documents if document is not None]


@tenancy.read_once
def accepted_versions() -> dict[str, str]:
    """Return the newest version of each kind of document that was accepted for this account; a kind may be missing."""
    accepted = Acceptance.objects.order_by("document__kind", "-document__valid_from", "-accepted_at")
    return dict(accepted.distinct("document__kind").values_list("document__kind", "document__version"))


@tenancy.read_once
def acceptance_time(document: AgreementDocument) -> datetime | None:
    """Return when this version of a document, in any language, was last accepted for the current account."""
    same = Acceptance.objects.filter(document__kind=document.kind, document__version=document.version)
    return same.order_by("-accepted_at").values_list("accepted_at", flat=True).first()


def documents_to_read(user: User) -> list[AgreementDocument]:
    seen = set(Acceptance.objects.filter(user=user).values_list("document__kind", "document__version"))
    read = Acknowledgement.objects.filter(user=user, occasion=Occasion.SIGN_IN)
    seen |= set(read.values_list("document__kind", "document__version"))
    return [row for row in current_documents(user.language) if (row.kind, row.version) not in seen]


def signs_in(email: str) -> bool:
    """Return whether this address (in lower case) has an account to sign in with."""
    return User.objects.filter(email=email).exists()


def has_operator() -> bool:
    """Return whether this installation ever had an operator, including blocked ones."""
    return User.objects.filter(is_staff=True).exists()


def owner_of(account_id: int) -> User:
    """Return the first owner of an account. Raises Membership.DoesNotExist if there is none."""
    with tenancy.account(account_id):
        return Membership.objects.filter(role=Role.OWNER).select_related("user").earliest("id").user


def memberships(user: User) -> list[Membership]:
    with tenancy.platform(PlatformReason.ACCOUNT_CHOICE):
        return list(Membership.objects.filter(user=user).select_related("account").order_by("account__name"))


def account_of(user: User, account_id: int | None) -> Membership | None:
    return chosen_of(memberships(user), account_id)


def chosen_of(mine: Sequence[Membership], account_id: int | None) -> Membership | None:
    return next((row for row in mine if row.account_id == account_id), mine[0] if mine else None)


def members() -> QuerySet[Membership]:
    return Membership.objects.select_related("user").order_by("user__name")


def open_invitations() -> QuerySet[Invitation]:
    waiting = Invitation.objects.filter(accepted_at=None, withdrawn_at=None).select_related("invited_by")
    return waiting.order_by("-id")


def members_who_may(permission: Permission, *, list_ids: Collection[int] | None = None) -> list[User]:
    """Active members, by name. `list_ids`: only those who see all these lists; None or empty: the whole account."""
    candidates = members().filter(role__in=roles_with(permission), user__is_active=True)
    return [row.user for row in candidates if list_ids is None or row.sees(list_ids)]


@tenancy.needs_account
def limit_of(user_id: int | None) -> list[int] | None:
    if user_id is None:
        return None
    return Membership.objects.filter(user_id=user_id).values_list("list_ids", flat=True).first()


@tenancy.read_once
def current_account() -> Account:
    return Account.objects.get(id=tenancy.current_account_id())


def api_keys() -> QuerySet[ApiKey]:
    rows = ApiKey.objects.select_related("created_by", "revoked_by")
    return rows.order_by(F("revoked_at").desc(nulls_first=True), "-id")
