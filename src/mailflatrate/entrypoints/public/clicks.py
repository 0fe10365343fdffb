"""The redirector: signed targets only (R-109), counted without the person (R-108) unless they agreed (R-107)."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from mailflatrate.apps.tracking.actions import record_click, record_personal_click
from mailflatrate.apps.tracking.scanners import ClientInfo
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.identifiers.tokens import TokenPurpose


class LinkRedirect(HttpResponseRedirect):
    """Redirects (302) to exactly the target that the author wrote."""

    allowed_schemes = ["http", "https"]


@public("GET c/<str:token>", "click")
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Return 404 for a token that was not sealed here, and for a link that no longer exists."""
    claims = key_ring().open_token(TokenPurpose.CLICK, token)
    if claims is None:
        raise Http404
    with tenancy.account(claims.account_id):
        target = record_click(edition_id=claims.delivery_id, number=claims.extra, visitor=_visitor(request))
    return _there(target)


@public("GET k/<str:token>", "personal-click")
def personal_click(request: HttpRequest, token: str) -> HttpResponse:
    """Count and redirect a click for a person who agreed to personal click tracking (R-107)."""
    claims = key_ring().open_token(TokenPurpose.PERSONAL_CLICK, token)
    if claims is None:
        raise Http404
    with tenancy.account(claims.account_id):
        target = record_personal_click(delivery_id=claims.delivery_id, number=claims.extra, visitor=_visitor(request))
    return _there(target)


def _visitor(request: HttpRequest) -> ClientInfo:
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    return ClientInfo(
        head=request.method == "HEAD",
        user_agent=request.headers.get("User-Agent", ""),
        ip=client_ip(request),
        prefetch=any("prefetch" in purpose or "preview" in purpose for purpose in purposes),
    )


def _there(target: str | None) -> HttpResponse:
    if target is None:
        raise Http404
    response = LinkRedirect(target)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
