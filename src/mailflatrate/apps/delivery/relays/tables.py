"""Only the platform role reads or writes it (`base.tenancy.policies`)."""

import json
import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.ids import vault
from mailflatrate.mail.signing.vault import FORM
from mailflatrate.rules.sending import relays as rules
from mailflatrate.wire.smtp.types import TlsMode


class PoolChoice(models.TextChoices):
    TRUSTED = rules.RelayPool.TRUSTED.value, _("Trusted accounts")
    NEW = rules.RelayPool.NEW.value, _("New accounts")
    QUARANTINE = rules.RelayPool.QUARANTINE.value, _("Quarantine")
    EXPRESS = rules.RelayPool.EXPRESS.value, _("Express: confirmations and service messages")
    DEDICATED = rules.RelayPool.DEDICATED.value, _("Dedicated to one account")


class KindChoice(models.TextChoices):
    POSTFIX = rules.RelayKind.POSTFIX.value, "Postfix"
    KUMOMTA = rules.RelayKind.KUMOMTA.value, "KumoMTA"
    SES = rules.RelayKind.SES.value, "Amazon SES"
    SENDGRID = rules.RelayKind.SENDGRID.value, "SendGrid"
    MAILGUN = rules.RelayKind.MAILGUN.value, "Mailgun"
    POSTMARK = rules.RelayKind.POSTMARK.value, "Postmark"
    BREVO = rules.RelayKind.BREVO.value, "Brevo"
    SPARKPOST = rules.RelayKind.SPARKPOST.value, "SparkPost"
    MAILJET = rules.RelayKind.MAILJET.value, "Mailjet"
    OTHER = rules.RelayKind.OTHER.value, _("Another relay")


class ReturnPathChoice(models.TextChoices):
    OWN = rules.ReturnPath.OWN.value, _("Our own return path")
    PROVIDER = rules.ReturnPath.PROVIDER.value, _("The provider's return path, with our token as a tag")


TLS_LABELS = {
    TlsMode.REQUIRED: _("Required, with a valid certificate"),
    TlsMode.OPPORTUNISTIC: _("If the relay offers it"),
    TlsMode.NEVER: _("Never"),
}


class StateChoice(models.TextChoices):
    ACTIVE = rules.RelayState.ACTIVE.value, _("Active")
    DRAINING = rules.RelayState.DRAINING.value, _("Draining")
    DISABLED = rules.RelayState.DISABLED.value, _("Disabled")


class Relay(models.Model):
    """A relay that messages leave through. The credentials are sealed for this row, host, port and TLS mode: they
    can't be opened in a copy of the row, or for another host.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=60, unique=True)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=25, validators=[MinValueValidator(1), MaxValueValidator(65535)])
    tls = models.CharField(max_length=13, choices=TLS_LABELS, default=TlsMode.REQUIRED)
    credentials_sealed = models.TextField(blank=True, db_default="")
    kind = models.CharField(max_length=10, choices=KindChoice.choices, default=KindChoice.POSTFIX)
    return_path = models.CharField(max_length=8, choices=ReturnPathChoice.choices, default=ReturnPathChoice.OWN)
    connections = models.PositiveIntegerField(default=10, help_text="per sender process")
    per_hour = models.PositiveIntegerField(null=True, help_text="messages per hour from all hosts; None: no limit")
    sends_from = models.JSONField(default=list, help_text="IP addresses it sends from")
    pool = models.CharField(max_length=10, choices=PoolChoice.choices, default=PoolChoice.TRUSTED)
    account = models.ForeignKey("accounts.Account", null=True, on_delete=models.PROTECT, related_name="+")
    weight = models.PositiveIntegerField(default=10)
    state = models.CharField(max_length=8, choices=StateChoice.choices, db_default=StateChoice.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "relay"
        constraints = [
            models.CheckConstraint(
                condition=Q(credentials_sealed="") | Q(credentials_sealed__startswith=f"{FORM}."),
                name="relay_credentials_sealed",
            ),
            models.CheckConstraint(
                condition=Q(pool="dedicated", account__isnull=False) | (~Q(pool="dedicated") & Q(account__isnull=True)),
                name="relay_dedicated_to_an_account",
            ),
            models.CheckConstraint(
                condition=Q(
                    port__range=(1, 65535),
                    connections__range=(1, rules.MOST_CONNECTIONS),
                    weight__range=(1, rules.MOST_WEIGHT),
                ),
                name="relay_numbers_in_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> str:
        return f"relay:{self.key}:{self.tls}:{self.host}:{self.port}"

    def seal(self, username: str, password: str) -> None:
        self.credentials_sealed = vault().seal(json.dumps([username, password]).encode(), self.place)

    def open(self) -> tuple[str, str] | None:
        """User name and password, if any. Raises VaultError if this host can't open them."""
        if not self.credentials_sealed:
            return None
        username, password = json.loads(vault().open(self.credentials_sealed, self.place))
        return str(username), str(password)


class RelayReport(models.Model):
    """A sender process's latest report on a relay; refreshed every few seconds, deleted after an hour."""

    relay = models.ForeignKey(Relay, on_delete=models.CASCADE, db_index=False, related_name="reports")
    sender = models.CharField(max_length=120)
    at = models.DateTimeField()
    connections = models.PositiveIntegerField()
    problem = models.TextField(blank=True, db_default="", help_text="why it is unavailable; empty: available")
    failing_since = models.DateTimeField(null=True)
    accepted = models.BigIntegerField(db_default=0)
    deferred = models.BigIntegerField(db_default=0)
    refused = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "relay_report"
        constraints = [models.UniqueConstraint(fields=["relay", "sender"], name="relay_report_once")]


class Bucket(models.Model):
    """The current allowance under a limit of messages an hour, shared by all sender processes
    (`rules.sending.shaping`). `key`: `relay:<id>`, or pool and provider,
    `trusted/google`. `factor` is the speed left after its deferrals.
    """

    key = models.CharField(primary_key=True, max_length=60)
    tokens = models.FloatField(db_default=0.0)
    filled_at = models.DateTimeField()
    factor = models.FloatField(db_default=1.0)
    changed_at = models.DateTimeField(help_text="when the factor last changed")

    class Meta:
        db_table = "sending_bucket"


class WarmUp(models.Model):
    """The warm-up progress of a new relay or sender domain (`rules.sending.warm_up`), shared by all sender processes.
    `key`: `relay:<id>` or `domain:<id>`. `ended_at`: reputation is established, or an operator ended it.
    """

    key = models.CharField(primary_key=True, max_length=40)
    step = models.PositiveSmallIntegerField(default=0)
    began_at = models.DateTimeField(help_text="when its current day began")
    used = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    deferred = models.PositiveIntegerField(default=0)
    complaints = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "warm_up"
