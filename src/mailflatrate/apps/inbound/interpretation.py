"""What a stored message is and who it is about, before any action. Asks the DNS, holds no transaction."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.queries import delivery_to, find_delivery
from mailflatrate.apps.inbound.intake import PURPOSES, claims_of, our_domains
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.apps.inbound.provider_posts import VIA_HOOK, read_wrapped_event
from mailflatrate.apps.inbound.report_proof import (
    SenderProof,
    Trust,
    answers_for,
    feedback_sources,
    judge_sender,
    names_one_of,
)
from mailflatrate.apps.inbound.untrusted_mail import read_mail, unread
from mailflatrate.apps.transactional.models import TemplateVersion
from mailflatrate.apps.transactional.queries import find_submitted_version
from mailflatrate.base import child, tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.verp import InboundAddress, RecipientKind, parse_recipient
from mailflatrate.mail.inspect import Inspection
from mailflatrate.mail.reading.identify import MessageMarks
from mailflatrate.mail.reading.storable import storable_json
from mailflatrate.mail.reading.values import ReturnedMessageKind
from mailflatrate.mail.untrusted_mail import ForeignMail
from mailflatrate.rules.feedback.reports import (
    DeskMailFacts,
    ReportFacts,
    ReportJudgement,
    Tray,
    judge_report,
    sort_desk_mail,
)

DESK = frozenset({RecipientKind.ABUSE, RecipientKind.POSTMASTER})
ROLES = DESK | {RecipientKind.FEEDBACK}
UNPROVED = Trust(SenderProof.NONE, "")
JUDGED_AT_ONCE = 16
AT_THE_DESK = ROLES | {RecipientKind.CASE}
_MACHINES = ("arf", "xarf", "ses", "jmrp", "hook")


@dataclass(frozen=True, slots=True)
class MessageTarget:
    """What a message is about. `how` names the mark: "verp", "feedback", "edition", "mailing-id", "sender". With a
    `delivery_id`, a token or the proved sender identifies the person; otherwise only the campaign is known, or the
    account.
    """

    account_id: int
    delivery_id: int | None
    campaign_id: int | None
    how: str


@dataclass(frozen=True, slots=True)
class InboundReading:
    """`target` and `trust` are known once its sender was judged. `vouched`: that is the recipient, or the provider of
    their mailbox; a token alone only shows that they had the message, which may have been forwarded.
    """

    mail: RawMail
    address: InboundAddress
    foreign: ForeignMail
    is_readable: bool
    target: MessageTarget | None
    trust: Trust = UNPROVED
    tray: Tray = Tray.NOWHERE
    vouched: bool = False

    @property
    def inspection(self) -> Inspection:
        return self.foreign.inspection

    @property
    def kind(self) -> ReturnedMessageKind:
        return self.inspection.kind

    @property
    def is_posted(self) -> bool:
        return self.mail.via == VIA_HOOK

    @property
    def source(self) -> str:
        return source_of(self.mail.id)

    @property
    def again(self) -> bool:
        return self.mail.handled_at is not None

    @property
    def needs_judging(self) -> bool:
        return self.is_readable and (
            self.address.kind in ROLES
            or self.address.kind is RecipientKind.AGGREGATE
            or self.kind is ReturnedMessageKind.COMPLAINT
            or (self.kind is ReturnedMessageKind.BOUNCE and self.address.kind is not RecipientKind.BOUNCE)
        )

    @property
    def is_machine(self) -> bool:
        return is_machine_report(self.inspection)

    def judgement(self) -> ReportJudgement:
        """Return the effect of a complaint before the desk reviews it (R-78)."""
        return judge_report(
            ReportFacts(
                has_token=self.target is not None and self.target.delivery_id is not None,
                sender_proved=self.trust.proved,
                vouched=self.vouched,
                is_machine=self.is_machine,
                reached_desk=self.address.kind in DESK,
            )
        )

    @property
    def is_proved_bounce(self) -> bool:
        """It came to its message's return path, or from the provider of the recipient's mailbox."""
        return self.kind is ReturnedMessageKind.BOUNCE and (self.address.kind is RecipientKind.BOUNCE or self.vouched)

    def as_json(self) -> dict[str, Any]:
        inspection = self.inspection
        marks, verdict = inspection.marks, inspection.verdict
        fields = {
            "how": self.target.how if self.target else "",
            "campaign_id": self.target.campaign_id if self.target else None,
            "where": marks.where, "mailing_ids": list(marks.mailing_ids[:5]), "forged": marks.forged,
            "proof": self.trust.proof.value, "proof_detail": self.trust.detail, "vouched": self.vouched,
            "sender": self.trust.sender,
            "feedback": inspection.feedback, "machine": self.is_machine, "writer": inspection.writer,
            "outcome": verdict.outcome.value if verdict else None,
            "status": (verdict.status or None) if verdict else None,
            "original": inspection.original.to_json() if inspection.original else None, "tray": self.tray.value,
        }  # fmt: skip
        return {name: storable_json(value) for name, value in fields.items()}


def is_machine_report(inspection: Inspection) -> bool:
    return inspection.report is not None and inspection.report.how in _MACHINES


def source_of(raw_mail_id: int) -> str:
    return f"raw mail {raw_mail_id}"


def read_all(mails: Sequence[RawMail]) -> list[InboundReading]:
    """Interpret stored messages. Never raises because of their content."""
    readings = [_read(mail) for mail in mails]
    trusts = _judge_senders(
        [(index, mails[index]) for index, mail_reading in enumerate(readings) if mail_reading.needs_judging]
    )
    return [_judged(reading, trusts.get(index, UNPROVED)) for index, reading in enumerate(readings)]


def _read(mail: RawMail) -> InboundReading:
    address = parse_recipient(mail.envelope_to)
    claims = claims_of(address)
    target = None
    if claims is not None and claims.account_id > 0:
        target = MessageTarget(claims.account_id, claims.delivery_id, None, PURPOSES[address.kind].value)
    try:
        foreign = _understood(mail, address, is_known=target is not None)
    except child.ChildBusy:
        raise  # not the message's fault
    except child.ChildError as problem:
        return InboundReading(mail, address, unread(problem), False, target)
    return InboundReading(mail, address, foreign, True, target)


def _understood(mail: RawMail, address: InboundAddress, *, is_known: bool) -> ForeignMail:
    """Read in a child process; retry once if it died, which may have been an accident."""
    if mail.via == VIA_HOOK:
        return read_wrapped_event(bytes(mail.raw))
    # If the envelope proves the delivery, there is nothing left to look for inside.
    options = {"with_tokens": not is_known, "expects_aggregate": address.kind is RecipientKind.AGGREGATE}
    raw = bytes(mail.raw)
    try:
        return read_mail(raw, **options)
    except child.ChildCrashed:
        return read_mail(raw, **options)


def _judge_senders(mails: Sequence[tuple[int, RawMail]]) -> dict[int, Trust]:
    """Judge several senders at once: each may wait for the DNS, which in a storm of reports must not add up."""
    sources = feedback_sources() if mails else ""
    if len(mails) < 2:
        return {index: _judge_sender(mail, sources) for index, mail in mails}
    with ThreadPoolExecutor(max_workers=min(len(mails), JUDGED_AT_ONCE)) as pool:
        asked = {index: pool.submit(copy_context().run, _judge_sender, mail, sources) for index, mail in mails}
        return {index: answer.result() for index, answer in asked.items()}


def _judge_sender(mail: RawMail, sources: str) -> Trust:
    if mail.via == VIA_HOOK:  # its provider was proved before it was stored
        return Trust(SenderProof.SOURCE, "", "provider webhook")
    return judge_sender(bytes(mail.raw), mail.peer, recipient=mail.envelope_to, sources=sources)


def _judged(reading: InboundReading, trust: Trust) -> InboundReading:
    target = reading.target or _target(reading.inspection, trust)
    tray = _tray(reading.foreign, reading.address) if reading.address.kind in AT_THE_DESK else Tray.NOWHERE
    vouched = _is_vouched(reading.inspection, target, trust)
    return replace(reading, target=target, trust=trust, tray=tray, vouched=vouched)


def _is_vouched(inspection: Inspection, target: MessageTarget | None, trust: Trust) -> bool:
    """Return whether the sender may speak for the recipient: a machine by its domain, a person by address."""
    if target is None or target.delivery_id is None or not trust.proved:
        return False
    if trust.proof is SenderProof.SOURCE:
        return True
    with tenancy.account(target.account_id):
        delivery = find_delivery(target.account_id, target.delivery_id)
    if delivery is None or delivery.contact is None:
        return False
    if inspection.kind is ReturnedMessageKind.BOUNCE or is_machine_report(inspection):
        return answers_for(trust.detail, delivery.contact.email)
    return address_key(trust.sender) == bytes(delivery.contact.address_key)


def _target(inspection: Inspection, trust: Trust) -> MessageTarget | None:
    marks = inspection.marks
    if marks.claims is not None and marks.purpose is not None:
        return MessageTarget(marks.claims.account_id, marks.claims.delivery_id, None, marks.purpose.value)
    campaign, how = marked_campaign(marks)
    if campaign is None:
        version = marked_version(marks)
        return MessageTarget(version.account_id, None, None, "mailing-id") if version is not None else None
    delivery_id = _delivery_of(trust.sender, campaign) if trust.proof is SenderProof.DKIM else None
    return MessageTarget(campaign.account_id, delivery_id, campaign.id, "sender" if delivery_id else how)


def marked_campaign(marks: MessageMarks) -> tuple[Campaign | None, str]:
    """The campaign that a shared link proves or a mailing ID names, and which of the two it was."""
    edition = marks.edition
    with tenancy.platform(PlatformReason.MAIL_IN):
        if edition is not None:
            campaign = Campaign.objects.filter(editions__id=edition.delivery_id, account_id=edition.account_id).first()
            if campaign is not None:
                return campaign, "edition"
        campaigns = {row.mailing_id: row for row in Campaign.objects.filter(mailing_id__in=marks.mailing_ids)}
    return next((campaigns[marked_id] for marked_id in marks.mailing_ids if marked_id in campaigns), None), "mailing-id"


def marked_version(marks: MessageMarks) -> TemplateVersion | None:
    with tenancy.platform(PlatformReason.MAIL_IN):
        return find_submitted_version(marks.mailing_ids)


def _delivery_of(sender: str, campaign: Campaign) -> int | None:
    """Return the campaign's delivery to a sender whose signature proved that this is their address."""
    key = address_key(sender)
    with tenancy.account(campaign.account_id):
        row = delivery_to(campaign.id, key) if key else None
        return row.id if row else None


def _tray(foreign: ForeignMail, address: InboundAddress) -> Tray:
    inspection, marks = foreign.inspection, foreign.inspection.marks
    has_mark = bool(marks.claims or marks.edition or marks.mailing_ids) or address.token is not None
    return sort_desk_mail(
        DeskMailFacts(
            kind=inspection.kind,
            has_mark=has_mark,
            carries_mail=inspection.original is not None,
            is_bulk=foreign.is_bulk,
            is_marked_spam=foreign.is_marked_spam,
            names_us=has_mark or names_one_of(foreign.recipients, our_domains()),
        )
    )
