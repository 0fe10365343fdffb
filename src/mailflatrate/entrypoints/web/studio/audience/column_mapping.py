"""Mapping the columns of a file: parsing and rendering the form of the second step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.actions.imports import FilePreview
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.apps.lists.intake.columns import ATTRIBUTE_PREFIX, EVIDENCE, ColumnTarget, attribute_key, name_status
from mailflatrate.apps.lists.intake.import_options import ImportTerms
from mailflatrate.apps.lists.intake.questions import STATUS
from mailflatrate.apps.lists.models import FIELD_TYPE_LABELS
from mailflatrate.entrypoints.web.studio.audience.audience_labels import STATUS_WORDS, TARGET_WORDS
from mailflatrate.rules.contact_fields import ContactFieldType, FieldDefinition
from mailflatrate.rules.field_proposals import propose_type
from mailflatrate.rules.prior_status import StatusField

ATTRIBUTE = "attribute"
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One column of the file: its title, sample values, and the field it is mapped to (empty: ignored).

    `asks`: it looks like a status and is mapped to none, so `why` has to say why it is none.
    """

    number: int
    title: str
    samples: str
    chosen: str
    asks: bool = False
    why: str = ""
    field: str = ""
    """What the field is called that the column fills, and its type; empty if it fills none."""


def choices() -> list[tuple[str, str]]:
    """Return the possible column meanings as pairs for the menu."""
    targets = [(target.value, str(TARGET_WORDS[target])) for target in ColumnTarget]
    statuses = [(field.value, str(STATUS_WORDS[field])) for field in StatusField]
    return [*targets, *statuses, (ATTRIBUTE, _("Save as a custom field")), ("", _("Exclude"))]


def columns_of(head: FilePreview, mapping: Mapping[str, str], no_status: Mapping[str, str]) -> list[MappedColumn]:
    """Return the columns with their first filled cells, their assumed meanings, and why they aren't a status."""
    chosen = {
        title: ATTRIBUTE if name.startswith(ATTRIBUTE_PREFIX) else name.partition(":")[0]
        for name, title in mapping.items()
    }
    named = {
        title: attribute_key(name.removeprefix(ATTRIBUTE_PREFIX))
        for name, title in mapping.items()
        if name.startswith(ATTRIBUTE_PREFIX)
    }
    known = definitions(named.values())
    keys = {title: (key, known.get(key)) for title, key in named.items()}
    asked = {question.column for question in head.questions if question.about == STATUS} | set(no_status)
    return [
        MappedColumn(
            number,
            title,
            " · ".join([cells[number][:60] for cells in head.rows if cells[number].strip()][:SAMPLES]),
            chosen.get(title, ""),
            title in asked,
            no_status.get(title, ""),
            _field_of(head, number, keys.get(title)),
        )
        for number, title in enumerate(head.header)
    ]


def _field_of(head: FilePreview, number: int, found: tuple[str, FieldDefinition | None] | None) -> str:
    """Return the field that a column fills, or the one that the import will add."""
    if found is None:
        return ""
    key, known = found
    if known is not None:
        return f"{known.label} · {FIELD_TYPE_LABELS[known.type]}"
    kind = propose_type(key, map(ContactFieldType, head.types[number]))
    return _("New field · %(type)s") % {"type": FIELD_TYPE_LABELS[kind]}


def posted_mapping(header: Sequence[str], targets: Sequence[str]) -> dict[str, str]:
    """Return our field -> the file's column, from one choice per column, in order. Raises ImportProblem."""
    if len(targets) != len(header):
        raise ImportProblem(_("This page no longer matches the file. Reload it and map the columns again."))
    mapping: dict[str, str] = {}
    for title, target in zip(header, targets, strict=True):
        if target == ATTRIBUTE:
            key = base = ATTRIBUTE_PREFIX + attribute_key(title)
            number = 2
            while key in mapping:
                key, number = f"{base}_{number}", number + 1
            mapping[key] = title
        elif target in set(ColumnTarget):
            if target in mapping:
                values = {"first": mapping[target], "second": title, "field": TARGET_WORDS[ColumnTarget(target)]}
                raise ImportProblem(
                    _("“%(first)s” and “%(second)s” are both mapped to %(field)s. Map only one of them.") % values
                )
            mapping[target] = title
        elif target in set(StatusField):
            mapping[name_status(target, title, mapping)] = title
    return mapping


def posted_terms(header: Sequence[str], posted: Mapping[str, str]) -> ImportTerms:
    """Return what was stated about the file besides its columns. A reason counts only if one was written."""
    reasons = {title: posted.get(f"why-{number}", "").strip() for number, title in enumerate(header)}
    return ImportTerms(
        all_rows=posted.get("all_rows", ""),
        no_status={title: reason for title, reason in reasons.items() if reason},
        time_zone=posted.get("time_zone", ""),
        date_order=posted.get("date_order", ""),
    )


def zones() -> list[tuple[str, str]]:
    """Return time zones for the menu."""
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/")))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places)]


def missing_evidence(mapping: Mapping[str, str]) -> list[str]:
    """Return labels for the kinds of proof that no column provides (R-12)."""
    return [str(TARGET_WORDS[target]) for target in EVIDENCE if target.value not in mapping]
