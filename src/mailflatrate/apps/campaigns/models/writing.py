"""The tables of writing help: an account's agreement and daily count, and what was asked and suggested."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.campaigns.models.campaign import Campaign
from mailflatrate.base.jobs import JobQueue
from mailflatrate.base.long_task import LongTask
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.mail.writing.questions import WritingTask


class WritingState(models.TextChoices):
    """How far a request is. TAKEN: a person put at least one suggestion into the draft."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Canceled")
    TAKEN = "taken", _("Used")


TASK_LABELS = {
    WritingTask.IDEAS: _("Subject ideas"),
    WritingTask.SHORTEN: _("Shorten"),
    WritingTask.PLAIN: _("Plain words"),
    WritingTask.TRANSLATE: _("Translate"),
    WritingTask.ALT: _("Alternative text"),
    WritingTask.EXPLAIN: _("Explain a check"),
}


class WritingHelp(TenantModel):
    """Whether and to which host an account agreed. `used` only grows within a day (UTC), whatever is canceled."""

    is_off = models.BooleanField(default=False)
    agreed_host = models.CharField(max_length=300, blank=True)
    agreed_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    day = models.DateField(null=True)
    used = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "writing_help"
        constraints = [models.UniqueConstraint(fields=["account"], name="writing_help_once")]


class WritingRequest(LongTask):
    """A question to the model about texts of one draft. `texts`: `key` (`writing_texts.DraftText`) and `old`;
    `answers`: suggestions, still masked; `taken`: `key` and the `text` put into the draft; `values`: what a check's
    sentence names, never sent.
    """

    JOB = "campaigns.suggest_texts"
    QUEUE = JobQueue.WRITING

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="writing_requests")
    task = models.CharField(max_length=10, choices=[(task.value, label) for task, label in TASK_LABELS.items()])
    variant = models.PositiveSmallIntegerField(default=0)
    language = models.CharField(max_length=8, help_text="of the suggestions")
    texts = models.JSONField()
    values = models.JSONField(default=dict)
    answers = models.JSONField(default=list)
    taken = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=WritingState.choices, default=WritingState.QUEUED)

    class Meta:
        db_table = "writing_request"
        indexes = [
            models.Index(fields=["account", "campaign", "state"], name="writing_request_of_draft"),
            models.Index(fields=["created_at"], name="writing_request_age"),
        ]
