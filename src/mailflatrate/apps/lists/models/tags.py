"""Tags, and the contacts who have them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mailflatrate.apps.lists.models.people import Contact
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.rules.contacts.tags import TagColor

TAG_COLOR_LABELS = {
    TagColor.GRAY: pgettext_lazy("color", "Gray"),
    TagColor.RED: pgettext_lazy("color", "Red"),
    TagColor.ORANGE: pgettext_lazy("color", "Orange"),
    TagColor.YELLOW: pgettext_lazy("color", "Yellow"),
    TagColor.GREEN: pgettext_lazy("color", "Green"),
    TagColor.TEAL: pgettext_lazy("color", "Teal"),
    TagColor.BLUE: pgettext_lazy("color", "Blue"),
    TagColor.PURPLE: pgettext_lazy("color", "Purple"),
}


class Tag(TenantModel):
    """A tag of an account. `folded`: names that differ only in case are one tag."""

    name = models.CharField(_("name"), max_length=60)
    folded = models.CharField(max_length=180)
    color = models.CharField(max_length=6, choices=TAG_COLOR_LABELS)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "tag"
        constraints = [
            models.UniqueConstraint(fields=["account", "folded"], name="tag_name_once"),
            models.CheckConstraint(condition=Q(color__in=[color.value for color in TagColor]), name="tag_known_color"),
        ]

    def __str__(self) -> str:
        return self.name


class ContactTag(TenantModel):
    """A contact's tag. Deleted with the contact, or by `delete_tag`; a foreign key would need an index of its own."""

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    tag = models.ForeignKey(Tag, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    contact = models.ForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "contact_tag"
        constraints = [models.UniqueConstraint(fields=["account", "tag", "contact"], name="contact_tag_once")]
