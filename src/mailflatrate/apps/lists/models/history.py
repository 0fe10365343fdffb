"""Notes about contacts, and the history of their fields and tags."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.lists.models.people import Contact
from mailflatrate.base.tenancy import TenantModel


class ContactNote(TenantModel):
    """A team member's note about a contact. The contact can request to see it. Deleted with the contact."""

    contact = models.ForeignKey(Contact, on_delete=models.DO_NOTHING, db_index=False, related_name="+")
    author = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField(_("note"))
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "contact_note"
        constraints = [models.CheckConstraint(condition=Q(text__gt=""), name="contact_note_says_something")]
        # The contact comes first, because the database looks by it alone when it deletes the rows.
        indexes = [models.Index(fields=["contact", "-created_at"], name="contact_note_of")]


class ChangeKind(models.TextChoices):
    FIELDS = "fields", _("Fields")
    TAGS = "tags", _("Tags")


class ChangeSource(models.TextChoices):
    """What caused a change. TEAM is a member of the account, PERSON the contact."""

    TEAM = "team", _("Team")
    API = "api", _("API")
    BULK = "bulk", _("Bulk action")
    IMPORT = "import", _("Import")
    SIGNUP = "signup", _("Sign-up form")
    PERSON = "person", _("The contact")
    SYSTEM = "system", _("The service")


class RecordedChange(TenantModel):
    """One change to a contact's fields or tags, written only by triggers and deleted with the contact. `values`: field
    -> before and after, tag -> whether added. `reference`: import, bulk action or API key.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    contact = models.ForeignKey(Contact, on_delete=models.DO_NOTHING, db_index=False, related_name="+")
    kind = models.CharField(max_length=6, choices=ChangeKind.choices)
    values = models.JSONField()
    source = models.CharField(max_length=6, choices=ChangeSource.choices)
    user = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.SET_NULL, db_constraint=False, db_index=False, related_name="+"
    )
    reference = models.CharField(max_length=120, blank=True, db_default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "contact_change"
        indexes = [
            models.Index(fields=["contact", "-at"], name="contact_change_of"),
            models.Index(fields=["at"], name="contact_change_age"),
        ]
