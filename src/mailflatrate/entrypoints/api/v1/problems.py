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

from mailflatrate.apps.accounts.actions import RepeatedDifferently
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.campaigns.errors import CampaignError, MediaInUse, MediaRefused, NameTaken, NotEditable
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.forms.errors import AskingBraked, FormError
from mailflatrate.apps.lists.errors import ListError, OriginNeeded
from mailflatrate.apps.lists.intake.questions import ImportAsks
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.entrypoints.web.studio.content.media import refusal_sentence
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.mail.mistakes import all_in_words
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
    ACCOUNT_STANDING = "account-standing"
    AGREEMENTS_OPEN = "agreements-open"
    NOT_FOUND = "not-found"
    METHOD = "method-not-allowed"
    STATE = "state-conflict"
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


@dataclass(frozen=True, slots=True)
class Kind:
    """One code: its HTTP status, what it means, how to mend it."""

    status: int
    title: Words
    mend: Words


KINDS: Mapping[Code, Kind] = {
    Code.MALFORMED: Kind(400, _("The request cannot be read."), _("Send valid JSON in UTF-8, without NUL characters.")),
    Code.KEY_MISSING: Kind(
        401, _("This needs an API key."), _("Send the header “Authorization: Bearer …” with a key of the account.")
    ),
    Code.KEY_REFUSED: Kind(
        401,
        _("This API key is not accepted."),
        _("It is mistyped, expired or revoked, or whoever made it is no owner any more. An owner makes a new one."),
    ),
    Code.KEY_NETWORK: Kind(
        403,
        _("This key does not work from this address."),
        _("Call from one of the key's IP ranges, or have an owner make a key for this one."),
    ),
    Code.SCOPE_MISSING: Kind(
        403, _("The key may not do this."), _("An owner makes a key with the scope that is named here.")
    ),
    Code.ACCOUNT_STANDING: Kind(
        403,
        _("The standing of the account does not allow this."),
        _("The page Standing says why, and how to write to us."),
    ),
    Code.AGREEMENTS_OPEN: Kind(
        403,
        _("An agreement has a new version that nobody accepted yet."),
        _("An owner accepts it on the page Standing; reading works meanwhile."),
    ),
    Code.NOT_FOUND: Kind(404, _("There is nothing here."), _("Look at the number in the address, and at the account.")),
    Code.METHOD: Kind(405, _("This address does not take this method."), _("The header Allow names those it takes.")),
    Code.STATE: Kind(
        409, _("It is not in a state for this."), _("Read it again: it has moved on, or has not come so far.")
    ),
    Code.TOO_LARGE: Kind(413, _("The request is too large."), _("Send less at a time.")),
    Code.INVALID: Kind(422, _("A value is missing or not allowed."), _("Change the values that “errors” names.")),
    Code.REFUSED: Kind(422, _("This was refused."), _("The sentence in “detail” says what to change.")),
    Code.ORIGIN_NEEDED: Kind(
        422,
        _("The origin of this list is not declared."),
        _("Say on the page of the list where its addresses come from; then upload again (R-10)."),
    ),
    Code.NOT_CONFIRMED: Kind(
        422,
        _("The anti-spam policy was not confirmed."),
        _("Whoever answers for it confirms it for exactly this content: “policy_confirmed”: true (R-04)."),
    ),
    Code.CONTENT_CHANGED: Kind(
        422,
        _("The content is not the one that was confirmed."),
        _("Read the mailing again, look at it, and send its present “content_hash”."),
    ),
    Code.BLOCKED: Kind(422, _("The checks are still open."), _("Mend what “checks” names; each says how.")),
    Code.REPEATED: Kind(
        422, _("The Idempotency-Key belongs to another request."), _("Use a new Idempotency-Key for a new request.")
    ),
    Code.RATE: Kind(429, _("Too many requests."), _("Wait as many seconds as the header Retry-After says.")),
    Code.ASKING: Kind(
        429,
        _("Too many confirmation requests."),
        _("The sentence in “detail” says why and what to do; Retry-After says when to try again."),
    ),
    Code.INTERNAL: Kind(500, _("That was our fault."), _("It is noted. Try again, or write to us.")),
}


@dataclass(eq=False)
class Problem(Exception):
    """An answer that is none. `more` are further members of the shape, `headers` go along."""

    code: Code
    detail: Words = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> HttpResponse:
        """Return the problem as an HTTP response in the reader's language."""
        kind = KINDS[self.code]
        shape = {
            "type": f"{load_settings().public_url}/api/v1/docs#{self.code.value}",
            "title": str(kind.title),
            "status": kind.status,
            "detail": str(self.detail or kind.title),
            "code": self.code.value,
            "mend": str(kind.mend),
            **self.more,
        }
        content = json.dumps(shape, ensure_ascii=False, default=str)
        answer = HttpResponse(content, status=kind.status, content_type="application/problem+json; charset=utf-8")
        if kind.status == 401:
            answer.headers["WWW-Authenticate"] = f'Bearer realm="{load_settings().service_domain}"'
        for name, text in self.headers.items():
            answer.headers[name] = text
        return answer


