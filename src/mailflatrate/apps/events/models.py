"""Tables of webhooks: what an account switched on, its endpoints, every attempt, and events that wait for another."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.ids import vault
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.base.toned_choices import TonedChoices


class EventSetting(TenantModel):
    """The kinds of event that an account switched on. Without a row, none."""

    account = models.OneToOneField("accounts.Account", primary_key=True, on_delete=models.CASCADE, related_name="+")
    per_message = models.BooleanField(default=False, help_text="an event for each message that was sent or bounced")

    class Meta:
        db_table = "event_setting"


class EndpointState(TonedChoices):
    """Whether events are delivered. FAILING: switched off after five days without a success; GONE: it answered 410."""

    ACTIVE = "active", "success", _("Active")
    OFF = "off", "", _("Switched off")
    FAILING = "failing", "error", _("Switched off because it failed for five days")
    GONE = "gone", "error", _("Ended by the endpoint (410)")


class WebhookEndpoint(TenantModel):
    """An address that gets an account's events, and how far it has read, in two lanes, so that withdrawals never wait:
    each position is a transaction, a source and an id (`feed.FeedPosition`). `generation` changes when a person
    moves them, so that a delivery under way doesn't. `server`: whose transactions they are. `types`: empty for all
    but those of each message. `secrets_sealed` (in a rotation, of both) opens only for this account and address.
    """

    url = models.CharField(_("Web address"), max_length=500)
    about = models.CharField(_("description"), max_length=120, blank=True, db_default="")
    types = ArrayField(models.CharField(max_length=40), default=list)
    state = models.CharField(max_length=10, choices=EndpointState.choices, default=EndpointState.ACTIVE)
    secrets_sealed = models.TextField()
    old_secret_until = models.DateTimeField(null=True)
    first_xid = models.BigIntegerField(help_text="the lane of what must be obeyed")
    first_source = models.SmallIntegerField()
    first_event_id = models.BigIntegerField()
    rest_xid = models.BigIntegerField(help_text="the lane of everything else")
    rest_source = models.SmallIntegerField()
    rest_event_id = models.BigIntegerField()
    server = models.BigIntegerField()
    generation = models.IntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text="failed attempts since the last success")
    failing_since = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    is_slow = models.BooleanField(db_default=False, default=False, help_text="it shares few turns with other slow ones")
    succeeded_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "webhook_endpoint"
        constraints = [models.UniqueConstraint(fields=["account", "url"], name="webhook_endpoint_url_once")]

    def __str__(self) -> str:
        return self.url

    @property
    def is_active(self) -> bool:
        return self.state == EndpointState.ACTIVE

    @property
    def _place(self) -> str:
        return f"webhook:{self.account_id}:{self.url}"

    def seal_secrets(self, *secrets: str) -> None:
        self.secrets_sealed = vault().seal(" ".join(secrets).encode(), self._place)

    def open_secrets(self) -> list[str]:
        """Return the secrets, the current one first. Raises VaultError if they can't be opened here."""
        return vault().open(self.secrets_sealed, self._place).decode().split()


class WebhookAttempt(TenantModel):
    """One attempt to deliver an event: status and first octets of the response, or the reason why there was none."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, db_index=False, related_name="+")
    event_id = models.CharField(max_length=30)
    type = models.CharField(max_length=40)
    event_at = models.DateTimeField()
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, help_text="None: no answer")
    answer = models.CharField(max_length=500, blank=True, db_default="")
    is_taken = models.BooleanField()
    is_last = models.BooleanField(default=False, help_text="given up after this one")

    class Meta:
        db_table = "webhook_attempt"
        indexes = [
            models.Index(fields=["account", "endpoint", "-id"], name="webhook_attempt_recent"),
            models.Index(fields=["at"], name="webhook_attempt_age"),
        ]


class WaitingEvent(TenantModel):
    """A refused event that is tried again at `due_at`. Its position identifies it in the feed."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, db_index=False, related_name="+")
    xid = models.BigIntegerField()
    source = models.SmallIntegerField()
    event_id = models.BigIntegerField()
    attempts = models.PositiveSmallIntegerField()
    first_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        db_table = "webhook_waiting"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "endpoint", "xid", "source", "event_id"], name="webhook_waiting_once"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], name="webhook_waiting_due"),
        ]
