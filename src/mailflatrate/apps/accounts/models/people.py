"""Tables of users, accounts and memberships."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.accounts.models.account_status import ACCOUNT_STATUS_LABELS
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.rules import roles
from mailflatrate.rules.account_states import AccountStatus


class Role(models.TextChoices):
    """A member's role with its name; `rules.roles` says what it may do."""

    OWNER = roles.MemberRole.OWNER.value, _("Owner")
    ADMIN = roles.MemberRole.ADMIN.value, _("Admin")
    EDITOR = roles.MemberRole.EDITOR.value, _("Editor")
    AUTHOR = roles.MemberRole.AUTHOR.value, _("Author")
    VIEWER = roles.MemberRole.VIEWER.value, _("Viewer")


_FREE_FIELDS = frozenset({"last_login", "language"})
"""Fields of a user that give no one access; the trigger `access_held` knows them, too."""


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who signs in with `email` (stored in lower case)."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in. Users with `is_staff` work at the operator's desk."""

    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=5, default="en")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        db_table = "user_account"

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row; changes to the sign-in address or password carry the pass that the database requires."""
        fields = kwargs.get("update_fields")
        if fields is not None and _FREE_FIELDS.issuperset(fields):
            super().save(*args, **kwargs)
            return
        with tenancy.access():
            super().save(*args, **kwargs)

    @property
    def is_superuser(self) -> bool:
        """Return False, because no user bypasses the rules."""
        return False

    @property
    def initials(self) -> str:
        words = (self.name or self.email).split()
        return "".join(word[0] for word in words[:2]).upper()


class Account(models.Model):
    """A customer of the service; `is_house`: our own account. Only the trigger of `standing_change` writes `status`
    and its columns, only the platform role `supervised`, `daily_limit`, `is_house`; never the account's own scope.
    """

    name = models.CharField(_("name"), max_length=120)
    country = models.CharField(_("country"), max_length=2, default="DE")
    language = models.CharField(_("language"), max_length=5, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Berlin")
    colour = models.CharField(_("color"), max_length=7, default="#00595a")
    status = models.CharField(
        max_length=12, choices=ACCOUNT_STATUS_LABELS, default=AccountStatus.REGISTERED, db_column="standing"
    )
    status_reason = models.TextField(blank=True, db_column="standing_reason")
    activated_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    activated_at = models.DateTimeField(null=True)
    vetting_record = models.ForeignKey("accounts.Application", null=True, on_delete=models.PROTECT, related_name="+")
    supervised = models.BooleanField(default=True, help_text="the next campaign needs a review (R-06, R-90)")
    daily_limit = models.PositiveIntegerField(null=True, help_text="recipients per day; None: the rules' own limit")
    is_house = models.BooleanField(default=False)
    four_eyes = models.BooleanField(
        default=False,
        db_default=False,
        help_text="a second person releases each campaign; changed by `four_eyes_switch`",
    )
    second_factor = models.BooleanField(
        default=False, db_default=False, help_text="every member of the account signs in with a second factor"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "account"
        constraints = [
            # an account that may send was activated by an operator.
            models.CheckConstraint(
                condition=~Q(
                    status__in=[sending_status.value for sending_status in AccountStatus if sending_status.may_send]
                )
                | Q(activated_by__isnull=False, activated_at__isnull=False, vetting_record__isnull=False),
                name="account_activated_by_a_person",
            ),
            models.UniqueConstraint(fields=["is_house"], condition=Q(is_house=True), name="account_one_house"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_send(self) -> bool:
        return AccountStatus(self.status).may_send


class Membership(TenantModel):
    """A user's membership in an account. `list_ids`: the only lists they see (ADR 0048); None: the whole account."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.EDITOR)
    list_ids = ArrayField(models.BigIntegerField(), null=True, default=None)

    class Meta:
        db_table = "membership"
        constraints = [
            models.UniqueConstraint(fields=["account", "user"], name="membership_once"),
            models.CheckConstraint(
                condition=~Q(role=Role.OWNER) | Q(list_ids__isnull=True), name="membership_owner_has_all_lists"
            ),
        ]

    @property
    def is_limited(self) -> bool:
        return self.list_ids is not None

    def sees(self, list_ids: Collection[int]) -> bool:
        """Return whether the member sees what belongs to these lists; to no list: only with the whole account."""
        return self.list_ids is None or (bool(list_ids) and set(list_ids) <= set(self.list_ids))


class FourEyesSwitch(TenantModel):
    """An owner's decision on approval by a second person; append-only. Only its trigger writes it into the account."""

    wanted = models.BooleanField()
    switched_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "four_eyes_switch"
        indexes = [models.Index(fields=["account", "-id"], name="four_eyes_recent")]
