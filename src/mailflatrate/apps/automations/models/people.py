"""Who is under way in an automation, which steps they passed, and how many people did."""

from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mailflatrate.apps.automations.models.definition import Automation, AutomationVersion
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.rules.contacts.contact_events import LONGEST_NAME


class EnrolmentState(StrEnum):
    """ACTIVE: at a step. FINISHED: passed the last one. LEFT: ended before, and `why` says the reason."""

    ACTIVE = "active"
    FINISHED = "finished"
    LEFT = "left"


class LeavingReason(StrEnum):
    """The reasons why a person left before the last step."""

    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    GOAL = "goal"
    LATE = "late"
    NO_DATE = "no_date"
    STOPPED = "stopped"


LEAVING_LABELS = {
    LeavingReason.UNSUBSCRIBED: _("Unsubscribed"),
    LeavingReason.SUPPRESSED: _("Suppressed"),
    LeavingReason.GOAL: pgettext_lazy("automation", "Reached the goal"),
    LeavingReason.LATE: _("Too late for the next step"),
    LeavingReason.NO_DATE: _("No date in the field that a step waits for"),
    LeavingReason.STOPPED: _("The automation was ended"),
}


class Enrolment(TenantModel):
    """A person under way in one version, because of one consent event for its list (lock two). `step` acts at
    `due_at`. Triggers hold the consent at the insert, end it in a withdrawal's transaction, and delete it with the
    contact. Row-level security enforces the account; keys would be checked row by row.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    automation = models.ForeignKey(
        Automation, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    version = models.ForeignKey(
        AutomationVersion, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    contact = models.ForeignKey(
        "lists.Contact", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    mailing_list = models.ForeignKey(
        "lists.MailingList", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    consent_event = models.ForeignKey(
        "consent.ConsentEvent", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    run = models.PositiveIntegerField(default=1, help_text="1 for the first time the person goes through it, then 2")
    state = models.CharField(max_length=8, db_default=EnrolmentState.ACTIVE, default=EnrolmentState.ACTIVE)
    step = models.CharField(max_length=12, help_text="key of the step where the person is, or left")
    due_at = models.DateTimeField()
    why = models.CharField(max_length=12, choices=LEAVING_LABELS, blank=True, db_default="", default="")
    entered_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "enrolment"
        constraints = [
            models.UniqueConstraint(fields=["account", "contact", "automation", "run"], name="enrolment_run_once"),
            models.UniqueConstraint(
                fields=["account", "contact", "automation"], condition=Q(state="active"), name="enrolment_active_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in EnrolmentState]), name="enrolment_known_state"
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "version", "step", "due_at", "id"],
                condition=Q(state="active"),
                name="enrolment_due_in_order",
            )
        ]


class StepPassage(TenantModel):
    """A step that a person passed, at most once in each enrollment; never changed."""

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    enrolment = models.ForeignKey(
        Enrolment, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="passages"
    )
    step = models.CharField(max_length=12)
    at = models.DateTimeField()
    target = models.SmallIntegerField(
        db_default=0, default=0, help_text="the branch or arm taken; of a wait for an event: 0 it came, 1 time is up"
    )
    result = models.CharField(max_length=12, blank=True, db_default="", default="")

    class Meta:
        db_table = "enrolment_passage"
        constraints = [models.UniqueConstraint(fields=["account", "enrolment", "step"], name="passage_once")]


class StepCount(TenantModel):
    """People who entered, passed or left (`what`) a step, by target, result or reason (`detail`); a job folds rows."""

    version = models.ForeignKey(
        AutomationVersion, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    step = models.CharField(max_length=12)
    what = models.CharField(max_length=8)
    detail = models.CharField(max_length=12, blank=True, db_default="", default="")
    count = models.BigIntegerField()

    class Meta:
        db_table = "automation_count"
        indexes = [models.Index(fields=["account", "version"], name="automation_count_version")]


class AutomationArrival(TenantModel):
    """Something that starts an automation for a person, or ends their wait; triggers write it, the engine takes it."""

    automation = models.ForeignKey(
        Automation, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    contact_id = models.BigIntegerField()
    reference = models.BigIntegerField(null=True, help_text="the consent event, if the arrival is one")
    event = models.CharField(
        max_length=LONGEST_NAME, blank=True, db_default="", default="", help_text="ends waits for it; empty: starts it"
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "automation_arrival"
        indexes = [models.Index(fields=["account", "automation", "id"], name="automation_arrival_order")]


class SegmentMember(TenantModel):
    """A contact who was in the segment that starts an automation when it was last looked at."""

    automation = models.ForeignKey(
        Automation, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    contact_id = models.BigIntegerField()

    class Meta:
        db_table = "automation_member"
        constraints = [
            models.UniqueConstraint(fields=["account", "automation", "contact_id"], name="automation_member_once")
        ]
