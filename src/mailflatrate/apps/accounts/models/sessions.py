"""The table of browser sessions: signed in, or holding a half-completed form."""

from django.db import models

from mailflatrate.apps.accounts.models.people import User


class BrowserSession(models.Model):
    """A session of one browser, whose cookie is not stored. `key` is a keyed hash of it, and `data` is sealed and
    bound to that key: a row opens no session, and data copied into another row cannot be opened.
    """

    key = models.CharField(max_length=64, primary_key=True)
    data = models.TextField()
    expires_at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True, db_default="")
    opened_at = models.DateTimeField()

    class Meta:
        db_table = "browser_session"

    def __str__(self) -> str:
        return f"{self.ip} ({self.user_agent})"


class SharedEntry(models.Model):
    """An entry of the shared cache. Unlogged: a crash may lose it. `key` is a keyed hash: nothing personal is here."""

    key = models.BinaryField(max_length=32, primary_key=True)
    value = models.JSONField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "shared_entry"
        indexes = [models.Index(fields=["expires_at"], name="shared_entry_age")]
