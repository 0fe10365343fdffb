"""Tables of automations."""

from mailflatrate.apps.automations.models.definition import (
    Automation,
    AutomationState,
    AutomationStep,
    AutomationVersion,
    DraftSnapshot,
    VersionState,
)
from mailflatrate.apps.automations.models.people import (
    AutomationArrival,
    Enrolment,
    EnrolmentState,
    LeavingReason,
    StepCount,
    StepPassage,
)

__all__ = [
    "Automation",
    "AutomationArrival",
    "AutomationState",
    "AutomationStep",
    "AutomationVersion",
    "DraftSnapshot",
    "Enrolment",
    "EnrolmentState",
    "LeavingReason",
    "StepCount",
    "StepPassage",
    "VersionState",
]
