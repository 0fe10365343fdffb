"""The scope of a transaction: one account, or (with a reason) the platform. It ends with the transaction. A function
that works in only one of them is decorated, and a call from anywhere else raises an error (ADR 0041).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, ParamSpec, TypeAlias, TypeVar

import psycopg
from django.db import connection, transaction

from mailflatrate.settings.roles import (
    ACCESS_SETTING,
    ACCOUNT_ID_SETTING,
    ACCOUNT_SETTING,
    APP_ROLE,
    DECISION_SETTING,
    ERASER_ROLE,
    JOB_SETTING,
    LIMITED_ROLE,
    LIMITED_SETTING,
    MEMBER_SETTING,
    PASS_SETTING,
    PLATFORM_ROLE,
    PassKind,
    account_pass_for,
    limited_pass_for,
    pass_for,
    server_of,
    server_of_async,
)

P = ParamSpec("P")
R = TypeVar("R")


_APPLY = (
    f"SELECT set_config('role', %s, true), set_config('{PASS_SETTING}', %s, true),"
    f" set_config('{ACCOUNT_ID_SETTING}', %s, true), set_config('{ACCOUNT_SETTING}', %s, true),"
    f" set_config('{MEMBER_SETTING}', %s, true), set_config('{LIMITED_SETTING}', %s, true)"
)
_ACCOUNT = f"SELECT set_config('{ACCOUNT_ID_SETTING}', %s, %s), set_config('{ACCOUNT_SETTING}', %s, %s)"
_SHOW = "SELECT set_config(%s, %s, true)"


class NoAccount(RuntimeError):
    """Raised when code that needs an account runs without one, which is a bug and never a customer's mistake."""


class NoPlatform(RuntimeError):
    """Raised when code that reads across accounts runs outside the platform's scope: a bug, never a mistake."""


class PlatformReason(StrEnum):
    """The closed list of reasons for reading across accounts. A new one needs a review."""

    APPLICATION = "a company applies before it has an account, or hands its application in"
    ACCOUNT_STATUS = "a rule or a reviewer moves an account, which its own scope may not"
    ABUSE_DESK = "a report from outside, or a customer's answer, changes a case that no account may see"
    OPERATOR_DESK = "an operator works at the desk"
    ACCOUNT_CHOICE = "a person who signed in chooses among the accounts he belongs to"
    MAIL_IN = "a message from outside names its account only by a token"
    HOUSEKEEPING = "a scheduled job looks for work of all accounts"
    METRICS = "counts without content for the operator's monitoring"
    WITHDRAWALS = "what was withdrawn is logged for a restored backup, or taken over into one"
    FENCE = "sending is held or let go for all accounts, as the database's history asks"
    SETUP = "the operator or the demonstration creates an account"
    PUBLIC_PAGE = "a public page names its account only by a code or a token"
    PERSON = "a person asks about, or is erased with, what nobody's account holds, or everybody's"
    INVITATION = "an invited person is written to, or answers, before belonging to the account"
    API_KEY = "a program names its account only by its key"
    ACTIVITY = "an owner reads what was done in their own account, from a log that no account may read"
    PROOF = "signed proof names an event of another account of the same company"
    RELAYS = "a sender reads the operator's relays, or the operator changes them from the command line"
    TEST_INBOX = "the pretended world outside keeps what it received"


class UnlimitedReason(StrEnum):
    """The closed list of reasons for leaving a member's limit within their account. A new one needs a review."""

    RULES = "rules decide by all that the account did, such as its complaints, agreements and suppressions"
    STORED_FILE = "a file is found by the name in a row that the member sees"
    SUPPRESSION = "an address is suppressed without saying what was known of it"
    REQUEST = "a person is asked for consent, whether or not another list has them"
    OWN_LIST = "a list is created and becomes the member's"
    ERASURE = "a person who is on no other list is erased, with everything the account has about them"
    DELETION = "what the member sees is deleted with everything that belongs to it"
    OVERVIEW = "the number of all lists is shown beside the number that the member sees"


@dataclass(frozen=True, slots=True)
class AccountScope:
    account_id: int


@dataclass(frozen=True, slots=True)
class EraserScope(AccountScope):
    """The rows of one account, under the role that may delete some of them."""


@dataclass(frozen=True, slots=True)
class MemberScope(AccountScope):
    """The rows of one account that belong to the lists to which one of its members is limited (ADR 0048)."""

    user_id: int


@dataclass(frozen=True, slots=True)
class PlatformScope:
    reason: PlatformReason


