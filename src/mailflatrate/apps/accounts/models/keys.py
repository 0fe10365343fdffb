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
    """A key with which a customer's program works for the account, on behalf of the person who created it.

    The key itself is shown once and never stored: `secret_hash` is the SHA-256 of 200 random bits, `prefix` the
    part by which people recognize it. `window_*` count the requests of the current minute.

    `form_ids` are the sign-up forms that a key with `ask` is bound to; they are looked up in the account's scope,
    so another account's form is never among them. None: a key from before keys were bound, which may ask for any
    form and read none. `daily_asks` is its allowance of confirmation requests a day (UTC); None: only the account's
    limit. `networks` are the CIDR ranges it may be used from; empty: anywhere.
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
        """Return whether the key was neither revoked nor has expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > clock.now())

    def may_read_form(self, form_id: int) -> bool:
        """Return whether `ask` lets the key read this form: only a form it is bound to."""
        return KeyScope.ASK in self.scopes and self.form_ids is not None and form_id in self.form_ids

    def may_ask_for(self, form_id: int) -> bool:
        """Return whether the key may ask people for this form."""
        return KeyScope.ASK in self.scopes and (self.form_ids is None or form_id in self.form_ids)


class ApiAnswer(TenantModel):
    """The stored response to a creating request with an `Idempotency-Key`; a repeated request gets it for a day.

    `fingerprint` is a keyed hash of method, path and body. Responses to creating requests name no recipient, so no
    personal data is kept here.
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
