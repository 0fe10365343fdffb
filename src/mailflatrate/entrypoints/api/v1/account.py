"""The API key and its account."""

from datetime import datetime

from ninja import Router, Schema

from mailflatrate.apps.accounts.facts import agreements_open
from mailflatrate.apps.accounts.models import AccountStatus, KeyScope
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint

ROUTER = Router(tags=["Account"])


class ApiKeyInfo(Schema):
    """The API key used for this request."""

    name: str
    prefix: str
    scopes: list[KeyScope]
    made_by: str
    expires_at: datetime | None


class AccountInfo(Schema):
    """The key and its account. `may_send`: the account status allows sending.

    The checks list everything else that is still to do.
    """

    key: ApiKeyInfo
    account_id: int
    account: str
    status: AccountStatus
    status_reason: str
    may_send: bool
    agreements_open: bool
    language: str
    time_zone: str


@endpoint(ROUTER, "get", "/me", scope=None)
def show_me(request: ApiRequest) -> AccountInfo:
    """Show the key and its account. Works with any key, whatever its scopes."""
    key, account = request.caller.use.key, request.caller.account
    return AccountInfo(
        key=ApiKeyInfo(
            name=key.name, prefix=f"mfk_{key.prefix}", scopes=[KeyScope(scope) for scope in key.scopes],
            made_by=key.created_by.email, expires_at=key.expires_at,
        ),
        account_id=account.id, account=account.name, status=AccountStatus(account.status),
        status_reason=account.status_reason, may_send=account.may_send, agreements_open=agreements_open(account),
        language=account.language, time_zone=account.time_zone,
    )  # fmt: skip
