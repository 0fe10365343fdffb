"""Digests of a feed: what is checked, when an issue is prepared, and how the last check went."""

from datetime import time
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mailflatrate.apps.campaigns import actions
from mailflatrate.apps.campaigns.digest_content import MARK
from mailflatrate.apps.campaigns.errors import CampaignError, NameTaken
from mailflatrate.apps.campaigns.models import CampaignTemplate, FeedDigest
from mailflatrate.apps.campaigns.models.digest import EVERY_DAY, FAILURES
from mailflatrate.apps.campaigns.queries import templates
from mailflatrate.apps.domains.queries import senders
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.entrypoints.web.posts import see_other, succeed
from mailflatrate.entrypoints.web.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.web.studio.campaigns.forms import SenderField
from mailflatrate.entrypoints.web.studio.common import page

SHOWN_ITEMS = 20
DAYS = [*WEEKDAYS.items(), (EVERY_DAY, gettext_lazy("Daily"))]


class DigestForm(forms.Form):
    """The settings of one digest."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("Appears in the subject line of every issue."),
    )
    url = forms.URLField(
        label=gettext_lazy("Feed URL"),
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy("RSS or Atom, on a public web server."),
    )
    mailing_list: "forms.ModelChoiceField[MailingList]" = forms.ModelChoiceField(
        label=gettext_lazy("List"), queryset=None, empty_label=None
    )
    sender = SenderField(label=gettext_lazy("From"), queryset=None, required=False, empty_label=gettext_lazy("Choose"))
    template: "forms.ModelChoiceField[CampaignTemplate]" = forms.ModelChoiceField(
        label=gettext_lazy("Template"), queryset=None, required=False, empty_label=gettext_lazy("None: items only")
    )
    weekday = forms.TypedChoiceField(label=gettext_lazy("Day"), choices=DAYS, coerce=int)
    at = forms.TimeField(
        label=gettext_lazy("Time"), initial=time(9), widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    minimum = forms.IntegerField(
        label=gettext_lazy("Minimum new items"),
        min_value=1,
        max_value=20,
        initial=1,
        help_text=gettext_lazy("With fewer, we don't prepare an issue and keep the items for the next one."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("Prepare issues"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["mailing_list"].queryset = MailingList.objects.filter(archived_at=None).order_by("name")
        fields["sender"].queryset = senders()
        fields["template"].queryset = templates()
        fields["template"].help_text = _(
            "The items replace %(mark)s, or go at the end if the template doesn't contain it."
        ) % {"mark": MARK}
        places = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
        fields["time_zone"].choices = [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places)]

    def clean_url(self) -> str:
        """Return a web address without a user name or password in it."""
        url = str(self.cleaned_data["url"])
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.username is not None:
            raise forms.ValidationError(_("Enter an address that starts with https:// and contains no password."))
        return url


def digest_of(digest_id: int) -> FeedDigest:
    """Return the account's own digest. Raises Http404."""
    found = FeedDigest.objects.select_related("mailing_list", "last_issue", "template").filter(id=digest_id).first()
    if found is None:
        raise Http404
    return found


def settings_of(digest: FeedDigest) -> dict[str, Any]:
    """Return the settings as form values."""
    values = {name: getattr(digest, name) for name in DigestForm.base_fields}
    return values | {name: getattr(digest, f"{name}_id") for name in ("mailing_list", "sender", "template")}


def _form(request: StudioRequest, digest: FeedDigest | None) -> DigestForm:
    initial: dict[str, Any] = {"time_zone": request.account.time_zone}
    if digest is not None:
        initial = settings_of(digest)
    return DigestForm(request.POST if request.method == "POST" else None, initial=initial)


def _saved(request: StudioRequest, form: DigestForm, digest_id: int | None) -> FeedDigest | None:
    """Save the digest and return it; None if the form has errors."""
    if not form.is_valid():
        return None
    try:
        return actions.save_digest(form.cleaned_data, by=request.user, digest_id=digest_id)
    except NameTaken:
        form.add_error("name", _("Another RSS campaign already has this name."))
    except CampaignError as problem:
        form.add_error(None, str(problem))
    return None


@require_safe
@studio
def digests(request: StudioRequest) -> HttpResponse:
    """List all digests with the results of their last checks."""
    rows = FeedDigest.objects.select_related("mailing_list", "last_issue").order_by("name")
    context = {"rows": rows, "failures": FAILURES, "has_lists": MailingList.objects.filter(archived_at=None).exists()}
    return page(request, "studio/campaigns/digests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@studio
def new(request: StudioRequest) -> HttpResponse:
    """Create a digest; its feed is checked immediately."""
    form = _form(request, None)
    if request.method == "POST":
        saved = _saved(request, form, None)
        if saved is not None:
            return see_other(reverse("studio:digest", args=[saved.id]))
    return page(request, "studio/campaigns/digest_new.html", {"form": form}, status=422 if form.errors else 200)


def _context(digest: FeedDigest) -> dict[str, Any]:
    waiting = digest.items.filter(used_at=None)
    return {
        "digest": digest,
        "failed": digest.outcome in FAILURES,
        "waiting": waiting.count(),
        "items": waiting.order_by("-published_at", "-id")[:SHOWN_ITEMS],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@studio
def digest(request: StudioRequest, digest_id: int) -> HttpResponse:
    """Show one digest: its status, what waits for the next issue, its settings. htmx requests only the first part."""
    found = digest_of(digest_id)
    if request.method != "POST" and is_htmx(request):
        return page(request, "studio/campaigns/digest_state.html", _context(found))
    form = _form(request, found)
    if request.method == "POST" and _saved(request, form, digest_id) is not None:
        return succeed(request, _("Saved."), reverse("studio:digest", args=[digest_id]))
    context = {**_context(found), "form": form}
    return page(request, "studio/campaigns/digest.html", context, status=422 if form.errors else 200)


@require_POST
@studio
def check(request: StudioRequest, digest_id: int) -> HttpResponse:
    """Check the feed now, and prepare an issue if requested."""
    found = digest_of(digest_id)
    actions.request_feed_check(found.id, issue=request.POST.get("issue") == "yes")
    return see_other(reverse("studio:digest", args=[digest_id]))


@require_POST
@studio
def delete(request: StudioRequest, digest_id: int) -> HttpResponse:
    """Delete the digest; issues already prepared stay."""
    found = digest_of(digest_id)
    actions.delete_digest(found.id, by=request.user)
    messages.success(
        request, _("“%(name)s” has been deleted. Issues already prepared will stay.") % {"name": found.name}
    )
    return see_other(reverse("studio:digests"))
