"""Errors in one format (RFC 9457): a code for the client, a sentence and a fix for people."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

import structlog
from django.core.exceptions import NON_FIELD_ERRORS, RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException, UnreadablePostError
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from ninja.errors import HttpError, ValidationError

from mailflatrate.apps.accounts.actions.keys import RepeatedDifferently
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError, MediaRefused, NameTaken
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.events.errors import WebhookError
from mailflatrate.apps.forms.errors import AskingBraked, FormError
from mailflatrate.apps.intake.reading.questions import ImportAsks
from mailflatrate.apps.lists.errors import ListError, OriginNeeded
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.base.refusals import AlreadyExists, StateConflict
from mailflatrate.entrypoints.presenters.sentences import refusal_sentence
from mailflatrate.entrypoints.request_ids import current_request_id
from mailflatrate.mail.author_mistakes import all_in_words
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.settings import load_settings

log = structlog.get_logger("api")

Words = str | Promise


class Code(Enum):
    """Error codes that clients can tell apart."""

    MALFORMED = "malformed"
    KEY_MISSING = "key-missing"
    KEY_REFUSED = "key-refused"
    KEY_NETWORK = "key-network"
    SCOPE_MISSING = "scope-missing"
    ACCOUNT_STATUS = "account-status"
    AGREEMENTS_OPEN = "agreements-open"
    NOT_FOUND = "not-found"
    METHOD = "method-not-allowed"
    STATE = "state-conflict"
    EXISTS = "already-exists"
    PRECONDITION = "precondition-failed"
    CURSOR_EXPIRED = "cursor-expired"
    TOO_LARGE = "too-large"
    INVALID = "invalid"
    REFUSED = "refused"
    ORIGIN_NEEDED = "origin-needed"
    NOT_CONFIRMED = "policy-not-confirmed"
    CONTENT_CHANGED = "content-changed"
    BLOCKED = "checks-open"
    REPEATED = "idempotency-key-reused"
    RATE = "rate-limited"
    ASKING = "asking-limited"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    status: int
    title: Words
    remedy: Words


KINDS: Mapping[Code, ProblemKind] = {
    Code.MALFORMED: ProblemKind(
        400, _("The request can't be read."), _("Send valid JSON in UTF-8, without NUL characters.")
    ),
    Code.KEY_MISSING: ProblemKind(
        401,
        _("An API key is required."),
        _("Send the header “Authorization: Bearer …” with one of the account's keys."),
    ),
    Code.KEY_REFUSED: ProblemKind(
        401,
        _("This API key isn't valid."),
        _("It's mistyped, expired or revoked, or its creator is no longer an owner. Ask an owner for a new key."),
    ),
    Code.KEY_NETWORK: ProblemKind(
        403,
        _("This key doesn't work from this address."),
        _("Send the request from one of the key's IP ranges, or ask an owner for a key for this address."),
    ),
    Code.SCOPE_MISSING: ProblemKind(
        403, _("The key doesn't have permission for this."), _("Ask an owner for a key with the scope named here.")
    ),
    Code.ACCOUNT_STATUS: ProblemKind(
        403,
        _("The account status doesn't allow this."),
        _("The Account status page says why, and how to contact us."),
    ),
    Code.AGREEMENTS_OPEN: ProblemKind(
        403,
        _("A new version of an agreement hasn't been accepted yet."),
        _("An owner can accept it on the Account status page. Reading still works."),
    ),
    Code.NOT_FOUND: ProblemKind(
        404, _("Nothing was found here."), _("Check the ID in the URL, and that the key belongs to the right account.")
    ),
    Code.METHOD: ProblemKind(
        405, _("This address doesn't support this method."), _("The Allow header lists the supported methods.")
    ),
    Code.STATE: ProblemKind(
        409,
        _("This isn't possible in its current status."),
        _("Fetch it again. Its status has changed, or it isn't ready for this yet."),
    ),
    Code.EXISTS: ProblemKind(
        409, _("This already exists."), _("Use the existing one, or send another name or address.")
    ),
    Code.CURSOR_EXPIRED: ProblemKind(
        410,
        _("This cursor is too old."),
        _("Start over without a cursor. Cursors for changes are valid for 90 days, those for events for 30 days."),
    ),
    Code.PRECONDITION: ProblemKind(
        412,
        _("It has changed since you read it."),
        _("Fetch it again, and repeat the request with its new ETag if the change is still right."),
    ),
    Code.TOO_LARGE: ProblemKind(413, _("The request is too large."), _("Send less at a time.")),
    Code.INVALID: ProblemKind(422, _("A value is missing or not allowed."), _("Change the values named in “errors”.")),
    Code.REFUSED: ProblemKind(422, _("The request was refused."), _("The sentence in “detail” says what to change.")),
    Code.ORIGIN_NEEDED: ProblemKind(
        422,
        _("The origin of this list hasn't been declared."),
        _("Declare on the list's page where its addresses come from, then upload again."),
    ),
    Code.NOT_CONFIRMED: ProblemKind(
        422,
        _("The anti-spam policy hasn't been confirmed."),
        _("The person responsible confirms it for exactly this content: “policy_confirmed”: true."),
    ),
    Code.CONTENT_CHANGED: ProblemKind(
        422,
        _("The content has changed since it was confirmed."),
        _("Fetch the campaign again, review it, and send its current “content_hash”."),
    ),
    Code.BLOCKED: ProblemKind(
        422, _("Some checks are still open."), _("Fix the failed checks listed in “checks”. Each one says how.")
    ),
    Code.REPEATED: ProblemKind(
        422, _("The Idempotency-Key belongs to a different request."), _("Use a new Idempotency-Key for a new request.")
    ),
    Code.RATE: ProblemKind(
        429, _("Too many requests."), _("Wait the number of seconds given in the Retry-After header.")
    ),
    Code.ASKING: ProblemKind(
        429,
        _("Too many confirmation requests."),
        _("The sentence in “detail” says why and what to do. Retry-After says when to try again."),
    ),
    Code.INTERNAL: ProblemKind(
        500, _("Something went wrong on our side."), _("We've logged the error. Try again, or contact us.")
    ),
    Code.UNAVAILABLE: ProblemKind(
        503, _("The request couldn't be accepted right now."), _("Send it again in a few seconds.")
    ),
}


@dataclass(eq=False)
class Problem(Exception):
    code: Code
    detail: Words = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> HttpResponse:
        kind = KINDS[self.code]
        shape = {
            "type": f"{load_settings().public_url}/api/v1/docs#{self.code.value}",
            "title": str(kind.title),
            "status": kind.status,
            "detail": str(self.detail or kind.title),
            "code": self.code.value,
            "remedy": str(kind.remedy),
            "request_id": current_request_id(),
            **self.more,
        }
        content = json.dumps(shape, ensure_ascii=False, default=str)
        answer = HttpResponse(content, status=kind.status, content_type="application/problem+json; charset=utf-8")
        if kind.status == 401:
            answer.headers["WWW-Authenticate"] = f'Bearer realm="{load_settings().service_domain}"'
        for name, text in self.headers.items():
            answer.headers[name] = text
        return answer


def missing_scope(*scopes: KeyScope) -> Problem:
    """Return the Problem for a key that has none of these scopes. The first is the one to name."""
    return Problem(Code.SCOPE_MISSING, more={"scope": scopes[0].value, "scopes": [scope.value for scope in scopes]})


def wrong(field: str, message: str) -> Problem:
    return Problem(Code.INVALID, more={"errors": [{"pointer": f"body.{field}", "message": message}]})


def wrong_query(name: str, message: str) -> Problem:
    return Problem(Code.INVALID, more={"errors": [{"pointer": f"query.{name}", "message": message}]})


def wrong_fields(problems: Mapping[str, Iterable[str]]) -> Problem:
    """Return the errors of a page's form as a Problem; errors of no single field refer to the body."""
    errors = [
        {"pointer": f"body.{name}" if name != NON_FIELD_ERRORS else "body", "message": str(message)}
        for name, messages in problems.items()
        for message in messages
    ]
    return Problem(Code.INVALID, more={"errors": errors})


