"""A move in the form that its page shows: piles, columns, questions and rows, as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.intake.dry_runs.dry_run_result import (
    LAST_MAILED,
    REFUSALS,
    SAMPLE,
    SEVERAL,
    TIME_ZONE,
    MoveQuestion,
)
from mailflatrate.apps.intake.dry_runs.pile_samples import RowSample
from mailflatrate.apps.intake.dry_runs.piles import Pile
from mailflatrate.apps.intake.models import Move, MoveState
from mailflatrate.apps.intake.moves.answers import MoveAnswers
from mailflatrate.apps.intake.moves.result import ColumnResult, MoveFindings
from mailflatrate.apps.intake.quarantine import AGEING
from mailflatrate.apps.intake.reading.column_choices import ATTRIBUTE, LEAVE
from mailflatrate.apps.intake.reading.columns import EVIDENCE, ColumnTarget
from mailflatrate.apps.intake.reading.import_options import CHOOSABLE_TYPES
from mailflatrate.apps.intake.reading.questions import DATE_ORDER, STATUS
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.entrypoints.presenters.import_reasons import reason_word
from mailflatrate.entrypoints.presenters.time_zones import zone_options
from mailflatrate.entrypoints.studio.audience.audience_labels import STATUS_WORDS, TARGET_WORDS
from mailflatrate.locale.formats import rate_number
from mailflatrate.rules.fields.field_type import FieldDefinition
from mailflatrate.rules.fields.values import FIELD_TYPES
from mailflatrate.rules.origins.figures import AnomalyKind, anomaly_sentence
from mailflatrate.rules.prior_status.columns import StatusField
from mailflatrate.rules.systems.profile import SystemProfile, profiles

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PAGE_ROWS = 50
MOVE_TONES = {
    MoveState.FETCHING: "primary",
    MoveState.CHOOSING: "warning",
    MoveState.CHECKING: "primary",
    MoveState.READY: "info",
    MoveState.FAILED: "error",
    MoveState.STARTING: "primary",
    MoveState.MOVED: "success",
    MoveState.DISCARDED: "",
}


def move_label(move: Move, *, under_way: bool) -> str:
    """Return the state of a move: one that was started is done once its imports are."""
    return _("Done") if move.state == MoveState.MOVED and not under_way else str(move.get_state_display())


NEVER_WORDS: dict[str, "StrOrPromise"] = {
    "unsubscribed": gettext_lazy("Unsubscribed"),
    "bounced": gettext_lazy("Bounced"),
    "complained": gettext_lazy("Reported as spam"),
    "suppressed": gettext_lazy("Blocked or suppressed"),
    "never_subscribed": gettext_lazy("Never subscribed"),
    "role_address": gettext_lazy("Role addresses, such as info@"),
    "disposable": gettext_lazy("Disposable addresses"),
    "invalid": gettext_lazy("Invalid addresses"),
    "own_address": gettext_lazy("Your own sender addresses"),
    "minor": gettext_lazy("Under 16"),
    "duplicate": gettext_lazy("Duplicate rows for the same people"),
    "unreadable": gettext_lazy("Unreadable rows"),
}
_PROOF = frozenset(target.value for target in (*EVIDENCE, ColumnTarget.CONFIRMED_IP, ColumnTarget.USER_AGENT)) | {
    ColumnTarget.SIGNUP_CLOCK.value,
    ColumnTarget.CONFIRMED_CLOCK.value,
    ColumnTarget.LAST_CONTACT_AT.value,
}
_STATUS = frozenset(field.value for field in StatusField)


def pile_reason(pile: str, reason: str) -> str:
    if pile == Pile.MAILABLE:
        return _("The proof is complete.")
    return str(NEVER_WORDS.get(reason) or reason_word(reason)) if pile == Pile.NEVER else reason_word(reason)


def reason_lines(move: Move, result: MoveFindings, pile: Pile) -> list[dict[str, Any]]:
    base = reverse("studio:import-move-rows", args=[move.id])
    return [
        {
            "word": pile_reason(pile.value, reason),
            "people": people,
            "url": f"{base}?{urlencode({'pile': pile.value, 'why': reason})}",
        }
        for reason, people in result.pile(pile)
    ]


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """`why` it says nothing about emailing; `order`: of day and month in its dates."""

    number: int
    title: str
    values: str
    choice: str
    mark: str
    tone: str
    asks_why: bool
    why: str
    asks_order: bool
    order: str
    field: str
    """What the field is called that the column fills, and its type; empty if it fills none, or a new one."""
    new_type: str = ""
    """The type that a new field gets; empty if the column fills none, or one that exists."""


def column_rows(result: MoveFindings, answers: MoveAnswers) -> list[ColumnRow]:
    """Return all columns, those with a question first."""
    asked = {(question.about, question.column) for question in result.questions}
    fields = definitions(column.field for column in result.columns if column.field)
    rows = [
        replace(
            _column_row(number, column, answers, asked),
            field=_field_of(fields.get(column.field)),
            new_type=_new_type(column, answers) if column.field and column.field not in fields else "",
        )
        for number, column in enumerate(result.columns)
    ]
    return sorted(rows, key=lambda row: not (row.asks_order or (row.asks_why and not row.why)))


def _column_row(number: int, column: ColumnResult, answers: MoveAnswers, asked: set[tuple[str, str]]) -> ColumnRow:
    asks_why = (STATUS, column.title) in asked or column.title in answers.no_status
    asks_order = (DATE_ORDER, column.title) in asked
    mark, tone = _mark(column.choice, asks=(asks_order or (STATUS, column.title) in asked))
    return ColumnRow(
        number=number,
        title=column.title,
        values=" · ".join(column.values),
        choice=column.choice,
        mark=mark,
        tone=tone,
        asks_why=asks_why,
        why=answers.no_status.get(column.title, ""),
        asks_order=asks_order or column.title in answers.date_orders,
        order=answers.date_orders.get(column.title, ""),
        field="",
    )


def _field_of(definition: FieldDefinition | None) -> str:
    return f"{definition.label} · {_(definition.type.label)}" if definition is not None else ""


def _new_type(column: ColumnResult, answers: MoveAnswers) -> str:
    return answers.field_types.get(column.title) or column.field_type


def field_types() -> list[tuple[str, str]]:
    return [(kind, _("New field · %(type)s") % {"type": _(FIELD_TYPES[kind].label)}) for kind in CHOOSABLE_TYPES]


def _mark(choice: str, *, asks: bool) -> tuple[str, str]:
    if asks:
        return _("needs an answer"), "warning"
    if choice in _PROOF:
        return _("proof"), "success"
    if choice in _STATUS:
        return _("always kept"), "primary"
    if choice == LEAVE:
        return _("left out"), ""
    return (_("field"), "info") if choice == ATTRIBUTE else (_("sure"), "success")


def column_choices() -> list[tuple[str, str]]:
    targets = [(target.value, str(TARGET_WORDS[target])) for target in ColumnTarget]
    statuses = [(field.value, str(STATUS_WORDS[field])) for field in StatusField]
    return [*targets, *statuses, (ATTRIBUTE, _("Save as a custom field")), (LEAVE, _("Leave out"))]


def system_choices() -> list[tuple[str, str]]:
    systems = sorted(
        ((profile.name, profile.title) for profile in profiles().values()), key=lambda pair: pair[1].lower()
    )
    return [("", _("Recognize it from the files")), *systems]


def system_title(name: str) -> str:
    """Return the name of a system as people know it; empty if it is unknown, or if the files come from several."""
    profile = profiles().get(name)
    return profile.title if profile is not None else ""


def leaves_source_out(name: str) -> bool:
    """Return whether a system never exports the source, so that the form declared for the list counts (R-10)."""
    profile = profiles().get(name)
    return profile is not None and ColumnTarget.SOURCE.value in profile.proof.stated


def system_notes(language: str, *names: str) -> list[dict[str, Any]]:
    chosen: Sequence[SystemProfile] = [profiles()[name] for name in names if name in profiles()]
    visible = chosen if names else sorted(profiles().values(), key=lambda profile: profile.title.lower())
    return [
        {
            "name": profile.name,
            "title": profile.title,
            "export": profile.export_sentence(language),
            "missing": [gap.sentences(language) for gap in profile.missing],
        }
        for profile in visible
    ]


def question_sentence(question: MoveQuestion) -> str:
    """Empty for one that another part of the page asks."""
    values: Mapping[str, object] = {"file": question.file, "title": question.column, "people": question.people}
    sentences = {
        STATUS: _(
            "“%(title)s” looks like it says who may be emailed. Choose a status for it, or say why it isn't one."
        ),
        DATE_ORDER: _("Dates in “%(title)s” can be read two ways. Choose whether the day or the month comes first."),
        "file": _("The name “%(file)s” suggests that these people don't want email. Choose their status."),
        "no_address_column": _("“%(file)s” has no column with email addresses, so it's left out."),
        SAMPLE: _(
            "Most of these addresses have domains that are reserved for examples. You can look at the result, but not "
            "import it."
        ),
        TIME_ZONE: _(
            "The times in “%(file)s” have no time zone. They're read in your account's zone unless you choose one."
        ),
        LAST_MAILED: _(
            "%(people)s people in “%(file)s” confirmed more than 24 months ago. They can be emailed only if you've "
            "emailed them since: say when."
        ),
        REFUSALS: _(
            "The API key can't read “%(file)s”, so people who bounced, complained or are blocked there may be "
            "missing. Give it permission and fetch again before you start this move."
        ),
    }
    return sentences.get(question.about, "") % values


def review_lines(result: MoveFindings, language: str) -> list[dict[str, Any]]:
    """Return, in one language, why the imports of these files would be held (R-15, R-13)."""
    lines = []
    for review in result.reviews:
        most = review.limit_percent
        percent, limit = (rate_number(number, language, most, least=0) for number in (review.percent, most))
        shares = {"people": review.count, "percent": percent, "limit": limit}
        if review.kind == AGEING:
            why = _("Some people gave their consent more than 12 months ago.")
            figure = _("%(file)s: %(people)s (%(percent)s%%)") % {"file": review.file, **shares}
        else:
            why = anomaly_sentence(AnomalyKind(review.kind), language)
            figure = _("%(file)s: %(people)s (%(percent)s%%, limit %(limit)s%%)") % {"file": review.file, **shares}
        lines.append({"why": why, "figure": figure})
    return lines


@dataclass(frozen=True, slots=True)
class SamplePage:
    """Some rows of one outcome, beginning with the one at index `begins_at`; `kept` is the number of stored rows."""

    rows: list[RowSample]
    begins_at: int
    kept: int

    @property
    def ends_at(self) -> int:
        return self.begins_at + len(self.rows)


def rows_of(result: MoveFindings, pile: str, reason: str, begins_at: int) -> SamplePage:
    kept = result.samples.get(f"{pile}/{reason}", ())
    begins_at = begins_at if begins_at < len(kept) else 0
    rows = kept[begins_at : begins_at + PAGE_ROWS]
    return SamplePage(
        [row._replace(signed_up=_written(row.signed_up), confirmed=_written(row.confirmed)) for row in rows],
        begins_at,
        len(kept),
    )


def _written(text: str) -> str:
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M UTC").replace(tzinfo=UTC)
    except ValueError:
        return text
    return str(formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT"))


def zones(present: str) -> list[tuple[str, str]]:
    return [("", _("As suggested")), *zone_options(present)]


def found_title(result: MoveFindings) -> str:
    title = system_title(result.system)
    if title:
        return _("Here's what we found in your %(system)s export") % {"system": title}
    if result.system == SEVERAL:
        return _("Here's what we found in files of several systems")
    return _("Here's what we found in your files")
