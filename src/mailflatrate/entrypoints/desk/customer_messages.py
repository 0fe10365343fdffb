"""Customer messages that have not been answered yet."""

from django.http import HttpResponse

from mailflatrate.apps.abuse.queries.queue import cases_of_messages
from mailflatrate.apps.accounts.models import DeskMessage, Side
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import PAGE_ROWS, page


@desk("GET messages/", "messages")
def unanswered_messages(request: DeskRequest) -> HttpResponse:
    waiting = DeskMessage.objects.filter(side=Side.CUSTOMER, handled_at=None)
    rows = list(waiting.select_related("account", "author", "about").order_by("id")[:PAGE_ROWS])
    cases = cases_of_messages([row.id for row in rows])
    return page(request, "messages", {"rows": [(row, cases.get(row.id)) for row in rows]})
