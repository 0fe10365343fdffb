"""Writing help of an account: what it agreed to, and its daily allowance (docs/features/writing-help.md)."""

from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import WritingHelp
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.chat import ChatEndpoint

_TAKE: Final = """
UPDATE writing_help SET used = CASE WHEN day = %(day)s THEN used + 1 ELSE 1 END, day = %(day)s
WHERE account_id = %(account_id)s AND NOT is_off AND agreed_host = %(host)s
  AND (day IS DISTINCT FROM %(day)s OR used < %(most)s)
"""


@dataclass(frozen=True, slots=True)
class HelpState:
    host: str
    is_off: bool
    is_agreed: bool
    left: int


def is_installed() -> bool:
    return bool(load_settings().writing_url)


def endpoint() -> ChatEndpoint:
    """Return the operator's endpoint. Raises CampaignError without one."""
    settings = load_settings()
    if not settings.writing_url or not settings.writing_model:
        raise CampaignError(_("Writing help isn't available here."))
    return ChatEndpoint(
        settings.writing_url, settings.writing_model, settings.writing_key, settings.writing_timeout_seconds
    )


@tenancy.needs_account
def help_state() -> HelpState | None:
    settings = load_settings()
    if not is_installed():
        return None
    row = WritingHelp.objects.first()
    used = row.used if row is not None and row.day == clock.now().date() else 0
    return HelpState(
        host=settings.writing_host,
        is_off=row is not None and row.is_off,
        is_agreed=row is not None and row.agreed_host == settings.writing_host,
        left=max(settings.writing_requests_day - used, 0),
    )


@tenancy.needs_account
def agree(*, by: User, shown_host: str) -> None:
    state = help_state()
    if state is None or state.is_off:
        raise CampaignError(off_words())
    if shown_host != state.host:
        raise CampaignError(_("The host has changed since you opened this page. Read it again."))
    account_id = tenancy.current_account_id()
    WritingHelp.objects.update_or_create(
        account_id=account_id, defaults={"agreed_host": state.host, "agreed_by": by, "agreed_at": clock.now()}
    )
    audit.record(
        "writing_help.agreed",
        by=audit.person(by),
        account_id=account_id,
        subject=f"account:{account_id}",
        details={"host": state.host},
    )


@tenancy.needs_account
def switch(*, is_off: bool, by: User) -> None:
    """Switch writing help off for the account, or on again; then someone agrees to it anew."""
    account_id = tenancy.current_account_id()
    row, _made = WritingHelp.objects.get_or_create(account_id=account_id)
    if row.is_off == is_off:
        audit.nothing_changed()
        return
    row.is_off, row.agreed_host, row.agreed_by, row.agreed_at = is_off, "", None, None
    row.save(update_fields=["is_off", "agreed_host", "agreed_by", "agreed_at"])
    action = "writing_help.switched_off" if is_off else "writing_help.switched_on"
    audit.record(action, by=audit.person(by), account_id=account_id, subject=f"account:{account_id}")


@tenancy.needs_account
def take_request() -> bool:
    """Count one request to the model; False if the account has used up its day, switched it off or didn't agree."""
    settings = load_settings()
    values: dict[str, Any] = {
        "account_id": tenancy.current_account_id(),
        "day": clock.now().date(),
        "host": settings.writing_host,
        "most": settings.writing_requests_day,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        return bool(cursor.rowcount)


def off_words() -> str:
    return _("Writing help is off in this account. An owner or admin can switch it on under Settings, General.")


def used_up_words() -> str:
    words = _("Your account has used its %(most)d suggestions for today (UTC). Try again tomorrow.")
    return words % {"most": load_settings().writing_requests_day}
