"""Who may see a page of the studio: a view shows only the account of the signed-in person."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib.messages import ERROR, get_messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.factors import has_second_factor
from mailflatrate.apps.accounts.models import Account, Membership, Role, User
from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.models import ChangeSource, MailingList
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import UnlimitedReason
from mailflatrate.entrypoints.presenters.member_activity import record_change
from mailflatrate.entrypoints.sign_in.proved_factor import second_factor
from mailflatrate.entrypoints.studio.page_rights import MemberRights, may_use
from mailflatrate.entrypoints.ui.pages import View, WebPage, declare
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.entrypoints.ui.sessions import READING, signed_in
from mailflatrate.rules.roles import Permission, roles_with

ASK_AGREEMENTS = "ask_agreements"
"""Set in the session by a sign-in: the documents in force are checked with the next page."""


class StudioRequest(HttpRequest):
    user: User
    account: Account
    membership: Membership
    memberships: list[Membership]
    page: WebPage


FIRST_REFUSAL_STATUS = 400


def studio(
    address: str, name: str, write: Permission, read: Permission = Permission.VIEW, **options: Any
) -> Callable[[View], View]:
    """Declare a page of the studio (`WebPage` lists the options). `view` runs in one transaction scoped to the
    person's account, in its time zone, and to the lists of a limited member (ADR 0048): nothing else is found. A
    second factor that the account requires, and documents that are new after a sign-in, come first. A view that
    streams must open the scope again inside its generator; the limit is kept until then.
    """
    page = WebPage(address, name, write=write, read=read, **options)
    if "POST" in page.methods and "logs" not in options:
        raise TypeError(f"{name} takes a POST and doesn't declare what it logs")
    return lambda view: declare(page, signed_in(_scoped(view, page)))


def _scoped(view: View, page: WebPage) -> View:
    if hasattr(view, "pages"):
        raise TypeError(f"{page.name}: a view of the studio is one page")

    @wraps(view)
    def scoped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = cast(User, request.user)
        memberships = queries.memberships(user)
        membership = queries.chosen_of(memberships, request.session.get("account_id"))
        if membership is None:
            return render(request, "studio/no_account.html", status=403)
        mine = cast(StudioRequest, request)
        mine.account, mine.membership, mine.memberships = membership.account, membership, memberships
        mine.page = page
        if mine.account.second_factor and second_factor(request, user) is None:
            context = {"account": mine.account, "has_one": has_second_factor(user)}
            return render(request, "studio/second_factor.html", context, status=403)
        writes = request.method not in READING
        if not may_use(membership, page, writes=writes):
            return render(request, "studio/not_permitted.html", _why_not(mine, writes=writes), status=403)
        limit = tenancy.member(membership.account_id, user.id, is_limited=membership.is_limited)
        with limit, timezone.override(ZoneInfo(membership.account.time_zone)):
            if writes:
                name_author(ChangeAuthor(ChangeSource.TEAM, user.id))
            return _limited_stream(_agreements_first(mine) or _recorded(view, mine, *args, **kwargs), membership)

    return scoped


def _limited_stream(answer: HttpResponseBase, membership: Membership) -> HttpResponseBase:
    """Keep the limit of a member while the answer is streamed, after the page's transaction has ended."""
    if membership.is_limited and isinstance(answer, StreamingHttpResponse) and not isinstance(answer, FileResponse):
        answer.streaming_content = _limited_parts(iter(answer), membership)
    return answer


def _limited_parts(parts: Iterator[bytes], membership: Membership) -> Iterator[bytes]:
    while True:
        with tenancy.limiting(membership.account_id, membership.user_id, is_limited=True):
            part = next(parts, None)
        if part is None:
            return
        yield part


def _recorded(view: View, request: StudioRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """Run the view; a change that succeeded and left no line in the account's log gets one."""
    with audit.recorded() as tally:
        answer = view(request, *args, **kwargs)
    if request.method in READING or not request.page.logs or answer.status_code >= FIRST_REFUSAL_STATUS:
        return answer
    queued_messages = getattr(get_messages(request), "_queued_messages", [])
    if not any(message.level >= ERROR for message in queued_messages):
        record_change(request.page.logs, request.user, kwargs, tally)
    return answer


def _why_not(request: StudioRequest, *, writes: bool) -> dict[str, Any]:
    roles = roles_with(request.page.write if writes else request.page.read)
    names = [str(Role(role.value).label) for role in roles]
    if request.membership.is_limited and not request.page.limited:
        return {"is_limited": True}
    return {"role": request.membership.get_role_display(), "roles": get_text_list(names, _("or")), "writes": writes}


def page_context(request: StudioRequest) -> dict[str, Any]:
    """Return the rights for templates: `may_write` for this page, and `rights` by permission."""
    return {
        "may_write": may_use(request.membership, request.page, writes=True),
        "rights": MemberRights(request.membership),
        "list_limit": _list_limit(request),
    }


def _list_limit(request: StudioRequest) -> dict[str, Any] | None:
    if not request.membership.is_limited:
        return None
    seen = MailingList.objects.count()
    with tenancy.unlimited(UnlimitedReason.OVERVIEW):
        return {"seen": seen, "all": MailingList.objects.count()}


def _agreements_first(request: StudioRequest) -> HttpResponse | None:
    if request.method != "GET" or not request.session.get(ASK_AGREEMENTS) or is_htmx(request):
        return None
    agreements = reverse("studio:agreements")
    if request.path == agreements:
        return None
    if queries.documents_to_read(request.user):
        return see_other(agreements)
    request.session.pop(ASK_AGREEMENTS, None)
    return None


def is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))
