"""Tables of transactional email: templates and their versions, an account's switch, messages, wrong addresses."""

import hashlib
import json
from typing import Any

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mailflatrate.base.ids import key_ring, vault
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.base.toned_choices import TonedChoices


class MessageTemplate(TenantModel):
    """A kind of message, such as “Order confirmation”. Programs name it by its key."""

    key = models.SlugField(_("key"), max_length=60, db_index=False)
    name = models.CharField(_("name"), max_length=120)
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "message_template"
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="message_template_key_once")]

    def __str__(self) -> str:
        return self.name


class TemplateState(TonedChoices):
    """The state of a version. All but DRAFT are frozen; only the newest APPROVED one is sent."""

    DRAFT = "draft", "", _("Draft")
    SUBMITTED = "submitted", "info", _("Under review")
    APPROVED = "approved", "success", _("Approved")
    RETURNED = "returned", "warning", _("Returned")
    WITHDRAWN = "withdrawn", "error", _("Approval withdrawn")


class TemplateVersion(TenantModel):
    """One version of a template. Its mailing ID is in every message (R-55), so that the abuse desk finds sender and
    review. `fields` declare the data, `sample` is an example, `hints` may be advertising (`rules.advertising`).
    """

    template = models.ForeignKey(MessageTemplate, on_delete=models.CASCADE, db_index=False, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=TemplateState.choices, default=TemplateState.DRAFT)
    mailing_id = models.CharField(max_length=12, unique=True)
    language = models.CharField(_("language"), max_length=10)
    sender = models.ForeignKey(
        "domains.SenderAddress", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    format = models.CharField(_("format"), max_length=10, default="markdown")
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    content = models.TextField(_("content"), blank=True)
    purpose = models.TextField(_("purpose"), blank=True, help_text="what triggers it, in the customer's words")
    fields = models.JSONField(default=list)
    sample = models.JSONField(default=dict)
    hints = models.JSONField(default=list)
    edited_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    edited_at = models.DateTimeField()
    submitted_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True, db_default="")

    class Meta:
        db_table = "template_version"
        constraints = [
            models.UniqueConstraint(fields=["account", "template", "number"], name="template_version_once"),
            models.UniqueConstraint(
                fields=["account", "template"],
                condition=Q(state__in=["draft", "submitted"]),
                name="template_version_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "submitted"])
                | (Q(submitted_by__isnull=False, decided_by__isnull=False, decided_at__isnull=False))
                & ~Q(decided_by=F("submitted_by"))
                & ~Q(decision_reason=""),
                name="template_version_decided_by_another",
            ),
        ]
        indexes = [
            models.Index(fields=["submitted_at"], condition=Q(state="submitted"), name="template_version_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.template_id}, version {self.number}"


class TemplateEdition(TenantModel):
    """What a version compiles to under one imprint: three Liquid sources. The seal proves that we compiled them."""

    version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, db_index=False, related_name="+")
    imprint = models.ForeignKey("accounts.Imprint", on_delete=models.PROTECT, db_index=False, related_name="+")
    subject = models.TextField()
    html = models.TextField()
    text = models.TextField()
    seal = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "template_edition"
        constraints = [models.UniqueConstraint(fields=["account", "version", "imprint"], name="template_edition_once")]

    def make_seal(self) -> bytes:
        return key_ring().content_seal(self._octets())

    @property
    def is_genuine(self) -> bool:
        return key_ring().knows_content(self._octets(), bytes(self.seal))

    def _octets(self) -> bytes:
        ids = ["transactional", self.account_id, self.version_id, self.imprint_id]
        parts = [*ids, self.subject, self.html, self.text]
        return json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")


class TransactionalSwitch(TenantModel):
    """Whether an account may send transactional email. Without a row it may not; only an operator writes one."""

    platform_writes = True

    account = models.OneToOneField("accounts.Account", primary_key=True, on_delete=models.CASCADE, related_name="+")
    is_on = models.BooleanField()
    changed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    reason = models.TextField()

    class Meta:
        db_table = "transactional_switch"


class ReferenceKind(models.TextChoices):
    """What a message is about."""

    ORDER = "order", pgettext_lazy("purchase", "Order")
    INVOICE = "invoice", _("Invoice")
    BOOKING = "booking", _("Booking")
    ACCOUNT = "account", _("Account")
    TICKET = "ticket", _("Ticket")


class TransactionalMessage(TenantModel):
    """A message to one person, who need not be a contact. `data_sealed` opens only for this account, version, address
    and reference, for a day, a sample's some days longer. `refused_by`: the rule; then there is no delivery.
    `address_key` and `mailbox_key` (the last of `ids.mailbox_keys`) outlive an erased address.
    """

    version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, db_index=False, related_name="+")
    edition = models.ForeignKey(TemplateEdition, on_delete=models.PROTECT, db_index=False, related_name="+")
    recipient = models.CharField(max_length=320, blank=True)
    address_key = models.BinaryField(max_length=32)
    mailbox_key = models.BinaryField(max_length=32, db_default=Value(b"", output_field=models.BinaryField()))
    is_sample = models.BooleanField(db_default=False)
    reference_kind = models.CharField(max_length=10, choices=ReferenceKind.choices)
    reference = models.CharField(max_length=80)
    data_sealed = models.TextField(blank=True)
    refused_by = models.CharField(max_length=60, blank=True, db_default="")
    resent_from = models.BigIntegerField(null=True, help_text="the message that this one repeats")
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    through = models.CharField(max_length=120, blank=True, db_default="", help_text="the API key, if any")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "transactional_message"
        indexes = [
            models.Index(fields=["account", "-id"], name="transactional_recent"),
            models.Index(fields=["account", "address_key", "created_at"], name="transactional_address"),
            models.Index(fields=["account", "mailbox_key", "created_at"], name="transactional_mailbox"),
            models.Index(fields=["account", "created_at"], name="transactional_day"),
            models.Index(fields=["version", "-id"], condition=Q(is_sample=True), name="transactional_samples"),
            models.Index(fields=["account", "reference"], name="transactional_reference"),
            models.Index(fields=["created_at"], name="transactional_age"),
        ]

    @property
    def _place(self) -> str:
        """Return what the data are bound to; hashed, because errors name the place."""
        key_parts = [self.account_id, self.version_id, self.recipient, self.reference_kind, self.reference]
        return f"transactional:{hashlib.sha256(json.dumps(key_parts).encode()).hexdigest()}"

    def seal_data(self, data: dict[str, Any]) -> None:
        self.data_sealed = vault().seal(json.dumps(data, ensure_ascii=False).encode(), self._place)

    def open_data(self) -> dict[str, Any]:
        """Return the data. Raises VaultError if it was erased, or isn't this message's."""
        data: dict[str, Any] = json.loads(vault().open(self.data_sealed, self._place))
        return data


class MisdirectedAddress(TenantModel):
    """A mailbox whose reader said that an account's messages aren't meant for them. Only an operator ends it."""

    address_key = models.BinaryField(max_length=32, help_text="the key of the mailbox; of the address in older rows")
    message_id = models.BigIntegerField(
        null=True, help_text="the message that they answered; unknown after a restored backup"
    )
    reported_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "misdirected_address"
        constraints = [models.UniqueConstraint(fields=["account", "address_key"], name="misdirected_address_once")]
