"""Runs the fetch of a move. The key is decrypted only here, and leaves only in requests to its own system."""

import csv
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import structlog
from django.utils.translation import gettext as _

from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.actions import fetches
from mailflatrate.apps.intake.actions.moves import stored_table
from mailflatrate.apps.intake.fetching.api import ApiLink
from mailflatrate.apps.intake.fetching.connector import Connector, HtmlTemplate, Part, SourceList, cell
from mailflatrate.apps.intake.fetching.systems import SYSTEMS
from mailflatrate.apps.intake.models import Move, MoveFetch, MoveState
from mailflatrate.apps.intake.reading.table_files import TableFile
from mailflatrate.apps.lists.errors import FetchProblem, ImportProblem
from mailflatrate.base import tenancy
from mailflatrate.base.long_task import OUR_ERROR, ends_on_error
from mailflatrate.base.session_lock import session_lock
from mailflatrate.base.storage import files as storage
from mailflatrate.mail.signing.vault import VaultError

_LOCK_SPACE: Final = 0x66657463 << 32
MOST_ROWS: Final = 5_000_000
MOST_TEMPLATES: Final = 50
MOST_TEMPLATE_CHARACTERS: Final = 1_000_000
log = structlog.get_logger(__name__)


class _GivenUp(Exception):
    """Raised when nobody waits for the fetch any longer."""


def fetch_files(account_id: int, move_id: int, link: ApiLink | None = None) -> None:
    """Raises a lost database or storage, so that the job is retried; any other problem ends it as FAILED."""
    with session_lock(_LOCK_SPACE + move_id) as free:
        if not free:
            return
        with tenancy.account(account_id):
            waiting = MoveFetch.objects.select_related("move__mailing_list").filter(move_id=move_id)
            fetch = waiting.filter(move__state=MoveState.FETCHING).first()
        if fetch is None:
            return
        with ends_on_error("move fetch", partial(_fail, fetch, OUR_ERROR), move_id=move_id):
            try:
                _fetch(fetch, link or ApiLink(configured_resolver()))
            except _GivenUp:
                return
            except FetchProblem as problem:
                _fail(fetch, str(problem), is_final=problem.is_final)
            except ImportProblem as problem:
                _fail(fetch, str(problem))


def _fail(fetch: MoveFetch, problem: str, *, is_final: bool = False) -> None:
    with tenancy.account(fetch.account_id):
        fetches.fail_fetch(fetch.move_id, problem, is_final=is_final)


def _fetch(fetch: MoveFetch, link: ApiLink) -> None:
    with tenancy.account(fetch.account_id):
        fetches.count_start(fetch.move_id)
    link.on_request = lambda: _go_on(fetch)
    connector = _connect(fetch, link)
    if not fetch.chosen:
        audiences = connector.audiences()
        with tenancy.account(fetch.account_id):
            if not fetches.offer_audiences(fetch.move_id, audiences):
                return
            fetch.refresh_from_db()
    link.begin_part()
    parts = _parts(connector, fetch)
    with tenancy.account(fetch.account_id):
        MoveFetch.objects.filter(id=fetch.id).update(parts_total=len(parts))
    done = set(fetch.parts_done)
    rows = fetch.rows_done
    for name, part in parts.items():
        if name not in done:
            link.begin_part()
            rows += _fetch_part(fetch, name, part, MOST_ROWS - rows)
            if link.is_slot_over:
                with tenancy.account(fetch.account_id):
                    fetches.go_on_later(fetch.move_id)
                return
    link.begin_part()
    templates = _keep_templates(fetch, connector) if fetch.with_templates else []
    with tenancy.account(fetch.account_id):
        fetches.finish_fetch(fetch.move_id, templates)


def _connect(fetch: MoveFetch, link: ApiLink) -> Connector:
    try:
        key = fetch.open_key() if fetch.key_sealed else ""
    except VaultError:
        key = ""
    if not key:
        raise FetchProblem(_("the key is no longer kept; start again with a new one"), is_final=True)
    return SYSTEMS[fetch.system].connect(key, fetch.base_url, link)


def _go_on(fetch: MoveFetch) -> None:
    with tenancy.account(fetch.account_id):
        if not Move.objects.filter(id=fetch.move_id, state=MoveState.FETCHING).exists():
            raise _GivenUp


def _parts(connector: Connector, fetch: MoveFetch) -> dict[str, Part]:
    parts_by_name: dict[str, Part] = {}
    for number, name, people in fetch.audiences:
        if number in fetch.chosen:
            for part in connector.parts(SourceList(number, name, people)):
                parts_by_name.setdefault(part.name if part.of_account else f"{number} {part.name}", part)
    return parts_by_name


def _fetch_part(fetch: MoveFetch, name: str, part: Part, most_rows: int) -> int:
    with storage.scratch_file() as file:
        rows, is_whole = _write_table(file, part, most_rows)
        kept = _stored(fetch, part.name, Path(file.name)) if rows else None
        missing = "" if is_whole else part.name
        try:
            with tenancy.account(fetch.account_id):
                goes_on = fetches.keep_part(fetch.move_id, name, kept, rows, refusals_missing=missing)
        except BaseException:
            _forget(fetch, kept)
            raise
    if not goes_on:
        _forget(fetch, kept)
        raise _GivenUp
    return rows


def _write_table(file: IO[bytes], part: Part, most_rows: int) -> tuple[int, bool]:
    """Return the rows written, and False if the key may not read all."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
    table = csv.writer(text)
    table.writerow(part.header)
    rows, characters, is_whole = 0, 0, True
    try:
        for row in part.rows():
            characters += table.writerow([cell(value) for value in row])
            rows += 1
            is_long = characters > fetches.MOST_OCTETS or (rows % 1000 == 0 and file.tell() > fetches.MOST_OCTETS)
            if rows > most_rows or is_long:
                raise FetchProblem(_("This account is too large to fetch. Upload the files of an export instead."))
    except FetchProblem as problem:
        if not (part.may_be_forbidden and problem.is_forbidden):
            raise
        is_whole = False
    text.flush()
    text.detach()
    return rows, is_whole


def _stored(fetch: MoveFetch, name: str, path: Path) -> dict[str, Any]:
    with tenancy.account(fetch.account_id):
        return stored_table(TableFile(name, path))


def _forget(fetch: MoveFetch, kept: dict[str, Any] | None) -> None:
    if kept is not None:
        with tenancy.account(fetch.account_id):
            uploads.forget(kept["path"])


def _keep_templates(fetch: MoveFetch, connector: Connector) -> list[dict[str, Any]]:
    """Unreadable ones are left out: the contacts are what the move is for."""
    kept: list[dict[str, Any]] = []
    try:
        for template in connector.templates():
            if len(kept) == MOST_TEMPLATES:
                break
            if 0 < len(template.html) <= MOST_TEMPLATE_CHARACTERS:
                kept.append(_kept(fetch, template))
    except FetchProblem as problem:
        log.info("templates not fetched", move_id=fetch.move_id, problem=str(problem))
    return kept


def _kept(fetch: MoveFetch, template: HtmlTemplate) -> dict[str, Any]:
    read: Callable[[int], bytes] = io.BytesIO(template.html.encode("utf-8", "replace")).read
    with tenancy.account(fetch.account_id), uploads.received(read) as path:
        return {
            "name": template.name[:120],
            "subject": template.subject[:200],
            "language": fetch.move.mailing_list.language,
            "path": uploads.keep(path).name,
        }
