"""Tables of campaigns and editions."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantManager, TenantModel, in_platform
from mailflatrate.rules.campaigns.campaign_states import CampaignState


class ContentKind(models.TextChoices):
    """The format in which content is written. Blocks are MJML, written in the visual editor."""

    BLOCKS = "blocks", _("Blocks")
    MARKDOWN = "markdown", _("Markdown")
    MJML = "mjml", _("MJML")
    HTML = "html", _("HTML")


STATE_LABELS = {
    CampaignState.DRAFT: _("Draft"),
    CampaignState.REVIEW: _("Waiting for review"),
    CampaignState.SCHEDULED: _("Scheduled"),
    CampaignState.PLANNING: _("Preparing"),
    CampaignState.SENDING: _("Sending"),
    CampaignState.WAITING: _("Waiting for the relay"),
    CampaignState.PAUSED: _("Paused"),
    CampaignState.SENT: _("Sent"),
    CampaignState.CANCELLED: _("Canceled"),
}


LONGEST_LABEL = 40

MAYBE_SENT = "maybe_sent"
"""The reason of a campaign that was set aside because it may have been sent in a time that the database forgot."""
DRAFT_MAYBE_SENT = "draft_maybe_sent"
"""The reason of a draft whose account sent messages in that time."""


class TestMetric(models.TextChoices):
    """The metric that decides which variant wins."""

    CLICKS = "clicks", _("Clicks")
    PERSON = "person", _("I'll choose the winner myself")


class CampaignManager(TenantManager["Campaign"]):
    """Hides deleted drafts from their account; the abuse desk finds them by the mailing ID of a test message."""

    def get_queryset(self) -> models.QuerySet["Campaign"]:
        queryset = super().get_queryset()
        return queryset if in_platform() else queryset.filter(deleted_at=None)


class Campaign(TenantModel):
    """One campaign: its content, sender, audience and send time. `mailing_id` is unique forever (R-55)."""

    mailing_id = models.CharField(max_length=11, unique=True)
    name = models.CharField(_("name"), max_length=120)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    preheader = models.CharField(_("preview text"), max_length=250, blank=True)
    sender = models.ForeignKey("domains.SenderAddress", null=True, on_delete=models.PROTECT, related_name="+")
    reply_to = models.CharField(_("reply to"), max_length=254, blank=True)
    language = models.CharField(_("language"), max_length=5, default="en")
    list_ids = ArrayField(models.BigIntegerField(), default=list)
    conditions = models.JSONField(default=list, help_text="segment conditions: see segments.builders")
    excluded_list_ids = ArrayField(models.BigIntegerField(), default=list)
    excluded_segments = models.JSONField(
        default=list, help_text="id, name and conditions of saved segments when the draft was saved"
    )
    excluded_mailing_ids = ArrayField(models.BigIntegerField(), default=list)
    content_kind = models.CharField(max_length=10, choices=ContentKind.choices, default=ContentKind.MARKDOWN)
    theme = models.CharField(
        max_length=10, blank=True, db_default="", help_text="the theme of Markdown; empty: plain, without a header"
    )
    content = models.TextField(blank=True)
    is_locked = models.BooleanField(
        default=False, db_default=False, help_text="others change only its slots: see campaigns.locks"
    )
    text_override = models.TextField(blank=True)
    media_ids = ArrayField(models.BigIntegerField(), default=list, help_text="pictures in the content")
    version = models.PositiveIntegerField(
        default=1, help_text="number of saves; a save names the version it is based on"
    )
    saved_tab = models.CharField(max_length=32, blank=True, help_text="the browser window that last saved")
    saved_turn = models.PositiveIntegerField(default=0, help_text="number of saves by that window")
    track_clicks = models.BooleanField(_("count clicks"), default=True)
    untagged_links = models.BooleanField(
        default=False, db_default=False, help_text="without the account's parameters for web analytics"
    )
    link_campaign = models.CharField(
        max_length=60, blank=True, db_default="", help_text="its name in web analytics; empty: made from its name"
    )
    variants = models.JSONField(default=list, help_text="what variants B to D change: see campaigns.variants")
    translations = models.JSONField(
        default=list,
        db_default=Value([], output_field=models.JSONField()),
        help_text="the texts in further languages: see campaigns.translations",
    )
    test_share = models.PositiveSmallIntegerField(default=10, help_text="percent of the audience per variant")
    test_hours = models.PositiveSmallIntegerField(
        default=4, help_text="from the last test message to the choice of the winner"
    )
    test_metric = models.CharField(max_length=10, choices=TestMetric.choices, default=TestMetric.CLICKS)
    per_hour = models.PositiveIntegerField(null=True, help_text="maximum messages per hour; None: no limit")
    policy_hash = models.CharField(
        max_length=64, blank=True, help_text="content hash for which the policy was accepted"
    )
    policy_version = models.CharField(max_length=20, blank=True)
    policy_ticked_at = models.DateTimeField(null=True)
    policy_ticked_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=STATE_LABELS, default=CampaignState.DRAFT)
    state_reason = models.TextField(blank=True)
    deleted_at = models.DateTimeField(
        null=True, help_text="a deleted draft that was tested or released: its decisions are evidence"
    )
    hold_rule = models.CharField(
        max_length=10, blank=True, db_default="", help_text="the rule that keeps it on hold (R-90)"
    )
    review_asked_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    edited_by = models.ForeignKey(
        "accounts.User",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="who last changed the content",
    )
    scheduled_at = models.DateTimeField(null=True)
    local_at = models.DateTimeField(
        null=True, help_text="local send time in `time_zone`; each recipient gets it when their own clock shows it"
    )
    at_best_hour = models.BooleanField(
        default=False,
        db_default=False,
        help_text="`local_at` begins 24 hours in which each recipient gets it at the hour at which they confirmed",
    )
    time_zone = models.CharField(max_length=64, default="Europe/Berlin")
    planned_count = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=dict, help_text="reason -> number of people on the lists who were not planned")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    automation_id = models.BigIntegerField(null=True, help_text="the automation whose message this is")
    automation_over = models.BooleanField(
        db_default=False, default=False, help_text="no one in its automation can get it any longer"
    )
    follow_up_of = models.BigIntegerField(null=True, help_text="the sent campaign whose people it reminds")
    follow_up_goal = models.JSONField(
        null=True, help_text="what they have not done: an event, or a click on a link (empty: any)"
    )
    labels = ArrayField(
        models.CharField(max_length=LONGEST_LABEL),
        default=list,
        db_default=Value([], output_field=ArrayField(models.CharField(max_length=LONGEST_LABEL))),
        help_text="with which colleagues sort campaigns",
    )
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[TenantManager["Campaign"]] = CampaignManager()

    class Meta:
        db_table = "campaign"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "follow_up_of"],
                condition=models.Q(follow_up_of__isnull=False),
                name="campaign_follow_up_once",
            )
        ]
        indexes = [
            models.Index(fields=["account", "-created_at"], name="campaign_recent"),
            models.Index(fields=["scheduled_at"], condition=models.Q(state="scheduled"), name="campaign_due"),
            models.Index(fields=["review_asked_at"], condition=models.Q(state="review"), name="campaign_in_review"),
            models.Index(
                fields=["account", "automation_id"],
                condition=models.Q(automation_id__isnull=False),
                name="campaign_of_automation",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def named_list_ids(self) -> list[int]:
        """Return the lists of the audience and those excluded: who doesn't see them all doesn't see the campaign."""
        return [*self.list_ids, *self.excluded_list_ids] if self.list_ids else []

    @property
    def maybe_sent(self) -> bool:
        """Return whether the campaign may have been sent already, so that a person has to decide before it is sent."""
        return self.state_reason in (MAYBE_SENT, DRAFT_MAYBE_SENT)


class CampaignReview(TenantModel):
    """An operator's verdict on exactly this content (R-06, R-07); append-only, by the platform role alone. A trigger
    lets no supervised account send without one. No foreign key: it outlives a deleted draft.
    """

    platform_writes = True

    campaign = models.ForeignKey(
        Campaign, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="reviews"
    )
    content_hash = models.CharField(max_length=64)
    approved = models.BooleanField()
    text = models.TextField(blank=True, help_text="what the customer reads")
    note = models.TextField(blank=True, help_text="for the desk only")
    why = models.JSONField(default=list, help_text="the findings that required a review")
    reviewed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, help_text="since when the campaign had waited")
    early = models.BooleanField(default=False, db_default=False, help_text="of a draft, while it was being written")
    seen = models.JSONField(null=True, help_text="the values of the draft that the reviewer saw")
    recipients = models.PositiveIntegerField(null=True, help_text="how many it would have gone to at that moment")

    class Meta:
        db_table = "campaign_review"
        indexes = [models.Index(fields=["account", "campaign", "-id"], name="campaign_review_recent")]


class Edition(TenantModel):
    """A campaign's content compiled and frozen: exactly what was sent, with the imprint it showed."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="editions")
    number = models.PositiveIntegerField()
    variant = models.PositiveSmallIntegerField(
        db_default=0, help_text="0 is A, the campaign's own language, or the only one"
    )
    language = models.CharField(
        max_length=5, default="", db_default="", help_text="empty: from before campaigns had several"
    )
    content_hash = models.CharField(max_length=64)
    subject = models.TextField()
    preheader = models.TextField(blank=True)
    html = models.TextField(help_text="inlined HTML with Liquid and placeholders of the service")
    text = models.TextField(help_text="text part with Liquid and placeholders of the service")
    links = models.JSONField(default=list, help_text="tracked targets; the position is the link's number")
    facts = models.JSONField(default=dict, help_text="what the compiler found, for the gate")
    imprint = models.ForeignKey("accounts.Imprint", on_delete=models.PROTECT, related_name="+")
    seal = models.BinaryField(max_length=32, help_text="HMAC of all the above; the key is not in the database")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "edition"
        constraints = [models.UniqueConstraint(fields=["account", "campaign", "number"], name="edition_number_once")]
