"""Applications: who applies, what they say about themselves, what was checked automatically, what a person decided."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel


class Applicant(models.Model):
    """A person who gave an address and hasn't proved it yet; belongs to no account, deleted after a few days."""

    email = models.EmailField()
    language = models.CharField(max_length=5, default="en")
    ip = models.GenericIPAddressField(null=True)
    asked_at = models.DateTimeField()
    proved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "applicant"
        indexes = [
            models.Index(fields=["email", "-asked_at"], name="applicant_recent"),
            models.Index(fields=["ip", "-asked_at"], name="applicant_ip"),
        ]


class Sector(models.TextChoices):
    """Industries that may apply (R-05). Forbidden industries are missing on purpose."""

    SHOP = "shop", _("Retail or wholesale")
    SERVICE = "service", _("Services and trades")
    SOFTWARE = "software", _("Software and technology")
    MEDIA = "media", _("Publishing and media")
    CULTURE = "culture", _("Culture, events, travel")
    EDUCATION = "education", _("Education and science")
    ASSOCIATION = "association", _("Nonprofit or foundation")
    PUBLIC = "public", _("Public body")
    HEALTH = "health", _("Health and care")
    FINANCE = "finance", _("Finance and insurance")
    AGENCY = "agency", _("Agency sending for clients")


class Cadence(models.TextChoices):
    WEEKLY_OR_MORE = "weekly", _("Weekly or more often")
    MONTHLY = "monthly", _("Once or twice a month")
    SELDOM = "seldom", _("Less than once a month")
    IRREGULAR = "irregular", _("When there is news")


class Application(TenantModel):
    """The vetting record of an account (R-02). Each decision keeps the record it was based on; a trigger locks it
    during and after the review. `lists`: `{"name", "size", "collection"}` each.
    """

    legal_name = models.CharField(max_length=160, blank=True)
    register_number = models.CharField(max_length=160, blank=True)
    vat_id = models.CharField(max_length=160, blank=True)
    street = models.CharField(max_length=160, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)
    responsible_person = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    website = models.CharField(max_length=250, blank=True)
    imprint_url = models.CharField(max_length=250, blank=True)
    sector = models.CharField(max_length=12, choices=Sector.choices, blank=True)
    business_model = models.TextField(blank=True)
    sending_history = models.TextField(blank=True)
    previous_provider = models.CharField(max_length=160, blank=True)
    leaving_reason = models.TextField(blank=True)
    monthly_volume = models.PositiveIntegerField(null=True)
    cadence = models.CharField(max_length=12, choices=Cadence.choices, blank=True)
    lists = models.JSONField(default=list)
    form_url = models.CharField(max_length=250, blank=True)
    sample_mailing = models.TextField(blank=True)
    done_steps = ArrayField(models.CharField(max_length=12), default=list)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    signals_at = models.DateTimeField(null=True, help_text="when the automatic checks last ran")

    class Meta:
        db_table = "application"
        constraints = [models.UniqueConstraint(fields=["account"], name="application_one_an_account")]

    def __str__(self) -> str:
        return self.legal_name


class Signal(TenantModel):
    """An automatic finding about an application, with its evidence; it never decides (R-03). For the desk only."""

    platform_writes = True
    desk_only = True

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="signals")
    key = models.CharField(max_length=30)
    outcome = models.CharField(max_length=12)
    word = models.CharField(max_length=30, default="unknown", help_text="which of the signal's sentences is shown")
    value = models.TextField(blank=True, help_text="values for that sentence")
    evidence = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "vetting_signal"
        constraints = [models.UniqueConstraint(fields=["account", "application", "key"], name="vetting_signal_once")]


class DecisionKind(models.TextChoices):
    APPROVE = "approve", _("Approved")
    ASK = "ask", _("More information requested")
    REJECT = "reject", _("Rejected")


class VettingDecision(TenantModel):
    """A person's decision, with the record and signals it rests on; append-only, for the desk only. `text` went to the
    customer, `note` is internal, `record_sha256` is the hash of `record`.
    """

    platform_writes = True
    desk_only = True

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=8, choices=DecisionKind.choices)
    text = models.TextField(blank=True)
    note = models.TextField(blank=True)
    record = models.JSONField()
    record_sha256 = models.CharField(max_length=64)
    signals = models.JSONField(default=list)
    decided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        db_table = "vetting_decision"
        indexes = [models.Index(fields=["account", "-id"], name="vetting_decision_recent")]
