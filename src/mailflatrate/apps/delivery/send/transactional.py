"""Messages of a chunk without a campaign, each on its own row's basis, prepared in a thread that may use the ORM. A
confirmation's token, Message-ID and body hash are stored before a byte leaves: the ledger can prove it whatever
happens afterward.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Protocol

import structlog

from mailflatrate.apps.accounts.facts import structured_imprint
from mailflatrate.apps.accounts.models import Account, Notice, NoticeKind
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.delivery.planning.editions import NoticeMail, house_signers, notice_mail, test_mail
from mailflatrate.apps.delivery.send.chunk_composer import MESSAGE_FAILED, DraftedMessage
from mailflatrate.apps.delivery.send.contract_messages import load_messages, message_mail, template_test_mail
from mailflatrate.apps.delivery.send.outcomes import SettledDelivery, withheld
from mailflatrate.apps.domains.models import SenderAddress, SenderDomain
from mailflatrate.apps.domains.queries import service_key_published
from mailflatrate.apps.forms.actions.request_progress import ConfirmationDraft, note_messages
from mailflatrate.apps.forms.facts import (
    asked_lists,
    asks_tracking,
    confirmation_batch,
    entered_at,
    entered_on,
    tracking_text,
)
from mailflatrate.apps.forms.models import ConfirmationRequestKind, ConfirmationRequestState, SignupRequest
from mailflatrate.apps.forms.queries import confirmation_senders, newest_imprint
from mailflatrate.apps.gate import permits
from mailflatrate.apps.gate.confirmations import confirmation_facts
from mailflatrate.apps.gate.contracts import contract_facts
from mailflatrate.apps.gate.message_composition import load_signers, service_identity
from mailflatrate.apps.gate.notices import notice_facts
from mailflatrate.apps.gate.permits import Permit
from mailflatrate.apps.gate.recipients import RecipientRow
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.locale.texts import known_language
from mailflatrate.mail.headers import NamedAddress
from mailflatrate.mail.message.compose import Composer, MessageDraft
from mailflatrate.mail.message.confirmation import (
    ConfirmationOccasion,
    ConfirmationText,
    confirmation_content,
    confirmation_values,
)
from mailflatrate.mail.message.edition import NoticeStream, Recipient
from mailflatrate.rules.facts import ContractFacts, NoticeFacts
from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.imprint import ImprintRecord, imprint_lines
from mailflatrate.rules.skip_reasons import WithholdReason
from mailflatrate.settings.schema import load_settings

TOKEN_OCTETS = 24  # 192 random bits; R-33 asks for 128
OCCASIONS = {
    ConfirmationRequestKind.MOVE: ConfirmationOccasion.MOVE,
    ConfirmationRequestKind.FORM: ConfirmationOccasion.FORM,
}

log = structlog.get_logger(__name__)


class _PreparedMessage(Protocol):
    def write(self, row: RecipientRow, now: datetime) -> DraftedMessage | SettledDelivery: ...


@dataclass(frozen=True, slots=True)
class _PreparedNotice:
    mail: NoticeMail
    facts: NoticeFacts

    def write(self, row: RecipientRow, now: datetime) -> DraftedMessage | SettledDelivery:
        granted = permits.grant_notice(row.delivery_id, row.decision_id, self.facts, now)
        if not isinstance(granted, Permit):
            return withheld(row.delivery_id, granted, now)
        return DraftedMessage(granted, self.mail.composer.draft(self.mail.recipient, now))


@dataclass(frozen=True, slots=True)
class _PreparedConfirmation:
    draft: MessageDraft
    facts: ConfirmationFacts

    def write(self, row: RecipientRow, now: datetime) -> DraftedMessage | SettledDelivery:
        granted = permits.grant_confirmation(row.delivery_id, row.decision_id, replace(self.facts, now=now))
        if not isinstance(granted, Permit):
            return withheld(row.delivery_id, granted, now)
        return DraftedMessage(granted, self.draft)


@dataclass(frozen=True, slots=True)
class _PreparedContract:
    mail: NoticeMail
    facts: ContractFacts

    def write(self, row: RecipientRow, now: datetime) -> DraftedMessage | SettledDelivery:
        granted = permits.grant_contract(row.delivery_id, row.decision_id, self.facts, now)
        if not isinstance(granted, Permit):
            return withheld(row.delivery_id, granted, now)
        return DraftedMessage(granted, self.mail.composer.draft(self.mail.recipient, now))


class TransactionalComposer:
    def __init__(
        self, prepared: dict[int, _PreparedMessage], failed: frozenset[int], waiting: frozenset[int] = frozenset()
    ) -> None:
        self._prepared = prepared
        self._failed = failed
        self._waiting = waiting

    def write(self, row: RecipientRow, now: datetime) -> DraftedMessage | SettledDelivery | None:
        if row.delivery_id in self._waiting:
            return None
        prepared = self._prepared.get(row.delivery_id)
        if prepared is None:
            failed = row.delivery_id in self._failed
            return withheld(row.delivery_id, MESSAGE_FAILED if failed else WithholdReason.REMOVED.value, now)
        try:
            return prepared.write(row, now)
        except Exception:  # a message that cannot be made is parked with its reason and does not hold up the others
            log.exception("message_failed", delivery_id=row.delivery_id)
            return withheld(row.delivery_id, MESSAGE_FAILED, now)


def transactional_composer(
    account_id: int, delivery_ids: Sequence[int], *, leaves_machine: bool = False
) -> TransactionalComposer:
    """`leaves_machine`: mail signed by the service waits until receivers can verify it."""
    prepared: dict[int, _PreparedMessage] = {}
    failed: set[int] = set()
    hold = leaves_machine and not service_key_published(load_settings().service_domain)
    with tenancy.account(account_id):
        rows = list(Delivery.objects.filter(id__in=delivery_ids).select_related("notice").order_by("id"))
        waiting = _signed_by_service(rows) if hold else frozenset()
        rows = [row for row in rows if row.id not in waiting]
        for row in rows:
            if row.notice is not None:
                try:
                    prepared[row.id] = _notice(account_id, row.notice, row.id)
                except Exception:  # as above
                    log.exception("message_failed", delivery_id=row.id)
                    failed.add(row.id)
        _contracts(account_id, rows, prepared, failed)
        asked = {row.confirmation_id: row.id for row in rows if row.confirmation_id is not None}
        if asked:
            _confirmations(account_id, asked, prepared, failed)
    if waiting:
        log.warning(
            "service_mail_waits", count=len(waiting), reason="the DNS record of the signing key isn't published"
        )
        jobs.wake("domains.check_service", jobs.JobQueue.HOUSE, once="domains.check_service")
    return TransactionalComposer(prepared, frozenset(failed), waiting)


@tenancy.needs_account
def _signed_by_service(rows: Sequence[Delivery]) -> frozenset[int]:
    """Notices that are not test sends, and confirmations of forms without a usable sender."""
    asked = {row.confirmation_id: row.id for row in rows if row.confirmation_id is not None}
    forms = dict(SignupRequest.objects.filter(id__in=asked).values_list("id", "form_id"))
    by_form = confirmation_senders(set(forms.values()))
    ours = {asked[request_id] for request_id, form_id in forms.items() if by_form[form_id] is None}
    return frozenset(ours | {row.id for row in rows if row.notice is not None and row.notice.kind != NoticeKind.TEST})


# -- notices -----------------------------------------------------------------------------------------------------------


def _notice(account_id: int, notice: Notice, delivery_id: int) -> _PreparedNotice:
    address_dead = Delivery.objects.filter(
        notice__recipient=notice.recipient, state=DeliveryState.BOUNCED, bounce="hard"
    ).exists()
    make = notice_mail
    if notice.kind == NoticeKind.TEST:
        make = test_mail if notice.template_version_id is None else template_test_mail
    return _PreparedNotice(make(account_id, notice, delivery_id), notice_facts(notice, address_dead=address_dead))


# -- transactional messages --------------------------------------------------------------------------------------------


def _contracts(
    account_id: int, rows: Sequence[Delivery], prepared: dict[int, _PreparedMessage], failed: set[int]
) -> None:
    deliveries = {row.transactional_id: row.id for row in rows if row.transactional_id is not None}
    for message in load_messages(deliveries):
        delivery_id = deliveries[message.id]
        try:
            mail = message_mail(account_id, message, delivery_id)
            prepared[delivery_id] = _PreparedContract(mail, contract_facts(message))
        except Exception:  # as above
            log.exception("message_failed", delivery_id=delivery_id)
            failed.add(delivery_id)


# -- confirmation mails ------------------------------------------------------------------------------------------------


def _confirmations(
    account_id: int, asked: dict[int, int], prepared: dict[int, _PreparedMessage], failed: set[int]
) -> None:
    related = SignupRequest.objects.select_related("form", "version", "mailing_list")
    requests = list(related.filter(id__in=asked, state=ConfirmationRequestState.ASKED))
    facts = confirmation_facts(confirmation_batch(requests))
    account = current_account()
    imprint = structured_imprint(newest_imprint())
    by_form = confirmation_senders({request.form_id for request in requests})
    written = []
    for request in requests:
        token = secrets.token_urlsafe(TOKEN_OCTETS)
        try:
            wording = _said(account, imprint, request, f"{load_settings().public_url}/confirm/{token}")
            composer = _composer(account.id, account.name, by_form[request.form_id], wording.language, wording.occasion)
            recipient = Recipient(asked[request.id], request.email, "", confirmation_values(wording))
            draft = composer.draft(recipient, clock.now())
        except Exception:  # as above
            log.exception("message_failed", delivery_id=asked[request.id])
            failed.add(asked[request.id])
            continue
        written.append(ConfirmationDraft(request.id, token, draft.message_id, hashlib.sha256(draft.body).hexdigest()))
        prepared[asked[request.id]] = _PreparedConfirmation(draft, facts[request.id])
    note_messages(written)


def _said(
    account: Account, imprint: ImprintRecord | None, request: SignupRequest, confirm_url: str
) -> ConfirmationText:
    language = known_language(request.language)
    assert imprint is not None  # the gate saw it a moment ago
    lines = imprint_lines(imprint, language)
    frozen = request.version.content if request.version is not None else None
    lists = asked_lists(request)
    wordings = [
        f"{mailing_list.name}: {mailing_list.wording}" if len(lists) > 1 else mailing_list.wording
        for mailing_list in lists
    ]
    company = next((line.text for line in lines if line.key == "legal_name"), account.name)
    return ConfirmationText(
        language=language,
        occasion=OCCASIONS.get(ConfirmationRequestKind(request.kind), ConfirmationOccasion.PERSON),
        company=frozen["company"] if frozen else company,
        list_name=", ".join(mailing_list.name for mailing_list in lists),
        address=request.email,
        requested_at=entered_at(request),
        expires_at=request.expires_at,
        time_zone=account.time_zone,
        source=entered_on(request),
        wording=wordings[0],
        more_wordings=[*wordings[1:], *([tracking_text(request)] if asks_tracking(request) else [])],
        confirm_url=confirm_url,
        privacy_url=(frozen["privacy_url"] if frozen else "") or imprint.privacy_url,
        imprint=[str(line) for line in lines],
        colour=account.colour,
    )


def _composer(
    account_id: int, account_name: str, sender: SenderAddress | None, language: str, occasion: ConfirmationOccasion
) -> Composer:
    service = load_settings().service_domain
    if sender is None:
        box, bounce_host = NamedAddress(f"confirm@{service}", account_name), f"bounce.{service}"
    else:
        box, bounce_host = NamedAddress(sender.email, sender.display_name), sender.domain.bounce_host
    stream = NoticeStream(account_id, box, bounce_host, language=language)
    minute = int(clock.now().timestamp()) // 60
    return _make_composer(stream, language, occasion, sender.domain_id if sender else None, minute)


@lru_cache(maxsize=64)
def _make_composer(
    stream: NoticeStream, language: str, occasion: ConfirmationOccasion, domain_id: int | None, _minute: int
) -> Composer:
    """Cached for one minute because the key may change."""
    settings = load_settings()
    signers = house_signers(settings) if domain_id is None else load_signers(SenderDomain.objects.get(id=domain_id))
    return Composer(confirmation_content(language, occasion), stream, service_identity(settings), key_ring(), signers)