Scope: TypeAlias = AccountScope | PlatformScope | None
"""None sees no rows that belong to an account."""
_scope: ContextVar[Scope] = ContextVar("tenancy_scope", default=None)
_access: ContextVar[bool] = ContextVar("tenancy_access", default=False)
_member: ContextVar[MemberScope | None] = ContextVar("tenancy_member", default=None)
"""The limited member for whom this context works: every scope of the account that it opens is limited, too."""


def current_account_id() -> int:
    """Return the account of this context. Raises NoAccount."""
    scope = _scope.get()
    if not isinstance(scope, AccountScope):
        raise NoAccount(f"This needs an account: {_hint(AccountScope)}")
    return scope.account_id


def current_scope() -> Scope:
    return _scope.get()


def in_platform() -> bool:
    return isinstance(_scope.get(), PlatformScope)


def needs_account(function: Callable[P, R]) -> Callable[P, R]:
    return _needs(AccountScope, NoAccount, "an account", function)


def needs_platform(function: Callable[P, R]) -> Callable[P, R]:
    return _needs(PlatformScope, NoPlatform, "the platform's scope", function)


def _needs(
    kind: type[AccountScope | PlatformScope], error: type[RuntimeError], what: str, function: Callable[P, R]
) -> Callable[P, R]:
    def check() -> None:
        if not isinstance(_scope.get(), kind):
            raise error(f"{function.__module__}.{function.__qualname__}() needs {what}: {_hint(kind)}")

    @wraps(function)
    def run(*args: P.args, **arguments: P.kwargs) -> R:
        check()
        return function(*args, **arguments)

    @wraps(function)
    def rows(*args: P.args, **arguments: P.kwargs) -> Any:  # a generator's body runs when its rows are read
        check()
        yield from function(*args, **arguments)  # type: ignore[misc]

    checked: Callable[P, R] = rows if isgeneratorfunction(function) else run
    checked.needs = kind  # type: ignore[attr-defined]
    return checked


def _hint(kind: type[AccountScope | PlatformScope]) -> str:
    name = "account(account_id)" if kind is AccountScope else "platform(reason)"
    scope = _scope.get()
    situation = f"this call is inside {type(scope).__name__}" if scope else "this call is in no scope"
    return f"call it inside `with tenancy.{name}:`; {situation}."


def enter_account(link: psycopg.Connection[Any], account_id: int, *, for_session: bool = False) -> None:
    """For a connection other than Django's: its running transaction or, with `for_session`, all that follow."""
    psycopg.Cursor(link).execute(_ACCOUNT, _account_values(server_of(link), account_id, for_session))


async def enter_account_async(
    link: psycopg.AsyncConnection[Any], account_id: int, *, for_session: bool = False
) -> None:
    await link.execute(_ACCOUNT, _account_values(await server_of_async(link), account_id, for_session))


async def enter_jobs_async(link: psycopg.AsyncConnection[Any], *, for_session: bool = False) -> None:
    """Let an asynchronous connection write jobs, in its running transaction or for as long as it lives."""
    pass_token = pass_for(await server_of_async(link), PassKind.JOB)
    await link.execute("SELECT set_config(%s, %s, %s)", [JOB_SETTING, pass_token, not for_session])


def _account_values(server: str, account_id: int, for_session: bool) -> list[str | bool]:
    local = not for_session
    return [str(account_id), local, account_pass_for(server, account_id), local]


def _apply(scope: Scope) -> None:
    """Set role, account and passes of the running transaction, as bound parameters (ADR 0010)."""
    connection.ensure_connection()
    base = connection.connection
    with connection.wrap_database_errors:
        server = server_of(base)
        role, platform_pass, account_id, account_pass, member, limited_pass = APP_ROLE, "", "", "", "", ""
        if isinstance(scope, PlatformScope | EraserScope):
            role, platform_pass = PLATFORM_ROLE if isinstance(scope, PlatformScope) else ERASER_ROLE, pass_for(server)
        if isinstance(scope, MemberScope):  # without the account's pass: leaving the role shows nothing
            role, account_id, member = LIMITED_ROLE, str(scope.account_id), str(scope.user_id)
            limited_pass = limited_pass_for(server, scope.account_id, scope.user_id)
        elif isinstance(scope, AccountScope):
            account_id, account_pass = str(scope.account_id), account_pass_for(server, scope.account_id)
        with psycopg.Cursor(base) as bound:
            bound.execute(_APPLY, [role, platform_pass, account_id, account_pass, member, limited_pass])


