"""The account status, its agreements, and the defaults for its pages."""

from dataclasses import dataclass, replace
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.actions import agreements as agreements_actions
from mailflatrate.apps.accounts.actions import approval, messages, people, vetting
from mailflatrate.apps.accounts.actions import second_factor as second_factor_actions
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.factors import has_second_factor
from mailflatrate.apps.accounts.facts import account_facts
from mailflatrate.apps.accounts.models import (
    Acceptance,
    Account,
    AccountStatus,
    AccountStatusChange,
    AgreementDocument,
    DeskMessage,
    FourEyesSwitch,
    Strike,
)
from mailflatrate.apps.campaigns.queries import campaigns_sent
from mailflatrate.apps.campaigns.writing import writing_help
from mailflatrate.apps.campaigns.writing.writing_help import help_state
from mailflatrate.apps.stats import action_texts, monthly_report
from mailflatrate.apps.stats.models import Measure
from mailflatrate.apps.stats.queries import open_warnings
from mailflatrate.base import clock
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.presenters.time_zones import TimeZoneField, zone_choices
from mailflatrate.entrypoints.sign_in.proved_factor import second_factor
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.studio.trust.link_tagging import LinkTaggingForm
from mailflatrate.entrypoints.ui.context import TONES
from mailflatrate.entrypoints.ui.documents import document_html
from mailflatrate.entrypoints.ui.menu import SETTINGS, Tab
from mailflatrate.entrypoints.ui.posts import see_other, succeed
from mailflatrate.rules.facts import HistoryFacts
from mailflatrate.rules.limits import value as limit
from mailflatrate.rules.roles import Permission, may
from mailflatrate.rules.vetting.account_status import needs_words
from mailflatrate.rules.vetting.probation import daily_limit

MEANINGS = {
    AccountStatus.REGISTERED: gettext_lazy(
        "You haven't submitted your application yet. You can set everything up, but you can't send until it's approved."
    ),
    AccountStatus.SUBMITTED: gettext_lazy(
        "We're reviewing your account. You can set everything up, but you can't send yet."
    ),
    AccountStatus.MORE_INFO: gettext_lazy(
        "We have a question about your application. You can't send until you've answered it."
    ),
    AccountStatus.APPROVED: gettext_lazy(
        "Your application is approved. You can send as soon as your account is activated."
    ),
    AccountStatus.REJECTED: gettext_lazy(
        "Your application was declined. If you disagree, write to us and we'll review it again."
    ),
    AccountStatus.ACTIVE: gettext_lazy("You can send campaigns once they pass their checks."),
    AccountStatus.THROTTLED: gettext_lazy("You can send campaigns, but sending is slower than usual."),
    AccountStatus.PAUSED: gettext_lazy("Sending is suspended for now. Your data stays as it is."),
    AccountStatus.SUSPENDED: gettext_lazy("You can't send. If you disagree, write to us and our team will review it."),
    AccountStatus.CLOSED: gettext_lazy("This account is closed."),
}
SHOWN_MESSAGES = 20


@dataclass(frozen=True, slots=True)
class Agreement:
    document: AgreementDocument
    text: SafeString
    acceptance: Acceptance | None


