"""Precomputed counts for pages."""

from django.db import models

from mailflatrate.apps.lists.models.people import MailingList
from mailflatrate.base.tenancy import TenantModel


class ListTally(TenantModel):
    """A change in the number of a list's people in one state. The sum of the rows counts. Triggers on `subscription`
    alone add them, so transactions never wait for each other; a job merges.
    """

    platform_writes = True

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    mailing_list = models.ForeignKey(
        MailingList, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    state = models.CharField(max_length=12)
    people = models.BigIntegerField()

    class Meta:
        db_table = "list_tally"
        indexes = [models.Index(fields=["account", "mailing_list", "state"], name="list_tally_account")]


class MailableCount(TenantModel):
    """The mailable people of a large account at the end of each day, as last counted."""

    counted_at = models.DateTimeField()
    series = models.JSONField(help_text="pairs of a day and a number, oldest first")

    class Meta:
        db_table = "mailable_count"
        constraints = [models.UniqueConstraint(fields=["account"], name="mailable_count_once")]
