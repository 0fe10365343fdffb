"""The search page, and its results on their own for the search dialog."""

from django.http import HttpResponse

from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.search.finders import ACCOUNT_FINDERS, FINDERS
from mailflatrate.entrypoints.studio.search.pages import find_pages
from mailflatrate.entrypoints.studio.search.results import LONGEST, SHORTEST, HitGroup, normalized
from mailflatrate.entrypoints.ui.menu import SEARCH, Tab
from mailflatrate.rules.roles import Permission


@studio("GET search/", "search", Permission.VIEW, limited=True, tab=Tab(SEARCH))
def search(request: StudioRequest) -> HttpResponse:
    query = normalized(request.GET.get("q", ""))
    is_enough = len(query) >= SHORTEST
    groups = _groups(request, query) if is_enough else []
    context = {
        "wanted": query,
        "is_enough": is_enough,
        "groups": groups,
        "longest": LONGEST,
        "hit_count": sum(len(group.hits) for group in groups),
    }
    template = "studio/search/dialog_results.html" if is_htmx(request) else "studio/search/page.html"
    return page(request, template, context)


def _groups(request: StudioRequest, query: str) -> list[HitGroup]:
    is_limited = request.membership.is_limited
    groups = [find(query) for find in FINDERS if not (is_limited and find in ACCOUNT_FINDERS)]
    groups.append(find_pages(query, request.membership))
    return [group for group in groups if group.hits]
