"""Named groups of addresses that get test messages together."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel


class TestList(TenantModel):
    """Lower-case addresses that get tests together: colleagues and confirmed mailboxes, asked about at each test."""

    name = models.CharField(_("name"), max_length=80)
    addresses = ArrayField(models.EmailField())
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    __test__ = False  # not a test of pytest's

    class Meta:
        db_table = "test_list"
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="test_list_name_once"),
            models.CheckConstraint(condition=models.Q(addresses__len__range=(1, 10)), name="test_list_is_small"),
        ]

    def __str__(self) -> str:
        return self.name
