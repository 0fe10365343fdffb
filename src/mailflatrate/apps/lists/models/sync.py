"""Changed contacts, in an order that stays correct however late a transaction commits."""

from django.db import models

from mailflatrate.base.tenancy import TenantModel


class ContactTouch(TenantModel):
    """A run of adjacent contact ids that one statement changed. `oldest`: the oldest open transaction then."""

    platform_writes = True

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    is_gone = models.BooleanField()
    xid = models.BigIntegerField()
    oldest = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "contact_touch"
        indexes = [
            models.Index(fields=["account", "xid", "id"], name="contact_touch_order"),
            models.Index(fields=["account", "at"], name="contact_touch_at"),
        ]
