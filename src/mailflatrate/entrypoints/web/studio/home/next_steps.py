"""What to do next: at most five lines, the most urgent first, each computed from how things stand."""

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
from mailflatrate.apps.accounts.models import Account, Membership, Standing
from mailflatrate.apps.accounts.queries import may_write
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import newest_imprint, waiting_requests
from mailflatrate.apps.delivery.models import DeliveryState, Tally, Trial
from mailflatrate.apps.domains.models import DomainState, SenderAddress, SenderDomain
from mailflatrate.apps.forms.pressure import forms_under_pressure
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.lists.models import Contact, DeclarationState, ListOrigin, MailingList, OriginState
from mailflatrate.apps.stats import words
from mailflatrate.apps.stats.queries import open_warnings
from mailflatrate.entrypoints.web.studio.campaigns.words import why_it_stands
from mailflatrate.entrypoints.web.studio.common import url_or_nothing
from mailflatrate.entrypoints.web.studio.signup.pressure import pressure_words
from mailflatrate.rules.imprint import check_imprint
from mailflatrate.rules.verdict import Verdict

MOST = 5
MOST_WARNINGS = 2
DRAFTS_LOOKED_AT = 2


@dataclass(frozen=True, slots=True)
class Step:
    """One line: what, why, and the one button."""

    icon: str
    tone: str
    title: str
    text: str
    href: str = ""
    action: str = ""


def next_steps(account: Account, membership: Membership) -> list[Step]:
    """The first five of everything that waits for this person of the customer."""
    return list(islice(_steps(account, membership), MOST))


def _steps(account: Account, membership: Membership) -> Iterator[Step]:
    yield from _standing(account)
    yield from _warnings()
    yield from _floods()
    yield from _questions(account)
    yield from _mailings()
    yield from _choices()
    yield from _second_releases(account, membership)
    yield from _reviews()
    yield from _agreements(account)
    yield from _audience()
    yield from _sender()
    yield from _imprint()
    yield from _drafts()
    yield from _origins()
    yield from _doubt()


def _warnings() -> Iterator[Step]:
    """Figures over their limits; a single line where there are many (R-86, R-88)."""
    found = open_warnings()
    if len(found) > MOST_WARNINGS:
        title = _("%(n)d figures are over their limits") % {"n": len(found)}
        yield Step("triangle-alert", "warning", title, words.title(found[0]), _warnings_page(), _("Show them"))
        return
    for measure in found:
        href = f"{reverse('studio:home')}{words.page_of(measure)}"
        yield Step(
            "triangle-alert", "warning", words.title(measure), words.remedy(words.need_of(measure)), href, _("Show")
        )


def _warnings_page() -> str:
    return f"{reverse('studio:standing')}#warnings"


def _floods() -> Iterator[Step]:
    """Forms to which something unusual happens right now (R-35)."""
    for seen in forms_under_pressure()[:2]:
        title = _("Unusually many sign-ups at “%(name)s”") % {"name": seen.form.name}
        href = reverse("studio:form", args=[seen.form.id])
        yield Step("triangle-alert", "warning", title, pressure_words(seen), href, _("Look"))


def _standing(account: Account) -> Iterator[Step]:
    if account.may_send:
        return
    if account.standing in (Standing.SUBMITTED, Standing.APPROVED):
        yield Step(
            "hourglass", "info", _("Your account is being checked"),
            _("A person of the house looks at every new customer before the first mailing."),
        )  # fmt: skip
        return
    if account.standing in (Standing.REGISTERED, Standing.MORE_INFO):
        text = _("A person of the house looks at every new customer before the first mailing.")
        if account.standing == Standing.MORE_INFO:
            text = account.standing_reason
        yield Step("stamp", "primary", _("Finish your application"), text, url_or_nothing("standing"), _("Go on"))
        return
    yield Step(
        "octagon-pause", "error", _("Your account may not send at present"), account.standing_reason,
        url_or_nothing("standing"), _("Look"),
    )  # fmt: skip


def _mailings() -> Iterator[Step]:
    stopped = Campaign.objects.filter(state__in=(CampaignState.WAITING, CampaignState.PAUSED)).order_by("-id")
    for campaign in stopped[:2]:
        href = reverse("studio:campaign", args=[campaign.id])
        if campaign.state == CampaignState.WAITING:
            yield Step(
                "cloud-off", "warning", _("“%(name)s” waits: the relay does not answer") % {"name": campaign.name},
                _("It goes on by itself."), href, _("Look"),
            )  # fmt: skip
        else:
            yield Step(
                "circle-pause", "warning", _("“%(name)s” is paused") % {"name": campaign.name},
                why_it_stands(campaign) or _("What is left waits for you."), href, _("Look"),
            )  # fmt: skip


