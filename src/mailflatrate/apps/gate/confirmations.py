"""The gate for confirmation emails (R-25 to R-35), asked when a request is accepted and right before sending."""

from collections import Counter
from dataclasses import replace

from mailflatrate.apps.accounts.facts import account_facts, structured_imprint
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.domains.facts import from_facts
from mailflatrate.apps.domains.mailable import known_facts
from mailflatrate.apps.domains.models import SenderAddress
from mailflatrate.apps.forms.facts import ConfirmationBatch, ConfirmationDecision, ConfirmationRequest
from mailflatrate.apps.forms.queries import confirmation_senders, newest_imprint
from mailflatrate.apps.gate.models import Chain, GateDecision
from mailflatrate.apps.suppression import queries as suppression
from mailflatrate.base import tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.mail.address import domain_of
from mailflatrate.mail.message.confirmation import LINKS
from mailflatrate.rules.addresses import ResolverFacts
from mailflatrate.rules.facts import FromFacts
from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.gate.judge import RULES_VERSION, judge_confirmation
from mailflatrate.settings import load_settings


@tenancy.needs_account
def decide_confirmations(batch: ConfirmationBatch) -> list[ConfirmationDecision]:
    """Emails that may be sent count toward the caps. Committed with the transaction that records the consequences."""
    to_mailbox, of_form = Counter(batch.mails_to_mailbox), Counter[int | None](batch.mails_of_form)
    facts_by_request = confirmation_facts(batch)
    decisions, reasons = [], []
    for request in batch.requests:
        facts = replace(
            facts_by_request[request.id],
            mails_to_address_last_day=to_mailbox[request.keys.mailbox],
            mails_of_form_last_hour=of_form[request.form_id],
        )
        verdict = judge_confirmation(facts)
        if verdict.allowed:
            to_mailbox[request.keys.mailbox] += 1
            of_form[request.form_id] += 1
        reasons.append("" if verdict.allowed else verdict.blocked_by[0].key)
        decisions.append(
            GateDecision(
                account_id=tenancy.current_account_id(),
                chain=Chain.CONFIRMATION,
                allowed=verdict.allowed,
                findings=[finding.as_json() for finding in verdict],
                rules_version=RULES_VERSION,
                decided_at=batch.now,
            )
        )
    GateDecision.objects.bulk_create(decisions)
    return [
        ConfirmationDecision(request.id, decision.id, RULES_VERSION, batch.now, reason)
        for request, decision, reason in zip(batch.requests, decisions, reasons, strict=True)
    ]


@tenancy.needs_account
def confirmation_facts(batch: ConfirmationBatch) -> dict[int, ConfirmationFacts]:
    account = account_facts(current_account())
    imprint = structured_imprint(newest_imprint())
    kept_away = suppression.kept_away(list({key for request in batch.requests for key in request.keys}), batch.now)
    for_others = [request.keys.mailbox for request in batch.requests if request.is_for_another]
    mailboxes = suppression.kept_away_mailboxes(for_others, batch.now)
    by_form = confirmation_senders({request.form_id for request in batch.requests})
    from_lines = {form_id: _from_line(sender) for form_id, sender in by_form.items()}
    domains = known_facts({domain_of(request.email) for request in batch.requests})
    return {
        request.id: ConfirmationFacts(
            account=account,
            imprint=imprint,
            form_published=request.id in batch.wanted,
            requested_at=request.requested_at,
            token_expires_at=request.expires_at,
            now=batch.now,
            suppressed=not kept_away.isdisjoint(request.keys)
            or (request.is_for_another and request.keys.mailbox in mailboxes),
            address_refused_by=_refused_by(request, domains.get(domain_of(request.email))),
            mails_to_address_last_day=0,
            tracking=False,
            links=LINKS,
            from_line=from_lines[request.form_id],
            denied=request.id in batch.denied,
            left_lately=request.id in batch.left,
        )
        for request in batch.requests
    }


def _from_line(sender: SenderAddress | None) -> FromFacts:
    if sender is not None:
        return from_facts(sender.display_name, sender.email)
    return from_facts(current_account().name, f"confirm@{load_settings().service_domain}")


def _refused_by(request: ConfirmationRequest, domain: ResolverFacts | None) -> str:
    """Only what's known now, such as the DNS; a key that isn't the address's was not made by our forms (ADR 0010)."""
    if address_key(request.email) != request.keys[0]:
        return "R-20"
    return "R-18" if domain is not None and (domain.null_mx or domain.resolves is False) else ""
