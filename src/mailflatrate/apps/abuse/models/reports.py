"""Reports: who reported which delivery, for what reason, and what happened at once."""

from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.abuse.models.cases import Case
from mailflatrate.base.tenancy import TenantModel


class ReportChannel(models.TextChoices):
    MAIL = "mail", _("By email to the abuse desk")
    LOOP = "loop", _("Through a feedback loop")
    PAGE = "page", _("On the public page")
    SIGN_UP = "sign_up", _("“This wasn't me” in a confirmation email")
    CONTEST = "contest", _("From the customer")
    HAND = "hand", _("Entered by our team")
    FIGURES = "figures", _("By one of our rules")


class Complaint(models.TextChoices):
    """What a reporter says is wrong."""

    UNASKED = "unasked", _("I never signed up for this.")
    AGAIN = "again", _("I unsubscribed but still get email.")
    ILLEGAL = "illegal", _("The content is illegal.")
    FALSE_SENDER = "false", _("The sender pretends to be someone else.")
    OTHER = "other", _("Something else.")


class Report(TenantModel):
    """One report; all that identifies the reporter is for the desk alone (R-80). `delivery_id` only if a token or the
    reporter's signature proved it; `proof`: how the sender was authenticated; `how`: which mark identified the
    campaign; `effect`: what followed at once; `notice`: `explanation`, `location`, `good_faith` (DSA Art. 16).
    """

    hidden_without_account = True
    desk_only = True
    platform_writes = True

    account = models.ForeignKey(  # type: ignore[assignment]  # as the case
        "accounts.Account", null=True, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="reports")
    via = models.CharField(max_length=8, choices=ReportChannel.choices)
    raw_mail = models.ForeignKey("inbound.RawMail", null=True, on_delete=models.SET_NULL, related_name="+")
    source_id = models.BigIntegerField(null=True, help_text="the denial, message or measure behind it")
    reporter = models.CharField(max_length=254, blank=True)
    reporter_name = models.CharField(max_length=120, blank=True)
    reporter_key = models.BinaryField(max_length=32, null=True, help_text="keyed hash of the reporter's address")
    language = models.CharField(max_length=5, default="en")
    complaint = models.CharField(max_length=8, choices=Complaint.choices, blank=True)
    text = models.TextField(blank=True)
    notice = models.JSONField(default=dict, db_default=Value({}, output_field=models.JSONField()))
    delivery_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)
    address_key = models.BinaryField(max_length=32, null=True, help_text="of the recipient it is about")
    how = models.CharField(max_length=20, blank=True)
    proof = models.CharField(max_length=8, blank=True)
    effect = models.CharField(max_length=12, blank=True)
    platform = models.BooleanField(default=False)
    forged = models.PositiveSmallIntegerField(default=0, help_text="tokens in it that aren't ours")
    ip = models.GenericIPAddressField(null=True)
    message_id = models.CharField(max_length=250, blank=True, help_text="of the reporter's message, to keep the thread")
    at = models.DateTimeField()
    answer_due_at = models.DateTimeField(null=True, help_text="set if someone expects an answer (R-82)")
    answered_at = models.DateTimeField(null=True, help_text="since the reporter's last message")
    first_answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "case_report"
        constraints = [
            models.UniqueConstraint(
                fields=["raw_mail"], condition=Q(raw_mail__isnull=False), name="case_report_mail_once"
            ),
            models.UniqueConstraint(
                fields=["via", "source_id"], condition=Q(source_id__isnull=False), name="case_report_source_once"
            ),
        ]
        indexes = [
            models.Index(fields=["reporter_key", "-id"], name="case_report_reporter"),
            models.Index(fields=["address_key"], name="case_report_address"),
            models.Index(fields=["account", "delivery_id"], name="case_report_delivery"),
        ]

    @property
    def is_from_person(self) -> bool:
        """Return whether a person may be waiting for an answer."""
        return self.via in (ReportChannel.MAIL, ReportChannel.PAGE, ReportChannel.HAND) and bool(self.reporter)
