"""What waits for a person at the desk. A new kind of work is one more line in QUEUES."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.abuse.queries.queue import needs_person
from mailflatrate.apps.accounts.models import Application, DeskMessage, Side, Standing
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.inbound.models import RawMail, RawMailState
from mailflatrate.apps.lists.reviewing import held_imports, waiting_declarations
from mailflatrate.apps.stats.queries import open_holds

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits in a queue, and since when the oldest does."""

    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Queue:
    """One kind of work. `urls` are the url names whose pages belong to it; the first is the queue itself.

    `look` runs inside `tenancy.platform(OPERATOR_DESK)` for every page of the desk: it must be one cheap query.
    """

    key: str
    label: "StrOrPromise"
    text: "StrOrPromise"
    icon: str
    urls: tuple[str, ...]
    look: Callable[[], Waiting]


def waiting(rows: "QuerySet[Any]", since: str) -> Waiting:
    """Count `rows`; the oldest by the field `since`."""
    found = rows.aggregate(count=Count("pk"), since=Min(since))
    return Waiting(found["count"], found["since"])


def _applications() -> Waiting:
    undecided = (Standing.SUBMITTED, Standing.APPROVED)
    return waiting(Application.objects.filter(account__standing__in=undecided), "submitted_at")


def _mailings() -> Waiting:
    return waiting(Campaign.objects.filter(state=CampaignState.REVIEW), "review_asked_at")


def _letters() -> Waiting:
    return waiting(DeskMessage.objects.filter(side=Side.CUSTOMER, handled_at=None), "at")


def _origins() -> Waiting:
    declared = waiting(waiting_declarations(), "declared_at")
    held = waiting(held_imports(), "finished_at")
    moments = [moment for moment in (declared.since, held.since) if moment is not None]
    return Waiting(declared.count + held.count, min(moments, default=None))


def _figures() -> Waiting:
    return waiting(open_holds(), "at")


def _cases() -> Waiting:
    return waiting(needs_person(), "opened_at")


def _unread() -> Waiting:
    return waiting(RawMail.objects.filter(state=RawMailState.UNREAD), "received_at")


QUEUES: list[Queue] = [
    Queue(
        "cases",
        _("Cases"),
        _("Somebody complains of a mailing. The first answer is due within a working day."),
        "inbox",
        ("cases", "case", "cases-closed", "case-search", "case-new"),
        _cases,
    ),
    Queue(
        "applications",
        _("Applications"),
        _("Companies that want to send. Nobody sends before a person has looked."),
        "stamp",
        ("applications", "application"),
        _applications,
    ),
    Queue(
        "origins",
        _("Origins"),
        _("Where the addresses of lists come from. Nobody imported is mailed before a person has looked."),
        "list-checks",
        ("origins", "origin", "held-import"),
        _origins,
    ),
    Queue(
        "mailings",
        _("Mailings to look at"),
        _("The first ones of an account, and those unlike the others."),
        "mail-question-mark",
        ("mailings", "mailing"),
        _mailings,
    ),
    Queue(
        "figures",
        _("Stopped by figures"),
        _("Mailings that too many bounces, complaints or goodbyes stopped."),
        "octagon-alert",
        ("figures", "figure"),
        _figures,
    ),
    Queue(
        "unread",
        _("Unread mail"),
        _("What came back and could not be understood. Nothing is thrown away."),
        "mail-warning",
        ("stored-mails", "stored-mail"),
        _unread,
    ),
    Queue(
        "letters",
        _("Letters"),
        _("What customers wrote: objections, answers, questions."),
        "message-square",
        ("letters",),
        _letters,
    ),
]
