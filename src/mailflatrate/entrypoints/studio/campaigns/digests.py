"""Digests of a feed: their settings, when an issue is prepared, and the result of the last check."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.actions import digests as digests_actions
from mailflatrate.apps.campaigns.errors import CampaignError, NameTaken
from mailflatrate.apps.campaigns.models import FeedDigest
from mailflatrate.apps.campaigns.models.digest import FAILURES
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.entrypoints.presenters.digest_form import DigestForm, settings_of
from mailflatrate.entrypoints.presenters.lookups import find_digest
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.posts import see_other, succeed
from mailflatrate.rules.roles import Permission

SHOWN_ITEMS = 20


def _form(request: StudioRequest, digest: FeedDigest | None) -> DigestForm:
    initial: dict[str, Any] = {"time_zone": request.account.time_zone}
    if digest is not None:
        initial = settings_of(digest)
    return DigestForm(request.POST if request.method == "POST" else None, initial=initial)


def _saved(request: StudioRequest, form: DigestForm, digest_id: int | None) -> FeedDigest | None:
    if not form.is_valid():
        return None
    try:
        return digests_actions.save_digest(form.cleaned_data, by=request.user, digest_id=digest_id)
    except NameTaken:
        form.add_error("name", _("Another RSS campaign already has this name."))
    except CampaignError as problem:
        form.add_error(None, str(problem))
    return None


@studio("GET campaigns/digests/", "digests", Permission.RELEASE)
def digests(request: StudioRequest) -> HttpResponse:
    rows = FeedDigest.objects.select_related("mailing_list", "last_issue").order_by("name")
    context = {"rows": rows, "failures": FAILURES, "has_lists": MailingList.objects.filter(archived_at=None).exists()}
    return page(request, "studio/campaigns/digests.html", context)


@studio("GET|POST campaigns/digests/new/", "digest-new", Permission.RELEASE, logs="digest.saved")
def new(request: StudioRequest) -> HttpResponse:
    form = _form(request, None)
    if request.method == "POST":
        saved = _saved(request, form, None)
        if saved is not None:
            return see_other(reverse("studio:digest", args=[saved.id]))
    return page(request, "studio/campaigns/digest_new.html", {"form": form})


def _context(digest: FeedDigest) -> dict[str, Any]:
    waiting = digest.items.filter(used_at=None)
    return {
        "digest": digest,
        "failed": digest.outcome in FAILURES,
        "waiting": waiting.count(),
        "items": waiting.order_by("-published_at", "-id")[:SHOWN_ITEMS],
    }


@studio("GET|POST campaigns/digests/<int:digest_id>/", "digest", Permission.RELEASE, logs="digest.saved")
def digest(request: StudioRequest, digest_id: int) -> HttpResponse:
    feed_digest = find_digest(digest_id)
    if request.method != "POST" and is_htmx(request):
        return page(request, "studio/campaigns/digest_state.html", _context(feed_digest))
    form = _form(request, feed_digest)
    if request.method == "POST" and _saved(request, form, digest_id) is not None:
        return succeed(request, _("Saved."), reverse("studio:digest", args=[digest_id]))
    context = {**_context(feed_digest), "form": form}
    return page(request, "studio/campaigns/digest.html", context)


@studio("POST campaigns/digests/<int:digest_id>/check/", "digest-check", Permission.RELEASE, logs="digest.checked")
def check(request: StudioRequest, digest_id: int) -> HttpResponse:
    feed_digest = find_digest(digest_id)
    digests_actions.request_feed_check(feed_digest.id, issue=request.POST.get("issue") == "yes")
    return see_other(reverse("studio:digest", args=[digest_id]))


@studio("POST campaigns/digests/<int:digest_id>/delete/", "digest-delete", Permission.RELEASE, logs="digest.deleted")
def delete(request: StudioRequest, digest_id: int) -> HttpResponse:
    """Delete the digest; issues already prepared stay."""
    feed_digest = find_digest(digest_id)
    digests_actions.delete_digest(feed_digest.id, by=request.user)
    text = _("“%(name)s” has been deleted. Issues already prepared will stay.")
    return succeed(request, text % {"name": feed_digest.name}, reverse("studio:digests"))
