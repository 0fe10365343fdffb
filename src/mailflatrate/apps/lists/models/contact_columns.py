"""The columns of the contact list that each member of an account chose."""

from django.db import models

from mailflatrate.base.tenancy import TenantModel


class ContactColumns(TenantModel):
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    columns = models.JSONField(default=list)

    class Meta:
        db_table = "contact_columns"
        constraints = [models.UniqueConstraint(fields=["account", "user"], name="contact_columns_once")]
