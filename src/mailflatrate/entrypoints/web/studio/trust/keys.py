"""Keys with which programs of the customer work for the account: made by an owner, shown once, revoked for good."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from mailflatrate.apps.accounts import actions, queries
from mailflatrate.apps.accounts.actions import MadeKey
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import ApiKey, Role, Scope
from mailflatrate.base import clock
from mailflatrate.entrypoints.web.studio.access import StudioRequest, see_other, studio
from mailflatrate.entrypoints.web.studio.trust.common import owners_change, page
from mailflatrate.settings import load_settings

SCOPE_WORDS = {
    Scope.READ: gettext_lazy("Look at everything of the account, people and reports among it"),
    Scope.CONTACTS: gettext_lazy("Ask people for their confirmation, change and unsubscribe them, import, suppress"),
    Scope.CAMPAIGNS: gettext_lazy("Write mailings, segments, templates, digests and pictures, and send tests"),
    Scope.RELEASE: gettext_lazy("Release, pause and cancel mailings, in your name"),
}


class KeyForm(forms.Form):
    """What a new key is for, what it may do and until when."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("What will use it: “Shop”, “CRM”.")
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Works until"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day. Empty: until somebody revokes it."),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one thing that the key may do.")},
    )  # fmt: skip

    def expires_at(self, zone: str) -> datetime | None:
        """The end of the last day on the account's clock."""
        day = self.cleaned_data["expires_on"]
        return datetime.combine(day, time.max, ZoneInfo(zone)) if day else None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key with what is to say about it."""

    key: ApiKey
    tone: str
    state: str
    scopes: list[str]
    revocable: bool


def _row(key: ApiKey, owners: set[int]) -> KeyRow:
    tone, state = "success", _("Works")
    if key.revoked_at is not None:
        tone, state = "", _("Revoked")
    elif key.expires_at is not None and key.expires_at <= clock.now():
        tone, state = "warning", _("Expired")
    elif key.created_by_id not in owners:
        tone, state = "warning", _("Rests: whoever made it is no owner any more")
    return KeyRow(key, tone, state, [str(Scope(each).label) for each in key.scopes], key.revoked_at is None)


def _keys_page(request: StudioRequest, form: KeyForm, made: MadeKey | None = None) -> HttpResponse:
    owners = set(queries.members().filter(role=Role.OWNER).values_list("user_id", flat=True))
    picked = form["scopes"].value() or []
    context = {
        "rows": [_row(key, owners) for key in queries.api_keys()], "form": form, "made": made,
        "scopes": [(each.value, each.label, SCOPE_WORDS[each], each.value in picked) for each in Scope],
        "endpoint": f"{load_settings().public_url}/api/v1",
    }  # fmt: skip
    return page(request, "studio/trust/keys.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@studio
@owners_change
def keys(request: StudioRequest) -> HttpResponse:
    """All keys; a POST makes one and shows it, which never happens again: only a hash of it is kept."""
    form = KeyForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _keys_page(request, form)
    found = form.cleaned_data
    try:
        made = actions.make_api_key(
            request.account.id, found["name"], {Scope(each) for each in found["scopes"]},
            expires_at=form.expires_at(request.account.time_zone), by=request.user,
        )  # fmt: skip
    except AccountError as problem:
        form.add_error("expires_on" if found["expires_on"] else None, str(problem))
        return _keys_page(request, form)
    return _keys_page(request, KeyForm(), made)


@require_POST
@studio
@owners_change
def revoke(request: StudioRequest, key_id: int) -> HttpResponse:
    """End a key."""
    try:
        key = actions.revoke_api_key(request.account.id, key_id, by=request.user)
    except AccountError as problem:
        raise Http404 from problem
    messages.success(
        request, _("“%(name)s” is revoked. Programs that used it are refused from now on.") % {"name": key}
    )
    return see_other(reverse("studio:standing-keys"))
