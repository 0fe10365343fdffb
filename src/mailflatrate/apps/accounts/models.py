"""Tables of accounts, users, agreements, imprints and notices."""

from typing import Any

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel


class Standing(models.TextChoices):
    """What an account may do (R-01). Only ACTIVE and THROTTLED may send."""

    APPLIED = "applied", _("Applied")
    ACTIVE = "active", _("Active")
    THROTTLED = "throttled", _("Throttled")
    PAUSED = "paused", _("Paused")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")


class Role(models.TextChoices):
    """What a member of an account may do."""

    OWNER = "owner", _("Owner")
    EDITOR = "editor", _("Editor")
    VIEWER = "viewer", _("Viewer")


class UserManager(BaseUserManager["User"]):
    """Creates users by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user who signs in with `email` (stored in lower case)."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in. `is_staff` people work at the operator's desk."""

    email = models.EmailField(_("e-mail address"), unique=True)
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

    @property
    def is_superuser(self) -> bool:
        """Nobody is above the rules."""
        return False

    @property
    def initials(self) -> str:
        """Two letters for the picture-less badge."""
        words = (self.name or self.email).split()
        return "".join(word[0] for word in words[:2]).upper()


class Account(models.Model):
    """A customer of the service. The operator's own (`is_house`) sends the service's notices."""

    name = models.CharField(_("name"), max_length=120)
    country = models.CharField(_("country"), max_length=2, default="DE")
    language = models.CharField(_("language"), max_length=5, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Berlin")
    colour = models.CharField(_("colour"), max_length=7, default="#00595a")
    standing = models.CharField(max_length=12, choices=Standing.choices, default=Standing.APPLIED)
    standing_reason = models.TextField(blank=True)
    activated_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    activated_at = models.DateTimeField(null=True)
    is_house = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "account"
        constraints = [
            # whoever may send was activated by a person.
            models.CheckConstraint(
                condition=~Q(standing__in=["active", "throttled"])
                | Q(activated_by__isnull=False, activated_at__isnull=False),
                name="account_activated_by_a_person",
            ),
            models.UniqueConstraint(fields=["is_house"], condition=Q(is_house=True), name="account_one_house"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_send(self) -> bool:
        """True where the standing lets mail out."""
        return self.standing in (Standing.ACTIVE, Standing.THROTTLED)


class Membership(TenantModel):
    """A user's place in an account."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.EDITOR)

    class Meta:
        db_table = "membership"
        constraints = [models.UniqueConstraint(fields=["account", "user"], name="membership_once")]


class AgreementKind(models.TextChoices):
    """Documents a customer accepts (R-04, R-92)."""

    TERMS = "terms", _("Terms")
    POLICY = "anti_spam_policy", _("Anti-spam policy")
    DPA = "data_processing", _("Data-processing agreement")


class AgreementDocument(models.Model):
    """One version of a document in one language; never changed once it is there."""

    kind = models.CharField(max_length=20, choices=AgreementKind.choices)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=5)
    title = models.CharField(max_length=200)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    valid_from = models.DateTimeField()

    class Meta:
        db_table = "agreement_document"
        constraints = [models.UniqueConstraint(fields=["kind", "version", "language"], name="document_version_once")]
        triggers = [pgtrigger.Protect(name="document_frozen", operation=pgtrigger.Update | pgtrigger.Delete)]


class Acceptance(TenantModel):
    """Who accepted which document when and from where; append-only (R-04)."""

    document = models.ForeignKey(AgreementDocument, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(auto_now_add=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.TextField(blank=True)

    class Meta:
        db_table = "acceptance"
        indexes = [models.Index(fields=["account", "document"], name="acceptance_document")]
        triggers = [pgtrigger.Protect(name="acceptance_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class Imprint(TenantModel):
    """One version of an account's imprint; a mailing keeps the version that it showed (R-44)."""

    version = models.PositiveIntegerField()
    country = models.CharField(max_length=2)
    fields = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "imprint"
        constraints = [models.UniqueConstraint(fields=["account", "version"], name="imprint_version_once")]
        triggers = [pgtrigger.Protect(name="imprint_frozen", operation=pgtrigger.Update)]


class NoticeKind(models.TextChoices):
    """Why the service itself writes to somebody."""

    ACCESS = "access", _("Sign-in and password")
    TEST = "test", _("Test mailing")
    STANDING = "standing", _("Standing of the account")


class Notice(TenantModel):
    """A message of the service to a person who works with it; the engine sends it (basis: service notice).

    A test mailing carries no content of its own: the edition named by `edition_id` is rendered for it.
    """

    kind = models.CharField(max_length=12, choices=NoticeKind.choices)
    recipient = models.EmailField()
    subject = models.TextField(blank=True)
    text = models.TextField(blank=True)
    edition_id = models.BigIntegerField(null=True)
    sample_contact_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "notice"
        indexes = [models.Index(fields=["account", "created_at"], name="notice_recent")]
