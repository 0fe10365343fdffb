"""The audit log as a page to read (R-98)."""

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext_lazy

from mailflatrate.base import audit
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import PAGE_ROWS, page
from mailflatrate.entrypoints.ui.activity_labels import WORDS, names_of, word
from mailflatrate.entrypoints.ui.menu import RECORDS, Tab


@desk("GET audit/", "audit-log", tab=Tab(RECORDS, gettext_lazy("Audit log"), icon="scroll-text", place=90))
def audit_log(request: DeskRequest) -> HttpResponse:
    entries = AuditEntry.objects.order_by("-id")
    search, before = request.GET.get("q", "").strip(), request.GET.get("before", "")
    account = request.GET.get("account", "")
    if account.isascii() and account.isdecimal():
        entries = entries.filter(account_id=int(account))
    if search:
        in_words = [code for code, words in WORDS.items() if search.casefold() in str(words).casefold()]
        entries = entries.filter(Q(action__icontains=search) | Q(actor__icontains=search) | Q(action__in=in_words))
    if before.isascii() and before.isdecimal():
        entries = entries.filter(id__lt=int(before))
    rows = list(entries[: PAGE_ROWS + 1])
    more, visible = len(rows) > PAGE_ROWS, rows[:PAGE_ROWS]
    names = names_of(visible)
    context = {
        "rows": [(row, word(row.action), names.get(row.account_id or 0, "")) for row in visible],
        "search": search,
        "account": account,
        "next": visible[-1].id if more else 0,
        "later": bool(before),
        "report": audit.verify() if request.GET.get("check") == "1" else None,
    }
    return page(request, "audit_log", context)
