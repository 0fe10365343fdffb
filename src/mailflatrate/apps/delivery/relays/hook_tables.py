"""Webhook addresses of relays. Only the platform role reads or writes them."""

from django.db import models
from django.db.models import Q

from mailflatrate.apps.delivery.relays.tables import Relay
from mailflatrate.base.ids import vault
from mailflatrate.mail.signing.vault import FORM


class RelayHook(models.Model):
    """The event webhook of a relay: who may post, and what was posted. Only the address's hash is known.
    `secret_sealed` proves a post: a topic, key or password (`rules.sending.relays.SIGNED`). `foreign` counts events
    about messages this relay didn't take.
    """

    relay = models.OneToOneField(Relay, primary_key=True, on_delete=models.CASCADE, related_name="hook")
    token_hash = models.BinaryField(max_length=32, unique=True)
    earlier_hash = models.BinaryField(max_length=32, null=True, unique=True, help_text="the address before the last")
    earlier_until = models.DateTimeField(null=True, help_text="when the earlier address stops working")
    secret_sealed = models.TextField(blank=True, db_default="")
    made_at = models.DateTimeField()
    posts = models.BigIntegerField(db_default=0)
    events = models.BigIntegerField(db_default=0)
    foreign = models.BigIntegerField(db_default=0)
    refused = models.BigIntegerField(db_default=0)
    last_post_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)
    last_refusal = models.CharField(max_length=200, blank=True, db_default="")
    last_refused_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "relay_hook"
        constraints = [
            models.CheckConstraint(
                condition=Q(secret_sealed="") | Q(secret_sealed__startswith=f"{FORM}."), name="relay_hook_secret_sealed"
            )
        ]

    @property
    def place(self) -> str:
        return f"relay-hook:{self.relay_id}"

    def seal(self, secret: str) -> None:
        self.secret_sealed = vault().seal(secret.encode(), self.place)

    def open(self) -> str:
        """ "" if nothing is set. Raises VaultError if this host can't open it."""
        return vault().open(self.secret_sealed, self.place).decode() if self.secret_sealed else ""
