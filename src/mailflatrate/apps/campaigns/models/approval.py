"""Approval by a second person: one requests the release of a campaign, another gives it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.campaigns.models.campaign import Campaign
from mailflatrate.base.tenancy import TenantModel


class ReleaseAnswer(models.TextChoices):
    """The result of a request. OVERTAKEN: the campaign was changed and approval requested again."""

    OPEN = "", _("Waiting")
    RELEASED = "released", _("Released")
    SENT_BACK = "sent_back", _("Returned")
    OVERTAKEN = "overtaken", _("Superseded by a change")


class ReleaseRequest(TenantModel):
    """A request to a colleague to release exactly this content (approval). Triggers refuse RELEASED from the requester
    and the last editor, any change of an answer, and sending without one where approval is on.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="release_requests")
    content_hash = models.CharField(max_length=64)
    note = models.TextField(blank=True, help_text="the requester's note to colleagues")
    wanted_at = models.DateTimeField(null=True, help_text="planned send time; None: on release")
    on_own_clocks = models.BooleanField(default=False, help_text="at that hour in each recipient's time zone")
    at_best_hour = models.BooleanField(
        default=False, db_default=False, help_text="from then on, at the hour at which each recipient confirmed"
    )
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=ReleaseAnswer.choices, default=ReleaseAnswer.OPEN, blank=True)
    answered_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    text = models.TextField(blank=True, help_text="why it was returned")

    class Meta:
        db_table = "release_request"
        indexes = [models.Index(fields=["account", "campaign", "-id"], name="release_request_recent")]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "campaign"], condition=Q(answer=""), name="release_request_one_open"
            ),
            models.CheckConstraint(
                condition=~Q(answer=ReleaseAnswer.RELEASED)
                | (Q(answered_by__isnull=False, answered_at__isnull=False) & ~Q(answered_by=F("asked_by"))),
                name="release_by_a_second_person",
            ),
        ]
