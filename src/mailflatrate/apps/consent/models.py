"""The consent ledger and the seals over it. An event holds no personal data; its sibling does, and only erasure may
delete that. The seals are one chain for the installation, with third-party time stamps.
"""

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Now
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel
from mailflatrate.rules.contacts.audience_states import ConsentKind
from mailflatrate.rules.proof.record import SALT_OCTETS

CONSENT_LABELS = {
    ConsentKind.REQUESTED: _("Signed up"),
    ConsentKind.CONFIRMATION_SENT: _("Confirmation email sent"),
    ConsentKind.CONFIRMED: _("Confirmed"),
    ConsentKind.IMPORTED: _("Imported with proof"),
    ConsentKind.WITHDRAWN: _("Withdrawn"),
    ConsentKind.OBJECTION: _("Objected"),
    ConsentKind.TRACKING_GRANTED: _("Agreed to individual click tracking"),
    ConsentKind.TRACKING_WITHDRAWN: _("Withdrew consent to individual click tracking"),
    ConsentKind.ERASED: _("Personal data erased"),
    ConsentKind.EXPIRED: _("Personal data erased when its retention period ended"),
}


class ConsentEvent(TenantModel):
    """One event; append-only. `commitment`: salted hash of the personal half (ConsentEvidence). `contact_id` is no
    foreign key: the event outlives the contact. Nor are others, in the database: their rows are never deleted,
    row-level security guards the account, and checks cost an import more than all its writing.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )

    contact_id = models.BigIntegerField()
    mailing_list_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=18, choices=CONSENT_LABELS)
    occurred_at = models.DateTimeField(help_text="when the person acted; the confirmation time for imported rows")
    recorded_at = models.DateTimeField(db_default=Now())
    source_import_id = models.BigIntegerField(null=True)
    commitment = models.BinaryField(max_length=32)

    class Meta:
        db_table = "consent_event"
        indexes = [
            models.Index(fields=["account", "contact_id"], name="consent_event_contact"),
            models.Index(
                fields=["account", "contact_id"],
                condition=Q(kind__in=["withdrawn", "objection"]),
                name="consent_event_no",
            ),
            # An import writes its events side by side: a summary for each range of pages finds them, and costs nothing.
            BrinIndex(fields=["source_import_id"], name="consent_event_import", autosummarize=True, pages_per_range=32),
        ]


class ConsentEvidence(TenantModel):
    """The personal half of an event: address, IP addresses, user agent, source, salt (R-29). No foreign key: written
    in one statement with its event, which is never deleted.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    event = models.OneToOneField(
        ConsentEvent, primary_key=True, on_delete=models.PROTECT, db_constraint=False, related_name="evidence"
    )
    email = models.CharField(max_length=254)
    signup_at = models.DateTimeField(null=True)
    signup_ip = models.GenericIPAddressField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_ip = models.GenericIPAddressField(null=True)
    source = models.TextField(blank=True, db_default="")
    user_agent = models.TextField(blank=True, db_default="")
    details = models.JSONField(default=dict, db_default=Value({}, output_field=models.JSONField()))
    salt = models.BinaryField(max_length=16)

    class Meta:
        db_table = "consent_evidence"
        constraints = [
            # A salt of another length could lend its octets to the text after it, under the same commitment.
            models.CheckConstraint(
                condition=Exact(Func("salt", function="octet_length", output_field=models.IntegerField()), SALT_OCTETS),
                name="consent_evidence_salt_length",
            )
        ]
        indexes = [
            models.Index(
                fields=["event"], condition=Q(details__has_key="test_inbox"), name="consent_evidence_test_inbox"
            )
        ]


class SigningKey(models.Model):
    """An Ed25519 key that signs the service's seals and certificates; never deleted, so that its history is kept.
    Sealed by the vault; only the platform role creates and retires keys.
    """

    public_key = models.BinaryField(max_length=32, unique=True)
    private_sealed = models.TextField(help_text="the private key (32 octets), sealed by the vault")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["SigningKey"]] = models.Manager()

    class Meta:
        db_table = "signing_key"
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(retired_at=None), name="signing_key_one_is_in_use"
            ),
            models.CheckConstraint(
                condition=models.Q(retired_at=None) | models.Q(retired_at__gte=models.F("created_at")),
                name="signing_key_retired_after_it_began",
            ),
        ]


class ConsentSeal(models.Model):
    """One batch of events under a Merkle root, chained to the previous seal (RFC 6962 section 2.1); append-only. `ids`
    and `leaves` (8 and 32 bytes each) find a changed, removed or forged row by number, without other accounts'
    rows. All accounts share one chain, so no history can be rewritten without everyone's.
    """

    number = models.BigIntegerField(primary_key=True)
    sealed_at = models.DateTimeField()
    after_id = models.BigIntegerField(help_text="events above this id")
    up_to_id = models.BigIntegerField(help_text="events up to and including this id")
    events = models.PositiveIntegerField()
    ids = models.BinaryField()
    leaves = models.BinaryField()
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(
        max_length=32, unique=True, help_text="the hash of the previous seal, so that the chain can't fork"
    )
    seal_hash = models.BinaryField(max_length=32, unique=True)

    signed_by = models.ForeignKey("SigningKey", on_delete=models.PROTECT, null=True, related_name="+")
    signature = models.BinaryField(
        max_length=64, null=True, help_text="Ed25519 over the hash; empty before the first key"
    )

    objects: ClassVar[models.Manager["ConsentSeal"]] = models.Manager()

    class Meta:
        db_table = "consent_seal"
        constraints = [models.UniqueConstraint(fields=["after_id"], name="consent_seal_follows_once")]
        indexes = [models.Index(fields=["up_to_id"], name="consent_seal_up_to")]


class ConsentStamp(models.Model):
    """A time stamp (RFC 3161) on a seal, which also covers all earlier seals; append-only."""

    seal = models.ForeignKey(ConsentSeal, on_delete=models.PROTECT, related_name="stamps")
    authority = models.TextField(help_text="subject of the signing certificate")
    url = models.TextField()
    stamped_at = models.DateTimeField(help_text="the time stated by the authority")
    answer = models.BinaryField(help_text="its complete answer, DER")
    believed = models.TextField(help_text="the trusted certificates used for the check, PEM")
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["ConsentStamp"]] = models.Manager()

    class Meta:
        db_table = "consent_stamp"