def _choices() -> Iterator[Step]:
    """Tests of variants whose choice no rule makes."""
    running = Campaign.objects.filter(state__in=(CampaignState.SENDING, CampaignState.WAITING)).exclude(variants=[])
    waiting = Trial.objects.filter(campaign__in=running, winner=None, tested_at__isnull=False, decide_at=None)
    for trial in waiting.select_related("campaign")[:2]:
        yield Step(
            "hourglass", "primary", _("“%(mailing)s” waits for your choice") % {"mailing": trial.campaign.name},
            _("The test is out. Everybody else waits for the choice between the variants."),
            reverse("studio:campaign", args=[trial.campaign_id]), _("Look"),
        )  # fmt: skip


def _second_releases(account: Account, membership: Membership) -> Iterator[Step]:
    if not account.four_eyes or not may_write(membership):
        return
    for asked in waiting_requests(membership.user_id)[:2]:
        yield Step(
            "stamp", "primary", _("“%(name)s” waits for your release") % {"name": asked.campaign.name},
            _("%(person)s asks you to look at it.") % {"person": asked.asked_by},
            reverse("studio:campaign-second", args=[asked.campaign_id]), _("Look"),
        )  # fmt: skip


def _reviews() -> Iterator[Step]:
    waiting = Campaign.objects.filter(state=CampaignState.REVIEW).order_by("review_asked_at")
    for campaign in waiting[:1]:
        yield Step(
            "hourglass", "info", _("“%(name)s” waits for a reviewer") % {"name": campaign.name},
            _("A person of ours looks at it first; then it goes out by itself."),
            reverse("studio:campaign", args=[campaign.id]), _("Look"),
        )  # fmt: skip


def _agreements(account: Account) -> Iterator[Step]:
    facts = account_facts(account)
    pairs = (
        (facts.terms_current, facts.terms_accepted),
        (facts.policy_current, facts.policy_accepted),
        (facts.dpa_current, facts.dpa_accepted),
    )
    open_ones = sum(1 for current, accepted in pairs if current and current != accepted)
    if open_ones:
        title = ngettext("%(n)d agreement is not accepted yet", "%(n)d agreements are not accepted yet", open_ones)
        yield Step(
            "signature", "warning", title % {"n": open_ones}, _("Nothing goes out before."),
            url_or_nothing("standing"), _("Read"),
        )  # fmt: skip


def _audience() -> Iterator[Step]:
    if not MailingList.objects.filter(archived_at=None).exists():
        yield Step(
            "list-plus", "primary", _("Create your first list"), _("A list is what people sign up for."),
            url_or_nothing("list-new") or url_or_nothing("lists"), _("Create"),
        )  # fmt: skip
    elif not Contact.objects.exists():
        yield Step(
            "upload", "primary", _("Bring your contacts"), _("With the proof of their consent, in one file."),
            url_or_nothing("import-new") or url_or_nothing("imports"), _("Import"),
        )  # fmt: skip


def _sender() -> Iterator[Step]:
    if SenderAddress.objects.filter(verified_at__isnull=False, domain__verified_at__isnull=False).exists():
        failing = SenderDomain.objects.filter(state=DomainState.FAILING).first()
        if failing is not None:
            yield Step(
                "globe-lock", "error", _("The records of %(domain)s fail") % {"domain": failing.name},
                _("Mailings from it stop at the gate."), url_or_nothing("senders"), _("Look"),
            )  # fmt: skip
        return
    if SenderDomain.objects.exists():
        yield Step(
            "globe-lock", "warning", _("Finish your sender"), _("Its domain or address is not verified yet."),
            url_or_nothing("senders"), _("Finish"),
        )  # fmt: skip
    else:
        yield Step(
            "globe-lock", "warning", _("Add the domain you send from"), _("It is verified by records in your DNS."),
            url_or_nothing("sender-new") or url_or_nothing("senders"), _("Add"),
        )  # fmt: skip


