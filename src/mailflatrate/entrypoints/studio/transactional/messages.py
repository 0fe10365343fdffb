"""The log of transactional messages: search by address or reference, one message, send it again."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from mailflatrate.apps.delivery.actions.transactional import resend_message
from mailflatrate.apps.transactional import queries
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.apps.transactional.models import TransactionalSwitch
from mailflatrate.entrypoints.presenters.lookups import find_message
from mailflatrate.entrypoints.presenters.transactional import MessageState, message_rows
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.menu import REPORTS, Tab
from mailflatrate.entrypoints.ui.posts import refuse, succeed
from mailflatrate.rules.limits import value
from mailflatrate.rules.roles import Permission

LONGEST_SEARCH = 320


@never_cache
@studio(
    "GET transactional/",
    "transactional",
    Permission.RELEASE,
    tab=Tab(
        REPORTS,
        gettext_lazy("Transactional"),
        gettext_lazy("order confirmation, invoice, password reset, service email, message log"),
        place=20,
    ),
)
def log(request: StudioRequest) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "")[:LONGEST_SEARCH]
    before = whole_number(request.GET.get("before")) or None
    messages = queries.search_messages(text, before_id=before, size=queries.PAGE_ROWS + 1)
    rows = message_rows(messages[: queries.PAGE_ROWS])
    older = rows[-1].id if len(messages) > queries.PAGE_ROWS else 0
    context = {
        "switch": TransactionalSwitch.objects.first(),
        "is_on": queries.is_switched_on(),
        "rows": [(row, row.state.label, row.state.tone) for row in rows],
        "search": text,
        "is_older": before is not None,
        "older_url": f"?{urlencode({'q': text, 'before': older})}" if older else "",
        "log_days": int(value("contract_log_days")),
    }
    return page(request, "studio/transactional/log.html", context)


@never_cache
@studio("GET transactional/<int:transactional_id>/", "transactional-message", Permission.RELEASE)
def message(request: StudioRequest, transactional_id: int) -> HttpResponse:
    row = message_rows([find_message(transactional_id)])[0]
    context = {
        "row": row,
        "state_word": row.state.label,
        "tone": row.state.tone,
        "is_stopped": row.state in (MessageState.REFUSED, MessageState.SKIPPED),
        "resend_hours": int(value("contract_resend_hours")),
    }
    return page(request, "studio/transactional/message.html", context)


@never_cache
@studio(
    "POST transactional/<int:transactional_id>/resend/",
    "transactional-resend",
    Permission.RELEASE,
    logs="transactional.resent",
)
def resend(request: StudioRequest, transactional_id: int) -> HttpResponse:
    try:
        again = resend_message(find_message(transactional_id), by=request.user)
    except TransactionalError as problem:
        return refuse(request, str(problem), reverse("studio:transactional-message", args=[transactional_id]))
    url = reverse("studio:transactional-message", args=[again.id])
    if again.refused_by:
        return refuse(request, _("The message was refused. The reason is below."), url)
    return succeed(request, _("The message is being sent again."), url)
