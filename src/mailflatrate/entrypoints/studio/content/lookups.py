"""Products and feed items for the visual editor: look them up, see what was found, insert it."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.campaigns.actions.content_lookup import request_content
from mailflatrate.apps.campaigns.content.found_blocks import item_rows, price_of, product_column, product_row
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import ContentLookup, LookupKind
from mailflatrate.base.long_task import OUR_ERROR, TaskState
from mailflatrate.entrypoints.presenters.lookups import find_content_lookup
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.locale.texts import known_language
from mailflatrate.mail.fetched.values import FoundGap
from mailflatrate.rules.roles import Permission

GAPS = {
    FoundGap.NO_PRODUCT: gettext_lazy("The page doesn't say that it shows a product."),
    FoundGap.NO_TITLE: gettext_lazy("There's no title."),
    FoundGap.NO_LINK: gettext_lazy("There's no link."),
    FoundGap.NO_PRICE: gettext_lazy("There's no price."),
    FoundGap.ODD_PRICE: gettext_lazy("The price can't be read:"),
    FoundGap.NO_CURRENCY: gettext_lazy("The price has no currency:"),
    FoundGap.ODD_CURRENCY: gettext_lazy("The currency isn't known:"),
    FoundGap.SEVERAL_PRICES: gettext_lazy("There are several prices. This is the lowest."),
    FoundGap.SOLD_OUT: gettext_lazy("It's sold out, the page says."),
    FoundGap.NO_PICTURE: gettext_lazy("There's no image."),
    FoundGap.PICTURE_LOST: gettext_lazy("The image couldn't be copied. Upload it to Media."),
}
PROBLEMS = {
    "missing": gettext_lazy("There's no page at this address. Check it, and try again."),
    "failed": gettext_lazy("The page doesn't open. Check the address, and try again."),
    "unreachable": gettext_lazy("The page can't be reached from here. Try again later."),
    "used_up": gettext_lazy("Your account has reached its daily limit of web pages (UTC). Try again tomorrow."),
    "unreadable": gettext_lazy("This page takes too long to read. Enter the content yourself."),
    "empty": gettext_lazy("The page says nothing about a product. If scripts build it, enter the content yourself."),
    "no_feed": gettext_lazy("This address isn't an RSS or Atom feed, nor a product feed in XML or CSV."),
    OUR_ERROR: gettext_lazy("We couldn't read this page. Try again, or enter the content yourself."),
}


@studio(
    "POST content-lookups/", "content-lookups", Permission.DRAFT, logs="campaign.content_looked_up", nav="templates"
)
def new(request: StudioRequest) -> HttpResponse:
    kind = LookupKind.FEED if request.POST.get("kind") == LookupKind.FEED else LookupKind.PRODUCT
    try:
        lookup = request_content(
            kind,
            request.POST.get("url", ""),
            most=whole_number(request.POST.get("most")) or 3,
            with_pictures="with_pictures" in request.POST,
            by=request.user,
        )
    except CampaignError as refused:
        context = {"kind": kind.value, "problem": str(refused)}
        return page(request, "studio/content/lookup_state.html", context)
    return _state(request, lookup, request.POST.get("language", ""))


@studio("GET content-lookups/<int:lookup_id>/", "content-lookup", Permission.DRAFT, nav="templates")
def one(request: StudioRequest, lookup_id: int) -> HttpResponse:
    return _state(request, find_content_lookup(lookup_id), request.GET.get("language", ""))


def _state(request: StudioRequest, lookup: ContentLookup, language: str) -> HttpResponse:
    language = known_language(language)
    is_feed = lookup.kind == LookupKind.FEED
    context: dict[str, Any] = {
        "lookup": lookup,
        "kind": lookup.kind,
        "language": language,
        "waits": lookup.is_under_way,
        "problem": PROBLEMS.get(lookup.problem, _("Nothing was found.")) if lookup.state == TaskState.FAILED else "",
    }
    if lookup.state == TaskState.DONE:
        context |= {
            "items": [
                (item, price_of(item, language), [(GAPS[FoundGap(code)], words) for code, words in item["gaps"]])
                for item in lookup.found
            ],
            "source": item_rows(lookup.found, language) if is_feed else product_row(lookup.found[0], language),
            "column": "" if is_feed else product_column(lookup.found[0], language),
        }
    return page(request, "studio/content/lookup_state.html", context)


def lookup_dialogs() -> list[tuple[str, str]]:
    dialogs = []
    for kind in LookupKind:
        last = ContentLookup.objects.filter(kind=kind).order_by("-created_at").values_list("url", flat=True).first()
        dialogs.append((kind.value, last if last and kind is LookupKind.FEED else ""))
    return dialogs
