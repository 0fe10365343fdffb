"""Which column of a file is what: the form of the second step, read and drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.actions.imports import Head
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.intake.columns import ATTRIBUTE_PREFIX, EVIDENCE, Target, attribute_key, name_status
from mailflatrate.apps.lists.intake.questions import STATUS
from mailflatrate.apps.lists.intake.terms import ImportTerms
from mailflatrate.entrypoints.web.studio.audience.words import STATUS_WORDS, TARGET_WORDS
from mailflatrate.rules.prior_status import StatusField

ATTRIBUTE = "attribute"
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: its title, what stands in it, what it is taken for (empty: ignored).

    `asks`: it looks like a status and is taken for none, so that `why` has to say why it is none.
    """

    number: int
    title: str
    samples: str
    chosen: str
    asks: bool = False
    why: str = ""


def choices() -> list[tuple[str, str]]:
    """What a column may be, as pairs for the menu."""
    targets = [(target.value, str(TARGET_WORDS[target])) for target in Target]
    statuses = [(field.value, str(STATUS_WORDS[field])) for field in StatusField]
    return [*targets, *statuses, (ATTRIBUTE, _("Keep as an attribute")), ("", _("Leave out"))]


def columns_of(head: Head, mapping: Mapping[str, str], no_status: Mapping[str, str]) -> list[Column]:
    """The columns with the first filled cells, what they are taken for, and why they are no status."""
    chosen = {
        title: ATTRIBUTE if name.startswith(ATTRIBUTE_PREFIX) else name.partition(":")[0]
        for name, title in mapping.items()
    }
    asked = {question.column for question in head.questions if question.about == STATUS} | set(no_status)
    return [
        Column(
            number,
            title,
            " · ".join([cells[number][:60] for cells in head.rows if cells[number].strip()][:SAMPLES]),
            chosen.get(title, ""),
            title in asked,
            no_status.get(title, ""),
        )
        for number, title in enumerate(head.header)
    ]


def posted_mapping(header: Sequence[str], targets: Sequence[str]) -> dict[str, str]:
    """Our field -> the file's column, from one choice for each column in order. Raises ImportProblem."""
    if len(targets) != len(header):
        raise ImportProblem(_("The page does not fit the file any more. Reload it and choose again."))
    mapping: dict[str, str] = {}
    for title, target in zip(header, targets, strict=True):
        if target == ATTRIBUTE:
            key = base = ATTRIBUTE_PREFIX + attribute_key(title)
            number = 2
            while key in mapping:
                key, number = f"{base}_{number}", number + 1
            mapping[key] = title
        elif target in set(Target):
            if target in mapping:
                values = {"first": mapping[target], "second": title, "field": TARGET_WORDS[Target(target)]}
                raise ImportProblem(_("“%(first)s” and “%(second)s” are both taken for: %(field)s.") % values)
            mapping[target] = title
        elif target in set(StatusField):
            mapping[name_status(target, title, mapping)] = title
    return mapping


def posted_terms(header: Sequence[str], posted: Mapping[str, str]) -> ImportTerms:
    """What was said about the file besides its columns. A reason counts where one was written."""
    reasons = {title: posted.get(f"why-{number}", "").strip() for number, title in enumerate(header)}
    return ImportTerms(
        all_rows=posted.get("all_rows", ""),
        no_status={title: reason for title, reason in reasons.items() if reason},
        time_zone=posted.get("time_zone", ""),
        date_order=posted.get("date_order", ""),
    )


def zones() -> list[tuple[str, str]]:
    """Time zones for the menu."""
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/")))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places)]


def missing_evidence(mapping: Mapping[str, str]) -> list[str]:
    """Words for the kinds of proof that no column brings (R-12)."""
    return [str(TARGET_WORDS[target]) for target in EVIDENCE if target.value not in mapping]
