"""What all processes have to know at once: attempts at the sign-in, codes that were used."""

from django.db import models


class SharedEntry(models.Model):
    """An entry of the cache that all processes share. Unlogged: a crash of the database forgets it, and that is fine.

    `key` is a keyed hash, so nothing personal is kept here.
    """

    key = models.BinaryField(max_length=32, primary_key=True)
    value = models.JSONField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "shared_entry"
        indexes = [models.Index(fields=["expires_at"], name="shared_entry_age")]
