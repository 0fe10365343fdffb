"""Agreements and their acceptances, policy acknowledgements, and the imprint."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.accounts.models.people import User
from mailflatrate.base import clock
from mailflatrate.base.tenancy import TenantModel


class AgreementKind(models.TextChoices):
    TERMS = "terms", _("Terms")
    POLICY = "anti_spam_policy", _("Anti-spam policy")
    DPA = "data_processing", _("Data-processing agreement")


class Occasion(models.TextChoices):
    IMPORT = "import", _("Import")
    LIST = "list", _("List")
    CAMPAIGN = "mailing", _("Campaign")
    SIGN_IN = "sign_in", _("Sign-in")


class AgreementDocument(models.Model):
    """One version of a document in one language; never changed once stored."""

    kind = models.CharField(max_length=20, choices=AgreementKind.choices)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=5)
    title = models.CharField(max_length=200)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    valid_from = models.DateTimeField()

    class Meta:
        db_table = "agreement_document"
        constraints = [models.UniqueConstraint(fields=["kind", "version", "language"], name="document_version_once")]


class Acceptance(TenantModel):
    """Who accepted which document when and from where; append-only (R-04)."""

    document = models.ForeignKey(AgreementDocument, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(default=clock.now)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.TextField(blank=True)

    class Meta:
        db_table = "acceptance"
        indexes = [models.Index(fields=["account", "document"], name="acceptance_document")]


class Acknowledgement(TenantModel):
    """Who ticked the anti-spam policy for exactly which import, list or campaign (R-04); append-only. `content_hash`:
    SHA-256 of the file, the list's name, what a campaign shows, or the document read at a sign-in.
    """

    document = models.ForeignKey(AgreementDocument, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    occasion = models.CharField(max_length=10, choices=Occasion.choices)
    subject_id = models.BigIntegerField(
        help_text="id of the import, list or campaign; no foreign key, because the acceptance stays"
    )
    content_hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.TextField(blank=True)

    class Meta:
        db_table = "acknowledgement"
        indexes = [models.Index(fields=["account", "occasion", "subject_id"], name="acknowledgement_of")]


class Imprint(TenantModel):
    """One version of an account's imprint; a campaign keeps the version it showed (R-44)."""

    version = models.PositiveIntegerField()
    country = models.CharField(max_length=2)
    fields = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "imprint"
        constraints = [models.UniqueConstraint(fields=["account", "version"], name="imprint_version_once")]
