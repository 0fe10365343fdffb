"""Tables of sender domains, their keys and checks, and sender addresses."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.ids import vault
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.base.toned_choices import TonedChoices
from mailflatrate.mail.signing.vault import FORM


class DomainState(TonedChoices):
    """Whether a domain's DNS allows its use (R-46, R-59, R-61, R-62)."""

    PENDING = "pending", "info", _("Waiting for DNS")
    VERIFIED = "verified", "success", _("Verified")
    FAILING = "failing", "error", _("Failing")


class SenderDomain(TenantModel):
    """A domain that a customer sends from. Bounces return to `bounce.<name>`."""

    name = models.CharField(_("domain"), max_length=253)
    state = models.CharField(max_length=10, choices=DomainState.choices, default=DomainState.PENDING)
    checked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    failing_reported_at = models.DateTimeField(
        null=True, db_column="failing_told_at", help_text="when the owners were notified; None once it's fixed"
    )
    listed_on = models.TextField(blank=True, db_default="", help_text="DNS blocklists that listed it at the last check")
    created_at = models.DateTimeField(auto_now_add=True)
    share_number = models.BigIntegerField(
        null=True, help_text="what links to its records name; None: its id. A new number ends the links made before"
    )
    transactional_since = models.DateTimeField(
        null=True, help_text="when a template of transactional email first named it; campaigns aren't offered it"
    )

    class Meta:
        db_table = "sender_domain"
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="sender_domain_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def bounce_host(self) -> str:
        return f"bounce.{self.name}"


class DkimKey(TenantModel):
    """A signing key of a domain; selectors are never used twice (R-59). The vault seals its private half. It waits
    (`active_from` NULL) until its record is found, then replaces the previous key, whose record stays for messages
    on their way (R-106).
    """

    domain = models.ForeignKey(SenderDomain, on_delete=models.CASCADE, related_name="keys")
    selector = models.CharField(max_length=63)
    private_sealed = models.TextField()
    public_record = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    active_from = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dkim_key"
        constraints = [
            models.UniqueConstraint(fields=["account", "domain", "selector"], name="dkim_selector_once"),
            models.CheckConstraint(condition=models.Q(private_sealed__startswith=f"{FORM}."), name="dkim_key_sealed"),
        ]

    @classmethod
    def seal(cls, domain: str, selector: str, private_pem: bytes) -> str:
        """Sealed for `private_sealed`; opens only for this domain and selector."""
        return vault().seal(private_pem, key_place(domain, selector))

    def open(self) -> bytes:
        """Return the private key as PEM. Raises VaultError if the installation has a different key ring."""
        return vault().open(self.private_sealed, key_place(self.domain.name, self.selector))


def key_place(domain: str, selector: str) -> str:
    return f"dkim:{selector}._domainkey.{domain}"


class CheckKind(models.TextChoices):
    """The kinds of DNS record that are checked."""

    DKIM = "dkim", _("DKIM signature")
    SPF = "spf", _("SPF of the return path")
    MX = "mx", _("MX of the return path")
    DMARC = "dmarc", _("DMARC policy")


class DnsCheck(TenantModel):
    """The latest check of one record: the expected value and the one found."""

    domain = models.ForeignKey(SenderDomain, on_delete=models.CASCADE, related_name="checks")
    kind = models.CharField(max_length=10, choices=CheckKind.choices)
    host = models.CharField(max_length=253)
    record_type = models.CharField(max_length=5)
    expected = models.TextField()
    found = models.TextField(blank=True)
    passed = models.BooleanField(default=False)
    problem = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dns_check"
        constraints = [models.UniqueConstraint(fields=["account", "domain", "kind"], name="dns_check_kind_once")]


class Mailbox(TenantModel):
    """A mailbox said to be the account's, and whether its owner agreed (R-46). `email` is in lower case; links of an
    earlier `round` have expired. Only the platform role sets `proved_at`, on the page that the email links to
    (trigger).
    """

    email = models.CharField(_("email address"), max_length=254)
    for_replies = models.BooleanField(default=False, help_text="offered as a reply-to address")
    round = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="when the current link expires")
    proved_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "mailbox"
        constraints = [models.UniqueConstraint(fields=["account", "email"], name="mailbox_once")]

    def __str__(self) -> str:
        return self.email


class SenderAddress(TenantModel):
    """An address allowed in From (R-45, R-46). `verified_at`: its mailbox was proved, which a trigger checks."""

    domain = models.ForeignKey(SenderDomain, on_delete=models.CASCADE, related_name="addresses")
    email = models.CharField(_("email address"), max_length=254)
    display_name = models.CharField(_("sender name"), max_length=120)
    verified_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "sender_address"
        constraints = [models.UniqueConstraint(fields=["account", "email"], name="sender_address_once")]

    def __str__(self) -> str:
        return f"{self.display_name} <{self.email}>"


class MediaHost(TenantModel):
    """A host name under which an account's pictures are served (ADR 0016); never shared. `passed_at`: its record and
    certificate passed. `replaced_at`: not in new URLs, but it still answers for messages already sent.
    """

    domain = models.ForeignKey(SenderDomain, on_delete=models.PROTECT, related_name="media_hosts")
    host = models.CharField(max_length=253, unique=True)
    found = models.TextField(blank=True)
    problem = models.CharField(max_length=20, blank=True)
    checked_at = models.DateTimeField(null=True)
    passed_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "media_host"
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(replaced_at=None), name="media_host_one_in_use"
            )
        ]

    def __str__(self) -> str:
        return self.host


class MailDomain(models.Model):
    """The DNS results of a domain where recipients have mailboxes (R-18). Shared by all accounts."""

    domain = models.CharField(max_length=253, primary_key=True)
    resolves = models.BooleanField()
    null_mx = models.BooleanField()
    checked_at = models.DateTimeField()

    class Meta:
        db_table = "mail_domain"

    def __str__(self) -> str:
        return self.domain

    @property
    def takes_mail(self) -> bool:
        return self.resolves and not self.null_mx