# Errors raised by the apps, the more specific first.
_CODES: tuple[tuple[type[Exception], Code], ...] = (
    (RepeatedDifferently, Code.REPEATED),
    (OriginNeeded, Code.ORIGIN_NEEDED),
    (AlreadyExists, Code.EXISTS),
    (StateConflict, Code.STATE),
    (AutomationError, Code.STATE),
    (CampaignInputError, Code.REFUSED),
    (CampaignError, Code.STATE),
    (ListError, Code.REFUSED),
    (FormError, Code.REFUSED),
    (DomainError, Code.REFUSED),
    (WebhookError, Code.REFUSED),
    (TransactionalError, Code.REFUSED),
    (PrivacyError, Code.REFUSED),
    (AccountError, Code.REFUSED),
    (Http404, Code.NOT_FOUND),
    (RequestDataTooBig, Code.TOO_LARGE),
    (TooManyFilesSent, Code.TOO_LARGE),
    (MultiPartParserError, Code.MALFORMED),
    (UnreadablePostError, Code.MALFORMED),
    (RawPostDataException, Code.MALFORMED),
    (SuspiciousOperation, Code.MALFORMED),
)
# What the validator calls a fault -> the words for it; %(names)s are those of its context.
_FAULTS: Mapping[str, Promise] = {
    "missing": _("Field required"),
    "extra_forbidden": _("Extra inputs are not permitted"),
    "string_type": _("Input should be a valid string"),
    "int_type": _("Input should be a valid integer"),
    "int_parsing": _("Input should be a valid integer"),
    "int_from_float": _("Input should be a valid integer"),
    "bool_type": _("Input should be a valid boolean"),
    "bool_parsing": _("Input should be a valid boolean"),
    "list_type": _("Input should be a valid list"),
    "dict_type": _("Input should be an object"),
    "model_type": _("Input should be an object"),
    "model_attributes_type": _("Input should be an object"),
    "datetime_type": _("Input should be a valid date and time"),
    "datetime_parsing": _("Input should be a valid date and time"),
    "datetime_from_date_parsing": _("Input should be a valid date and time"),
    "enum": _("Input should be %(expected)s"),
    "literal_error": _("Input should be %(expected)s"),
    "string_too_long": _("Maximum characters: %(max_length)s"),
    "string_too_short": _("Minimum characters: %(min_length)s"),
    "string_pattern_mismatch": _("String should match pattern '%(pattern)s'"),
    "timezone_aware": _("Input should have timezone info"),
    "time_parsing": _("Input should be in a valid time format"),
    "too_long": _("Maximum entries: %(max_length)s"),
    "too_short": _("Minimum entries: %(min_length)s"),
    "greater_than_equal": _("At least %(ge)s"),
    "less_than_equal": _("At most %(le)s"),
}
_SPEAKS = frozenset({Code.REFUSED, Code.STATE, Code.EXISTS, Code.ORIGIN_NEEDED, Code.REPEATED})
"""Codes whose error message itself says what to change."""


