"""The table of lookups: products and feeds of other sites, whose items become blocks of a draft."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.campaigns.models.message_copy import CopyState
from mailflatrate.base.tenancy import TenantModel


class LookupKind(models.TextChoices):
    """What is at the address."""

    PRODUCT = "product", _("Product page")
    FEED = "feed", _("Feed")


class ContentLookup(TenantModel):
    """A product page or a feed that someone wants blocks from; a draft changes only when they insert what was found.

    `found` are the items (`mail.found_values.FoundItem`), each with the address of its picture in Media, and `problem`
    says why there are none (`actions.content_lookup`). `with_pictures`: they may use the site's pictures.
    """

    kind = models.CharField(max_length=10, choices=LookupKind.choices)
    url = models.CharField(max_length=2000)
    most = models.PositiveSmallIntegerField(help_text="the most items wanted")
    with_pictures = models.BooleanField()
    state = models.CharField(max_length=10, choices=CopyState.choices, default=CopyState.WAITING)
    problem = models.CharField(max_length=20, blank=True)
    found = models.JSONField(default=list)
    requested_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField()

    class Meta:
        db_table = "content_lookup"
        indexes = [models.Index(fields=["account", "-requested_at"], name="content_lookup_recent")]
