"""Help: where customers find the documentation, and how to reach our team."""

from django.http import HttpResponse

from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.rules.roles import Permission


@studio("GET help/", "help", Permission.VIEW, limited=True)
def help_page(request: StudioRequest) -> HttpResponse:
    return page(request, "studio/help.html", {})
