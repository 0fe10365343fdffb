"""Seals over the consent ledger: one chain for the installation, with third-party time stamps."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


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
