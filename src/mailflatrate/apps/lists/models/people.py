"""Lists, contacts, subscriptions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.lists.models.origins import ORIGIN_LABELS
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.rules.contacts.audience_states import OriginState, SubscriptionState


class MailingList(TenantModel):
    """A list that people subscribe to; `public_name` is the name they see. `code` is a permanent part of List-Id.
    `origin_state`: FORM without declarations, APPROVED or REJECTED (permanently) by one. People under an undecided
    one stay in quarantine.
    """

    name = models.CharField(_("name"), max_length=120)
    public_name = models.CharField(_("public name"), max_length=120)
    description = models.TextField(_("description"), blank=True, db_default="")
    language = models.CharField(_("language"), max_length=5, default="en")
    code = models.CharField(max_length=16)
    origin_state = models.CharField(max_length=10, choices=ORIGIN_LABELS, default=OriginState.FORM)
    origin_decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    origin_decided_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    public_archive_at = models.DateTimeField(null=True, help_text="since when the archive is public; None: it isn't")
    archive_hidden_ids = ArrayField(
        models.BigIntegerField(), default=list, db_default=[], help_text="campaigns that the archive leaves out"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "mailing_list"
        indexes = [
            models.Index(fields=["code"], condition=Q(public_archive_at__isnull=False), name="mailing_list_public"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["account", "code"], name="mailing_list_code_once"),
            models.CheckConstraint(
                condition=~Q(origin_state="approved")
                | Q(origin_decided_by__isnull=False, origin_decided_at__isnull=False),
                name="mailing_list_approved_by_a_person",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Contact(TenantModel):
    """A person of one account. `address_key`: keyed hash of the canonical address (R-20, R-96). Row-level security
    enforces the account; foreign keys would slow every imported row.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    email = models.CharField(_("email address"), max_length=254)
    address_key = models.BinaryField(max_length=32)
    first_name = models.CharField(_("first name"), max_length=120, blank=True, db_default="")
    last_name = models.CharField(_("last name"), max_length=120, blank=True, db_default="")
    attributes = models.JSONField(default=dict, db_default=Value({}, output_field=models.JSONField()))
    last_activity_at = models.DateTimeField(null=True, help_text="last click or double opt-in; opens never count")
    pause_days = models.PositiveSmallIntegerField(
        null=True, help_text="minimum days between two campaigns, set by the person; None: every campaign"
    )
    paused_until = models.DateTimeField(null=True, help_text="no campaign before this moment, set by the person")
    soft_bounces = models.PositiveSmallIntegerField(
        db_default=0, help_text="consecutive campaigns with a soft bounce (R-71)"
    )
    soft_since = models.DateTimeField(null=True)
    disabled_mailings = models.PositiveSmallIntegerField(
        db_default=0, help_text='campaigns answered with "mailbox disabled" (R-69)'
    )
    tracking_event_id = models.BigIntegerField(
        null=True, help_text="the ledger event with the person's consent to click tracking (R-107)"
    )
    external_id = models.CharField(max_length=200, null=True, help_text="the person's id in the customer's own system")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "contact"
        constraints = [
            models.UniqueConstraint(fields=["account", "address_key"], name="contact_address_once"),
            models.UniqueConstraint(
                fields=["account", "external_id"],
                condition=Q(external_id__isnull=False),
                name="contact_external_id_once",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "email"], name="contact_email"),
            models.Index("account", Lower("email"), "id", name="contact_email_order"),
            models.Index(fields=["account", "created_at", "id"], name="contact_added"),
            models.Index(fields=["account", "updated_at", "id"], name="contact_updated"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def tracking(self) -> bool:
        """They agreed, separately from messages, that clicks are recorded by name."""
        return self.tracking_event_id is not None


SUBSCRIPTION_LABELS = {
    SubscriptionState.PENDING: _("Waiting for confirmation"),
    SubscriptionState.QUARANTINED: _("In quarantine"),
    SubscriptionState.CONFIRMED: _("Confirmed"),
    SubscriptionState.UNSUBSCRIBED: _("Unsubscribed"),
}


class Subscription(TenantModel):
    """A contact on a list. Confirmed only with the ledger's event that proves it (lock two). Triggers hold it to
    contact and proof of its account (`sql/subscriptions.sql`).
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    mailing_list = models.ForeignKey(
        MailingList, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, db_constraint=False, related_name="subscriptions")
    state = models.CharField(max_length=12, choices=SUBSCRIPTION_LABELS)
    consent_event = models.ForeignKey(
        "consent.ConsentEvent",
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    quarantine_reason = models.CharField(max_length=60, blank=True, db_default="")
    confirmed_at = models.DateTimeField(null=True)
    unsubscribed_at = models.DateTimeField(null=True)
    unsubscribed_by = models.CharField(
        max_length=20, blank=True, db_default="", help_text="link, one_click, mailto, complaint, ..."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "subscription"
        constraints = [
            models.UniqueConstraint(fields=["account", "mailing_list", "contact"], name="subscription_once"),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(consent_event__isnull=False, confirmed_at__isnull=False),
                name="subscription_confirmed_has_proof",
            ),
        ]
        indexes = [
            # The list of contacts by last confirmation.
            models.Index(
                fields=["account", "confirmed_at", "contact"],
                condition=Q(confirmed_at__isnull=False),
                name="subscription_last_confirmed",
            ),
        ]
