"""The gate for confirmation emails (R-25 to R-35): facts from forms, accounts and suppression, and the stored verdict.

Asked twice: when a request is accepted, and again right before its message is sent.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailflatrate.apps.accounts.facts import account_facts, structured_imprint
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.domains.mailable import known_facts
from mailflatrate.apps.forms import actions as forms
from mailflatrate.apps.forms.models import ConfirmationRequestKind, FormState, SignupDenial, SignupRequest
from mailflatrate.apps.forms.queries import newest_imprint
from mailflatrate.apps.gate.models import Chain, GateDecision
from mailflatrate.apps.lists.models import Subscription, SubscriptionState
from mailflatrate.apps.suppression import queries as suppression
from mailflatrate.base import clock
from mailflatrate.base.ids import address_key, canonical_address_key
from mailflatrate.mail.address import canonical_key, domain_of, without_tag
from mailflatrate.mail.confirmation import LINKS
from mailflatrate.rules.addresses import ResolverFacts
from mailflatrate.rules.facts import AccountFacts, ConfirmationFacts
from mailflatrate.rules.gate import RULES_VERSION, judge_confirmation
from mailflatrate.rules.imprint import ImprintRecord
from mailflatrate.rules.limits import value


@dataclass(frozen=True, slots=True)
class RequestVerdict:
    """A request and the gate's verdict. `reason` is the key of the first rule that stops it."""

    request: SignupRequest
    decision: GateDecision
    reason: str


@dataclass(frozen=True, slots=True)
class _Background:
    """The facts about an account and a set of requests at one moment; denials by address and list, and by address
    and None for a change of address.
    """

    account: AccountFacts
    imprint: ImprintRecord | None
    now: datetime
    kept_away: Set[bytes]
    denied: Set[tuple[bytes, int | None]]
    domains: Mapping[str, ResolverFacts]


def judge_requests(requests: Sequence[SignupRequest]) -> list[RequestVerdict]:
    """Run the rules on queued requests and store the verdicts; each mail that may be sent counts toward the cap.

    Runs in the account's scope, in the transaction that records the consequences.
    """
    keys = {request.id: forms.mailbox_key(request) for request in requests}
    forms.lock_mailboxes(list(keys.values()))
    background = _background(requests)
    to_mailbox = forms.mails_to_mailboxes(list(keys.values()), background.now)
    of_form: dict[int | None, int] = {}
    counted = []
    judged = []
    for request in requests:
        if request.form_id not in of_form:
            of_form[request.form_id] = forms.mails_of_form(request.form_id, background.now)
        facts = _facts(
            request,
            background,
            to_mailbox=to_mailbox[keys[request.id]],
            of_form=of_form[request.form_id],
        )
        verdict = judge_confirmation(facts)
        if verdict.allowed:
            counted.append(keys[request.id])
            to_mailbox[keys[request.id]] += 1
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
        judged.append(RequestVerdict(request, decision, blocked[0].key if blocked else ""))
    forms.mark_mails(counted, background.now)
    GateDecision.objects.bulk_create([each.decision for each in judged])
    return judged


def facts_again(requests: Sequence[SignupRequest]) -> dict[int, ConfirmationFacts]:
    """Return the facts right before the messages are sent, by request. Caps and counts were checked before."""
    background = _background(requests)
    return {request.id: _facts(request, background, to_mailbox=0, of_form=0) for request in requests}


def _background(requests: Sequence[SignupRequest]) -> _Background:
    now = clock.now()
    keys = list({key for request in requests for key in _refusable(request)})
    return _Background(
        account=account_facts(current_account()),
        imprint=structured_imprint(newest_imprint()),
        now=now,
        kept_away=suppression.kept_away(keys, now),
        denied=_denials(keys, now),
        domains=known_facts({domain_of(request.email) for request in requests}),
    )


def _facts(request: SignupRequest, background: _Background, *, to_mailbox: int, of_form: int) -> ConfirmationFacts:
    refusable = _refusable(request)
    return ConfirmationFacts(
        account=background.account,
        imprint=background.imprint,
        form_published=_asked_for(request),
        requested_at=request.requested_at,
        token_expires_at=request.expires_at,
        now=background.now,
        suppressed=not background.kept_away.isdisjoint(refusable),
        address_refused_by=_refused_by(request, background),
        mails_to_address_last_day=to_mailbox,
        tracking=False,
        links=LINKS,
        mails_of_form_last_hour=of_form,
        denied=any((key, _turned_down(request)) in background.denied for key in refusable),
    )


def _refusable(request: SignupRequest) -> tuple[bytes, ...]:
    """Return the keys of the address and, if it has a +tag, of its mailbox: a mailbox's denial covers its tags."""
    mailbox = without_tag(canonical_key(request.email))
    own = bytes(request.address_key)
    return (own, canonical_address_key(mailbox)) if mailbox else (own,)


def _refused_by(request: SignupRequest, background: _Background) -> str:
    """Return the reason to refuse that is known only now: the rest was decided when the request was taken.

    The DNS may have answered about the domain since. A row whose key is not that of its address was not made by our
    forms (ADR 0010).
    """
    if address_key(request.email) != bytes(request.address_key):
        return "R-20"
    found = background.domains.get(domain_of(request.email))
    return "R-18" if found is not None and (found.null_mx or found.resolves is False) else ""


def _asked_for(request: SignupRequest) -> bool:
    """Return whether a form that is still published, or a list's own subscriber, made the request."""
    if request.kind != ConfirmationRequestKind.MOVE:
        return request.form is not None and request.form.state == FormState.PUBLISHED
    if request.moves_id is None or not forms.is_agreed(request):
        return False
    return Subscription.objects.filter(contact_id=request.moves_id, state=SubscriptionState.CONFIRMED).exists()


def _turned_down(request: SignupRequest) -> int | None:
    return None if request.kind == ConfirmationRequestKind.MOVE else request.mailing_list_id


def _denials(keys: Sequence[bytes], now: datetime) -> set[tuple[bytes, int | None]]:
    since = now - timedelta(days=value("confirmation_erase_days"))
    rows = SignupDenial.objects.filter(address_key__in=keys, denied_at__gt=since)
    return {(bytes(key), list_id) for key, list_id in rows.values_list("address_key", "form__mailing_list_id")}
