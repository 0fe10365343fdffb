"""Code that looks up a delivery reads the view over both tables; only the engine reads its own table."""

import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "mailflatrate"
# Where the table is read beside what the archive says, or written before the archive is.
BOTH = {
    "apps/campaigns/recipients.py": "last_mailing",
    "apps/gate/contracts.py": "never archived",
    "apps/privacy/actions/retention.py": "ArchivedDelivery",
    "apps/privacy/people.py": "delivery_record",
    "apps/privacy/personal_traces.py": "delivery_archive",
}
HOT = re.compile(
    r"\b(?:FROM|JOIN|UPDATE|INTO|USING) delivery\b|delivery\.models import [^\n]*\bDelivery\b|\bDelivery\.objects\b"
)


def test_only_the_engine_reads_its_table_alone() -> None:
    found = {}
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        text = path.read_text()
        if not name.startswith("apps/delivery/") and HOT.search(text):
            found[name] = text
    assert set(found) == set(BOTH)
    for name, text in found.items():
        assert BOTH[name] in text, name


def test_a_reader_of_the_delivery_app_is_not_the_engine() -> None:
    """What reports, exports and histories read is in these modules."""
    for name in ("planning/recipients.py", "segments.py"):
        assert not HOT.search((SOURCE / "apps/delivery" / name).read_text()), name