def _imprint() -> Iterator[Step]:
    structured = structured_imprint(newest_imprint())
    if structured is None:
        yield Step(
            "file-check", "warning", _("Fill in your imprint"), _("Every mailing shows it in full."),
            url_or_nothing("imprint"), _("Fill in"),
        )  # fmt: skip
        return
    faults = len(check_imprint(structured))
    if faults:
        text = ngettext("%(n)d field needs another look", "%(n)d fields need another look", faults) % {"n": faults}
        yield Step(
            "file-check", "warning", _("Your imprint is not complete"), text, url_or_nothing("imprint"), _("Mend")
        )


def _drafts() -> Iterator[Step]:
    drafts = Campaign.objects.filter(state=CampaignState.DRAFT).order_by("-updated_at")
    for campaign in drafts[:DRAFTS_LOOKED_AT]:
        yield _draft(campaign, check_campaign(campaign.id))


def _draft(campaign: Campaign, verdict: Verdict) -> Step:
    href, blocking = reverse("studio:campaign-edit", args=[campaign.id]), len(verdict.blocked_by)
    title = _("Finish “%(name)s”") % {"name": campaign.name}
    if campaign.state_reason:
        title = _("“%(name)s” did not go out") % {"name": campaign.name}
    if campaign.maybe_sent:
        title = _("“%(name)s” may already have been sent") % {"name": campaign.name}
        return Step("triangle-alert", "warning", title, why_it_stands(campaign), href, _("Look"))
    if not blocking:
        ready = _("“%(name)s” is ready to go") % {"name": campaign.name}
        return Step("send", "success", ready, _("Every check is passed."), href, _("Send"))
    text = ngettext("%(n)d check is open", "%(n)d checks are open", blocking) % {"n": blocking}
    return Step("pen-line", "warning" if campaign.state_reason else "quiet", title, text, href, _("Go on"))


def _questions(account: Account) -> Iterator[Step]:
    for question in open_questions()[:2]:
        title = _("The desk asks about “%(name)s”") % {"name": question.campaign.name if question.campaign else "–"}
        until = date_format(question.due_at.astimezone(ZoneInfo(account.time_zone)), "SHORT_DATETIME_FORMAT")
        text = _("Somebody complained. Please answer until %(time)s.") % {"time": until}
        yield Step("clipboard-list", "error", title, text, reverse("studio:question", args=[question.id]), _("Answer"))


def _origins() -> Iterator[Step]:
    asked = ListOrigin.objects.filter(state=DeclarationState.ASKED).select_related("mailing_list").defer("screenshot")
    for origin in asked.order_by("id")[:2]:
        title = _("A question about the origin of “%(name)s”") % {"name": origin.mailing_list.name}
        href = reverse("studio:list-origin", args=[origin.mailing_list_id])
        yield Step("circle-help", "warning", title, origin.decision_reason[:160], href, _("Answer"))
    waiting = MailingList.objects.filter(archived_at=None, origin_state__in=(OriginState.WAITING, OriginState.REJECTED))
    for row in waiting.exclude(id__in=asked.values("mailing_list_id")).order_by("id")[:2]:
        href = url_or_nothing("list", row.id)
        if row.origin_state == OriginState.WAITING:
            yield Step(
                "clock", "info", _("Origin of “%(name)s” is being checked") % {"name": row.name},
                _("Nobody who was imported gets mail before a reviewer has answered."), href, _("Look") if href else "",
            )  # fmt: skip
        else:
            yield Step(
                "circle-x", "error", _("Origin of “%(name)s” was rejected") % {"name": row.name},
                _("Nothing goes to this list."), href, _("Look") if href else "",
            )  # fmt: skip


def _doubt() -> Iterator[Step]:
    tally = Tally.objects.filter(state=DeliveryState.IN_DOUBT, campaign=OuterRef("id"), count__gt=0)
    for campaign in Campaign.objects.filter(Exists(tally)).order_by("-id")[:1]:
        rows = Tally.objects.filter(campaign=campaign, state=DeliveryState.IN_DOUBT).aggregate(n=Sum("count"))
        number = rows["n"] or 0
        title = ngettext("%(n)d delivery is in doubt", "%(n)d deliveries are in doubt", number) % {"n": number}
        text = _("Nobody knows whether “%(name)s” arrived there.") % {"name": campaign.name}
        yield Step(
            "circle-help", "warning", title, text,
            f"{reverse('studio:campaign-recipients', args=[campaign.id])}?state=in_doubt", _("Look"),
        )  # fmt: skip
