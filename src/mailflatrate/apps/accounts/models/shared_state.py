"""State that all processes share at once: sign-in attempts and used codes."""

from django.db import models


class SharedEntry(models.Model):
    """An entry of the shared cache. Unlogged: a crash may lose it. `key` is a keyed hash: nothing personal is here."""

    key = models.BinaryField(max_length=32, primary_key=True)
    value = models.JSONField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "shared_entry"
        indexes = [models.Index(fields=["expires_at"], name="shared_entry_age")]
