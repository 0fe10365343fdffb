"""Tables of figures and measures."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel
from mailflatrate.rules.feedback.measures import FigureScope


class DailyFigure(TenantModel):
    """Recipients of one campaign, list, origin and provider by the day (UTC) of the result. `origin` None: they came
    through our forms. A read model, replaced as a whole for a campaign: twice changes nothing.
    """

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    mailing_list = models.ForeignKey(
        "lists.MailingList", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    origin = models.ForeignKey(
        "lists.ListOrigin",
        null=True,
        on_delete=models.DO_NOTHING,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    sender_domain = models.CharField(max_length=253, blank=True, db_default="")
    provider = models.CharField(max_length=20)
    day = models.DateField()
    settled = models.PositiveIntegerField(help_text="with a result: delivered or bounced")
    delivered = models.PositiveIntegerField()
    hard = models.PositiveIntegerField()
    soft = models.PositiveIntegerField()
    complaints = models.PositiveIntegerField()
    unsubscribed = models.PositiveIntegerField()

    class Meta:
        db_table = "daily_figure"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "campaign", "mailing_list", "origin", "provider", "day"],
                nulls_distinct=False,
                name="daily_figure_once",
            )
        ]
        indexes = [models.Index(fields=["account", "day"], name="daily_figure_day")]


class AudienceCount(TenantModel):
    """How a large account's audience changed over thirty days, as last counted (`stats.audience`)."""

    counted_at = models.DateTimeField()
    figures = models.JSONField()

    class Meta:
        db_table = "audience_count"
        constraints = [models.UniqueConstraint(fields=["account"], name="audience_count_once")]


class ReportLink(TenantModel):
    """A link to one campaign's report, kept when it no longer works. Only the hash of its token is stored."""

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="+")
    name = models.CharField(max_length=80, help_text="who it is for")
    token_hash = models.BinaryField(max_length=32, unique=True)
    password = models.CharField(max_length=200, blank=True, db_default="", help_text="hashed; empty: none is needed")
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True, help_text="when the report was last shown through it")
    openings = models.PositiveIntegerField(db_default=0)
    wrong_passwords = models.PositiveSmallIntegerField(db_default=0, help_text="in the hour since `wrong_since`")
    wrong_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "report_link"
        indexes = [models.Index(fields=["account", "campaign"], name="report_link_campaign")]


class MonthlyReportReader(TenantModel):
    """A member of the team who gets the account's monthly report by email."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")

    class Meta:
        db_table = "monthly_report_reader"
        constraints = [models.UniqueConstraint(fields=["account", "user"], name="monthly_report_reader_once")]


class MonthlyReport(TenantModel):
    """A month whose report was sent. The row is written in the transaction that queues the emails: never twice."""

    month = models.DateField(help_text="its first day, in the account's time zone")
    sent_at = models.DateTimeField(db_default=Now())
    recipients = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "monthly_report"
        constraints = [models.UniqueConstraint(fields=["account", "month"], name="monthly_report_once")]


class PeerRate(models.Model):
    """The medians of one size of account, in percent; belongs to no account. None: too few have this rate."""

    size = models.PositiveSmallIntegerField(primary_key=True, help_text="class of size, from 0")
    delivered = models.FloatField(null=True)
    clicked = models.FloatField(null=True)
    unsubscribed = models.FloatField(null=True)
    counted_at = models.DateTimeField()

    class Meta:
        db_table = "peer_rate"


_SCOPES = {
    FigureScope.CAMPAIGN: _("This campaign"),
    FigureScope.DAY: _("One day"),
    FigureScope.WEEK: _("Seven days"),
}


class Measure(TenantModel):
    """One measure that the figures required, taken once (R-86, R-88, R-89). A person lifts it, with a reason (R-90)."""

    platform_writes = True

    campaign = models.ForeignKey(
        "campaigns.Campaign",
        null=True,
        on_delete=models.DO_NOTHING,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    scope = models.CharField(max_length=8, choices=[(scope.value, label) for scope, label in _SCOPES.items()])
    cause = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField()
    rule = models.CharField(max_length=10)
    provider = models.CharField(max_length=20, blank=True, db_default="")
    events = models.PositiveIntegerField()
    base = models.PositiveIntegerField()
    limit_percent = models.FloatField()
    day = models.DateField(null=True, help_text="for an account's measure: the day it was taken")
    at = models.DateTimeField(db_default=Now())
    reported_at = models.DateTimeField(
        null=True, db_column="told_at", help_text="when the owners were notified; only for levels below a pause"
    )
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    lifted_because = models.TextField(blank=True, db_default="")

    class Meta:
        db_table = "measure"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "scope", "campaign", "cause", "provider", "level", "day"],
                nulls_distinct=False,
                name="measure_once",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | (Q(lifted_by__isnull=False) & ~Q(lifted_because="")),
                name="measure_lifted_by_a_person",
            ),
        ]
        indexes = [models.Index(fields=["account", "-at"], name="measure_recent")]
