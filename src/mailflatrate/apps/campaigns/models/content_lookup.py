"""The table of lookups: products and feeds of other sites, whose items become blocks of a draft."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.jobs import JobQueue
from mailflatrate.base.long_task import LongTask
from mailflatrate.base.tenancy import TenantModel


class LookupKind(models.TextChoices):
    PRODUCT = "product", _("Product page")
    FEED = "feed", _("Feed")


class ContentLookup(LongTask):
    """A product page or feed that someone wants blocks from; a draft changes only when they insert what was found.
    `found`: `mail.fetched.values.FoundItem`s. `with_pictures`: they may use the site's pictures.
    """

    JOB = "campaigns.look_up_content"
    QUEUE = JobQueue.FETCH

    kind = models.CharField(max_length=10, choices=LookupKind.choices)
    url = models.CharField(max_length=2000)
    most = models.PositiveSmallIntegerField(help_text="the most items wanted")
    with_pictures = models.BooleanField()
    found = models.JSONField(default=list)

    class Meta:
        db_table = "content_lookup"
        indexes = [models.Index(fields=["account", "-created_at"], name="content_lookup_recent")]


class PageFetchCount(TenantModel):
    """The number of foreign pages that were fetched for an account on one day (UTC). It only grows."""

    day = models.DateField()
    fetched = models.PositiveIntegerField()

    class Meta:
        db_table = "page_fetch_count"
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="page_fetch_count_once")]
        indexes = [models.Index(fields=["day"], name="page_fetch_count_age")]
