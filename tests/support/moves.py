"""A move from another system, step by step, as its page and its jobs do it."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mailflatrate.apps.intake import queries
from mailflatrate.apps.intake.actions import import_checks
from mailflatrate.apps.intake.jobs import check_move, start_move
from mailflatrate.apps.intake.models import Import, Move
from mailflatrate.apps.intake.moves.result import MoveFindings
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.base import clock
from support.customers import Customer
from support.scope import rows, within

EXPORTS = Path(__file__).parents[1] / "apps" / "intake" / "moving"
ORIGIN = {
    "kind": "service",
    "form_url": "https://anna.example/news",
    "wording": "Yes, send me Anna's news about plants.",
    "assured": "on",
}
GO = {"policy": "on"}


def recent(data: bytes) -> bytes:
    """The export with times of some weeks ago."""
    day = (clock.now() - timedelta(days=40)).date()
    data = re.sub(rb"2026-0[23]-\d\d", day.isoformat().encode(), data)
    return re.sub(rb"\b\d\d\.0[23]\.2026", day.strftime("%d.%m.%Y").encode(), data)


def export_of(case: str, *, domain: str = "") -> dict[str, bytes]:
    """The files of a case in `moving/`, a short time old; `domain` sets its people apart from those of other tests."""
    found = {}
    for path in sorted((EXPORTS / case).iterdir()):
        if path.name != "expected.json":
            data = recent(path.read_bytes())
            found[path.name] = data.replace(b"@kunde-", f"@{domain}-".encode()) if domain else data
    return found


def upload_files(files: Mapping[str, bytes]) -> list[io.BytesIO]:
    """Files as a browser sends them."""
    found = []
    for name, data in files.items():
        file = io.BytesIO(data)
        file.name = name
        found.append(file)
    return found


@dataclass(frozen=True)
class MoveIn:
    """One move of an account."""

    anna: Customer
    id: int

    @property
    def url(self) -> str:
        return f"/studio/imports/moves/{self.id}/"

    @property
    def row(self) -> Move:
        return rows(self.anna, Move).get(id=self.id)

    @property
    def result(self) -> MoveFindings:
        stored = self.row.result
        assert stored is not None
        return MoveFindings.from_json(stored)

    def check(self) -> "MoveIn":
        """Run the job that checks the files."""
        check_move(account_id=self.anna.account_id, move_id=self.id)
        return self

    def page(self, part: str = "") -> str:
        answer = self.anna.client.get(f"{self.url}{part}")
        assert answer.status_code == 200, answer.content[-2000:]
        return answer.content.decode()

    def post(self, part: str, **fields: str) -> str:
        """Press a button of the page: where it leads, or the page with the problem."""
        answer = self.anna.client.post(f"{self.url}{part}/", {"run": str(self.row.run), **fields})
        return answer.headers.get("Location", "") or answer.content.decode()

    def column(self, title: str) -> int:
        return [column.title for column in self.result.columns].index(title)

    def start(self, **fields: str) -> list[Import]:
        """Confirm, and run everything to its end; the imports."""
        assert self.post("start", **{**ORIGIN, **GO, **fields}) == self.url
        assert self.row.state == "starting", self.row.state
        return self.run()

    def run(self) -> list[Import]:
        account_id = self.anna.account_id
        start_move(account_id=account_id, move_id=self.id)
        jobs = within(account_id, queries.imports_of_move, self.id)
        for job in jobs:
            run_import(account_id, job.id)
            within(account_id, import_checks.check_import, job.id)
        return within(account_id, queries.imports_of_move, self.id)

    def states(self) -> dict[str, str]:
        return dict(rows(self.anna, Subscription).values_list("contact__email", "state"))


def drop(anna: Customer, files: Mapping[str, bytes], *, system: str = "", list_id: int | None = None) -> MoveIn:
    """Drop files on the page; they aren't checked yet."""
    posted = {"mailing_list": str(list_id or anna.list_id), "dropped": upload_files(files), "system": system}
    answer = anna.client.post("/studio/imports/new/", posted)
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    return MoveIn(anna, int(answer["Location"].rstrip("/").rsplit("/", 1)[1]))
