"""Tables of the abuse desk."""

from mailflatrate.apps.abuse.models.cases import (
    Case,
    CaseEvent,
    CaseKind,
    CaseState,
    Cause,
    EventKind,
)
from mailflatrate.apps.abuse.models.questions import CaseAnswer, CaseQuestion
from mailflatrate.apps.abuse.models.reports import Complaint, Report, ReportChannel

__all__ = [
    "Case",
    "CaseAnswer",
    "CaseEvent",
    "CaseKind",
    "CaseQuestion",
    "CaseState",
    "Cause",
    "Complaint",
    "EventKind",
    "Report",
    "ReportChannel",
]
