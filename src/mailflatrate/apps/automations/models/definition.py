"""An automation, its versions, and the compiled steps of each."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mailflatrate.base.tenancy import TenantModel
from mailflatrate.base.toned_choices import TonedChoices


class AutomationState(TonedChoices):
    """The state of an automation.

    While it is paused, nothing happens; once it has ended, nothing ever happens again.
    """

    DRAFT = "draft", "", _("Draft")
    ACTIVE = "active", "success", pgettext_lazy("automation", "Active")
    PAUSED = "paused", "warning", _("Paused")
    ENDED = "ended", "", pgettext_lazy("automation", "Ended")


class VersionState(TonedChoices):
    """RELEASING: released, and a message waits for a reviewer. FINISHING: no one enters it; people finish it."""

    DRAFT = "draft", "", _("Draft")
    RELEASING = "releasing", "", _("Waiting for review")
    CURRENT = "current", "success", pgettext_lazy("automation", "Current")
    FINISHING = "finishing", "warning", pgettext_lazy("automation", "Finishing")
    OVER = "over", "", pgettext_lazy("automation", "Ended")


LIVE = (VersionState.CURRENT, VersionState.FINISHING)
"""People may be under way in it."""


class Automation(TenantModel):
    """An automation of one list. `entry_*` say what starts its current version, for the triggers that note arrivals."""

    name = models.CharField(_("name"), max_length=120)
    mailing_list = models.ForeignKey("lists.MailingList", on_delete=models.PROTECT, db_index=False, related_name="+")
    state = models.CharField(max_length=10, choices=AutomationState.choices, default=AutomationState.DRAFT)
    entry_on = models.CharField(max_length=20, blank=True, db_default="", default="")
    entry_reference = models.BigIntegerField(null=True, help_text="the form, tag, segment or campaign; None: any")
    entry_text = models.TextField(blank=True, db_default="", default="", help_text="the event or link; empty: any")
    looked_at = models.DateTimeField(null=True, help_text="until when dates, segments and inactivity were looked at")
    paused_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "automation"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in AutomationState]), name="automation_known_state"
            )
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="automation_recent"),
            models.Index(
                fields=["account", "entry_on"], condition=Q(state__in=["active", "paused"]), name="automation_entries"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AutomationVersion(TenantModel):
    """One version of an automation's graph, fixed from its release on. `content_hash` covers the graph and every
    message: the policy was ticked for exactly that. `saves`: a save names the one it is based on.
    """

    automation = models.ForeignKey(Automation, on_delete=models.CASCADE, db_index=False, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    graph = models.JSONField(help_text="as authored: see rules.automations.reading")
    saves = models.PositiveIntegerField(default=1)
    content_hash = models.CharField(max_length=64, blank=True, db_default="", default="")
    policy_hash = models.CharField(max_length=64, blank=True, db_default="", default="")
    policy_ticked_at = models.DateTimeField(null=True)
    policy_ticked_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    moves_people = models.BooleanField(
        db_default=False, default=False, help_text="people of earlier versions continue in this one"
    )
    edited_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "automation_version"
        constraints = [
            models.UniqueConstraint(fields=["account", "automation", "number"], name="automation_version_once"),
            models.UniqueConstraint(
                fields=["account", "automation"],
                condition=Q(state__in=["draft", "releasing"]),
                name="automation_version_one_draft",
            ),
            models.UniqueConstraint(
                fields=["account", "automation"], condition=Q(state="current"), name="automation_version_one_current"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "releasing"])
                | (
                    Q(released_at__isnull=False, policy_ticked_at__isnull=False)
                    & ~Q(content_hash="")
                    & Q(policy_hash=models.F("content_hash"))
                ),
                name="automation_version_released",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account"], condition=Q(state__in=["current", "finishing"]), name="automation_version_live"
            )
        ]


class DraftSnapshot(TenantModel):
    """A graph before an edit (`undo`), or before its undoing (`redo`); newest first. A release deletes them."""

    version = models.ForeignKey(AutomationVersion, on_delete=models.CASCADE, db_index=False, related_name="+")
    side = models.CharField(max_length=4)
    graph = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "automation_snapshot"
        constraints = [
            models.CheckConstraint(condition=Q(side__in=["undo", "redo"]), name="automation_snapshot_known_side")
        ]
        indexes = [models.Index(fields=["account", "version", "side", "-id"], name="automation_snapshot_newest")]


class AutomationStep(TenantModel):
    """A compiled step of a released version: what it does and where people go from it (`rules.automations`)."""

    version = models.ForeignKey(AutomationVersion, on_delete=models.CASCADE, db_index=False, related_name="steps")
    key = models.CharField(max_length=12)
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12)
    parameters = models.JSONField(default=dict)
    targets = ArrayField(models.CharField(max_length=12, blank=True))
    campaign_id = models.BigIntegerField(null=True)
    edition_id = models.BigIntegerField(null=True)
    decision_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "automation_step"
        constraints = [models.UniqueConstraint(fields=["account", "version", "key"], name="automation_step_once")]
        indexes = [
            models.Index(
                fields=["account", "campaign_id"],
                condition=Q(campaign_id__isnull=False),
                name="automation_step_campaign",
            )
        ]
