"""The queues of work waiting for a person at the desk. To add one, add an entry to QUEUES."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.abuse.queries.queue import needs_person
from mailflatrate.apps.accounts.models import AccountStatus, Application, DeskMessage, Side
from mailflatrate.apps.campaigns.queries import campaigns_to_review
from mailflatrate.apps.inbound.models import RawMail, RawMailState
from mailflatrate.apps.intake.origin_review import held_imports, waiting_declarations
from mailflatrate.apps.stats.queries import open_holds
from mailflatrate.apps.suppression.queries import waiting_lift_requests
from mailflatrate.apps.transactional.models import TemplateState, TemplateVersion

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class QueueBacklog:
    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class DeskQueue:
    """`page` is the name of the page that lists it. `backlog` runs for every page of the desk: one cheap query."""

    key: str
    label: "StrOrPromise"
    text: "StrOrPromise"
    icon: str
    page: str
    backlog: Callable[[], QueueBacklog]


def waiting(rows: "QuerySet[Any]", since: str) -> QueueBacklog:
    totals = rows.aggregate(count=Count("pk"), since=Min(since))
    return QueueBacklog(totals["count"], totals["since"])


def _applications() -> QueueBacklog:
    undecided = (AccountStatus.SUBMITTED, AccountStatus.APPROVED)
    return waiting(Application.objects.filter(account__status__in=undecided), "submitted_at")


def _campaigns() -> QueueBacklog:
    return waiting(campaigns_to_review(), "review_asked_at")


def _messages() -> QueueBacklog:
    return waiting(DeskMessage.objects.filter(side=Side.CUSTOMER, handled_at=None), "at")


def _lift_requests() -> QueueBacklog:
    return waiting(waiting_lift_requests(), "asked_at")


def _origins() -> QueueBacklog:
    declared = waiting(waiting_declarations(), "declared_at")
    held = waiting(held_imports(), "finished_at")
    moments = [moment for moment in (declared.since, held.since) if moment is not None]
    return QueueBacklog(declared.count + held.count, min(moments, default=None))


def _transactional() -> QueueBacklog:
    return waiting(TemplateVersion.objects.filter(state=TemplateState.SUBMITTED), "submitted_at")


def _figures() -> QueueBacklog:
    return waiting(open_holds(), "at")


def _cases() -> QueueBacklog:
    return waiting(needs_person(), "opened_at")


def _unread() -> QueueBacklog:
    return waiting(RawMail.objects.filter(state=RawMailState.UNREAD), "received_at")


QUEUES: list[DeskQueue] = [
    DeskQueue(
        "cases",
        _("Cases"),
        _("Complaints about campaigns. The first response is due within one business day."),
        "inbox",
        "cases",
        _cases,
    ),
    DeskQueue(
        "applications",
        _("Applications"),
        _("Companies that want to send. No account can send until you've approved it."),
        "stamp",
        "applications",
        _applications,
    ),
    DeskQueue(
        "origins",
        _("List origins"),
        _(
            "Where the addresses on a list come from. Imported contacts aren't emailed until you've approved the "
            "origin."
        ),
        "list-checks",
        "origins",
        _origins,
    ),
    DeskQueue(
        "campaigns",
        _("Campaigns to review"),
        _("An account's first campaigns, and campaigns that differ from its usual ones."),
        "mail-question-mark",
        "campaigns",
        _campaigns,
    ),
    DeskQueue(
        "transactional",
        _("Transactional email"),
        _("Order confirmations and other messages without consent. None is sent before you've read its template."),
        "receipt",
        "transactional",
        _transactional,
    ),
    DeskQueue(
        "figures",
        _("Stopped automatically"),
        _("Campaigns stopped by too many bounces, complaints or unsubscribes."),
        "octagon-alert",
        "figures",
        _figures,
    ),
    DeskQueue(
        "unread",
        _("Unrecognized email"),
        _("Incoming email we couldn't interpret. Nothing is deleted."),
        "mail-warning",
        "stored-mails",
        _unread,
    ),
    DeskQueue(
        "messages",
        _("Customer messages"),
        _("What customers have written: objections, answers and questions."),
        "message-square",
        "messages",
        _messages,
    ),
    DeskQueue(
        "lift-requests",
        _("Suppressions to lift"),
        _("Customers who say that a suppressed person wants their emails again."),
        "shield-off",
        "lift-requests",
        _lift_requests,
    ),
]
