"""Tables of forms."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel
from mailflatrate.base.toned_choices import TonedChoices

CONSENT, FURTHER, TRACKING = "consent", "further", "tracking"
"""Checkboxes of a form, as `SignupRequest.ticked` names them; a further list as `further:ID`."""


class FormState(TonedChoices):
    """The state of a form. Only a published form takes sign-ups; a closed one tells visitors that it no longer does."""

    DRAFT = "draft", "", _("Draft")
    PUBLISHED = "published", "success", _("Published")
    CLOSED = "closed", "warning", _("Closed")


class Form(TenantModel):
    """A sign-up form for one list. `code` is a permanent part of its address. Without a `sender` the service sends, in
    the company's name.
    """

    mailing_list = models.ForeignKey("lists.MailingList", on_delete=models.PROTECT, related_name="+")
    sender = models.ForeignKey("domains.SenderAddress", null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    code = models.CharField(max_length=16, unique=True)
    state = models.CharField(max_length=10, choices=FormState.choices, default=FormState.DRAFT)
    draft = models.JSONField(default=dict)
    tags = models.JSONField(
        default=list,
        db_default=Value([], output_field=models.JSONField()),
        help_text="names of the tags added on confirmation",
    )
    correctable = models.BooleanField(
        db_default=False,
        default=False,
        help_text="subscribers can correct what the form asks on their preferences page",
    )
    placement = models.JSONField(
        default=dict,
        db_default=Value({}, output_field=models.JSONField()),
        help_text="where and when the script shows the form (`Placement.as_json`); empty: in the page",
    )
    current = models.ForeignKey("forms.FormVersion", null=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "signup_form"
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(current__isnull=False), name="signup_form_published_has_version"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FormVersion(TenantModel):
    """The text that people read and consent to, as published; never changed, never deleted (R-28). Consent events name
    it and its hash.
    """

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "form_version"
        constraints = [models.UniqueConstraint(fields=["account", "form", "number"], name="form_version_once")]


class ConfirmationRequestKind(models.TextChoices):
    """The source of a confirmation request."""

    FORM = "form", _("Sign-up form")
    PERSON = "person", _("Added manually")
    API = "api", _("Added through the API")
    MOVE = "move", _("Change of address")


class ConfirmationRequestState(TonedChoices):
    """The state of a request. QUEUED waits for its email, ASKED for the person's answer.

    WITHHELD got no email, for the recorded reason.
    """

    QUEUED = "queued", "info", _("Email on its way")
    ASKED = "asked", "info", _("Waiting for confirmation")
    WITHHELD = "withheld", "warning", _("No email sent")
    CONFIRMED = "confirmed", "success", _("Confirmed")
    DENIED = "denied", "error", _("“This wasn't me”")
    REPLACED = "replaced", "", _("Requested again")


class SignupRequest(TenantModel):
    """One request for consent that waits for the person's own confirmation; erased after 14 days at the latest (R-34).
    Only the token's SHA-256 is stored; it is bound to this row, and so to address, list and version (R-33). A
    change of address has neither form nor version: `moves` is the contact before it, `list` where it was asked for;
    it applies to all the person's lists.
    """

    kind = models.CharField(max_length=8, choices=ConfirmationRequestKind.choices, default=ConfirmationRequestKind.FORM)
    state = models.CharField(
        max_length=10, choices=ConfirmationRequestState.choices, default=ConfirmationRequestState.QUEUED
    )
    form = models.ForeignKey(Form, null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    version = models.ForeignKey(FormVersion, null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    mailing_list = models.ForeignKey("lists.MailingList", on_delete=models.PROTECT, db_index=False, related_name="+")
    contact = models.ForeignKey("lists.Contact", null=True, on_delete=models.SET_NULL, related_name="+")
    moves = models.ForeignKey("lists.Contact", null=True, on_delete=models.CASCADE, related_name="+")
    move_in = models.ForeignKey(
        "intake.Move",
        null=True,
        on_delete=models.SET_NULL,
        db_index=False,
        related_name="+",
        help_text="the move whose link the person used",
    )
    email = models.CharField(max_length=254)
    address_key = models.BinaryField(max_length=32)
    language = models.CharField(max_length=5)
    values = models.JSONField(default=dict, help_text="first_name, last_name and attributes as entered")
    requested_at = models.DateTimeField()
    further = models.JSONField(
        default=list,
        db_default=Value([], output_field=models.JSONField()),
        help_text="other lists asked for with the same email: list, and the ids of the ledger's events about it",
    )
    expires_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.TextField(blank=True, db_default="")
    source_url = models.TextField(blank=True, db_default="", help_text="address of the form")
    page_url = models.TextField(blank=True, db_default="", help_text="page that showed the form")
    placement = models.CharField(
        max_length=8, blank=True, db_default="", default="", help_text="how the form appeared, as the browser reported"
    )
    compared_text = models.CharField(
        max_length=8, blank=True, db_default="", default="", help_text="key of the text shown, if texts are compared"
    )
    ticked = models.JSONField(default=list, help_text="checkboxes that the person ticked")
    proof = models.CharField(
        max_length=8, blank=True, db_default="", help_text="work, time, key, stand, person or none (R-35)"
    )
    stand = models.ForeignKey("forms.Stand", null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    staff = models.CharField(max_length=80, blank=True, db_default="", help_text="who was on duty at the stand")
    key = models.ForeignKey("accounts.ApiKey", null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    visited_at = models.DateTimeField(null=True, help_text="time of the sign-up reported by the calling program")
    unknown_at = models.DateTimeField(null=True, help_text="when the mailbox turned out not to exist")
    note = models.TextField(blank=True, db_default="", help_text="how the person asked, if the customer entered it")
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(
        max_length=60, blank=True, db_default="", help_text="rule that stopped the confirmation email"
    )
    token_hash = models.BinaryField(max_length=32, null=True)
    message_id = models.CharField(max_length=255, blank=True, db_default="")
    body_sha256 = models.CharField(max_length=64, blank=True, db_default="")
    requested_event_id = models.BigIntegerField(null=True)
    sent_event_id = models.BigIntegerField(null=True)
    confirmed_event_id = models.BigIntegerField(null=True)
    settled_at = models.DateTimeField(null=True, help_text="when the person answered")

    class Meta:
        db_table = "signup_request"
        constraints = [
            # Repeated sign-ups do not multiply mails.
            models.UniqueConstraint(
                fields=["account", "mailing_list", "address_key"],
                condition=Q(state__in=["queued", "asked", "withheld"]),
                name="signup_request_open_once",
            ),
            models.UniqueConstraint(fields=["token_hash"], name="signup_request_token_once"),
            models.CheckConstraint(
                condition=Q(kind="move", moves__isnull=False) | Q(form__isnull=False, version__isnull=False),
                name="signup_request_names_what_is_asked",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "id"], condition=Q(state="queued"), name="signup_request_queue"),
            models.Index(fields=["account", "form", "-id"], name="signup_request_recent"),
            models.Index(fields=["requested_at"], name="signup_request_age"),
        ]


class Stand(TenantModel):
    """A form on a tablet, at a fair for example, until `ends_at` (14 days at most) or until it's closed. `pin_hash` is
    keyed; who enters the PIN names themselves for the proof.
    """

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="stands")
    code = models.CharField(max_length=16, unique=True)
    place = models.CharField(max_length=120)
    pin_hash = models.BinaryField(max_length=32)
    ends_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "stand"

    def __str__(self) -> str:
        return self.place


class FormStep(models.TextChoices):
    VIEW = "view", _("Viewed")
    START = "start", _("Started")
    SIGNUP = "signup", _("Signed up")
    CONFIRMED = "confirmed", _("Confirmed")


class FormCount(TenantModel):
    """How often a form was seen, started, submitted and confirmed in one placement on one day (UTC). Several rows may
    count the same, until a job adds them up. Anonymous. Views and starts come from browsers: an indication only.
    """

    form = models.ForeignKey(Form, on_delete=models.CASCADE, db_index=False, related_name="+")
    day = models.DateField()
    placement = models.CharField(max_length=8, blank=True, help_text="empty if the browser reported none")
    compared_text = models.CharField(
        max_length=8, blank=True, db_default="", default="", help_text="key of the text shown, if texts are compared"
    )
    what = models.CharField(max_length=9, choices=FormStep.choices)
    count = models.BigIntegerField()

    class Meta:
        db_table = "form_count"
        indexes = [models.Index(fields=["account", "form", "day"], name="form_count_day")]


class AskingTally(TenantModel):
    """How many requests an account made on other people's behalf on one day (UTC), and their results (R-35). Key None:
    by hand, or at a stand. Numbers that only grow, so erasing a person changes nothing.
    """

    day = models.DateField()
    key = models.ForeignKey("accounts.ApiKey", null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    asked = models.PositiveIntegerField(default=0)
    confirmed = models.PositiveIntegerField(default=0)
    denied = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    at_stands = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "asking_tally"
        constraints = [
            models.UniqueConstraint(fields=["account", "day", "key"], name="asking_tally_once", nulls_distinct=False),
            models.CheckConstraint(condition=Q(confirmed__lte=F("asked")), name="asking_tally_confirms_asked"),
        ]
        indexes = [models.Index(fields=["day"], name="asking_tally_age")]


class SignupDenial(TenantModel):
    """A "this wasn't me" answer: what the abuse desk needs to find out who enters other people's addresses. Deleted
    after 90 days; an opened case keeps what it needs.
    """

    form = models.ForeignKey(Form, null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    request_id = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=ConfirmationRequestKind.choices)
    address_key = models.BinaryField(max_length=32)
    mailbox_key = models.BinaryField(max_length=32, null=True, help_text="the last of ids.mailbox_keys")
    further_list_ids = models.JSONField(
        default=list,
        db_default=Value([], output_field=models.JSONField()),
        help_text="the lists that the request asked for",
    )
    requested_at = models.DateTimeField()
    requested_ip = models.GenericIPAddressField(null=True)
    requested_user_agent = models.TextField(blank=True)
    source_url = models.TextField(blank=True)
    page_url = models.TextField(blank=True)
    denied_at = models.DateTimeField()
    denied_ip = models.GenericIPAddressField(null=True)
    denied_user_agent = models.TextField(blank=True)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "signup_denial"
        constraints = [models.UniqueConstraint(fields=["account", "request_id"], name="signup_denial_once")]
        indexes = [models.Index(fields=["denied_at"], condition=Q(handled_at__isnull=True), name="signup_denial_open")]


class SignupCounter(models.Model):
    """Sign-ups counted by network and by form within a time window (R-35). Unlogged. `key` is a hash of value and
    window, so nothing is personal.
    """

    key = models.BinaryField(max_length=16, primary_key=True)
    count = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "signup_counter"
        indexes = [models.Index(fields=["expires_at"], name="signup_counter_age")]


class ConfirmationMark(models.Model):
    """One confirmation email to one mailbox, from any customer. Caps them across customers (R-35); a keyed hash,
    deleted after a day.
    """

    mailbox_key = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        db_table = "confirmation_mark"
        indexes = [
            models.Index(fields=["mailbox_key", "at"], name="confirmation_mark_mailbox"),
            models.Index(fields=["at"], name="confirmation_mark_age"),
        ]


class LandingPage(TenantModel):
    """A form's own page, made of the blocks of campaigns. `code` is a permanent part of its address. Visitors see
    `current` if published, the account may send, and no operator took it down.
    """

    form = models.OneToOneField(Form, on_delete=models.PROTECT, related_name="landing_page")
    code = models.CharField(max_length=16, unique=True)
    draft = models.JSONField(default=dict)
    current = models.ForeignKey("forms.LandingVersion", null=True, on_delete=models.PROTECT, related_name="+")
    is_published = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "landing_page"
        constraints = [
            models.CheckConstraint(
                condition=Q(is_published=False) | Q(current__isnull=False), name="landing_page_published_has_version"
            ),
        ]

    def __str__(self) -> str:
        return self.form.name


class LandingVersion(TenantModel):
    """A landing page as published; never changed, never deleted, because the proof of each sign-up names it. `seal`
    proves that this service froze it.
    """

    page = models.ForeignKey(LandingPage, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    seal = models.BinaryField(max_length=32)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "landing_version"
        constraints = [models.UniqueConstraint(fields=["account", "page", "number"], name="landing_version_once")]


class LandingTakedown(TenantModel):
    """A landing page that operators took down, while the row is there. The audit log keeps why."""

    page = models.OneToOneField(LandingPage, on_delete=models.PROTECT, related_name="takedown")
    reason = models.TextField()
    taken_down_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "landing_takedown"
