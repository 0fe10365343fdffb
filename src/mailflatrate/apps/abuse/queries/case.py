"""Everything needed to decide one case: campaign, sender, consent, and what else happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q

from mailflatrate.apps.abuse.models import Case, CaseEvent, CaseQuestion, Cause, Report
from mailflatrate.apps.accounts.models import Account, Strike
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.delivery.archive.lookup import of_campaign
from mailflatrate.apps.delivery.models import DeliveryRecord, DeliveryState, Tally
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.lists.models import Contact, ListOrigin, MailingList, Subscription
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy

AGAINST_THE_SENDER = (Cause.NO_CONSENT, Cause.BAD_PROOF, Cause.UNSUBSCRIBE, Cause.ENTERED, Cause.CONTENT, Cause.IMPRINT)
HALF_A_YEAR = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class ReportedSender:
    account: Account
    strikes: int
    cases: int
    against: int
    since: timedelta | None

    @property
    def days(self) -> int | None:
        """Return for how many days the account has been allowed to send."""
        return self.since.days if self.since else None


@dataclass(frozen=True, slots=True)
class CaseCampaign:
    campaign: Campaign
    delivered: int
    waiting: int
    complaints: int
    lists: Sequence[MailingList]
    origins: Sequence[ListOrigin]


@dataclass(frozen=True, slots=True)
class ReportedPerson:
    report: Report
    contact: Contact | None
    delivery: DeliveryRecord | None
    subscriptions: Sequence[Subscription]
    events: Sequence[ConsentEvent]
    feedback: Sequence[Feedback]
    suppressions: Sequence[Suppression]
    other_reports: int

    @property
    def list_id(self) -> int | None:
        """Return the list through which the campaign reached the recipient."""
        return self.delivery.mailing_list_id if self.delivery else None


@dataclass(frozen=True, slots=True)
class CaseView:
    case: Case
    reports: Sequence[Report]
    events: Sequence[CaseEvent]
    questions: Sequence[CaseQuestion]
    sender: ReportedSender | None
    about: CaseCampaign | None
    people: Sequence[ReportedPerson]
    like: Sequence[Campaign]


def case_view(case_id: int) -> CaseView | None:
    case = Case.objects.select_related("account", "campaign__sender", "assigned_to", "merged_into", "closed_by").filter(
        id=case_id
    )
    row = case.first()
    if row is None:
        return None
    reports = list(row.reports.select_related("raw_mail").order_by("-id"))
    return CaseView(
        case=row,
        reports=reports,
        events=list(row.events.select_related("actor").order_by("-at", "-id")),
        questions=list(row.questions.prefetch_related("answers__author").order_by("-id")),
        sender=_sender(row.account, row.id) if row.account else None,
        about=_campaign(row.campaign) if row.campaign else None,
        people=people(row, reports),
        like=[] if row.campaign_id else _like(reports),
    )


def _sender(account: Account, case_id: int) -> ReportedSender:
    now = clock.now()
    recent = Case.objects.filter(account_id=account.id, opened_at__gte=now - HALF_A_YEAR).exclude(id=case_id)
    numbers = recent.filter(merged_into__isnull=True).aggregate(
        all=Count("id"), against=Count("id", filter=Q(cause__in=AGAINST_THE_SENDER))
    )
    strikes = Strike.objects.filter(account_id=account.id, taken_back_at__isnull=True, ends_at__gt=now).count()
    since = now - account.activated_at if account.activated_at else None
    return ReportedSender(account, strikes, numbers["all"], numbers["against"], since)


def _campaign(campaign: Campaign) -> CaseCampaign:
    rows = Tally.objects.filter(campaign_id=campaign.id).values_list("state", "count")
    total: dict[str, int] = {}
    for state, count in rows:
        total[state] = total.get(state, 0) + count
    complaints = Feedback.objects.filter(
        account_id=campaign.account_id, campaign_id=campaign.id, kind=FeedbackKind.COMPLAINT
    )
    lists = MailingList.objects.filter(account_id=campaign.account_id, id__in=campaign.list_ids).order_by("name")
    declared = ListOrigin.objects.filter(account_id=campaign.account_id, mailing_list_id__in=campaign.list_ids)
    newest = declared.select_related("mailing_list").order_by("mailing_list_id", "-version").distinct("mailing_list_id")
    waiting = total.get(DeliveryState.PENDING, 0) + total.get(DeliveryState.DEFERRED, 0)
    planned = max(campaign.planned_count - sum(total.values()), 0)
    return CaseCampaign(
        campaign, total.get(DeliveryState.SENT, 0), waiting + planned, complaints.count(), list(lists), list(newest)
    )


def people(case: Case, reports: Sequence[Report]) -> list[ReportedPerson]:
    """Return each recipient that the reports are about once, with what the account knows about them."""
    persons: list[ReportedPerson] = []
    seen_keys: set[bytes] = set()
    for report in reports:
        key = report.address_key or report.reporter_key
        if key is None or bytes(key) in seen_keys or case.account_id is None:
            continue
        seen_keys.add(bytes(key))
        person = _person(case, report, bytes(key))
        if person is not None:
            persons.append(person)
    return persons


def _person(case: Case, report: Report, key: bytes) -> ReportedPerson | None:
    assert case.account_id is not None
    suppressions = Suppression.objects.filter(
        Q(account_id=case.account_id) | Q(account_id__isnull=True), address_key=key
    )
    others = Report.objects.filter(Q(address_key=key) | Q(reporter_key=key)).exclude(case=case)
    with tenancy.account(case.account_id):
        contact = Contact.objects.filter(address_key=key).first()
        if contact is None and report.delivery_id is None:
            return None
        contact_id = contact.id if contact else report.contact_id or 0
        delivery = DeliveryRecord.objects.filter(id=report.delivery_id or 0).first()
        if delivery is None and case.campaign_id is not None:
            got = DeliveryRecord.objects.filter(of_campaign(case.campaign_id), contact_id=contact_id)
            delivery = got.first()
        rows = ConsentEvent.objects.filter(contact_id=contact_id)
        events = list(rows.select_related("evidence").order_by("recorded_at", "id"))
        subscriptions = list(Subscription.objects.filter(contact_id=contact_id).select_related("mailing_list"))
        feedback = list(Feedback.objects.filter(contact_id=contact_id).select_related("campaign").order_by("-at"))
    return ReportedPerson(
        report, contact, delivery, subscriptions, events, feedback, list(suppressions.order_by("id")), others.count()
    )


def _like(reports: Sequence[Report]) -> list[Campaign]:
    """Return campaigns that may be meant, by the reported message's sender address and subject; only a hint."""
    for report in reports:
        original = (report.raw_mail.reading.get("original") or {}) if report.raw_mail else {}
        sender, subject = str(original.get("from") or ""), str(original.get("subject") or "")
        address = sender.rpartition("<")[2].rstrip("> ").strip().lower()
        if "@" in address and subject:
            rows = Campaign.objects.filter(sender__email__iexact=address).exclude(state="draft")
            campaigns = list(rows.filter(subject__iexact=subject).order_by("-started_at")[:5])
            if campaigns:
                return campaigns
            return list(rows.order_by("-started_at")[:3])
    return []


def cases_of_account(account_id: int, limit: int = 20) -> list[Case]:
    """Return an account's cases, newest first."""
    rows = Case.objects.filter(account_id=account_id, merged_into__isnull=True).select_related("campaign")
    return list(rows.order_by("-id")[:limit])


@tenancy.needs_account
def open_questions() -> list[CaseQuestion]:
    rows = CaseQuestion.objects.filter(answered_at__isnull=True, settled_at__isnull=True)
    return list(rows.select_related("campaign").order_by("due_at"))


@tenancy.needs_account
def questions() -> list[CaseQuestion]:
    """Return all questions to the current account, newest first."""
    return list(CaseQuestion.objects.select_related("campaign").prefetch_related("answers").order_by("-id")[:100])


@tenancy.needs_account
def question(question_id: int) -> CaseQuestion | None:
    rows = CaseQuestion.objects.select_related("campaign").prefetch_related("answers__author")
    return rows.filter(id=question_id).first()
