"""Parts that follow each other in one column."""

import tomllib

from mailflatrate.apps.campaigns.gallery import HERE
from mailflatrate.apps.campaigns.gallery.column_parts import COLUMN_PARTS
from mailflatrate.apps.campaigns.gallery.families import FAMILIES
from mailflatrate.apps.campaigns.gallery.markup import PartSource
from mailflatrate.apps.campaigns.gallery.section_parts import SECTION_PARTS


def test_every_kind_of_part_is_used() -> None:
    used: set[str] = set()
    for path in (HERE / "templates").glob("*.toml"):
        used |= {part.split()[0] for part in tomllib.loads(path.read_text(encoding="utf-8"))["parts"]}
    assert used == COLUMN_PARTS.keys() | SECTION_PARTS.keys()


def test_tables_name_their_rows() -> None:
    """Screen readers read "Soup, 8.50" for a price, and "9 a.m., Clearing up" for a time."""
    words = {"soup": "Soup", "soup_text": "with chervil", "soup_price": "8.50", "time_a": "9 a.m.", "item_a": "Work"}
    for kind, slot, heading, cell in (("prices", "soup", "Soup", "8.50"), ("rows", "a", "9 a.m.", "Work")):
        made = COLUMN_PARTS[kind](PartSource(FAMILIES["table"], words, (slot,)))
        row, told = made.partition("<td")[::2]
        assert '<th scope="row"' in row
        assert heading in row
        assert cell in told
