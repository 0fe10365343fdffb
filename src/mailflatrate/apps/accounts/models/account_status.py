"""Only the platform role writes here. The trigger of `standing_change` checks a change and who makes it, and alone
sets `account.standing` (`status` in code).
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel
from mailflatrate.rules.account_states import AccountStatus

ACCOUNT_STATUS_LABELS = {
    AccountStatus.REGISTERED: _("Registered"),
    AccountStatus.SUBMITTED: _("Under review"),
    AccountStatus.MORE_INFO: _("Waiting for your answer"),
    AccountStatus.APPROVED: _("Approved"),
    AccountStatus.REJECTED: _("Rejected"),
    AccountStatus.ACTIVE: _("Active"),
    AccountStatus.THROTTLED: _("Throttled"),
    AccountStatus.PAUSED: _("Paused"),
    AccountStatus.SUSPENDED: _("Suspended"),
    AccountStatus.CLOSED: _("Closed"),
}


class AccountStatusChange(TenantModel):
    """One status change, as told to the customer (R-09); append-only. `actor` None: the rule in `actor_name`."""

    platform_writes = True

    before = models.CharField(max_length=12, choices=ACCOUNT_STATUS_LABELS)
    after = models.CharField(max_length=12, choices=ACCOUNT_STATUS_LABELS)
    actor = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=254)
    reason_code = models.CharField(max_length=40)
    rule = models.CharField(max_length=10, blank=True, help_text="id of the rule")
    text = models.TextField(blank=True, help_text="what the customer reads")
    remedy = models.TextField(blank=True, help_text="what the customer can do about it")
    evidence = models.JSONField(default=dict)
    application = models.ForeignKey("accounts.Application", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "standing_change"
        indexes = [models.Index(fields=["account", "-id"], name="standing_change_recent")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason_code=""), name="standing_change_has_reason"),
            # nobody is stopped, refused or asked without being told why.
            models.CheckConstraint(
                condition=Q(after__in=["registered", "submitted", "approved", "active"]) | ~Q(text=""),
                name="standing_change_tells_why",
            ),
        ]

    @property
    def automated(self) -> bool:
        return self.actor_id is None


class Strike(TenantModel):
    """A reprimand that counts for six months (R-08). A reviewer may revoke it, with a reason."""

    platform_writes = True

    reason_code = models.CharField(max_length=40)
    text = models.TextField(help_text="what the customer reads")
    evidence = models.JSONField(default=dict)
    given_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    taken_back_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True)
    taken_back_because = models.TextField(blank=True)

    class Meta:
        db_table = "strike"
        indexes = [models.Index(fields=["account", "-given_at"], name="strike_recent")]


class Side(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    DESK = "desk", _("Operations")


class DeskMessage(TenantModel):
    """One message between an account and the desk (R-09); only the platform writes the desk's, and `handled_at`."""

    side = models.CharField(max_length=8, choices=Side.choices)
    text = models.TextField()
    about = models.ForeignKey(AccountStatusChange, null=True, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, help_text="when the desk answered or closed it")

    class Meta:
        db_table = "desk_message"
        indexes = [
            models.Index(fields=["account", "id"], name="desk_message_thread"),
            models.Index(
                fields=["at"], condition=Q(side="customer", handled_at__isnull=True), name="desk_message_waiting"
            ),
        ]
