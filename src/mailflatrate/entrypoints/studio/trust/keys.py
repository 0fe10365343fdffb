"""API keys for the customer's programs: created by an owner, shown once, revoked permanently."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.actions import keys as keys_actions
from mailflatrate.apps.accounts.actions.keys import DAILY_ASKS, MOST_DAILY_ASKS, AskingBounds, MadeKey
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import ApiKey, KeyScope
from mailflatrate.apps.forms.actions.request_limits import asking_allowance
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.forms.queries import form_table
from mailflatrate.base import clock
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.menu import SETTINGS, Tab
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.entrypoints.ui.request_limits import asking_shown
from mailflatrate.rules.roles import Permission, roles_with
from mailflatrate.settings import load_settings

SCOPE_WORDS = {
    KeyScope.READ: gettext_lazy("View everything in the account, including contacts and reports"),
    KeyScope.ASK: gettext_lazy("Send confirmation emails for the forms you choose, and read those forms. Nothing else"),
    KeyScope.CONTACTS_WRITE: gettext_lazy("Edit contact names and custom fields; create, rename and archive lists"),
    KeyScope.IMPORT: gettext_lazy("Upload, start and cancel imports"),
    KeyScope.EXPORT: gettext_lazy("Export and download all contacts, suppressions and proof of consent"),
    KeyScope.EVENTS_WRITE: gettext_lazy("Record what contacts did in your systems. Nothing else, and no one is added"),
    KeyScope.SUPPRESS: gettext_lazy("Unsubscribe contacts and block addresses. The key can't undo either"),
    KeyScope.ERASE: gettext_lazy("Permanently erase contacts"),
    KeyScope.CAMPAIGNS_DRAFT: gettext_lazy(
        "Edit campaigns, segments, templates, RSS campaigns and images, and send tests"
    ),
    KeyScope.CAMPAIGNS_RELEASE: gettext_lazy("Release, pause and cancel campaigns in your name"),
    KeyScope.EVENTS: gettext_lazy("Read what happens in the account, by IDs only"),
    KeyScope.WEBHOOKS: gettext_lazy("Create, change and delete webhooks, which send these events to other servers"),
    KeyScope.MESSAGES: gettext_lazy("Send transactional messages from approved templates. Nothing else"),
}


class KeyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("What will use the key, for example “Shop” or “CRM”."),
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Expires"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day the key works. If empty, it works until someone revokes it."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Permissions"),
        choices=KeyScope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one permission for the key.")},
    )
    form_ids = forms.MultipleChoiceField(
        label=gettext_lazy("Forms it can request confirmations for"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    daily_asks = forms.IntegerField(
        label=gettext_lazy("Confirmation requests per day"),
        required=False,
        min_value=1,
        max_value=MOST_DAILY_ASKS,
        help_text=gettext_lazy("Your account's daily limit also applies."),
    )
    networks = forms.CharField(
        label=gettext_lazy("IP ranges"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=2_000,
        help_text=gettext_lazy(
            "One per line, such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/48. If empty, the key works from anywhere."
        ),
    )

    def __init__(self, data: Any = None, *, signup_forms: Sequence[Form] = ()) -> None:
        super().__init__(data, initial={"daily_asks": DAILY_ASKS})
        self.fields["form_ids"].choices = [(str(form.id), form.name) for form in signup_forms]  # type: ignore[attr-defined]

    def clean_networks(self) -> list[str]:
        try:
            return keys_actions.parse_networks(self.cleaned_data["networks"].replace(",", " ").split())
        except AccountError as problem:
            raise forms.ValidationError(str(problem)) from problem

    def clean(self) -> dict[str, Any]:
        """Require forms and an allowance for a key that sends confirmation requests."""
        fields: dict[str, Any] = super().clean() or self.cleaned_data
        if KeyScope.ASK.value in fields.get("scopes", ()):
            if not fields.get("form_ids") and "form_ids" not in self.errors:
                self.add_error("form_ids", _("Choose the forms this key may send confirmation requests for."))
            if not fields.get("daily_asks") and "daily_asks" not in self.errors:
                self.add_error("daily_asks", _("Enter how many confirmation requests the key can send per day."))
        return fields

    def expires_at(self, zone: str) -> datetime | None:
        day = self.cleaned_data["expires_on"]
        return datetime.combine(day, time.max, ZoneInfo(zone)) if day else None

    def asking(self) -> AskingBounds | None:
        fields = self.cleaned_data
        if KeyScope.ASK.value not in fields["scopes"]:
            return None
        return AskingBounds(frozenset(map(int, fields["form_ids"])), fields["daily_asks"])


def _bounds(key: ApiKey, names: Mapping[int, str]) -> list[str]:
    bounds = []
    if KeyScope.ASK.value in key.scopes:
        if key.form_ids is None:
            bounds.append(_("Confirmation requests for any form"))
        else:
            titles = ", ".join(names.get(form_id, str(form_id)) for form_id in key.form_ids)
            bounds.append(_("Confirmation requests for: %(forms)s") % {"forms": titles})
        if key.daily_asks is not None:
            words = ngettext("Up to %(n)d request per day", "Up to %(n)d requests per day", key.daily_asks)
            bounds.append(words % {"n": key.daily_asks})
    if key.networks:
        bounds.append(_("Only from %(ranges)s") % {"ranges": ", ".join(key.networks)})
    return bounds


def _row(key: ApiKey, makers: set[int], names: Mapping[int, str]) -> dict[str, Any]:
    tone, state = "success", _("Active")
    if key.revoked_at is not None:
        tone, state = "", _("Revoked")
    elif key.expires_at is not None and key.expires_at <= clock.now():
        tone, state = "warning", _("Expired")
    elif key.created_by_id not in makers:
        tone, state = "warning", _("Inactive: its creator can no longer have API keys")
    scopes = [str(KeyScope(scope).label) for scope in key.scopes]
    return {
        "key": key,
        "tone": tone,
        "state": state,
        "scopes": scopes,
        "bounds": _bounds(key, names),
        "revocable": key.revoked_at is None,
    }


def _signup_forms() -> list[Form]:
    return [row.form for row in form_table()]


def _keys_page(request: StudioRequest, form: KeyForm, made: MadeKey | None = None) -> HttpResponse:
    may_make = queries.members().filter(role__in=roles_with(Permission.KEYS), list_ids=None)
    makers = set(may_make.values_list("user_id", flat=True))
    picked, picked_forms = form["scopes"].value() or [], form["form_ids"].value() or []
    signup_forms = _signup_forms()
    names = {signup_form.id: signup_form.name for signup_form in signup_forms}
    context = {
        "rows": [_row(key, makers, names) for key in queries.api_keys()],
        "form": form,
        "made": made,
        "signup_forms": [
            (str(signup_form.id), signup_form.name, str(signup_form.id) in picked_forms) for signup_form in signup_forms
        ],
        "scopes": [(scope.value, scope.label, SCOPE_WORDS[scope], scope.value in picked) for scope in KeyScope],
        "asking": asking_shown(asking_allowance()),
        "endpoint": f"{load_settings().public_url}/api/v1",
    }
    return page(request, "studio/trust/keys.html", context)


@never_cache
@studio(
    "GET|POST settings/keys/",
    "keys",
    Permission.KEYS,
    logs="api_key.made",
    tab=Tab(SETTINGS, gettext_lazy("API keys"), gettext_lazy("token, integration, webhook, developers"), place=30),
)
def keys(request: StudioRequest) -> HttpResponse:
    """List all keys; a POST creates one and shows it this once, because only its hash is stored."""
    form = KeyForm(request.POST or None, signup_forms=_signup_forms())
    if request.method != "POST" or not form.is_valid():
        return _keys_page(request, form)
    fields = form.cleaned_data
    try:
        made = keys_actions.make_api_key(
            request.account.id,
            fields["name"],
            {KeyScope(scope) for scope in fields["scopes"]},
            expires_at=form.expires_at(request.account.time_zone),
            by=request.user,
            asking=form.asking(),
            networks=fields["networks"],
        )
    except AccountError as problem:
        form.add_error("expires_on" if fields["expires_on"] else None, str(problem))
        return _keys_page(request, form)
    return _keys_page(request, KeyForm(signup_forms=_signup_forms()), made)


@studio("POST settings/keys/<int:key_id>/revoke/", "key-revoke", Permission.KEYS, logs="api_key.revoked")
def revoke(request: StudioRequest, key_id: int) -> HttpResponse:
    try:
        key = keys_actions.revoke_api_key(request.account.id, key_id, by=request.user)
    except AccountError as problem:
        raise Http404 from problem
    text = _("“%(name)s” has been revoked. Programs that use it no longer have access.")
    return succeed(request, text % {"name": key}, reverse("studio:keys"))
