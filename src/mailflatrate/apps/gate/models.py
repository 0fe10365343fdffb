"""The table of decisions: every verdict with its hits and misses."""

from django.db import models

from mailflatrate.base.tenancy import TenantModel


class Chain(models.TextChoices):
    CAMPAIGN = "campaign"
    TEST = "test"
    NOTICE = "notice"
    CONFIRMATION = "confirmation"
    CONTRACT = "contract"


class GateDecision(TenantModel):
    """The gate's findings when asked to release something; append-only."""

    chain = models.CharField(max_length=12, choices=Chain.choices)
    # The database deletes the refusals of a draft with the draft: no one else may, and no permit is ever deleted.
    campaign = models.ForeignKey("campaigns.Campaign", null=True, on_delete=models.DO_NOTHING, related_name="decisions")
    edition = models.ForeignKey("campaigns.Edition", null=True, on_delete=models.DO_NOTHING, related_name="+")
    allowed = models.BooleanField()
    findings = models.JSONField(default=list)
    rules_version = models.CharField(max_length=32)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    decided_through = models.CharField(max_length=120, blank=True, db_default="", help_text="the API key, if any")

    class Meta:
        db_table = "gate_decision"
        indexes = [models.Index(fields=["account", "campaign", "decided_at"], name="gate_decision_campaign")]
