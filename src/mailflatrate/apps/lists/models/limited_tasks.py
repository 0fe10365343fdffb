"""Tasks of members who see only some lists go on within these, also when they lose some."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_noop

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import limit_of
from mailflatrate.base import clock, tenancy
from mailflatrate.base.long_task import LongTask

LIMIT_CHANGED = gettext_noop("The lists of the person who started this were changed meanwhile. Start it again.")


class LimitedTask(LongTask):
    list_ids = ArrayField(
        models.BigIntegerField(), null=True, default=None, help_text="the lists its starter was limited to (ADR 0048)"
    )

    class Meta:
        abstract = True

    @classmethod
    def created(cls, by: User | None, **values: Any) -> Self:
        limit = limit_of(by.id) if by is not None else None
        return cls.objects.create(created_by=by, list_ids=limit, created_at=clock.now(), **values)

    def obstacle(self) -> str:
        """LIMIT_CHANGED unless its starter sees all lists that they saw then, and is limited as then."""
        now = limit_of(self.created_by_id)
        if self.list_ids is None or now is None:
            return "" if self.list_ids is None and now is None else LIMIT_CHANGED
        return "" if set(self.list_ids) <= set(now) else LIMIT_CHANGED

    def limiting(self) -> AbstractContextManager[None]:
        """Each scope of the account opened inside the block."""
        return tenancy.limiting(self.account_id, self.created_by_id or 0, is_limited=self.list_ids is not None)

    @contextmanager
    def limited_scope(self) -> Iterator[None]:
        if self.list_ids is None:
            yield
            return
        with self.limiting(), tenancy.account(self.account_id):
            yield
