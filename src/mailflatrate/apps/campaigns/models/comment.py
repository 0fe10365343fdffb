"""Colleagues' comments on a campaign."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.campaigns.models.campaign import Campaign
from mailflatrate.base.tenancy import TenantModel


class CommentPlace(models.TextChoices):
    WHOLE = "", _("The whole campaign")
    SUBJECT = "subject", _("Subject")
    PREHEADER = "preheader", _("Preview text")
    SENDER = "sender", _("From")
    AUDIENCE = "audience", _("Recipients")
    CONTENT = "content", _("Content")
    TEXT = "text", _("Plain-text version")


class CampaignComment(TenantModel):
    """A comment or a reply, never edited. One taken back loses its text, but keeps author, time, who took it back."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="comments")
    thread = models.ForeignKey(
        "self", null=True, on_delete=models.CASCADE, related_name="answers", help_text="None: starts a thread"
    )
    about = models.CharField(max_length=10, choices=CommentPlace.choices, default=CommentPlace.WHOLE, blank=True)
    text = models.TextField(blank=True)
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True, help_text="for a thread, set in its first comment")
    resolved_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "campaign_comment"
        indexes = [models.Index(fields=["account", "campaign", "id"], name="campaign_comment_order")]
        constraints = [
            models.CheckConstraint(
                condition=Q(text__gt="") ^ Q(deleted_at__isnull=False), name="comment_has_words_or_is_taken_back"
            )
        ]
