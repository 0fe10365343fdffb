"""How many foreign pages an account had fetched, day by day."""

from django.db import models

from mailflatrate.base.tenancy import TenantModel


class PageFetchCount(TenantModel):
    """The number of foreign pages that were fetched for an account on one day (UTC). It only grows."""

    day = models.DateField()
    fetched = models.PositiveIntegerField()

    class Meta:
        db_table = "page_fetch_count"
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="page_fetch_count_once")]
        indexes = [models.Index(fields=["day"], name="page_fetch_count_age")]
