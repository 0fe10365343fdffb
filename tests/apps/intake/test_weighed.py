"""What the ledger keeps about a row besides its columns."""

import json
from datetime import UTC, datetime

from mailflatrate.apps.intake.judging.weighed import Weighed, details_of
from mailflatrate.rules.addresses import decide_address
from mailflatrate.rules.contacts.timestamps import Moment

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def row(**changed: object) -> Weighed:
    known = Weighed(
        decide_address("dora@kunde-1.de"), "", Moment(AT), "text", None, Moment(AT), "text", None, "", False, None
    )
    return known._replace(**changed)


def test_row_without_anything_open_keeps_its_line_alone() -> None:
    assert json.loads(details_of(7, row(), {})) == {"line": 7}


def test_row_keeps_what_its_times_left_open_and_what_was_stated_for_all() -> None:
    kept = json.loads(
        details_of(7, row(signup_at=Moment(AT, ("zone",)), signup=" 20.11.2026 ", needs_review=True), {"wording": "Ja"})
    )
    assert kept == {
        "line": 7,
        "signup_at": {"text": "20.11.2026", "assumed": ["zone"]},
        "review": "ageing",
        "wording": "Ja",
    }
