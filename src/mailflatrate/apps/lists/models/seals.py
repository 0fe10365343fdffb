"""Seals over the consent ledger: one chain for the whole installation, and the stamps of third parties on it."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models.functions import Now


class ConsentSeal(models.Model):
    """One batch of events under a Merkle root, chained to the seal before (RFC 6962 section 2.1); append-only.

    `ids` and `leaves` hold the batch in order, 8 and 32 octets each: so a proof needs no other account's rows, and a
    row that was changed, removed or slipped in is found by its number. Hashes of everybody's events, nobody's data:
    one chain for all accounts, because then nobody's history can be rewritten without everybody's.
    """

    number = models.BigIntegerField(primary_key=True)
    sealed_at = models.DateTimeField()
    after_id = models.BigIntegerField(help_text="events above this id ...")
    up_to_id = models.BigIntegerField(help_text="... and up to this one")
    events = models.PositiveIntegerField()
    ids = models.BinaryField()
    leaves = models.BinaryField()
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32, unique=True, help_text="the hash of the seal before: no chain forks")
    seal_hash = models.BinaryField(max_length=32, unique=True)

    objects: ClassVar[models.Manager["ConsentSeal"]] = models.Manager()

    class Meta:
        db_table = "consent_seal"
        constraints = [models.UniqueConstraint(fields=["after_id"], name="consent_seal_follows_once")]
        indexes = [models.Index(fields=["up_to_id"], name="consent_seal_up_to")]
        triggers = [pgtrigger.Protect(name="consent_seal_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class ConsentStamp(models.Model):
    """A time stamp (RFC 3161) on a seal, and with it on all seals before; append-only."""

    seal = models.ForeignKey(ConsentSeal, on_delete=models.PROTECT, related_name="stamps")
    authority = models.TextField(help_text="subject of the certificate that signed")
    url = models.TextField()
    stamped_at = models.DateTimeField(help_text="the authority's time")
    answer = models.BinaryField(help_text="its whole answer, DER")
    believed = models.TextField(help_text="the certificates it was checked against, PEM")
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["ConsentStamp"]] = models.Manager()

    class Meta:
        db_table = "consent_stamp"
        triggers = [pgtrigger.Protect(name="consent_stamp_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
