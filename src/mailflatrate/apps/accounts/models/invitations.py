"""Tables for people joining: invitations to an account, and changes of the sign-in address."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from mailflatrate.apps.accounts.models.people import Role, User
from mailflatrate.base.tenancy import TenantModel


class Invitation(TenantModel):
    """An address that may join an account until `expires_at`, once its owner accepts. `name` is what the inviting
    owner typed, never what another account knows. The token is stored as a hash.
    """

    email = models.EmailField()
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=8, choices=Role.choices)
    list_ids = ArrayField(models.BigIntegerField(), null=True, default=None, help_text="the limit of the new member")
    language = models.CharField(max_length=5)
    token_hash = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    sends = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "invitation"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "email"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_open_once",
            ),
        ]
        indexes = [models.Index(fields=["email"], name="invitation_email")]

    def __str__(self) -> str:
        return self.name


class AddressChange(models.Model):
    """A user's request to sign in with another address, whose mailbox must confirm it first."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField()
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "address_change"
        indexes = [models.Index(fields=["email"], name="address_change_email")]

    def __str__(self) -> str:
        return self.email
