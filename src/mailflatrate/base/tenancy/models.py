"""The abstract model and manager for every table whose rows belong to one account."""

from typing import Any, TypeVar

from django.db import models

from mailflatrate.base.tenancy.scope import current_account_id, in_platform

M = TypeVar("M", bound=models.Model)


class TenantManager(models.Manager[M]):
    """The only manager of tenant tables: returns rows of the current account, or refuses."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Return rows of the current account; in the platform's scope, of all accounts. Raises NoAccount."""
        queryset = super().get_queryset()
        if in_platform():
            return queryset
        return queryset.filter(account_id=current_account_id())

    def create(self, **values: Any) -> M:
        if not in_platform():
            values.setdefault("account_id", current_account_id())
        return super().create(**values)


class TenantModel(models.Model):
    """A row of one account. Its table gets its policies from `tenancy.policies` after each migration.

    `account` has no index of its own: every key of a tenant table begins with it.
    """

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, db_index=False, related_name="+")

    objects = TenantManager()

    class Meta:
        abstract = True
