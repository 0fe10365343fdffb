"""How fast bulk actions go through selected contacts, against a plain UPDATE of as many rows in the same run.

    python bench/bulk.py [--contacts 100000] [--erase 1000]

Prints one JSON object: for each action its rows per second, that rate as a share of the plain UPDATE's, and its
numbers. In the middle of one action it is canceled: `canceled` says what the page says, and what
the tables say. Erasing is measured over fewer people (`--erase`). The exit status is 1 when numbers disagree.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from estate import Estate, build_estate, workspace
from measure import machine
from signup import published_form

if TYPE_CHECKING:
    from mailflatrate.apps.segments.models import BulkAction, BulkKind

SILENT_SHARE = 20
"""One contact in this many never confirmed, and can be asked again."""
POLL_SECONDS = 0.02


def main() -> None:
    """Run each action and print."""
    parser = argparse.ArgumentParser(description="the speed of bulk actions")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--erase", type=int, default=1_000)
    options = parser.parse_args()
    with workspace(log_level="ERROR", public_url="https://localhost") as _:
        # Reserved endings such as .example are never asked.
        estate = build_estate(options.contacts, lambda account, n: f"dora{account}x{n}@kunden-post-{n % 50}.de")
        bench = BulkBench(estate, options.contacts)
        found = bench.run(options.erase)
    print(json.dumps({"contacts": options.contacts, **found, "machine": machine()}, indent=1))
    sys.exit(bool(found["wrong"]))


class BulkBench:
    """One run. `wrong` collects numbers that disagree."""

    def __init__(self, estate: Estate, contacts: int) -> None:
        self._estate, self._contacts = estate, contacts
        self._plain = 0.0
        self._wrong: list[str] = []

    def run(self, erase: int) -> dict[str, Any]:
        """Run everything; return the figures."""
        from mailflatrate.apps.segments.models import BulkKind

        self._plain = self._plain_update()
        form_id = self._prepare()
        actions: dict[str, Any] = {}
        tagged = self._start(BulkKind.ADD_TAG, tag="Regulars")
        actions["add_tag"] = self._measured(tagged)
        actions["add_tag, undone"] = self._measured(self._undo(tagged))
        canceled = self._canceled()
        self._measured(self._start(BulkKind.ADD_TAG, tag="Regulars"))
        actions["remove_tag"] = self._measured(self._start(BulkKind.REMOVE_TAG, tag="Regulars"))
        field = self._start(BulkKind.SET_FIELD, key="shelf", value="7")
        actions["set_field"] = self._measured(field)
        actions["set_field, undone"] = self._measured(self._undo(field))
        actions["ask_again"] = self._measured(self._start(BulkKind.ASK_AGAIN, form=form_id, note="asked at the desk"))
        actions["erase"] = self._measured(self._start(BulkKind.ERASE, most=erase), people=erase)
        actions["unsubscribe"] = self._measured(self._start(BulkKind.UNSUBSCRIBE, list=None))
        again = self._plain_update()
        return {
            "plain_update_rows_per_second": [round(self._plain), round(again)],
            "actions": actions,
            "canceled": canceled,
            "wrong": self._wrong,
        }

    def _plain_update(self) -> float:
        """Return the rows per second of one UPDATE of a column without an index, as the application's role."""
        from django.db import connection

        from mailflatrate.base import tenancy

        begin = time.perf_counter()
        with tenancy.account(self._estate.account_id), connection.cursor() as cursor:
            cursor.execute("UPDATE contact SET updated_at = now() WHERE account_id = %s", [self._estate.account_id])
            rows = int(cursor.rowcount)
        seconds = time.perf_counter() - begin
        self._vacuum()
        return rows / seconds

    def _vacuum(self) -> None:
        import psycopg

        from mailflatrate.settings import load_settings
        from mailflatrate.settings.roles import owner_url

        with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE contact, subscription, contact_tag, bulk_item, suppression")

    def _prepare(self) -> int:
        """Declare a field, publish a form, and let some contacts be unconfirmed; return the form's id."""
        import psycopg

        from mailflatrate.apps.forms.models import Form
        from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
        from mailflatrate.base import tenancy
        from mailflatrate.settings import load_settings
        from mailflatrate.settings.roles import owner_url

        code, _common = published_form(self._estate)
        with tenancy.account(self._estate.account_id):
            create_field(FieldDraft("Shelf", "number", "benchmark"))
            form_id = Form.objects.get(code=code).id
        with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
            owner.execute(
                """UPDATE subscription SET state = 'pending', confirmed_at = NULL, consent_event_id = NULL
                WHERE account_id = %s AND contact_id %% %s = 0""",
                [self._estate.account_id, SILENT_SHARE],
            )
            # As if enough people had confirmed lately, so that the account may ask the most that is allowed.
            owner.execute(
                """INSERT INTO asking_tally (account_id, day, asked, confirmed, denied, unknown)
                SELECT %s, (now() AT TIME ZONE 'UTC')::date - d, 6000, 6000, 0, 0 FROM generate_series(3, 9) AS d""",
                [self._estate.account_id],
            )
        self._vacuum()
        return int(form_id)

    def _start(self, kind: BulkKind, most: int = 0, **parameters: Any) -> int:
        """Start an action for everyone, or for the first `most` contacts."""
        from mailflatrate.apps.lists.models import Contact
        from mailflatrate.apps.segments.actions import bulk
        from mailflatrate.apps.segments.bulk.selection import BulkSelection
        from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter
        from mailflatrate.base import tenancy

        with tenancy.account(self._estate.account_id):
            ids = tuple(Contact.objects.order_by("id").values_list("id", flat=True)[:most])
            selection = BulkSelection(ids) if ids else BulkSelection(wanted=ContactFilter())
            by = self._estate.owner
            return int(bulk.start_bulk(kind, selection, parameters, by=by, enqueue=False).id)

    def _undo(self, action_id: int) -> int:
        from mailflatrate.apps.segments.actions import bulk
        from mailflatrate.base import tenancy

        with tenancy.account(self._estate.account_id):
            return int(bulk.undo_bulk(action_id, by=self._estate.owner, enqueue=False).id)

    def _measured(self, action_id: int, people: int = 0) -> dict[str, Any]:
        """Run an action to its end; return its figures."""
        from mailflatrate.apps.segments.bulk.runner import run_bulk

        begin = time.perf_counter()
        run_bulk(self._estate.account_id, action_id)
        seconds = time.perf_counter() - begin
        action = self._action(action_id)
        self._check(action, finished="done")
        rate = action.done / seconds
        self._vacuum()
        return {
            "rows_per_second": round(rate),
            "of_plain_update": round(rate / self._plain, 3),
            "seconds": round(seconds, 1),
            **self._numbers(action),
        }

    def _action(self, action_id: int) -> BulkAction:
        from mailflatrate.apps.segments.models import BulkAction
        from mailflatrate.base import tenancy

        with tenancy.account(self._estate.account_id):
            return BulkAction.objects.get(id=action_id)

    def _numbers(self, action: BulkAction) -> dict[str, Any]:
        return {"total": action.total, "done": action.done, "changed": action.changed, "skipped": action.skipped}

    def _check(self, action: BulkAction, *, finished: str) -> None:
        """Note what doesn't add up: each contact is in exactly one number."""
        numbers = self._numbers(action)
        if action.state != finished or action.done != action.changed + sum(action.skipped.values()):
            self._wrong.append(f"{action.kind}: {action.state} {numbers}")
        if finished == "done" and action.done != action.total:
            self._wrong.append(f"{action.kind}: not all are done {numbers}")

    def _canceled(self) -> dict[str, Any]:
        """Cancel an action in the middle; return its numbers, and what the tables say."""
        from django.db import connection

        from mailflatrate.apps.lists.models import ContactTag
        from mailflatrate.apps.segments.bulk.runner import run_bulk
        from mailflatrate.apps.segments.models import BulkItem, BulkKind
        from mailflatrate.base import tenancy

        action_id = self._start(BulkKind.ADD_TAG, tag="Half")
        canceled_at: list[float] = []
        other = threading.Thread(target=self._cancel_midway, args=(action_id, canceled_at))
        other.start()
        run_bulk(self._estate.account_id, action_id)
        ended = time.perf_counter()
        other.join()
        action = self._action(action_id)
        self._check(action, finished="cancelled")
        with tenancy.account(self._estate.account_id):
            tagged = ContactTag.objects.filter(tag_id=action.parameters["tag"]).count()
            noted = BulkItem.objects.filter(action=action, is_changed=True).count()
        connection.close()
        if not action.changed == tagged == noted or not 0 < action.done < action.total:
            self._wrong.append(f"canceled: {self._numbers(action)}, {tagged} tagged, {noted} noted")
        stopped_ms = round((ended - canceled_at[0]) * 1000)
        return {**self._numbers(action), "tagged": tagged, "noted": noted, "stopped_after_ms": stopped_ms}

    def _cancel_midway(self, action_id: int, canceled_at: list[float]) -> None:
        from django.db import connection

        from mailflatrate.apps.segments.actions import bulk
        from mailflatrate.base import tenancy

        try:
            while self._action(action_id).done < self._contacts // 3:
                time.sleep(POLL_SECONDS)
            with tenancy.account(self._estate.account_id):
                bulk.cancel_bulk(action_id, by=self._estate.owner)
            canceled_at.append(time.perf_counter())
        finally:
            connection.close()


if __name__ == "__main__":
    main()
