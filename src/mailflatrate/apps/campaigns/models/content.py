"""Tables of what campaigns are made of: pictures, the account's brand, its own templates."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.campaigns.models.campaign import ContentKind
from mailflatrate.base.tenancy import TenantModel


class Media(TenantModel):
    """A picture in the account's library; the same content is stored once. Readers get one of its files."""

    name = models.CharField(_("name"), max_length=120)
    alt = models.CharField(max_length=250, blank=True)
    decorative = models.BooleanField(default=False, help_text="marked by the customer as purely decorative")
    made_by_ai = models.BooleanField(
        default=False, db_default=False, help_text="marked by the customer as made with AI (R-53)"
    )
    sha256 = models.CharField(max_length=64, help_text="of the uploaded file")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    animated = models.BooleanField(default=False)
    octets = models.PositiveIntegerField(help_text="total size of its files, counted against the quota")
    gallery_key = models.CharField(max_length=40, blank=True, help_text="part of a built-in template")
    folder = models.CharField(max_length=60, blank=True, default="", db_default="")
    focus_x = models.PositiveSmallIntegerField(default=50, db_default=50, help_text="what matters, percent from left")
    focus_y = models.PositiveSmallIntegerField(default=50, db_default=50, help_text="percent from the top")
    original = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="+", help_text="the picture that it was made from"
    )
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "media"
        constraints = [models.UniqueConstraint(fields=["account", "sha256"], name="media_once")]

    def __str__(self) -> str:
        return self.name


class MediaFile(TenantModel):
    """One width of a picture: `slot` 0 is the original, 1 its thumbnail, the others what messages need."""

    media = models.ForeignKey(Media, on_delete=models.CASCADE, related_name="files")
    slot = models.PositiveSmallIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    ending = models.CharField(max_length=4)
    octets = models.PositiveIntegerField()

    class Meta:
        db_table = "media_file"
        constraints = [models.UniqueConstraint(fields=["account", "media", "slot"], name="media_file_once")]

    @property
    def stored_name(self) -> str:
        return f"pictures/{self.media_id}-{self.slot}"


class BrandKit(TenantModel):
    """How the account's campaigns look: colors as `#rrggbb`, fonts by name (`campaigns.brand`), a logo."""

    primary = models.CharField(max_length=7)
    ink = models.CharField(max_length=7)
    sheet = models.CharField(max_length=7)
    page = models.CharField(max_length=7)
    heading_font = models.CharField(max_length=20)
    body_font = models.CharField(max_length=20)
    logo = models.ForeignKey(Media, null=True, on_delete=models.SET_NULL, related_name="+")
    logo_dark = models.ForeignKey(Media, null=True, on_delete=models.SET_NULL, related_name="+")
    button_shape = models.CharField(max_length=10, default="rounded", db_default="rounded")
    link_style = models.CharField(max_length=10, default="underline", db_default="underline")
    imprint_ink = models.CharField(max_length=7)
    imprint_ground = models.CharField(max_length=7)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "brand_kit"
        constraints = [models.UniqueConstraint(fields=["account"], name="brand_kit_once")]


class CampaignTemplate(TenantModel):
    """A campaign that the account keeps as a template for new ones."""

    name = models.CharField(_("name"), max_length=120)
    subject = models.CharField(max_length=250, blank=True)
    preheader = models.CharField(max_length=250, blank=True)
    language = models.CharField(max_length=5)
    content_kind = models.CharField(max_length=10, choices=ContentKind.choices)
    theme = models.CharField(max_length=10, blank=True, db_default="", help_text="the theme of Markdown")
    content = models.TextField(blank=True)
    is_locked = models.BooleanField(
        default=False, db_default=False, help_text="others change only its slots: see campaigns.locks"
    )
    text_override = models.TextField(blank=True)
    translations = models.JSONField(
        default=list,
        db_default=Value([], output_field=models.JSONField()),
        help_text="the texts in further languages: see campaigns.translations",
    )
    media_ids = ArrayField(models.BigIntegerField(), default=list, help_text="pictures in the content")
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "mailing_template"
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="mailing_template_name_once")]

    def __str__(self) -> str:
        return self.name


class SavedBlock(TenantModel):
    """A row of blocks kept under a name, as MJML. `is_shared`: drafts name it, and so follow its changes."""

    name = models.CharField(_("name"), max_length=120)
    content = models.TextField()
    is_shared = models.BooleanField(default=False)
    media_ids = ArrayField(models.BigIntegerField(), default=list, help_text="pictures in the content")
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "saved_block"
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="saved_block_name_once")]

    def __str__(self) -> str:
        return self.name
