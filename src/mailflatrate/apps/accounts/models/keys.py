"""Tables of the API: keys of an account's programs, and stored responses that make requests repeatable."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.accounts.models.people import User
from mailflatrate.base import clock
from mailflatrate.base.tenancy import TenantModel

KEY_MARK = "mfk"
"""Every key begins with it, so that scanners of source code find one that was published by mistake."""


class KeyScope(models.TextChoices):
    """What a key may do. No scope contains another; every key may see its own account's name and status."""

    READ = "read", _("Read")
    ASK = "ask", _("Request confirmation")
    CONTACTS_WRITE = "contacts.write", _("Edit lists and contacts")
    IMPORT = "import", _("Import")
    EXPORT = "export", _("Export")
    EVENTS_WRITE = "events.write", _("Record events")
    SUPPRESS = "suppress", _("Unsubscribe and suppress")
    ERASE = "erase", _("Erase")
    CAMPAIGNS_DRAFT = "campaigns.draft", _("Draft campaigns")
    CAMPAIGNS_RELEASE = "campaigns.release", _("Release campaigns")
    EVENTS = "events", _("Read events")
    WEBHOOKS = "webhooks", _("Manage webhooks")
    MESSAGES = "messages.send", _("Send transactional email")


class ApiKey(TenantModel):
    """A key with which a customer's program works, on behalf of the person who created it. `secret_hash`: SHA-256 of
    200 random bits; the key is never stored. `form_ids`: the forms a key with `ask` is bound to, looked up in the
    account's scope; None: an old key, which may ask for any form and read none. `daily_asks`: confirmation requests
    a day (UTC); None: only the account's limit. `networks`: CIDR ranges; empty: anywhere. `window_*`: requests of
    this minute.
    """

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=20, choices=KeyScope.choices))
    form_ids = ArrayField(models.BigIntegerField(), null=True)
    daily_asks = models.PositiveIntegerField(null=True)
    networks = ArrayField(models.CharField(max_length=43), default=list, db_default=[])
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

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """Return the key's name as used in evidence, decisions and the audit log."""
        return f"API key {self.name} ({KEY_MARK}_{self.prefix})"

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > clock.now())

    def may_read_form(self, form_id: int) -> bool:
        """Return whether `ask` lets the key read this form: only a form it is bound to."""
        return KeyScope.ASK in self.scopes and self.form_ids is not None and form_id in self.form_ids

    def may_ask_for(self, form_id: int) -> bool:
        return KeyScope.ASK in self.scopes and (self.form_ids is None or form_id in self.form_ids)


class ApiAnswer(TenantModel):
    """The stored response to a creating request with an `Idempotency-Key`, for a day. `fingerprint`: a keyed hash of
    method, path and body. Such responses name no recipient, so nothing personal is kept.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, db_index=False, related_name="+")
    idempotency_key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True, help_text="None while the first request is still running")
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
