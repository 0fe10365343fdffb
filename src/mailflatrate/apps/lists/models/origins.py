"""Declarations of where a list's addresses come from, each final once decided (R-10, R-11)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel
from mailflatrate.base.toned_choices import TonedChoices
from mailflatrate.rules.contacts.audience_states import OriginState

ORIGIN_LABELS = {
    OriginState.FORM: _("Own sign-up form"),
    OriginState.WAITING: _("Under review"),
    OriginState.APPROVED: _("Approved"),
    OriginState.REJECTED: _("Rejected"),
}


class OriginKind(models.TextChoices):
    """How people joined the list before it came here.

    Each kind ends in a confirmation by email. No other origin is accepted, so there is no value for bought, rented,
    copied, single-opt-in or oral ones (R-11, R-38).
    """

    WEBSITE = "website", _("A form on our website")
    SERVICE = "service", _("A form of our previous email service")
    SHOP = "shop", _("A checkbox in our shop or customer account")
    EVENT = "event", _("A paper form at an event or in a store")
    MEMBERS = "members", _("A form for members or participants")


class EvidenceColumn(models.TextChoices):
    """The kinds of proof that a file can contain for each row (R-12)."""

    SIGNUP_AT = "signup_at", _("Sign-up time")
    SIGNUP_IP = "signup_ip", _("Sign-up IP address")
    CONFIRMED_AT = "confirmed_at", _("Confirmation time")
    CONFIRMED_IP = "confirmed_ip", _("Confirmation IP address")
    SOURCE = "source", _("Source (form or page)")
    USER_AGENT = "user_agent", _("Browser")


class DeclarationState(TonedChoices):
    """The state of a declaration. All but WAITING and ASKED are final."""

    WAITING = "waiting", "info", _("Waiting for review")
    ASKED = "asked", "warning", _("Our reviewer has a question")
    APPROVED = "approved", "success", _("Approved")
    REJECTED = "rejected", "error", _("Rejected")
    REPLACED = "replaced", "", _("Replaced by a newer one")


OPEN_DECLARATIONS = (DeclarationState.WAITING, DeclarationState.ASKED)


class ListOrigin(TenantModel):
    """One declaration, as it was signed. It never changes; until decided, a new version can replace it. `hits`:
    passages that name a forbidden source (R-11).
    """

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, db_index=False, related_name="+")
    mailing_list = models.ForeignKey("lists.MailingList", on_delete=models.PROTECT, db_index=False, related_name="+")
    version = models.PositiveIntegerField()
    kind = models.CharField(_("kind"), max_length=10, choices=OriginKind.choices)
    form_urls = ArrayField(models.TextField(), default=list)
    wording = models.TextField(blank=True)
    screenshot = models.BinaryField(null=True, max_length=4 * 1024 * 1024)
    screenshot_type = models.CharField(max_length=10, blank=True, db_default="")
    collected_from = models.DateField()
    collected_to = models.DateField(null=True, help_text="None: sign-ups continue")
    previous_system = models.CharField(max_length=200)
    last_mailed_on = models.DateField(null=True, help_text="None: never")
    declared_count = models.PositiveIntegerField()
    controller = models.CharField(max_length=200)
    signatory = models.CharField(max_length=200)
    evidence = ArrayField(models.CharField(max_length=12, choices=EvidenceColumn.choices), default=list)
    remarks = models.TextField(blank=True)
    hits = models.JSONField(default=list)
    policy_version = models.CharField(max_length=20, blank=True)
    declared_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(db_default=Now())
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.TextField(blank=True, db_default="")
    state = models.CharField(max_length=10, choices=DeclarationState.choices, default=DeclarationState.WAITING)
    decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True, db_default="")
    dead = models.PositiveIntegerField(null=True, help_text="for a copy under recheck: addresses that bounced")
    dead_of = models.PositiveIntegerField(null=True)

    class Meta:
        db_table = "list_origin"
        constraints = [
            models.UniqueConstraint(fields=["account", "mailing_list", "version"], name="list_origin_version_once"),
            models.UniqueConstraint(
                fields=["account", "mailing_list"],
                condition=Q(state__in=["waiting", "asked"]),
                name="list_origin_open_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["asked", "approved", "rejected"])
                | Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decision_reason=""),
                name="list_origin_decided_by_a_person",
            ),
        ]
        indexes = [
            models.Index(fields=["declared_at"], condition=Q(state="waiting"), name="list_origin_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.mailing_list_id}, version {self.version}"

    @property
    def open(self) -> bool:
        return self.state in OPEN_DECLARATIONS
