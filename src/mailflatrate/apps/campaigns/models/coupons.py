"""Tables of coupons: pools of codes, of which each person gets one."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel


class CouponPool(TenantModel):
    """Codes that a campaign gives away, each to one person. A text names it as `{{ coupon.<key> }}`."""

    name = models.CharField(_("name"), max_length=120)
    key = models.CharField(max_length=40, help_text="its name in a text; it never changes")
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "coupon_pool"
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="coupon_pool_key_once"),
            models.UniqueConstraint(fields=["account", "name"], name="coupon_pool_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class CouponCode(TenantModel):
    """One code. Once given, it stays with its person and campaign, whatever became of the message. No foreign keys in
    the database: a planning gives thousands at once, and triggers hold them (`sql/coupons.sql`). Erasure empties
    `contact`.
    """

    pool = models.ForeignKey(CouponPool, on_delete=models.CASCADE, db_index=False, related_name="codes")
    code = models.CharField(max_length=64)
    contact = models.ForeignKey(
        "lists.Contact",
        null=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    campaign_id = models.BigIntegerField(null=True, help_text="the campaign it was given for")
    given_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "coupon_code"
        indexes = [
            models.Index(fields=["account", "pool", "id"], condition=Q(given_at__isnull=True), name="coupon_free"),
            models.Index(fields=["account", "pool", "id"], condition=Q(given_at__isnull=False), name="coupon_given"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["account", "code"], name="coupon_code_once"),
            models.UniqueConstraint(
                fields=["account", "contact", "pool"], condition=Q(contact__isnull=False), name="coupon_person_once"
            ),
        ]
