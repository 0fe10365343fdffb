"""Coupons: pools of codes, of which each recipient gets one."""

from collections.abc import Iterator
from datetime import UTC

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailflatrate.apps.campaigns.actions import coupons as actions
from mailflatrate.apps.campaigns.coupon_codes import MOST_OCTETS
from mailflatrate.apps.campaigns.coupons import pool_stocks
from mailflatrate.apps.campaigns.errors import CampaignInputError, NameTaken
from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.delivery.planning.coupons import given_codes
from mailflatrate.entrypoints.presenters.lookups import find_coupon_pool
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.csv_lines import csv_line, csv_response
from mailflatrate.entrypoints.ui.menu import CONTENT, Tab
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.roles import Permission


class CodesForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("A text or CSV file with one code a line; of several columns, the first is used."),
        widget=forms.FileInput({"accept": ".txt,.csv,text/plain,text/csv"}),
    )
    codes = forms.CharField(
        label=gettext_lazy("Codes"),
        required=False,
        max_length=MOST_OCTETS,
        help_text=gettext_lazy("Or paste them here, one a line."),
        widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
    )

    def uploaded(self) -> bytes:
        """Return what was uploaded or pasted, one octet more than allowed at most."""
        file = self.cleaned_data.get("file")
        if isinstance(file, UploadedFile):
            return bytes(file.read(MOST_OCTETS + 1))
        return str(self.cleaned_data.get("codes", "")).encode()


class PoolForm(CodesForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    field_order = ("name", "file", "codes")


@studio(
    "GET|POST coupons/",
    "coupons",
    Permission.DRAFT,
    logs="coupon.saved",
    tab=Tab(CONTENT, gettext_lazy("Coupons"), gettext_lazy("voucher, discount, promo codes"), place=40),
)
def index(request: StudioRequest) -> HttpResponse:
    form = PoolForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            pool, added = actions.create_pool(form.cleaned_data["name"], form.uploaded(), by=request.user)
        except NameTaken:
            form.add_error("name", _("Another coupon already has this name. Choose a different one."))
        except CampaignInputError as refused:
            form.add_error("file", str(refused))
        else:
            return succeed(request, _saved(added), reverse("studio:coupon", args=[pool.id]))
    context = {"form": form, "stocks": pool_stocks()}
    return page(request, "studio/content/coupons.html", context)


def _saved(count: int) -> str:
    return ngettext("%(count)d code saved.", "%(count)d codes saved.", count) % {"count": count}


@studio("GET|POST coupons/<int:pool_id>/", "coupon", Permission.DRAFT, logs="coupon.saved")
def one(request: StudioRequest, pool_id: int) -> HttpResponse:
    pool = find_coupon_pool(pool_id)
    form = CodesForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = actions.add_codes(pool.id, form.uploaded())
        except CampaignInputError as refused:
            form.add_error("file", str(refused))
        else:
            return succeed(request, _saved(added), reverse("studio:coupon", args=[pool.id]))
    (stock,) = pool_stocks(pool.id)
    context = {"pool": pool, "stock": stock, "form": form, "variable": f"{{{{ coupon.{pool.key} }}}}"}
    return page(request, "studio/content/coupon.html", context)


@studio("POST coupons/<int:pool_id>/delete/", "coupon-delete", Permission.DRAFT, logs="coupon.deleted")
def delete(request: StudioRequest, pool_id: int) -> HttpResponse:
    """Delete the codes that no one got, and with them the coupon if none was given."""
    pool = find_coupon_pool(pool_id)
    if actions.remove_unused(pool.id):
        return succeed(request, _("“%(name)s” has been deleted.") % {"name": pool.name}, reverse("studio:coupons"))
    message = _("The unused codes have been deleted. Those that were given stay on record.")
    return succeed(request, message, reverse("studio:coupon", args=[pool.id]))


@studio("GET coupons/<int:pool_id>/given.csv", "coupon-given", Permission.EXPORT, Permission.EXPORT)
def given(request: StudioRequest, pool_id: int) -> HttpResponseBase:
    pool = find_coupon_pool(pool_id)
    lines = _lines(request.account.id, pool.id, translation.get_language() or "en")
    return csv_response(f"{pool.key}.csv", lines)


def _lines(account_id: int, pool_id: int, language: str) -> Iterator[str]:
    # The middleware's language is gone by the time the body is streamed.
    with translation.override(language):
        heads = [_("Code"), _("Given (UTC)"), _("Email address"), _("Campaign"), _("Mailing ID"), _("Result")]
        labels = {state.value: str(state.label) for state in DeliveryState}
    yield "\ufeff" + csv_line(heads)
    for row in given_codes(account_id, pool_id):
        at = row.given_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        result = labels.get(row.state, "")
        yield csv_line((row.code, at, row.email, row.campaign or "", row.mailing_id or "", result))