def wrong(field: str, message: str) -> Problem:
    """Return the Problem for one invalid value."""
    return Problem(Code.INVALID, more={"errors": [{"where": f"body.{field}", "message": message}]})


def wrong_fields(problems: Mapping[str, Iterable[str]]) -> Problem:
    """What a form of the pages says of each field; what concerns none of them stands at the body."""
    errors = [
        {"where": f"body.{name}" if name != NON_FIELD_ERRORS else "body", "message": str(message)}
        for name, messages in problems.items()
        for message in messages
    ]
    return Problem(Code.INVALID, more={"errors": errors})


# What the apps refuse, the more special first.
_CODES: tuple[tuple[type[Exception], Code], ...] = (
    (RepeatedDifferently, Code.REPEATED),
    (OriginNeeded, Code.ORIGIN_NEEDED),
    (NotEditable, Code.STATE),
    (CampaignError, Code.STATE),
    (MediaInUse, Code.STATE),
    (ListError, Code.REFUSED),
    (FormError, Code.REFUSED),
    (DomainError, Code.REFUSED),
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
    "string_too_long": _("Characters at most: %(max_length)s"),
    "string_too_short": _("Characters at least: %(min_length)s"),
    "string_pattern_mismatch": _("String should match pattern '%(pattern)s'"),
    "timezone_aware": _("Input should have timezone info"),
    "time_parsing": _("Input should be in a valid time format"),
    "too_long": _("Entries at most: %(max_length)s"),
    "too_short": _("Entries at least: %(min_length)s"),
    "greater_than_equal": _("At least %(ge)s"),
    "less_than_equal": _("At most %(le)s"),
}
_SPEAKS = frozenset({Code.REFUSED, Code.STATE, Code.ORIGIN_NEEDED, Code.REPEATED})
"""Codes whose error message itself says what to change."""


def problem_of(error: Exception) -> Problem:
    """Return any exception as a Problem. Exceptions that no app raised on purpose are our fault, and are logged."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationError):
        return Problem(Code.INVALID, more={"errors": [_fault(each) for each in error.errors]})
    if isinstance(error, AskingBraked):
        return Problem(Code.ASKING, sentence(error), _figures(error), {"Retry-After": str(error.seconds)})
    if isinstance(error, MediaRefused):
        return Problem(Code.REFUSED, refusal_sentence(error.reason))
    if isinstance(error, SourceRefused):
        language = (get_language() or "en")[:2]
        return Problem(Code.REFUSED, _ended(str(capfirst(all_in_words(error.errors, language)))))
    if isinstance(error, NameTaken):
        return Problem(Code.REFUSED, _("There is a template of this name already."))
    if isinstance(error, HttpError):
        return Problem(Code.MALFORMED)
    if isinstance(error, ImportAsks):
        return Problem(Code.REFUSED, sentence(error), more={"questions": [asdict(each) for each in error.questions]})
    for known, code in _CODES:
        if isinstance(error, known):
            return Problem(code, sentence(error) if code in _SPEAKS else "")
    log.error("api failed", exc_info=error)
    return Problem(Code.INTERNAL)


def _figures(error: AskingBraked) -> dict[str, Any]:
    if error.allowance is None:
        return {}
    return {"limit": error.allowance.limit, "asked_today": error.allowance.asked_today, "level": error.allowance.level}


def sentence(error: Exception) -> str:
    """Return an app's error message as a sentence."""
    return _ended(str(capfirst(str(error))))


def _ended(text: str) -> str:
    return text if not text or text.endswith((".", "?", "…")) else f"{text}."


def _fault(error: dict[str, Any]) -> dict[str, str]:
    """Return where an invalid value is and what is wrong with it, never the value itself."""
    where = [str(part) for part in error.get("loc", ()) if part != "given"]
    return {"where": ".".join(where), "message": _fault_words(error)}


def _fault_words(error: dict[str, Any]) -> str:
    """Return the validator's English message; common ones are translated into the reader's language."""
    words, given = _FAULTS.get(str(error.get("type", ""))), str(error.get("msg", ""))
    if words is None or (get_language() or "en").startswith("en"):
        return given
    return str(words) % (error.get("ctx") or {})


def answer_of(_request: HttpRequest, error: Any) -> HttpResponse:
    """Answer any exception; called by django-ninja."""
    return problem_of(error).answer()
