"""Turns a template's parts (`kind slot slot ...`; a slot names a text or a picture) into MJML in a family's look.
`[[name]]` and `[[picture:stem]]` are left.
"""

from collections.abc import Iterable

from mailflatrate.apps.campaigns.gallery.column_parts import COLUMN_PARTS
from mailflatrate.apps.campaigns.gallery.families import Family
from mailflatrate.apps.campaigns.gallery.markup import PartSource, Words, one_column
from mailflatrate.apps.campaigns.gallery.section_parts import SECTION_PARTS


def mjml_sections(family: Family, words: Words, parts: Iterable[str]) -> str:
    """Column parts that follow each other share one section. Raises KeyError for an unknown kind or slot."""
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
