"""Creating, renaming and archiving lists."""

import hashlib
import json
import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.agreements import PolicyConfirmation, acknowledge_policy
from mailflatrate.apps.accounts.actions.people import give_list
from mailflatrate.apps.accounts.models import Occasion, User
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import MailingList, Subscription, SubscriptionState
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import UnlimitedReason

_CODE_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32 in lower case: nothing to misread
_CODE_LENGTH = 12
MAX_NAME_CHARACTERS = 120


def create_list(
    name: str,
    public_name: str = "",
    language: str = "en",
    description: str = "",
    *,
    tick: PolicyConfirmation | None = None,
) -> MailingList:
    """`public_name`: for subscribers. It is added to a limited member's lists. `tick` is recorded for it (R-04).
    Raises ListError.
    """
    name, member = _name(name), tenancy.limited_member()
    with tenancy.unlimited(UnlimitedReason.OWN_LIST):
        created = MailingList.objects.create(
            name=name,
            public_name=_name(public_name) if public_name.strip() else name,
            description=description.strip(),
            language=language,
            code="".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH)),
        )
        if member is not None:
            give_list(member, created.id)
    if tick is not None:
        described = json.dumps([created.code, created.name, created.public_name, created.description, language])
        content_hash = hashlib.sha256(described.encode()).hexdigest()
        acknowledge_policy(Occasion.LIST, created.id, content_hash, by=tick.by, where=tick.where)
    return created


def rename_list(list_id: int, *, name: str, public_name: str, language: str, description: str = "") -> None:
    """Its `code`, part of List-Id, never changes. Raises ListError."""
    _update(
        list_id,
        name=_name(name),
        public_name=_name(public_name),
        language=language,
        description=description.strip(),
    )


def archive_list(list_id: int, *, by: User) -> None:
    """No further imports or campaigns; its proof of consent is kept. Raises ListError."""
    _archive(list_id, clock.now(), "list.archived", by)


def unarchive_list(list_id: int, *, by: User) -> None:
    """Meanwhile only its subscribers could change it. Raises ListError."""
    _archive(list_id, None, "list.unarchived", by)


@transaction.atomic
def _archive(list_id: int, at: datetime | None, action: str, by: User) -> None:
    """Idempotent: a repeated call writes no audit entry."""
    if not MailingList.objects.filter(id=list_id).exists():
        raise ListError(_("this list doesn't exist"))
    if not MailingList.objects.filter(id=list_id, archived_at__isnull=at is not None).update(archived_at=at):
        audit.nothing_changed()
        return
    people = Subscription.objects.filter(mailing_list_id=list_id, state=SubscriptionState.CONFIRMED).count()
    audit.record(
        action,
        by=audit.person(by),
        account_id=tenancy.current_account_id(),
        subject=f"list:{list_id}",
        details={"confirmed": people},
    )


@transaction.atomic
def switch_public_archive(list_id: int, *, is_public: bool, by: User) -> None:
    """At once. Raises ListError. Idempotent."""
    mailing_list = MailingList.objects.select_for_update().filter(id=list_id).first()
    if mailing_list is None:
        raise ListError(_("this list doesn't exist"))
    if (mailing_list.public_archive_at is not None) == is_public:
        audit.nothing_changed()
        return
    mailing_list.public_archive_at = clock.now() if is_public else None
    mailing_list.save(update_fields=["public_archive_at"])
    audit.record(
        "list.public_archive_opened" if is_public else "list.public_archive_closed",
        by=audit.person(by),
        account_id=tenancy.current_account_id(),
        subject=f"list:{list_id}",
    )


@transaction.atomic
def hide_in_archive(list_id: int, campaign_id: int, *, is_hidden: bool) -> None:
    """Or show it again. Raises ListError. Idempotent."""
    mailing_list = MailingList.objects.select_for_update().filter(id=list_id).first()
    if mailing_list is None:
        raise ListError(_("this list doesn't exist"))
    others = [
        archive_hidden_id for archive_hidden_id in mailing_list.archive_hidden_ids if archive_hidden_id != campaign_id
    ]
    mailing_list.archive_hidden_ids = [*others, campaign_id] if is_hidden else others
    mailing_list.save(update_fields=["archive_hidden_ids"])


def _name(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise ListError(_("enter a name for the list"))
    if len(text) > MAX_NAME_CHARACTERS:
        raise ListError(_("a list name can have up to %(limit)d characters") % {"limit": MAX_NAME_CHARACTERS})
    return text


def _update(list_id: int, **values: object) -> None:
    if not MailingList.objects.filter(id=list_id).update(**values):
        raise ListError(_("this list doesn't exist"))
