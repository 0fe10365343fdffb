"""The table of data requests: what people requested about their data, and the result."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel


class DataRequestKind(models.TextChoices):
    """GDPR Art. 15, 16, 17, 21. ADDRESS: be mailed at another address. TRACKING: keep clicks with the person's name."""

    ACCESS = "access", _("See stored data")
    CORRECTION = "correction", _("Correct data")
    ERASURE = "erasure", _("Erase data")
    OBJECTION = "objection", _("Object to email")
    ADDRESS = "address", _("Change address")
    TRACKING = "tracking", _("Agree to click tracking")


class DataRequestState(models.TextChoices):
    """The state of a data request. ASKED waits for the person's confirmation by email; nothing happens before it."""

    ASKED = "asked", _("Waiting for confirmation")
    CONFIRMED = "confirmed", _("In progress")
    DONE = "done", _("Done")
    EXPIRED = "expired", _("Not confirmed in time")


class PrivacyRequest(TenantModel):
    """One request to one customer; it outlives its person, with only the keyed hash of their address. `everywhere`:
    all customers were asked, each with a row of its own. `started_by`: a customer made it for the person.
    """

    kind = models.CharField(max_length=10, choices=DataRequestKind.choices)
    state = models.CharField(max_length=10, choices=DataRequestState.choices, default=DataRequestState.ASKED)
    contact_id = models.BigIntegerField(null=True)
    delivery_id = models.BigIntegerField(null=True)
    address_key = models.BinaryField(max_length=32)
    everywhere = models.BooleanField(default=False)
    language = models.CharField(max_length=5, default="en")
    values = models.JSONField(default=dict, help_text="the correction in the person's words, or what they agree to")
    outcome = models.JSONField(default=dict, help_text="numbers of what was found or removed")
    started_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.TextField(blank=True, db_default="")
    requested_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "privacy_request"
        indexes = [
            models.Index(fields=["account", "-id"], name="privacy_request_recent"),
            models.Index(fields=["account", "contact_id"], name="privacy_request_contact"),
            models.Index(fields=["account", "address_key"], name="privacy_request_key"),
            models.Index(fields=["account"], condition=Q(kind="address"), name="privacy_request_moves"),
            models.Index(
                fields=["requested_at"], condition=Q(state__in=["asked", "confirmed"]), name="privacy_request_open"
            ),
        ]
