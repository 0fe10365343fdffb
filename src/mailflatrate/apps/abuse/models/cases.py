"""Cases and their events. Only the platform sees them: reporters stay hidden from customers (R-80)."""

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mailflatrate.base.tenancy import TenantModel
from mailflatrate.base.toned_choices import TonedChoices


class CaseKind(models.TextChoices):
    COMPLAINT = "complaint", _("Unwanted email")
    CONTENT = "content", _("Illegal content or a forged sender")
    SIGN_UP = "sign_up", _("Someone else's address was entered")
    CONTEST = "contest", _("An action is disputed")
    FIGURES = "figures", _("Figures over a limit")
    OTHER = "other", _("Something else")


class CaseState(TonedChoices):
    """Whose turn it is. OPEN and ANSWERED are waiting for the desk."""

    OPEN = "open", "error", pgettext_lazy("case", "Open")
    ASKED = "asked", "info", _("Waiting for the customer")
    ANSWERED = "answered", "warning", _("Reply received")
    CLOSED = "closed", "", _("Closed")


class Cause(models.TextChoices):
    NO_CONSENT = "no_consent", _("No consent")
    BAD_PROOF = "bad_proof", _("Consent could not be proven")
    FORGOTTEN = "forgotten", _("Consent proven; the recipient had forgotten")
    TOO_OFTEN = "too_often", _("Consent proven; too frequent or not what was expected")
    UNSUBSCRIBE = "unsubscribe", _("Unsubscribing failed or was hard to find")
    ENTERED = "entered", _("Someone else entered the address")
    CONTENT = "content", _("Content breaks the law or our policy")
    IMPRINT = "imprint", _("Wrong sender or imprint")
    NOT_OURS = "not_ours", _("Not sent through us")
    FALSE_ALARM = "false_alarm", _("No problem found")
    LOOP = "loop", _("Feedback loop; removed from all lists immediately")


class Case(TenantModel):
    """One matter for the desk, joined by reports about the same campaign, or else by the same reporter.
    `answer_due_at` is the earliest deadline of waiting reporters, `proof_due_at` that of the customer (R-82).
    """

    hidden_without_account = True
    desk_only = True
    platform_writes = True

    account = models.ForeignKey(  # type: ignore[assignment]  # no account: nobody knows yet whose mail it is about
        "accounts.Account", null=True, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    reference = models.CharField(max_length=12, unique=True, help_text="the number that people quote")
    kind = models.CharField(max_length=10, choices=CaseKind.choices, default=CaseKind.COMPLAINT)
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.OPEN)
    campaign = models.ForeignKey(
        "campaigns.Campaign", null=True, on_delete=models.DO_NOTHING, db_index=False, related_name="+"
    )
    subject = models.CharField(max_length=250, blank=True, help_text="summary in one line, for the queue")
    dangerous = models.BooleanField(default=False, help_text="illegal content or impersonation")
    loops_only = models.BooleanField(
        default=False, db_column="quiet", help_text="reported by feedback loops only, so no one expects an answer"
    )
    frozen = models.BooleanField(default=False, help_text="the campaign is on hold until this is answered (R-82)")
    assigned_to = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    answer_due_at = models.DateTimeField(null=True)
    proof_due_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    cause = models.CharField(max_length=12, choices=Cause.choices, blank=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="merged")

    class Meta:
        db_table = "abuse_case"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "campaign", "kind"],
                condition=Q(campaign__isnull=False) & ~Q(state="closed"),
                name="abuse_case_open_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed")
                | Q(closed_at__isnull=False) & (~Q(cause="") | Q(merged_into__isnull=False)),
                name="abuse_case_closed_why",
            ),
        ]
        indexes = [
            models.Index(fields=["opened_at"], condition=~Q(state="closed"), name="abuse_case_open"),
            models.Index(fields=["account", "-id"], name="abuse_case_account"),
            models.Index(fields=["closed_at"], name="abuse_case_closed"),
        ]

    def __str__(self) -> str:
        return self.reference


class EventKind(models.TextChoices):
    OPENED = "opened", _("Case opened")
    JOINED = "joined", _("Another report added")
    EFFECT = "effect", _("Done immediately")
    ATTRIBUTED = "attributed", _("Campaign found")
    MERGED = "merged", _("Merged into another case")
    MEASURE = "measure", _("Action taken")
    NOTE = "note", _("Note")
    QUESTION = "question", _("Question sent to the customer")
    ANSWER = "answer", _("Customer replied")
    MESSAGE_OUT = "letter_out", _("Message sent to the reporter")
    MESSAGE_IN = "letter_in", _("Reporter replied")
    RECEIPT = "receipt", _("Receipt sent automatically")
    ASSIGNED = "assigned", _("Case assigned")
    CLOSED = "closed", _("Case closed")
    REOPENED = "reopened", _("Case reopened")


class CaseEvent(TenantModel):
    """One event in a case; never changed. `actor` None: one of our jobs, named by `actor_name`."""

    hidden_without_account = True
    desk_only = True
    platform_writes = True

    account = models.ForeignKey(  # type: ignore[assignment]  # as the case when it happened
        "accounts.Account", null=True, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=EventKind.choices)
    actor = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=254, blank=True)
    text = models.TextField(blank=True)
    details = models.JSONField(default=dict, db_default=Value({}, output_field=models.JSONField()))
    at = models.DateTimeField(db_default=Now())

    @property
    def is_incoming(self) -> bool:
        return self.kind == EventKind.MESSAGE_IN

    @property
    def is_message(self) -> bool:
        return self.kind in (EventKind.MESSAGE_IN, EventKind.MESSAGE_OUT)

    class Meta:
        db_table = "case_event"
        indexes = [models.Index(fields=["account", "kind", "at"], name="case_event_kind")]
