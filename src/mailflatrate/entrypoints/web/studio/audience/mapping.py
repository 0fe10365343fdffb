"""Which column of a file is what: the form of the second step, read and drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.intake.columns import ATTRIBUTE_PREFIX, EVIDENCE, Target, attribute_key
from mailflatrate.entrypoints.web.studio.audience.words import TARGET_WORDS

ATTRIBUTE = "attribute"
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: its title, what stands in it, what it is taken for (empty: ignored)."""

    number: int
    title: str
    samples: str
    chosen: str


def choices() -> list[tuple[str, str]]:
    """What a column may be, as pairs for the menu."""
    targets = [(target.value, str(TARGET_WORDS[target])) for target in Target]
    return [*targets, (ATTRIBUTE, _("Keep as an attribute")), ("", _("Leave out"))]


def columns_of(header: Sequence[str], rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> list[Column]:
    """The columns with the first filled cells and what they are taken for."""
    chosen = {title: ATTRIBUTE if name.startswith(ATTRIBUTE_PREFIX) else name for name, title in mapping.items()}
    return [
        Column(
            number,
            title,
            " · ".join([cells[number][:60] for cells in rows if cells[number].strip()][:SAMPLES]),
            chosen.get(title, ""),
        )
        for number, title in enumerate(header)
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
    return mapping


def missing_evidence(mapping: Mapping[str, str]) -> list[str]:
    """Words for the kinds of proof that no column brings (R-12)."""
    return [str(TARGET_WORDS[target]) for target in EVIDENCE if target.value not in mapping]
