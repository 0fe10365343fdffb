"""The gate for confirmation mails (R-25 to R-35): facts from forms, accounts and suppression, and the stored verdict.

Asked twice: when a request is taken up, and again right before its letter leaves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailflatrate.apps.accounts.facts import account_facts, structured_imprint
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.forms import actions as forms
from mailflatrate.apps.forms.models import FormState, RequestKind, SignupDenial, SignupRequest
from mailflatrate.apps.forms.queries import newest_imprint
from mailflatrate.apps.gate.models import Chain, GateDecision
from mailflatrate.apps.lists.models import Subscription, SubscriptionState
from mailflatrate.apps.suppression import queries as suppression
from mailflatrate.apps.suppression.models import Reason, Suppression
from mailflatrate.base import clock
from mailflatrate.mail.confirmation import LINKS
from mailflatrate.rules.facts import AccountFacts, ConfirmationFacts
from mailflatrate.rules.gate import RULES_VERSION, judge_confirmation
from mailflatrate.rules.imprint import Imprint
from mailflatrate.rules.limits import value

MAY_RETURN = (Reason.UNSUBSCRIBE, Reason.SOFT_BOUNCE)
"""Whoever left, or whose mailbox was full, may come back by the person's own new yes (R-16, R-75)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A request and what the gate said to it. `reason` is the key of the first rule that stops it."""

    request: SignupRequest
    decision: GateDecision
    reason: str


@dataclass(frozen=True, slots=True)
class _Background:
    """What is the same for all requests of an account at one moment."""

    account: AccountFacts
    imprint: Imprint | None
    now: datetime


def judge_requests(requests: Sequence[SignupRequest]) -> list[Judged]:
    """Ask the rules about queued requests and store what they said; each mail that may go is counted against the cap.

    Runs in the account's scope, in the transaction that writes down what follows from it.
    """
    background = _background()
    keys = {request.id: forms.mailbox_key(request) for request in requests}
    forms.lock_mailboxes(list(keys.values()))
    of_form: dict[int | None, int] = {}
    judged = []
    for request in requests:
        if request.form_id not in of_form:
            of_form[request.form_id] = forms.mails_of_form(request.form_id, background.now)
        facts = _facts(
            request,
            background,
            to_mailbox=forms.mails_to_mailbox(keys[request.id], background.now),
            of_form=of_form[request.form_id],
        )
        verdict = judge_confirmation(facts)
        if verdict.allowed:
            forms.mark_mail(keys[request.id], background.now)
            of_form[request.form_id] += 1
        decision = GateDecision(
            account_id=request.account_id,
            chain=Chain.CONFIRMATION,
            allowed=verdict.allowed,
            findings=[finding.as_json() for finding in verdict],
            rules_version=RULES_VERSION,
            decided_at=background.now,
        )
        blocked = verdict.blocked_by
        judged.append(Judged(request, decision, blocked[0].key if blocked else ""))
    GateDecision.objects.bulk_create([each.decision for each in judged])
    return judged


def facts_again(requests: Sequence[SignupRequest]) -> dict[int, ConfirmationFacts]:
    """The facts right before the letters leave, by request. The caps were asked, and the mails counted, before."""
    background = _background()
    return {request.id: _facts(request, background, to_mailbox=0, of_form=0) for request in requests}


def _background() -> _Background:
    return _Background(account_facts(current_account()), structured_imprint(newest_imprint()), clock.now())


def _facts(request: SignupRequest, background: _Background, *, to_mailbox: int, of_form: int) -> ConfirmationFacts:
    return ConfirmationFacts(
        account=background.account,
        imprint=background.imprint,
        form_published=_asked_for(request),
        requested_at=request.requested_at,
        token_expires_at=request.expires_at,
        now=background.now,
        suppressed=_stays_away(suppression.strongest(bytes(request.address_key)), background.now),
        address_refused_by="",  # decided when it was taken, by the same function and against the same tables
        mails_to_address_last_day=to_mailbox,
        tracking=False,
        links=LINKS,
        mails_of_form_last_hour=of_form,
        denied=_denied(request, background.now),
    )


def _asked_for(request: SignupRequest) -> bool:
    """At a form that is still published; or by a person who is on a list, of himself."""
    if request.kind != RequestKind.MOVE:
        return request.form is not None and request.form.state == FormState.PUBLISHED
    if request.moves_id is None:
        return False
    return Subscription.objects.filter(contact_id=request.moves_id, state=SubscriptionState.CONFIRMED).exists()


def _stays_away(row: Suppression | None, now: datetime) -> bool:
    """A complaint, an objection, an erased or a dead mailbox; the last may be tried again after 60 days (R-75)."""
    if row is None or row.reason in MAY_RETURN:
        return False
    if row.reason == Reason.HARD_BOUNCE:
        return now - row.created_at < timedelta(days=value("bounce_return_days"))
    return True


def _denied(request: SignupRequest, now: datetime) -> bool:
    rows = SignupDenial.objects.filter(
        address_key=request.address_key, denied_at__gt=now - timedelta(days=value("confirmation_erase_days"))
    )
    if request.kind == RequestKind.MOVE:
        return rows.filter(kind=RequestKind.MOVE).exists()
    return rows.filter(form__mailing_list_id=request.mailing_list_id).exists()