def problem_of(error: Exception) -> Problem:
    """Convert any exception to a Problem. Exceptions that no app raised on purpose are bugs, and are logged."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationError):
        return Problem(Code.INVALID, more={"errors": [_fault(fault) for fault in error.errors]})
    if isinstance(error, AskingBraked):
        return Problem(Code.ASKING, sentence(error), _figures(error), {"Retry-After": str(error.seconds)})
    if isinstance(error, MediaRefused):
        return Problem(Code.REFUSED, refusal_sentence(error.reason))
    if isinstance(error, SourceRefused):
        language = (get_language() or "en")[:2]
        return Problem(Code.REFUSED, _ended(str(capfirst(all_in_words(error.errors, language)))))
    if isinstance(error, NameTaken):
        return Problem(Code.EXISTS, _("There's already a template with this name."))
    if isinstance(error, HttpError):
        return Problem(Code.MALFORMED)
    if isinstance(error, ImportAsks):
        return Problem(
            Code.REFUSED, sentence(error), more={"questions": [asdict(question) for question in error.questions]}
        )
    for kind, code in _CODES:
        if isinstance(error, kind):
            return Problem(code, sentence(error) if code in _SPEAKS else "")
    log.error("api failed", exc_info=error)
    return Problem(Code.INTERNAL)


def _figures(error: AskingBraked) -> dict[str, Any]:
    if error.allowance is None:
        return {}
    return {"limit": error.allowance.limit, "asked_today": error.allowance.asked_today, "level": error.allowance.level}


def sentence(error: Exception) -> str:
    return _ended(str(capfirst(str(error))))


def _ended(text: str) -> str:
    return text if not text or text.endswith((".", "?", "…")) else f"{text}."


def _fault(error: dict[str, Any]) -> dict[str, str]:
    """Return where an invalid value is and what is wrong with it, never the value itself."""
    where = [str(part) for part in error.get("loc", ()) if part != "given"]
    return {"pointer": ".".join(where), "message": _fault_words(error)}


def _fault_words(error: dict[str, Any]) -> str:
    words, given = _FAULTS.get(str(error.get("type", ""))), str(error.get("msg", ""))
    if words is None or (get_language() or "en").startswith("en"):
        return given
    return str(words) % (error.get("ctx") or {})


def answer_of(_request: HttpRequest, error: Any) -> HttpResponse:
    """Answer any exception; called by django-ninja."""
    return problem_of(error).answer()
