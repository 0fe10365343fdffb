"""Turns the parts that a template lists into MJML in the look of a family.

A part is written as `kind slot slot ...`; a slot names a text or, where a part says so, a picture. `[[name]]` is left
for values of the brand and the family, `[[picture:stem]]` for a picture's URL.
"""

from collections.abc import Iterable

from mailflatrate.apps.campaigns.gallery.column_parts import COLUMN_PARTS
from mailflatrate.apps.campaigns.gallery.families import Family
from mailflatrate.apps.campaigns.gallery.markup import PartSource, Words, one_column
from mailflatrate.apps.campaigns.gallery.section_parts import SECTION_PARTS


def mjml_sections(family: Family, words: Words, parts: Iterable[str]) -> str:
    """Return the sections of a template, in their order. Raises KeyError for an unknown kind or slot.

    Column parts that follow each other share one section.
    """
    sections: list[str] = []
    waiting: list[str] = []
    for part in parts:
        kind, *slots = part.split()
        given = PartSource(family, words, tuple(slots))
        if kind in COLUMN_PARTS:
            waiting.append(COLUMN_PARTS[kind](given))
            continue
        sections += [one_column(waiting)] if waiting else []
        waiting = []
        sections.append(SECTION_PARTS[kind](given))
    return "\n".join([*sections, *([one_column(waiting)] if waiting else [])])
