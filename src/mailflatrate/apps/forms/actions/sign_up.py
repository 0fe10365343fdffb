"""Intake of all requests as one kind of row, which waits for its one email. Known, unknown, suppressed and subscribed
addresses get the same response; only the gate, which no outsider can observe, uses what is known.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.db import connection
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from pydantic import AwareDatetime, ConfigDict, Field

from mailflatrate.apps.accounts.models import ApiKey, User
from mailflatrate.apps.forms.actions.form_counts import count_step
from mailflatrate.apps.forms.actions.request_limits import admit_asking, count_asked, may_ask_at_stand
from mailflatrate.apps.forms.defence import SubmissionProof, VisitorProof, counter_key, network_of, this_hour
from mailflatrate.apps.forms.errors import AskingBraked, FormError
from mailflatrate.apps.forms.models import (
    ConfirmationRequestKind,
    ConfirmationRequestState,
    Form,
    FormState,
    FormStep,
    SignupRequest,
)
from mailflatrate.apps.forms.queries import PublishedForm, ShownVersion
from mailflatrate.apps.forms.submissions import SignupOutcome, SignupResult, Submission
from mailflatrate.apps.lists.addresses import judge_address
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.lists.personal_data import PersonalFault, judge_attributes
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.ids import canonical_address_key
from mailflatrate.locale.texts import known_language
from mailflatrate.rules.addresses import AddressDecision, AddressVerdict, reason_sentence
from mailflatrate.rules.forms import FrozenForm, frozen_from_json
from mailflatrate.rules.forms.placement import ASKED
from mailflatrate.rules.forms.request_limits import VisitFault, judge_visit
from mailflatrate.rules.limits import value

SEND_JOB = "delivery.send_confirmations"
MAX_URL_CHARACTERS = 500
ADDRESS_CHANGES_A_DAY = 3
MAX_NOTE_CHARACTERS = 1_000


# One statement: an open request settles it with one lookup; otherwise the counters decide, and then the row exists. A
# concurrent twin finds the other's row by the unique index.
_TAKE = f"""
WITH known AS MATERIALIZED (
    SELECT id, state, requested_at FROM signup_request
    WHERE account_id = %(account_id)s AND mailing_list_id = %(list_id)s AND address_key = %(address_key)s
      AND state IN ('queued', 'asked', 'withheld')
), counted AS (
    INSERT INTO signup_counter AS c (key, count, expires_at)
    SELECT key, 1, %(counters_end)s FROM unnest(%(counters)s::bytea[]) AS k(key)
    WHERE NOT EXISTS (SELECT 1 FROM known)
    ON CONFLICT (key) DO UPDATE SET count = c.count + 1
    RETURNING key, count
), over AS (
    SELECT l.place FROM counted c
    JOIN unnest(%(counters)s::bytea[], %(most)s::int[]) WITH ORDINALITY AS l(key, most, place) USING (key)
    WHERE c.count > l.most
), made AS (
    INSERT INTO signup_request (account_id, kind, state, form_id, version_id, mailing_list_id, moves_id, email,
        address_key, language, values, requested_at, expires_at, ip, user_agent, source_url, page_url, ticked, proof,
        note, created_by_id, key_id, visited_at, move_in_id, placement, stand_id, staff,
        further, compared_text)
    SELECT %(account_id)s, %(kind)s, '{ConfirmationRequestState.QUEUED.value}', %(form_id)s, %(version_id)s,
    %(list_id)s,
        %(moves_id)s, %(email)s, %(address_key)s, %(language)s, %(values)s::jsonb, %(now)s, %(expires_at)s,
        %(ip)s::inet, %(user_agent)s, %(source_url)s, %(page_url)s, %(ticked)s::jsonb, %(proof)s, %(note)s,
        %(created_by_id)s, %(key_id)s, %(visited_at)s, %(move_in_id)s, %(placement)s, %(stand_id)s, %(staff)s,
        %(further)s::jsonb, %(compared_text)s
    WHERE NOT EXISTS (SELECT 1 FROM known) AND NOT EXISTS (SELECT 1 FROM over)
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT (SELECT id FROM made), (SELECT id FROM known), (SELECT requested_at FROM known),
    (SELECT array_agg(place ORDER BY place) FROM over)
"""  # noqa: S608  # made of constants


@dataclass(frozen=True, slots=True)
class _Limit:
    key: bytes
    most: int
    outcome: SignupOutcome


def sign_up(form: PublishedForm, version: ShownVersion, sent: Submission, proved: SubmissionProof) -> SignupResult:
    """Opens the account's scope. Raises ValueError without a ticked consent box."""
    if not sent.list_ids:
        raise ValueError("a sign-up without a ticked box is no consent")
    if not form.open:
        return SignupResult(SignupOutcome.CLOSED)
    decision = judge_address(sent.email, form.around)
    if decision.verdict is AddressVerdict.REFUSE or (decision.reason is not None and not sent.checked):
        return SignupResult(SignupOutcome.ADDRESS, decision)
    faults = judge_attributes(sent.values, _labels(version.frozen))
    if PersonalFault.MINOR in faults.values():
        return SignupResult(SignupOutcome.MINOR)
    if proved.hurried:
        return SignupResult(SignupOutcome.STEP)
    now = clock.now()
    limits = _limits(form.code, sent.ip, proved, now, stand_id=sent.stand_id)
    row = _row(ConfirmationRequestKind.FORM, sent.list_ids[0], decision, now) | {
        "further": json.dumps([{"list": list_id} for list_id in sent.list_ids[1:]]),
        "form_id": form.form_id, "version_id": version.version_id, "language": sent.language,
        "values": _without(sent.values, faults), "ip": sent.ip, "user_agent": _short(sent.user_agent),
        "source_url": _short(sent.source_url), "page_url": _short(sent.page_url),
        "ticked": json.dumps(list(sent.ticked)), "proof": proved.proof.value, "move_in_id": sent.move_in_id,
        "placement": sent.placement, "stand_id": sent.stand_id, "staff": sent.staff, "visited_at": sent.visited_at,
        "note": sent.kept, "compared_text": sent.compared_text,
    }  # fmt: skip
    with tenancy.account(form.account_id):
        if sent.stand_id is not None and not may_ask_at_stand():
            return SignupResult(SignupOutcome.BUSY)
        taking = _take({**row, "account_id": form.account_id}, limits)
        if taking.made:
            if sent.stand_id is not None:
                count_asked(None, now, at_stand=True)
            count_step(form.form_id, sent.placement, FormStep.SIGNUP, sent.compared_text)
    return SignupResult(limits[taking.over].outcome if taking.over is not None else SignupOutcome.TAKEN)


@dataclass(frozen=True, slots=True)
class VisitorDetails:
    """The visit during which the person signed up.

    It is stored as evidence, and the limits of our own forms apply to it.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    ip: Annotated[str, Field(max_length=45, description="the visitor's IP address, never your server's or proxy's")]
    user_agent: Annotated[str, Field(max_length=500, description="as sent by the visitor's browser")]
    page: Annotated[str, Field(max_length=500, description="URL of the page where they signed up")]
    at: Annotated[AwareDatetime, Field(description="time of the sign-up, at most 72 hours ago")]


@tenancy.needs_account
def request_confirmation(
    form_id: int,
    email: str,
    *,
    kind: ConfirmationRequestKind,
    note: str,
    by: User | None,
    values: Mapping[str, Any] | None = None,
    language: str = "",
    checked: bool = False,
    key: ApiKey | None = None,
    visit: VisitorDetails | None = None,
    entered_on: str = "",
) -> None:
    """Never subscribes anyone directly. `note`: how the person asked, part of the proof. `checked`: what looks like a
    role address is one person's. `visit`: the visitor that `key` asks for; `entered_on`: where a member entered
    them. Raises FormError; AskingBraked if the account asks too much.
    """
    form = Form.objects.select_related("current", "mailing_list").filter(id=form_id).first()
    if form is None or form.state != FormState.PUBLISHED or form.current is None:
        raise FormError(_("no form has been published for this; people confirm the wording of a form"))
    if form.mailing_list.archived_at is not None:
        raise FormError(_("the list of this form is archived"))
    if len(note.strip()) < 3:
        raise FormError(_("say how the person asked to sign up; it becomes part of the proof"))
    decision = _accepted(email, checked=checked)
    faults = judge_attributes(values or {}, _labels(frozen_from_json(form.current.content)))
    if PersonalFault.MINOR in faults.values():
        raise FormError(_("according to the date of birth, this person is under 16; minors can't be on a list"))
    now = clock.now()
    if visit is not None:
        _check_visit(visit, now)
    admit_asking(key)
    spoken = form.current.content["content"]["languages"]
    proof = VisitorProof.KEY if kind == ConfirmationRequestKind.API else VisitorProof.PERSON
    row = _row(kind, form.mailing_list_id, decision, now) | {
        "form_id": form.id, "version_id": form.current_id, "language": language if language in spoken else spoken[0],
        "values": _without(values or {}, faults), "note": note.strip()[:MAX_NOTE_CHARACTERS],
        "proof": proof.value, "created_by_id": by.id if by else None, "key_id": key.id if key else None,
        "source_url": _short(entered_on),
    }  # fmt: skip
    limits: list[_Limit] = []
    if visit is not None:
        row |= {"ip": visit.ip, "user_agent": _short(visit.user_agent), "page_url": _short(visit.page)}
        row["visited_at"] = visit.at
        limits = _limits(form.code, visit.ip, SubmissionProof(proof), now)
    taking = _take({**row, "account_id": tenancy.current_account_id()}, limits)
    if taking.over is not None:
        words = _(
            "Too many sign-ups from this visitor's network in the last hour. Send the visitor's own IP address, "
            "not your server's, and try again later."
        )
        raise AskingBraked(words, seconds=_until_next_hour(now))
    if taking.made:
        count_asked(key.id if key else None, now)
        count_step(form.id, ASKED, FormStep.SIGNUP)


def _accepted(email: str, *, checked: bool) -> AddressDecision:
    """Raises FormError if it is refused."""
    decision = judge_address(email)
    refused = decision.verdict is AddressVerdict.REFUSE or (decision.verdict is AddressVerdict.HOLD and not checked)
    if refused and decision.reason is not None:
        raise FormError(reason_sentence(decision.reason, _spoken()))
    return decision


_VISIT_FAULTS = {
    VisitFault.IP: gettext_lazy("the visitor's IP address isn't valid"),
    VisitFault.IP_INSIDE: gettext_lazy(
        "the visitor's IP address belongs to a private network: send the address your visitor came from, not your "
        "proxy's"
    ),
    VisitFault.AGENT: gettext_lazy("send the visitor's user agent as their browser sent it"),
    VisitFault.PAGE: gettext_lazy("send the address of the page where the visitor signed up, with https://"),
    VisitFault.FUTURE: gettext_lazy("the sign-up time is in the future: check your clock and the time zone"),
    VisitFault.OLD: gettext_lazy(
        "the visitor signed up too long ago: request confirmation within 72 hours. Use an import for people from "
        "an earlier list"
    ),
}


def _check_visit(visit: VisitorDetails, now: datetime) -> None:
    fault = judge_visit(visit.ip, visit.user_agent, visit.page, visit.at, now)
    if fault is not None:
        raise FormError(str(_VISIT_FAULTS[fault]))


def _until_next_hour(now: datetime) -> int:
    return int((this_hour(now) + timedelta(hours=1) - now).total_seconds()) + 1


@tenancy.needs_account
def request_address_change(
    contact: Contact, list_id: int, email: str, *, language: str, ip: str | None, user_agent: str, source_url: str
) -> AddressDecision:
    """Nothing changes until the new mailbox confirms. Raises FormError after too many a day: this must not mail
    strangers.
    """
    decision = judge_address(email)
    since = clock.now() - timedelta(hours=value("confirmation_again_hours"))
    if SignupRequest.objects.filter(moves=contact, requested_at__gt=since).count() >= ADDRESS_CHANGES_A_DAY:
        raise FormError(_("You've entered several addresses today. Try again tomorrow."))
    if decision.verdict is not AddressVerdict.ACCEPT or _address_key(decision) == bytes(contact.address_key):
        return decision
    row = _row(ConfirmationRequestKind.MOVE, list_id, decision, clock.now()) | {
        "moves_id": contact.id, "language": language, "ip": ip, "user_agent": _short(user_agent),
        "source_url": _short(source_url), "proof": VisitorProof.MAILBOX.value,
    }  # fmt: skip
    _take({**row, "account_id": tenancy.current_account_id()}, ())
    return decision


def wake_sending(account_id: int) -> None:
    jobs.wake(SEND_JOB, jobs.JobQueue.EXPRESS, once=f"confirmations:{account_id}", priority=20, account_id=account_id)


def _without(values: Mapping[str, Any], faults: Mapping[str, PersonalFault]) -> str:
    return json.dumps({key: text for key, text in values.items() if key not in faults})


def _labels(frozen: FrozenForm) -> dict[str, tuple[str, ...]]:
    return {field.key: tuple(field.labels.values()) for field in frozen.content.fields}


def _spoken() -> str:
    return known_language(get_language())


def _address_key(decision: AddressDecision) -> bytes:
    return canonical_address_key(decision.canonical)


def _row(kind: ConfirmationRequestKind, list_id: int, decision: AddressDecision, now: datetime) -> dict[str, Any]:
    return {
        "kind": kind.value, "list_id": list_id, "email": decision.address, "address_key": _address_key(decision),
        "now": now, "expires_at": now + timedelta(days=value("confirmation_valid_days")),
        "form_id": None, "version_id": None, "moves_id": None, "created_by_id": None, "key_id": None,
        "visited_at": None, "move_in_id": None, "placement": "", "stand_id": None, "staff": "",
        "further": "[]", "ip": None, "values": "{}", "compared_text": "",
        "ticked": "[]", "user_agent": "", "source_url": "", "page_url": "", "note": "",
    }  # fmt: skip


def _limits(
    code: str, ip: str | None, proved: SubmissionProof, now: datetime, *, stand_id: int | None = None
) -> list[_Limit]:
    hour, network = this_hour(now), network_of(ip)
    limits = []
    if stand_id is not None:
        most = int(value("sign_ups_per_stand_hour"))
        limits.append(_Limit(counter_key("stand", str(stand_id), hour), most, SignupOutcome.BUSY))
    if network:
        limits.append(
            _Limit(counter_key("network", network, hour), int(value("sign_ups_per_ip_hour")), SignupOutcome.BUSY)
        )
    if proved.task_key is not None:
        limits.append(_Limit(proved.task_key, 1, SignupOutcome.STEP))
    elif proved.proof is VisitorProof.NONE:
        most = int(value("sign_ups_unproven_per_form_hour"))
        limits.append(_Limit(counter_key("unproven", code, hour), most, SignupOutcome.STEP))
    # Two sign-ups that count the same things take the rows in the same order.
    return sorted(limits, key=lambda limit: limit.key)


@dataclass(frozen=True, slots=True)
class _RequestResult:
    """`made` if new, or stopped by the limit with index `over`."""

    made: bool = False
    over: int | None = None


def _take(row: dict[str, Any], limits: Sequence[_Limit]) -> _RequestResult:
    for _attempt in range(2):
        made, known_id, known_at, over = _store(row, limits)
        if over:
            return _RequestResult(over=int(over[0]) - 1)
        if made is not None:
            wake_sending(row["account_id"])
            return _RequestResult(made=True)
        if known_id is None or not _is_old(known_at, row["now"], row["kind"]):
            return _RequestResult()
        # Yesterday's mail may be lost: a person who signs up again gets a new one.
        SignupRequest.objects.filter(
            id=known_id, state__in=[ConfirmationRequestState.ASKED, ConfirmationRequestState.WITHHELD]
        ).update(state=ConfirmationRequestState.REPLACED, token_hash=None)
    return _RequestResult()


def _store(row: dict[str, Any], limits: Sequence[_Limit]) -> tuple[int | None, int | None, datetime, list[int] | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                **row,
                "counters": [limit.key for limit in limits],
                "most": [limit.most for limit in limits],
                "counters_end": row["now"] + timedelta(hours=3),
            },
        )
        stored: tuple[int | None, int | None, datetime, list[int] | None] = cursor.fetchone()
    return stored


def _is_old(known_at: datetime, now: datetime, kind: str) -> bool:
    """A request may be made again after a day, or at once for a change of address."""
    return kind == ConfirmationRequestKind.MOVE or now - known_at > timedelta(hours=value("confirmation_again_hours"))


def _short(text: str) -> str:
    return text.replace("\0", "")[:MAX_URL_CHARACTERS]
