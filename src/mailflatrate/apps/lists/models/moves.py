"""Moves: files of another email system, checked and then imported together."""

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from mailflatrate.base.ids import vault
from mailflatrate.base.tenancy import TenantModel


class MoveState(models.TextChoices):
    """The state of a move. Nothing is imported before STARTING; the files of a DISCARDED one are deleted.

    One that fetches by an API key begins with FETCHING, and with CHOOSING if the other system has several lists.
    """

    FETCHING = "fetching", pgettext_lazy("move", "Fetching")
    CHOOSING = "choosing", pgettext_lazy("move", "Waiting for your choice")
    CHECKING = "checking", pgettext_lazy("move", "Checking")
    READY = "ready", pgettext_lazy("move", "Checked, not started")
    FAILED = "failed", pgettext_lazy("move", "Can't be read")
    STARTING = "starting", pgettext_lazy("move", "Starting")
    MOVED = "moved", pgettext_lazy("move", "Started")
    DISCARDED = "discarded", pgettext_lazy("move", "Discarded")


FETCH_MOVES = (MoveState.FETCHING, MoveState.CHOOSING)
OPEN_MOVES = (*FETCH_MOVES, MoveState.CHECKING, MoveState.READY, MoveState.FAILED, MoveState.STARTING)
"""Their files still belong to the move; later each belongs to its import."""


class Move(TenantModel):
    """One upload of files for a list, its dry run, and the link through which people without proof confirm again.
    `files`: {name, archive, path, sha256, bytes}; `answers`: `MoveAnswers`; `run`: no older dry run overwrites a
    newer one.
    """

    mailing_list = models.ForeignKey("lists.MailingList", on_delete=models.PROTECT, db_index=False, related_name="+")
    code = models.CharField(max_length=16, unique=True, help_text="part of the move-in link")
    state = models.CharField(max_length=9, choices=MoveState.choices, default=MoveState.CHECKING)
    problem = models.TextField(blank=True, db_default="")
    files = models.JSONField(default=list)
    answers = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    run = models.PositiveIntegerField(default=1)
    bytes_total = models.BigIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    people_to_ask = models.BigIntegerField(default=0)
    people_confirmed = models.BigIntegerField(
        default=0, help_text="people without proof who confirmed with the move-in link"
    )
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    confirmed_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_ip = models.GenericIPAddressField(null=True)
    confirmed_agent = models.TextField(blank=True, db_default="")

    class Meta:
        db_table = "move"
        indexes = [models.Index(fields=["account", "-id"], name="move_recent")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["starting", "moved"])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="move_confirmed_by_a_person",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def percent(self) -> int:
        return min(100, 100 * self.bytes_done // self.bytes_total) if self.bytes_total else 0


class MoveFetch(TenantModel):
    """How a move fetches its files: from which system, with which key, which lists, and its progress. `audiences`:
    [id, name, people]; `parts_done`: tables fetched; `templates`: {name, subject, path}; `starts`: runs without
    progress; `refusals_missing`: opt-outs the key may not read. The key is deleted when not needed, after a day at
    most.
    """

    move = models.OneToOneField(Move, on_delete=models.CASCADE, related_name="fetch")
    system = models.CharField(max_length=20)
    base_url = models.CharField(max_length=300, blank=True, db_default="")
    key_sealed = models.TextField(blank=True, db_default="")
    with_templates = models.BooleanField(default=False)
    audiences = models.JSONField(default=list)
    chosen = models.JSONField(default=list)
    parts_done = models.JSONField(default=list)
    parts_total = models.PositiveIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    templates = models.JSONField(default=list)
    starts = models.PositiveIntegerField(default=0, db_default=0)
    refusals_missing = models.JSONField(default=list, db_default=Value([], output_field=models.JSONField()))
    started_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "move_fetch"
        indexes = [
            models.Index(fields=["started_at"], condition=~Q(key_sealed=""), name="move_fetch_with_key"),
        ]

    def __str__(self) -> str:
        return f"{self.move_id}: {self.system}"

    @property
    def _place(self) -> str:
        return f"move-fetch:{self.account_id}:{self.move_id}:{self.system}:{self.base_url}"

    def seal_key(self, key: str) -> None:
        """Bound to this move and to the address it may be sent to."""
        self.key_sealed = vault().seal(key.encode(), self._place)

    def open_key(self) -> str:
        """Raises VaultError if it can't be opened here."""
        return vault().open(self.key_sealed, self._place).decode()