@contextmanager
def _scoped(scope: AccountScope | PlatformScope) -> Iterator[None]:
    outer = _scope.get()
    token = _scope.set(scope)
    try:
        with transaction.atomic():
            nested = len(connection.savepoint_ids) > 0
            _apply(scope)
            yield
            # A savepoint that is released leaves its settings behind; a rolled-back one or a commit does not.
            if nested:
                _apply(outer)
    finally:
        _scope.reset(token)


@contextmanager
def account(account_id: int) -> Iterator[None]:
    """Open a transaction (or savepoint) that sees only the account; for a limited member of it, only their lists."""
    limited = _member.get()
    with _scoped(limited if limited is not None and limited.account_id == account_id else AccountScope(account_id)):
        yield


@contextmanager
def member(account_id: int, user_id: int, *, is_limited: bool) -> Iterator[None]:
    """`is_limited`: to the member's lists, which the database reads with each statement, so that a change counts at
    once. It holds for each scope of the account inside the block, also from within the platform's.
    """
    with limiting(account_id, user_id, is_limited=is_limited), account(account_id):
        yield


@contextmanager
def limiting(account_id: int, user_id: int, *, is_limited: bool) -> Iterator[None]:
    """Limit each scope of the account that is opened inside the block, as `member` does, but open none."""
    token = _member.set(MemberScope(account_id, user_id) if is_limited else None)
    try:
        yield
    finally:
        _member.reset(token)


@contextmanager
def unlimited(reason: UnlimitedReason) -> Iterator[None]:
    """Open a savepoint that sees the whole account. First make sure, under the limit, that the member sees the row."""
    if reason not in UnlimitedReason:
        raise ValueError(f"unknown reason: {reason}")
    if not isinstance(_scope.get(), MemberScope):
        yield
        return
    token = _member.set(None)
    try:
        with _scoped(AccountScope(current_account_id())):
            yield
    finally:
        _member.reset(token)


def limited_member() -> int | None:
    """Return the id of the user to whose lists this context is limited; None where it sees the whole account."""
    scope = _member.get()
    return scope.user_id if scope is not None else None


@contextmanager
def platform(reason: PlatformReason) -> Iterator[None]:
    """Open a transaction (or savepoint) that sees the rows of all accounts; `reason` says why that is necessary."""
    if reason not in PlatformReason:
        raise ValueError(f"unknown reason: {reason}")
    with _scoped(PlatformScope(reason)):
        yield


@contextmanager
def eraser() -> Iterator[None]:
    """Open a savepoint in the scope of an account that may delete only what RESTRICTED allows ERASER_ROLE (R-94)."""
    with _scoped(EraserScope(current_account_id())):
        yield


@contextmanager
def deciding() -> Iterator[None]:
    """Let this connection record releases of the gate inside the block; its rollback also revokes the pass."""
    _show(DECISION_SETTING, PassKind.DECISION)
    yield
    _show(DECISION_SETTING, None)


@contextmanager
def deferring() -> Iterator[None]:
    """Let this connection write jobs to the queue inside the block; its rollback also revokes the pass."""
    _show(JOB_SETTING, PassKind.JOB)
    yield
    _show(JOB_SETTING, None)


@contextmanager
def job_pass() -> Iterator[tuple[str, str]]:
    """Yield the setting and value that `deferring` shows, as bound parameters for a statement that sets them itself.
    Behind a pooler it runs in a transaction, because a pass there is made for one.
    """
    with transaction.atomic() if getattr(connection, "needs_transactions", False) else nullcontext():
        connection.ensure_connection()
        yield JOB_SETTING, pass_for(server_of(connection.connection), PassKind.JOB)


@contextmanager
def access() -> Iterator[None]:
    """Let this connection change who gets access, and how: without this pass, triggers refuse changes to passwords,
    addresses, second factors, memberships and API keys, so that injected SQL cannot make them (ADR 0010). Keep it
    short.
    """
    outer = _access.get()
    token = _access.set(True)
    try:
        with transaction.atomic():
            _show(ACCESS_SETTING, PassKind.ACCESS)
            yield
            if not outer:
                _show(ACCESS_SETTING, None)
    finally:
        _access.reset(token)


def _show(setting: str, kind: PassKind | None) -> None:
    """Show the pass of one kind in the running transaction, or take it back. It is a bound parameter (ADR 0010)."""
    connection.ensure_connection()
    base = connection.connection
    with connection.wrap_database_errors:
        pass_token = pass_for(server_of(base), kind) if kind else ""
        with psycopg.Cursor(base) as bound:
            bound.execute(_SHOW, [setting, pass_token])
