"""Tables of the API: the keys of an account's programs, and answers kept so that a request can be repeated."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.accounts.models.people import User
from mailflatrate.base.tenancy import TenantModel


class Scope(models.TextChoices):
    """What a key may do. None contains another; what every key may see is its own account's name and standing."""

    READ = "read", _("Read")
    CONTACTS = "contacts", _("Contacts")
    CAMPAIGNS = "campaigns", _("Campaigns")
    RELEASE = "release", _("Release")


class ApiKey(TenantModel):
    """A key with which a program of the customer works for the account, in the name of whoever made it.

    The key itself is shown once and never stored: `secret_hash` is the SHA-256 of 200 random bits, `prefix` the part
    by which people recognise it. `window_*` count the requests of the running minute.
    """

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    window_at = models.DateTimeField(null=True)
    window_count = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "api_key"
        constraints = [models.UniqueConstraint(fields=["secret_hash"], name="api_key_secret_once")]
        triggers = [
            pgtrigger.ReadOnly(
                name="api_key_as_made",
                fields=["account", "prefix", "secret_hash", "scopes", "created_by", "created_at", "expires_at"],
            ),
            pgtrigger.Protect(
                name="api_key_stays_revoked",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__revoked_at__isnull=False, new__revoked_at__isnull=True),
            ),
            pgtrigger.Protect(name="api_key_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.name


class ApiAnswer(TenantModel):
    """What a creating request with an `Idempotency-Key` was answered; the same request gets it again for a day.

    `fingerprint` is a keyed hash of method, path and body. Answers to creating requests name no recipient, so that
    nothing of a person waits here.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, db_index=False, related_name="+")
    idempotency_key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True, help_text="None while the first request is still at work")
    body = models.TextField(blank=True, db_default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "api_answer"
        constraints = [
            models.UniqueConstraint(fields=["account", "key", "idempotency_key"], name="api_answer_once"),
            models.CheckConstraint(
                condition=Q(status__isnull=True) | Q(status__range=(200, 299)), name="api_answer_good"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="api_answer_age")]
