"""Service notices."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.ids import vault
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.mail.message.service_text import plain_text


class NoticeKind(models.TextChoices):
    ACCESS = "access", _("Sign-in and password")
    TEST = "test", _("Test send")
    ACCOUNT_STATUS = "standing", _("Account status")
    PRIVACY = "privacy", _("Reply to a data request")
    ORIGIN = "origin", _("List origin")
    CASE = "case", _("Reply from the abuse desk")
    TEAM = "team", _("Team notices")
    SENDER = "sender", _("Mailbox confirmation and sending domain status")


class Notice(TenantModel):
    """A service message; the engine sends it (basis: service notice). A test send renders `edition_id`; that of a
    template (`template_version_id`) has the compiled version as its text. The database checks that an answer of the
    abuse desk goes to who made the report. `text` is sealed: copied into a row for another address, it cannot be
    opened.
    """

    kind = models.CharField(max_length=12, choices=NoticeKind.choices)
    recipient = models.EmailField()
    subject = models.TextField(blank=True)
    text_sealed = models.TextField(blank=True, help_text="encrypted, because it may contain password links")
    language = models.CharField(max_length=10, blank=True, db_default="", help_text="of subject and text")
    edition_id = models.BigIntegerField(null=True)
    sample_contact_id = models.BigIntegerField(null=True)
    template_version_id = models.BigIntegerField(null=True)
    report_id = models.BigIntegerField(null=True)
    reply_to = models.CharField(max_length=254, blank=True, db_default="")
    in_reply_to = models.CharField(
        max_length=250, blank=True, db_default="", help_text="Message-ID, to keep the thread"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "notice"
        indexes = [models.Index(fields=["account", "created_at"], name="notice_recent")]

    @property
    def marked_text(self) -> str:
        """Return the text with its marks. Raises VaultError if it was erased, or not sealed for this recipient."""
        return vault().open(self.text_sealed, _place(self.recipient)).decode()

    @property
    def text(self) -> str:
        return plain_text(self.marked_text)


def seal_text(text: str, recipient: str) -> str:
    return vault().seal(text.encode(), _place(recipient))


def _place(recipient: str) -> str:
    return f"notice to {recipient.lower()}"