class SettingsForm(forms.Form):
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("The default for new lists and campaigns."),
    )
    time_zone = TimeZoneField(label=gettext_lazy("Time zone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone: Any = self.fields["time_zone"]
        zone.choices = zone_choices(self.initial.get("time_zone"))


def agreements(language: str) -> list[Agreement]:
    """Return the documents in force, each with its newest acceptance in any language."""
    agreement_rows = []
    for document in queries.current_documents(language):
        mine = Acceptance.objects.filter(document__kind=document.kind, document__version=document.version)
        acceptance = mine.select_related("user", "document").order_by("-accepted_at").first()
        agreement_rows.append(Agreement(document, document_html(document), acceptance))
    return agreement_rows


def _due(agreement_rows: list[Agreement]) -> str:
    if all(agreement.acceptance for agreement in agreement_rows):
        return ""
    return ",".join(str(agreement.document.id) for agreement in agreement_rows)


def _warning(measure: Measure) -> dict[str, Any]:
    remedy = action_texts.remedy(action_texts.need_of(measure))
    return {
        "title": action_texts.title(measure),
        "sentence": action_texts.sentence(measure),
        "remedy": remedy,
        "at": measure.at,
        "rule": measure.rule,
        "campaign": measure.campaign,
    }


def _status_page(request: StudioRequest, *, error: str = "", message_error: str = "") -> HttpResponse:
    agreement_rows = agreements(request.user.language)
    account = request.account
    state = AccountStatus(account.status)
    change = AccountStatusChange.objects.order_by("-id").first()
    facts = account_facts(account)
    most_a_day = daily_limit(replace(facts, campaigns_sent=campaigns_sent()), HistoryFacts(now=clock.now()))
    context = {
        "status": account.get_status_display(),
        "tone": TONES[state],
        "meaning": MEANINGS[state],
        "agreements": agreement_rows,
        "due": _due(agreement_rows),
        "error": error,
        "message_error": message_error,
        "change": change if change is not None and needs_words(state) else None,
        "may_write_application": state in vetting.EDITABLE and may(request.membership.role, Permission.BIND),
        "conversation": list(DeskMessage.objects.select_related("author", "about").order_by("-id")[:SHOWN_MESSAGES])[
            ::-1
        ],
        "strikes": Strike.objects.filter(taken_back_at=None, ends_at__gt=clock.now()).order_by("-given_at"),
        "warnings": [_warning(measure) for measure in open_warnings()],
        "most_strikes": int(limit("strikes_to_suspend")),
        "daily_limit": most_a_day if account.may_send else None,
    }
    return page(request, "studio/trust/account_status.html", context, status=422 if error or message_error else 200)


@studio(
    "GET settings/status/",
    "account-status",
    Permission.SETUP,
    tab=Tab(
        SETTINGS,
        gettext_lazy("Account status"),
        gettext_lazy("application, limits, approved, suspended, warnings, support"),
        place=100,
    ),
)
def show_status(request: StudioRequest) -> HttpResponse:
    return _status_page(request)


@studio(
    "POST settings/agreements/",
    "account-status-accept",
    Permission.BIND,
    logs="agreements.accepted",
    nav="account-status",
    has_tabs=True,
)
def accept(request: StudioRequest) -> HttpResponse:
    """Accept the texts that were shown, on the account's behalf. A newer text is shown first."""
    due = _due(agreements(request.user.language))
    if not due:
        return see_other(reverse("studio:account-status"))
    if request.POST.get("documents") != due:
        return _status_page(request, error=_("One of the texts has changed in the meantime. Read it again."))
    if request.POST.get("accept") != "yes":
        return _status_page(request, error=_("Select the box if you agree."))
    agreements_actions.accept_agreements(
        request.account.id, request.user, ip=client_ip(request), user_agent=request.headers.get("User-Agent", "")[:500]
    )
    return succeed(request, _("Thanks. You've accepted the agreements."), reverse("studio:account-status"))


@studio(
    "POST settings/status/messages/", "account-status-message", Permission.SETUP, logs="message.written", has_tabs=True
)
def write(request: StudioRequest) -> HttpResponse:
    """Write to the operator: contest an action, answer a question (R-09)."""
    about = None
    if request.POST.get("about") == "change":
        about = AccountStatusChange.objects.order_by("-id").first()
    try:
        messages.write_to_desk(request.POST.get("text", ""), by=request.user, about=about)
    except AccountError as problem:
        return _status_page(request, message_error=str(problem))
    message = _("We've received your message. We'll reply by email and here.")
    return succeed(request, message, reverse("studio:account-status"))


def _settings_form(account: Account, posted: QueryDict | None = None) -> SettingsForm:
    initial = {"language": account.language, "time_zone": account.time_zone}
    return SettingsForm(posted, initial=initial)


@studio(
    "GET|POST settings/",
    "settings",
    Permission.MANAGE,
    logs="settings.changed",
    tab=Tab(
        SETTINGS,
        gettext_lazy("General"),
        gettext_lazy("account name, time zone, language, monthly report, web analytics, UTM, Matomo, writing help"),
        place=110,
    ),
)
def account_settings(request: StudioRequest) -> HttpResponse:
    account = request.account
    form = _settings_form(account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        people.change_settings(account.id, **form.cleaned_data)
        return succeed(request, _("Saved."), reverse("studio:settings"))
    chosen = monthly_report.chosen_readers()
    readers = [(row.user, row.user_id in chosen) for row in monthly_report.possible_readers()]
    context = {"form": form, "readers": readers, "tagging": LinkTaggingForm(), "help_state": help_state()}
    return page(request, "studio/trust/settings.html", context)


@studio("POST settings/monthly-report/", "settings-monthly-report", Permission.MANAGE, logs="monthly_report.changed")
def choose_report_readers(request: StudioRequest) -> HttpResponse:
    chosen = {whole_number(value) for value in request.POST.getlist("reader")}
    monthly_report.choose_readers(chosen, by=request.user)
    return succeed(request, _("Saved."), reverse("studio:settings"))


@studio(
    "GET settings/security/",
    "security",
    Permission.VIEW,
    tab=Tab(SETTINGS, gettext_lazy("Security"), gettext_lazy("approval, two people, sign-in"), place=20),
)
def security(request: StudioRequest) -> HttpResponse:
    return _security_page(request)


def _security_page(request: StudioRequest, *, error: str = "") -> HttpResponse:
    context = {
        "error": error,
        "switch": FourEyesSwitch.objects.select_related("switched_by").last(),
        "writers": queries.members_who_may(Permission.RELEASE),
        "has_second_factor": is_mfa_enabled(request.user),
        "without_factor": [row.user for row in queries.members() if not has_second_factor(row.user)],
    }
    return page(request, "studio/trust/security.html", context, status=422 if error else 200)


@studio(
    "POST settings/second-factor/",
    "security-second-factor",
    Permission.SECURITY,
    logs="second_factor.required",
    nav="security",
    has_tabs=True,
)
def require_factor(request: StudioRequest) -> HttpResponse:
    is_required = request.POST.get("wanted") == "yes"
    proved = second_factor(request, request.user) is not None
    try:
        without = [row.user for row in queries.members() if not has_second_factor(row.user)]
        second_factor_actions.require_second_factor(
            request.account.id, is_required, by=request.user, proved=proved, without=without
        )
    except AccountError as problem:
        return _security_page(request, error=str(problem))
    done = (
        _("From now on, everyone signs in with a second factor.")
        if is_required
        else _("A second factor is no longer required.")
    )
    return succeed(request, done, reverse("studio:security"))


@studio(
    "POST settings/approval/",
    "security-approval",
    Permission.SECURITY,
    logs="four_eyes.switched",
    nav="security",
    has_tabs=True,
)
def four_eyes(request: StudioRequest) -> HttpResponse:
    is_on = request.POST.get("wanted") == "yes"
    try:
        approval.switch_four_eyes(request.account.id, is_on, by=request.user)
    except AccountError as problem:
        return _security_page(request, error=str(problem))
    done = (
        _("From now on, a second person has to approve every campaign.")
        if is_on
        else _("Campaigns no longer need a second person's approval.")
    )
    return succeed(request, done, reverse("studio:security"))


@studio("POST settings/writing-help/", "settings-writing-help", Permission.MANAGE, logs="writing_help.switched_off")
def switch(request: StudioRequest) -> HttpResponse:
    if not writing_help.is_installed():
        raise Http404
    is_off = request.POST.get("switch") == "off"
    writing_help.switch(is_off=is_off, by=request.user)
    message = _("Writing help is off.") if is_off else _("Writing help is on.")
    return succeed(request, message, reverse("studio:settings"))
