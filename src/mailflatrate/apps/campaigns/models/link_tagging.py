"""The account's parameters for web analytics in the links of its campaigns."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel


class TagStyle(models.TextChoices):
    """How the parameters are called."""

    UTM = "utm", _("utm_… (Google Analytics 4, Matomo and most others)")
    MATOMO = "mtm", _("mtm_… (Matomo)")


class LinkTagging(TenantModel):
    """What is added to links of the account's own domains; a campaign may say otherwise, or turn it off."""

    is_on = models.BooleanField()
    style = models.CharField(max_length=3, choices=TagStyle.choices)
    domains = ArrayField(models.CharField(max_length=253), default=list)
    source = models.CharField(max_length=60)
    medium = models.CharField(max_length=60)
    content = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "link_tagging"
        constraints = [models.UniqueConstraint(fields=["account"], name="link_tagging_once")]
