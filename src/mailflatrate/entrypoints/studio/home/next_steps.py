"""What to do next: at most five lines, most urgent first, each derived from the account's current state."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailflatrate.apps.abuse.queries.case import open_questions
from mailflatrate.apps.accounts.facts import account_facts, structured_imprint
from mailflatrate.apps.accounts.models import Account, AccountStatus, Membership
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import newest_imprint, waiting_requests
from mailflatrate.apps.delivery.models import AbTest, DeliveryState, Tally
from mailflatrate.apps.domains.models import DomainState, SenderAddress, SenderDomain
from mailflatrate.apps.forms.pressure import forms_under_pressure
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.lists.models import Contact, DeclarationState, ListOrigin, MailingList, OriginState
from mailflatrate.apps.stats import action_texts
from mailflatrate.apps.stats.queries import open_warnings
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.presenters.outcomes import why_it_stands
from mailflatrate.entrypoints.presenters.panel import url_or_nothing
from mailflatrate.entrypoints.studio.signup.pressure import pressure_words
from mailflatrate.rules.campaigns.campaign_states import RUNNING, STOPPED
from mailflatrate.rules.imprint import check_imprint
from mailflatrate.rules.roles import Permission, may
from mailflatrate.rules.verdict import Verdict

MOST = 5
MOST_WARNINGS = 2
DRAFTS_CHECKED = 2


@dataclass(frozen=True, slots=True)
class NextStep:
    icon: str
    tone: str
    title: str
    text: str
    href: str = ""
    action: str = ""


@tenancy.reading_once()
def next_steps(account: Account, membership: Membership) -> list[NextStep]:
    return list(islice(_steps(account, membership), MOST))


def _steps(account: Account, membership: Membership) -> Iterator[NextStep]:
    yield from _account_status(account)
    yield from _warnings()
    yield from _floods()
    yield from _questions(account)
    yield from _campaigns()
    yield from _choices()
    yield from _approvals(membership)
    yield from _reviews()
    yield from _agreements(account)
    yield from _audience()
    yield from _sender()
    yield from _imprint()
    yield from _drafts()
    yield from _origins()
    yield from _doubt()


def _warnings() -> Iterator[NextStep]:
    """Yield rates with an open warning; a single line if there are many (R-86, R-88)."""
    warnings = open_warnings()
    if len(warnings) > MOST_WARNINGS:
        title = _("%(n)d rates are in the warning range") % {"n": len(warnings)}
        yield NextStep("triangle-alert", "warning", title, action_texts.title(warnings[0]), _warnings_page(), _("Show"))
        return
    for measure in warnings:
        href = f"{reverse('studio:home')}{action_texts.page_of(measure)}"
        yield NextStep(
            "triangle-alert",
            "warning",
            action_texts.title(measure),
            action_texts.remedy(action_texts.need_of(measure)),
            href,
            _("Show"),
        )


def _warnings_page() -> str:
    return f"{reverse('studio:account-status')}#warnings"


def _floods() -> Iterator[NextStep]:
    """Yield forms with unusual activity right now (R-35)."""
    for seen in forms_under_pressure()[:2]:
        title = _("Unusually high number of sign-ups on “%(name)s”") % {"name": seen.form.name}
        href = reverse("studio:form", args=[seen.form.id])
        yield NextStep("triangle-alert", "warning", title, pressure_words(seen), href, _("View"))


def _account_status(account: Account) -> Iterator[NextStep]:
    if account.may_send:
        return
    if account.status in (AccountStatus.SUBMITTED, AccountStatus.APPROVED):
        yield NextStep(
            "hourglass",
            "info",
            _("We're reviewing your account"),
            _("We review every new customer before their first campaign."),
        )
        return
    if account.status in (AccountStatus.REGISTERED, AccountStatus.MORE_INFO):
        text = _("We review every new customer before their first campaign.")
        if account.status == AccountStatus.MORE_INFO:
            text = account.status_reason
        yield NextStep(
            "stamp", "primary", _("Complete your application"), text, url_or_nothing("account-status"), _("Continue")
        )
        return
    yield NextStep(
        "octagon-pause",
        "error",
        _("Your account can't send right now"),
        account.status_reason,
        url_or_nothing("account-status"),
        _("View"),
    )


def _campaigns() -> Iterator[NextStep]:
    stopped = Campaign.objects.filter(state__in=STOPPED).order_by("-id")
    for campaign in stopped[:2]:
        href = reverse("studio:campaign", args=[campaign.id])
        if campaign.state == CampaignState.WAITING:
            yield NextStep(
                "cloud-off",
                "warning",
                _("“%(name)s” is waiting: the mail server isn't responding") % {"name": campaign.name},
                _("Sending will continue automatically."),
                href,
                _("View"),
            )
        else:
            yield NextStep(
                "circle-pause",
                "warning",
                _("“%(name)s” is paused") % {"name": campaign.name},
                why_it_stands(campaign) or _("Open it to send the remaining messages."),
                href,
                _("View"),
            )


def _choices() -> Iterator[NextStep]:
    running = Campaign.objects.filter(state__in=RUNNING).exclude(variants=[])
    waiting = AbTest.objects.filter(campaign__in=running, winner=None, tested_at__isnull=False, decide_at=None)
    for ab_test in waiting.select_related("campaign")[:2]:
        yield NextStep(
            "hourglass",
            "primary",
            _("“%(campaign)s” is waiting for you to pick the winner") % {"campaign": ab_test.campaign.name},
            _("The test has been sent. Everyone else is waiting for the winner."),
            reverse("studio:campaign", args=[ab_test.campaign_id]),
            _("View"),
        )


def _approvals(membership: Membership) -> Iterator[NextStep]:
    if not may(membership.role, Permission.RELEASE):
        return
    for asked in waiting_requests(membership.user_id)[:2]:
        yield NextStep(
            "stamp",
            "primary",
            _("“%(name)s” is waiting for your approval") % {"name": asked.campaign.name},
            _("%(person)s has requested your approval.") % {"person": asked.asked_by},
            reverse("studio:campaign-approval", args=[asked.campaign_id]),
            _("View"),
        )


def _reviews() -> Iterator[NextStep]:
    waiting = Campaign.objects.filter(state=CampaignState.REVIEW).order_by("review_asked_at")
    for campaign in waiting[:1]:
        yield NextStep(
            "hourglass",
            "info",
            _("“%(name)s” is being reviewed") % {"name": campaign.name},
            _("Our team will review it first. Then it'll be sent automatically."),
            reverse("studio:campaign", args=[campaign.id]),
            _("View"),
        )


def _agreements(account: Account) -> Iterator[NextStep]:
    facts = account_facts(account)
    pairs = (
        (facts.terms_current, facts.terms_accepted),
        (facts.policy_current, facts.policy_accepted),
        (facts.dpa_current, facts.dpa_accepted),
    )
    open_ones = sum(1 for current, accepted in pairs if current and current != accepted)
    if open_ones:
        title = ngettext(
            "%(n)d agreement hasn't been accepted yet", "%(n)d agreements haven't been accepted yet", open_ones
        )
        yield NextStep(
            "signature",
            "warning",
            title % {"n": open_ones},
            _("You can't send until they're all accepted."),
            url_or_nothing("account-status"),
            _("Read"),
        )


def _audience() -> Iterator[NextStep]:
    if not MailingList.objects.filter(archived_at=None).exists():
        yield NextStep(
            "list-plus",
            "primary",
            _("Create your first list"),
            _("Contacts sign up for a list."),
            url_or_nothing("list-new") or url_or_nothing("lists"),
            _("Create"),
        )
    elif not Contact.objects.exists():
        yield NextStep(
            "upload",
            "primary",
            _("Import your contacts"),
            _("Upload one file that includes their proof of consent."),
            url_or_nothing("import-new") or url_or_nothing("imports"),
            _("Import"),
        )


def _sender() -> Iterator[NextStep]:
    if SenderAddress.objects.filter(verified_at__isnull=False, domain__verified_at__isnull=False).exists():
        failing = SenderDomain.objects.filter(state=DomainState.FAILING).first()
        if failing is not None:
            yield NextStep(
                "globe-lock",
                "error",
                _("DNS records of %(domain)s need fixing") % {"domain": failing.name},
                _("Campaigns from this domain are on hold."),
                url_or_nothing("senders"),
                _("View"),
            )
        return
    if SenderDomain.objects.exists():
        yield NextStep(
            "globe-lock",
            "warning",
            _("Finish setting up your sender"),
            _("The domain or address isn't verified yet."),
            url_or_nothing("senders"),
            _("Finish"),
        )
    else:
        yield NextStep(
            "globe-lock",
            "warning",
            _("Add your sending domain"),
            _("We'll verify it through your DNS records."),
            url_or_nothing("sender-new") or url_or_nothing("senders"),
            _("Add"),
        )


def _imprint() -> Iterator[NextStep]:
    structured = structured_imprint(newest_imprint())
    if structured is None:
        yield NextStep(
            "file-check",
            "warning",
            _("Fill in your imprint"),
            _("It appears in full in every campaign."),
            url_or_nothing("imprint"),
            _("Fill in"),
        )
        return
    faults = len(check_imprint(structured))
    if faults:
        text = ngettext("%(n)d field needs fixing", "%(n)d fields need fixing", faults) % {"n": faults}
        yield NextStep(
            "file-check", "warning", _("Your imprint is incomplete"), text, url_or_nothing("imprint"), _("Complete")
        )


def _drafts() -> Iterator[NextStep]:
    drafts = Campaign.objects.filter(state=CampaignState.DRAFT).order_by("-updated_at")
    for campaign in drafts[:DRAFTS_CHECKED]:
        yield _draft(campaign, check_campaign(campaign.id))


def _draft(campaign: Campaign, verdict: Verdict) -> NextStep:
    href, blocking = reverse("studio:campaign-edit", args=[campaign.id]), len(verdict.blocked_by)
    title = _("Finish “%(name)s”") % {"name": campaign.name}
    if campaign.state_reason:
        title = _("“%(name)s” wasn't sent") % {"name": campaign.name}
    if campaign.maybe_sent:
        title = _("“%(name)s” may already have been sent") % {"name": campaign.name}
        return NextStep("triangle-alert", "warning", title, why_it_stands(campaign), href, _("View"))
    if not blocking:
        ready = _("“%(name)s” is ready to send") % {"name": campaign.name}
        return NextStep("send", "success", ready, _("All checks passed."), href, _("Send"))
    text = ngettext("%(n)d check hasn't passed yet", "%(n)d checks haven't passed yet", blocking) % {"n": blocking}
    return NextStep("pen-line", "warning" if campaign.state_reason else "quiet", title, text, href, _("Continue"))


def _questions(account: Account) -> Iterator[NextStep]:
    for question in open_questions()[:2]:
        title = _("We have a question about “%(name)s”") % {
            "name": question.campaign.name if question.campaign else "–"
        }
        until = date_format(question.due_at.astimezone(ZoneInfo(account.time_zone)), "SHORT_DATETIME_FORMAT")
        text = _("A recipient complained. Answer by %(time)s.") % {"time": until}
        yield NextStep(
            "clipboard-list", "error", title, text, reverse("studio:question", args=[question.id]), _("Answer")
        )


def _origins() -> Iterator[NextStep]:
    asked = ListOrigin.objects.filter(state=DeclarationState.ASKED).select_related("mailing_list").defer("screenshot")
    for origin in asked.order_by("id")[:2]:
        title = _("A question about the origin of “%(name)s”") % {"name": origin.mailing_list.name}
        href = reverse("studio:list-origin", args=[origin.mailing_list_id])
        yield NextStep("circle-help", "warning", title, origin.decision_reason[:160], href, _("Answer"))
    waiting = MailingList.objects.filter(archived_at=None, origin_state__in=(OriginState.WAITING, OriginState.REJECTED))
    for row in waiting.exclude(id__in=asked.values("mailing_list_id")).order_by("id")[:2]:
        href = url_or_nothing("list", row.id)
        if row.origin_state == OriginState.WAITING:
            yield NextStep(
                "clock",
                "info",
                _("We're reviewing the origin of “%(name)s”") % {"name": row.name},
                _("Imported contacts can't be emailed until the review is complete."),
                href,
                _("View") if href else "",
            )
        else:
            yield NextStep(
                "circle-x",
                "error",
                _("The origin of “%(name)s” was rejected") % {"name": row.name},
                _("You can't send to this list."),
                href,
                _("View") if href else "",
            )


def _doubt() -> Iterator[NextStep]:
    tally = Tally.objects.filter(state=DeliveryState.IN_DOUBT, campaign=OuterRef("id"), count__gt=0)
    for campaign in Campaign.objects.filter(Exists(tally)).order_by("-id")[:1]:
        rows = Tally.objects.filter(campaign=campaign, state=DeliveryState.IN_DOUBT).aggregate(n=Sum("count"))
        number = rows["n"] or 0
        title = ngettext("%(n)d message has an unknown result", "%(n)d messages have an unknown result", number) % {
            "n": number
        }
        text = _("We don't know whether “%(name)s” was delivered.") % {"name": campaign.name}
        yield NextStep(
            "circle-help",
            "warning",
            title,
            text,
            f"{reverse('studio:campaign-recipients', args=[campaign.id])}?state=in_doubt",
            _("View"),
        )
