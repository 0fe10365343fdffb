"""Access control for the API: who is calling, whether they may, how often, and one transaction around the rest. Key,
scope, account status and agreements are checked before the body is parsed; a refused request changes nothing. A
creating request repeated with the same `Idempotency-Key` gets the first response again.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast, get_type_hints

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from ninja import Router
from ninja.decorators import decorate_view
from ninja.responses import Status

from mailflatrate.apps.accounts.actions import keys
from mailflatrate.apps.accounts.actions.agreements import Circumstances, PolicyConfirmation
from mailflatrate.apps.accounts.actions.keys import KeyOutsideNetworks, KeyUse
from mailflatrate.apps.accounts.facts import agreements_open
from mailflatrate.apps.accounts.models import Account, AccountStatus, ApiAnswer, KeyScope, User
from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.models import ChangeSource
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.entrypoints.api.v1.preconditions import (
    READERS,
    Reader,
    Run,
    refuse_failed_conditions,
    show_tag,
)
from mailflatrate.entrypoints.api.v1.problems import Code, Problem, missing_scope, problem_of
from mailflatrate.entrypoints.api.v1.request_checks import (
    MOST_BATCH_PIECES,
    MOST_PIECES,
    query_fields,
    refuse_expensive_json,
    refuse_unknown_query,
)
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.presenters.member_activity import API_CHANGES, record_change
from mailflatrate.settings import load_settings

API_ROOT = "/api/v1"
READING = ("GET", "HEAD")
WINDOW_SECONDS = 60
WORKING = frozenset({AccountStatus.ACTIVE, AccountStatus.THROTTLED, AccountStatus.PAUSED})
"""Account statuses in which API clients work; the gate decides whether messages are sent."""
MAY_READ = WORKING | {AccountStatus.SUSPENDED}
"""Account statuses in which clients may still read, and do what protects people: unsubscribe, suppress, erase."""
LONGEST_REPEAT_KEY = 255
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Caller:
    use: KeyUse
    where: Circumstances

    @property
    def user(self) -> User:
        return self.use.key.created_by

    @property
    def account(self) -> Account:
        return self.use.account

    @property
    def actor(self) -> audit.Actor:
        return audit.person(self.user)

    @property
    def source(self) -> str:
        return self.use.key.label

    def may(self, scope: KeyScope) -> bool:
        return scope.value in self.use.key.scopes

    @property
    def tick(self) -> PolicyConfirmation:
        """Return the confirmation of the policy by this user through this client (R-04)."""
        return PolicyConfirmation(self.user, self.where)

    @property
    def seconds_left(self) -> int:
        return max(0, int((self.use.window_ends - clock.now()).total_seconds()) + 1)

    @property
    def rates(self) -> dict[str, str]:
        """Return the headers that tell a client its remaining requests (draft-ietf-httpapi-ratelimit-headers-10)."""
        left = max(0, self.use.most - self.use.used)
        return {
            "RateLimit-Policy": f'"key";q={self.use.most};w={WINDOW_SECONDS}',
            "RateLimit": f'"key";r={left};t={self.seconds_left}',
        }


class ApiRequest(HttpRequest):
    caller: Caller


class BearerKey:
    """Describes the key in the schema. The key itself has already been checked."""

    openapi_security_schema = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "mfk_…",
        "description": "A key created by an owner of the account under Settings, API keys.",
    }

    def __call__(self, request: HttpRequest) -> Caller | None:
        return getattr(request, "caller", None)


def endpoint(
    router: Router,
    method: str,
    path: str,
    *,
    scope: KeyScope | None,
    answers: Any = None,
    or_scopes: tuple[KeyScope, ...] = (),
    status: int = 200,
    repeatable: bool = False,
    protects: bool = False,
    location: str = "",
    batch: bool = False,
    also: tuple[int, ...] = (),
    files: tuple[str, ...] = (),
) -> Callable[[F], F]:
    """Register an operation with this access control; its return annotation is the schema of its responses, unless
    `answers` is given. `scope` None: any key will do. `or_scopes` are accepted as well; the operation limits what
    they see and do. `repeatable`: it creates an object and accepts an `Idempotency-Key`. `protects`: it protects
    people, so suspended accounts may use it too. `location`: the path template of what it creates (201) or of the
    progress (202), if that isn't `{path}/{id}` or an action's object. `batch`: its body may hold more values.
    `also`: statuses of errors that only it has. `files`: media types of the file it returns.
    """
    where = location or _usual_location(path, status)

    def register(function: F) -> F:
        returned = answers or get_type_hints(function)["return"]
        changes = API_CHANGES.get(function.__name__, "")
        rules = Rules(path, method.upper(), returned, repeatable, protects, where, batch, changes)
        summary, rest = _about(function)
        scopes = (scope, *or_scopes) if scope is not None else ()
        extra: dict[str, Any] = {
            "x-scopes": [scope_name.value for scope_name in scopes],
            "x-also": also,
            "x-files": files,
        }
        extra |= {"x-scope": scope.value if scope else None, "x-repeatable": repeatable, "x-location": where}
        register_with = router.api_operation(
            [method.upper()], path, response={status: returned}, auth=BearerKey(), operation_id=function.__name__,
            summary=summary, description=rest, openapi_extra=extra, url_name=function.__name__,
        )  # fmt: skip
        guard = _guard(rules, scopes, query_fields(function))
        register_with(decorate_view(guard)(_with_status(function, status)))
        return function

    return register


def _usual_location(path: str, status: int) -> str:
    if status not in (201, 202):
        return ""
    about, _brace, _action = path.rpartition("}")
    return f"{about}}}" if status == 202 and about else f"{path}/{{id}}"


def public(router: Router, method: str, path: str, *, status: int = 200) -> Callable[[F], F]:
    """Register an operation that needs no key; it has to set its own limits."""

    def register(function: F) -> F:
        summary, rest = _about(function)
        register_with = router.api_operation(
            [method.upper()],
            path,
            response={status: get_type_hints(function)["return"]},
            operation_id=function.__name__,
            summary=summary,
            description=rest,
            url_name=function.__name__,
        )
        register_with(decorate_view(_open(path, query_fields(function)))(_with_status(function, status)))
        return function

    return register


def _open(path: str, parameters: frozenset[str]) -> Callable[..., Any]:
    def around(run: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(run)
        def served(request: HttpRequest, **values: Any) -> HttpResponseBase:
            try:
                refuse_unknown_query(request, parameters)
                refuse_expensive_json(request)
                refuse_failed_conditions(request, path, values, lambda _scope: False)
            except Problem as problem:
                return _private(problem.answer())
            with transaction.atomic():
                answer = run(request, **values)
                if answer.status_code >= 400:
                    transaction.set_rollback(True)
            return _private(answer)

        return served

    return around


def _about(function: Callable[..., Any]) -> tuple[str, str]:
    summary, _dot, rest = " ".join((function.__doc__ or "").split()).partition(". ")
    return summary.rstrip("."), rest


def _with_status(function: Callable[..., Any], status: int) -> Callable[..., Any]:
    @wraps(function)
    def answered(*args: Any, **values: Any) -> Status[Any] | HttpResponseBase:
        outcome = function(*args, **values)
        return outcome if isinstance(outcome, HttpResponseBase) else Status(status, outcome)

    return answered


@dataclass(frozen=True, slots=True)
class Rules:
    path: str
    method: str
    answers: Any
    repeatable: bool
    protects: bool
    location: str
    batch: bool
    changes: str


def _guard(rules: Rules, scopes: tuple[KeyScope, ...], parameters: frozenset[str]) -> Callable[..., Any]:
    def around(run: Run) -> Run:
        if rules.method == "GET":
            READERS[rules.path] = Reader(run, rules.answers, scopes)

        @wraps(run)
        def served(request: HttpRequest, **values: Any) -> HttpResponseBase:
            caller = None
            try:
                caller = _identify(request)
                _admit(request, caller, scopes, protects=rules.protects)
                refuse_unknown_query(request, parameters)
                refuse_expensive_json(request, MOST_BATCH_PIECES if rules.batch else MOST_PIECES)
            except Problem as problem:
                answer: HttpResponseBase = problem.answer()
            else:
                answer = _carried_out(run, rules, cast(ApiRequest, request), values)
            for name, text in (caller.rates if caller is not None else {}).items():
                answer.headers[name] = text
            return _private(answer)

        return served

    return around


def _carried_out(run: Run, rules: Rules, request: ApiRequest, values: dict[str, Any]) -> HttpResponseBase:
    """Run the operation in one transaction of the account. A refusal leaves nothing behind."""
    caller = request.caller
    with audit.acting_through(caller.source), tenancy.account(caller.account.id), audit.recorded() as tally:
        try:
            if rules.method != "GET":
                name_author(ChangeAuthor(ChangeSource.API, reference=caller.source))
                refuse_failed_conditions(request, rules.path, values, caller.may)
            answer = _answer(run, request, values, repeatable=rules.repeatable)
        except Problem as problem:
            answer = problem.answer()
        if answer.status_code >= 400 and not getattr(answer, "stands", False):
            transaction.set_rollback(True)
        elif rules.changes and answer.status_code < 400 and "Idempotency-Replayed" not in answer.headers:
            record_change(rules.changes, caller.user, values, tally)
    show_tag(answer, rules.method, rules.path, rules.answers)
    if rules.location and answer.status_code < 300 and isinstance(answer, HttpResponse):
        filled = rules.location.format_map({**json.loads(answer.content), **values})
        answer.headers["Location"] = f"{load_settings().public_url}{API_ROOT}{filled}"
    return answer


def _private(answer: HttpResponseBase) -> HttpResponseBase:
    answer.headers["Cache-Control"] = "no-store"
    patch_vary_headers(answer, ["Authorization", "Accept-Language"])
    return answer


def _identify(request: HttpRequest) -> Caller:
    """Authenticate a request, and count it. Raises Problem."""
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise Problem(Code.KEY_MISSING)
    ip = client_ip(request)
    try:
        use = keys.use_api_key(secret.strip(), ip)
    except KeyOutsideNetworks as error:
        raise Problem(Code.KEY_NETWORK, str(error)) from error
    if use is None:
        raise Problem(Code.KEY_REFUSED)
    agent = request.headers.get("User-Agent", "")
    caller = Caller(use, Circumstances(ip, ""))
    caller = Caller(use, Circumstances(caller.where.ip, f"{caller.source}: {agent}".replace("\0", "")))
    cast(ApiRequest, request).caller = caller
    return caller


def _admit(request: HttpRequest, caller: Caller, scopes: tuple[KeyScope, ...], *, protects: bool) -> None:
    use = caller.use
    if use.used > use.most:
        raise Problem(Code.RATE, headers={"Retry-After": str(caller.seconds_left)})
    if scopes and not any(map(caller.may, scopes)):
        raise missing_scope(*scopes)
    _may(request, use.account, protects=protects)


def _may(request: HttpRequest, account: Account, *, protects: bool) -> None:
    """Raise Problem unless the account status and agreements allow API clients to do this (R-01, R-04)."""
    status = AccountStatus(account.status)
    reads = request.method in READING or protects
    if status not in (MAY_READ if reads else WORKING):
        raise Problem(Code.ACCOUNT_STATUS, more={"account_status": status.value})
    if not reads:
        with tenancy.account(account.id):
            if agreements_open(account):
                raise Problem(Code.AGREEMENTS_OPEN)


def _answer(
    run: Callable[..., HttpResponseBase], request: ApiRequest, values: dict[str, Any], *, repeatable: bool
) -> HttpResponseBase:
    again = request.headers.get("Idempotency-Key", "").strip() if repeatable else ""
    if not again:
        return run(request, **values)
    if len(again) > LONGEST_REPEAT_KEY or not again.isascii() or not again.isprintable():
        return Problem(Code.MALFORMED, _("An Idempotency-Key can have up to 255 printable ASCII characters.")).answer()
    key_id = request.caller.use.key.id
    try:
        kept = keys.begin_answer(key_id, again, _fingerprint(request))
    except Exception as error:  # noqa: BLE001  # whatever it is, it is answered as a problem
        return problem_of(error).answer()
    if isinstance(kept, ApiAnswer):
        answer = HttpResponse(kept.body, status=kept.status or 200, content_type="application/json; charset=utf-8")
        answer.headers["Idempotency-Replayed"] = "true"
        return answer
    fresh = run(request, **values)
    if fresh.status_code < 300 and isinstance(fresh, HttpResponse):
        keys.keep_answer(kept, status=fresh.status_code, body=fresh.content.decode())
    return fresh


def _fingerprint(request: HttpRequest) -> bytes:
    """Return a keyed hash of the request. It reveals no personal data."""
    digest = hmac.new(settings.SECRET_KEY.encode(), digestmod=hashlib.sha256)
    digest.update(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type != "multipart/form-data":
        digest.update(request.body)
        return digest.digest()
    for name in sorted(request.POST):
        digest.update(f"{name}={request.POST.getlist(name)}\n".encode())
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            digest.update(f"{name}:{getattr(file, 'name', '')}\n".encode())
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.digest()
