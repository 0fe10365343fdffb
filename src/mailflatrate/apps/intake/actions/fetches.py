"""Moves that fetch by API key: sealed when entered, bound to move and address, deleted at the end or after a day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.actions.moves import check_soon, check_target, forget_files, new_code
from mailflatrate.apps.intake.fetching.connector import SourceList
from mailflatrate.apps.intake.fetching.systems import check_key
from mailflatrate.apps.intake.models import FETCH_MOVES, Move, MoveFetch, MoveState
from mailflatrate.apps.intake.moves.answers import MoveAnswers
from mailflatrate.apps.lists.errors import FetchProblem, ImportProblem
from mailflatrate.base import audit, clock, jobs, tenancy

FETCH_MOVE_JOB = "intake.fetch_move"
ADOPT_TEMPLATES_JOB = "campaigns.adopt_templates"
KEY_KEPT_FOR = timedelta(hours=24)
MOST_OCTETS = 512 * 1024 * 1024
"""In one move: as much as an upload may have."""
MOST_STARTS = 6
"""Without progress: each was cut off, for example by a crash."""
_KEY_GONE = gettext_noop("The key was deleted a day after you entered it. Start again with a new one.")
_NOTHING = gettext_noop("The lists you chose have no contacts.")


@dataclass(frozen=True, slots=True)
class FetchOrder:
    system: str
    key: str = field(repr=False)
    base_url: str = ""
    with_templates: bool = False


@tenancy.needs_account
def fetch_move(list_id: int, order: FetchOrder, *, by: User | None) -> Move:
    """Raises ImportProblem."""
    key, base_url = check_key(order.system, order.key, order.base_url)
    mailing_list = check_target(list_id)
    with transaction.atomic():
        move = Move.objects.create(
            mailing_list=mailing_list,
            code=new_code(),
            state=MoveState.FETCHING,
            answers=MoveAnswers(system=order.system).as_json(),
            created_by=by,
            created_at=clock.now(),
        )
        fetch = MoveFetch(
            move=move,
            system=order.system,
            base_url=base_url,
            with_templates=order.with_templates,
            started_at=clock.now(),
        )
        fetch.account_id = move.account_id
        fetch.seal_key(key)
        fetch.save()
        audit.record(
            "move.fetch_started",
            by=audit.person(by) if by is not None else audit.machine("intake.fetch_move"),
            account_id=move.account_id,
            subject=f"move:{move.id}",
            details={"list": mailing_list.id, "system": order.system, "address": base_url},
        )
        _fetch_soon(move)
    return move


@tenancy.needs_account
def offer_audiences(move_id: int, audiences: Sequence[SourceList]) -> bool:
    """A single one is chosen at once; return whether the fetch continues now. Raises FetchProblem if there is none."""
    if not audiences:
        raise FetchProblem(_("This account has no list. Check that the key belongs to the right account."))
    with transaction.atomic():
        move = _locked(move_id, MoveState.FETCHING)
        if move is None:
            return False
        offers = [[audience.id, audience.name[:200], audience.people] for audience in audiences]
        chosen = [audiences[0].id] if len(audiences) == 1 else []
        MoveFetch.objects.filter(move_id=move_id).update(audiences=offers, chosen=chosen, starts=0)
        if not chosen:
            Move.objects.filter(id=move_id).update(state=MoveState.CHOOSING)
        return bool(chosen)


@tenancy.needs_account
def choose_audiences(move_id: int, chosen: Collection[str]) -> None:
    """Raises ImportProblem."""
    with transaction.atomic():
        move = _locked(move_id, MoveState.CHOOSING)
        if move is None:
            raise ImportProblem(_("this move isn't waiting for a choice"))
        fetch = MoveFetch.objects.get(move_id=move_id)
        choice = [str(audience[0]) for audience in fetch.audiences if str(audience[0]) in chosen]
        if not choice:
            raise ImportProblem(_("choose at least one list"))
        fetch.chosen = choice
        fetch.save(update_fields=["chosen"])
        move.state = MoveState.FETCHING
        move.save(update_fields=["state"])
        _fetch_soon(move)


@tenancy.needs_account
def fetch_again(move_id: int) -> None:
    """Fetches the missing parts. Raises ImportProblem if the key was deleted."""
    with transaction.atomic():
        move = _locked(move_id, MoveState.FAILED)
        if move is None or not MoveFetch.objects.filter(move_id=move_id).exclude(key_sealed="").exists():
            raise ImportProblem(_("the key is no longer kept; start again with a new one"))
        move.state, move.problem = MoveState.FETCHING, ""
        move.save(update_fields=["state", "problem"])
        MoveFetch.objects.filter(move_id=move_id).update(starts=0)
        _fetch_soon(move)


@tenancy.needs_account
def count_start(move_id: int) -> None:
    """Without progress yet. Raises FetchProblem after too many interrupted runs."""
    MoveFetch.objects.filter(move_id=move_id).update(starts=F("starts") + 1)
    if MoveFetch.objects.filter(move_id=move_id, starts__gt=MOST_STARTS).exists():
        raise FetchProblem(_("This fetch was interrupted several times. Upload the files of an export instead."))


@tenancy.needs_account
def go_on_later(move_id: int) -> None:
    move = Move.objects.filter(id=move_id, state=MoveState.FETCHING).first()
    if move is not None:
        resume_fetch(move.account_id, move.id)


def resume_fetch(account_id: int, move_id: int) -> None:
    _enqueue(account_id, move_id, once=f"resume-fetch:{move_id}")


@tenancy.needs_account
def keep_part(move_id: int, name: str, file: dict[str, Any] | None, rows: int, *, refusals_missing: str = "") -> bool:
    """File None: an empty table. `refusals_missing`: the key may not read it. Returns whether the fetch continues.
    Raises FetchProblem if too large.
    """
    with transaction.atomic():
        move = _locked(move_id, MoveState.FETCHING)
        if move is None:
            return False
        fetch = MoveFetch.objects.get(move_id=move_id)
        if name in fetch.parts_done:
            return False
        if file is not None:
            if move.bytes_total + file["bytes"] > MOST_OCTETS:
                raise FetchProblem(_("This account is too large to fetch. Upload the files of an export instead."))
            move.files = [*move.files, file]
            move.bytes_total += file["bytes"]
            move.save(update_fields=["files", "bytes_total"])
        fetch.parts_done, fetch.rows_done = [*fetch.parts_done, name], fetch.rows_done + rows
        fetch.starts = 0
        if refusals_missing:
            fetch.refusals_missing = [*fetch.refusals_missing, refusals_missing]
        fetch.save(update_fields=["parts_done", "rows_done", "starts", "refusals_missing"])
        return True


@tenancy.needs_account
def finish_fetch(move_id: int, templates: Sequence[dict[str, Any]]) -> None:
    """Delete the key, pass the templates on, and start checking the files."""
    with transaction.atomic():
        move = _locked(move_id, MoveState.FETCHING)
        if move is None:
            _forget_templates(tenancy.current_account_id(), templates)
            return
        MoveFetch.objects.filter(move_id=move_id).update(key_sealed="", templates=list(templates))
        if templates:
            jobs.defer(ADOPT_TEMPLATES_JOB, jobs.JobQueue.IMPORT, account_id=move.account_id, move_id=move.id)
        if not move.files:
            move.state, move.problem = MoveState.FAILED, _NOTHING
            move.save(update_fields=["state", "problem"])
            return
        move.state = MoveState.CHECKING
        move.save(update_fields=["state"])
        check_soon(move)


@tenancy.needs_account
def fail_fetch(move_id: int, problem: str, *, is_final: bool) -> None:
    """If `is_final`, the key is useless and deleted at once."""
    with transaction.atomic():
        move = _locked(move_id, MoveState.FETCHING)
        if move is None:
            return
        move.state, move.problem = MoveState.FAILED, problem
        move.save(update_fields=["state", "problem"])
        if is_final:
            MoveFetch.objects.filter(move_id=move_id).update(key_sealed="")


@tenancy.needs_account
def take_templates(move_id: int) -> list[dict[str, Any]]:
    fetch = MoveFetch.objects.select_for_update().filter(move_id=move_id).first()
    if fetch is None:
        return []
    templates, fetch.templates = fetch.templates, []
    fetch.save(update_fields=["templates"])
    return list(templates)


@tenancy.needs_account
def expire_key(move_id: int) -> None:
    """A move that still needs it fails."""
    with transaction.atomic():
        move = Move.objects.select_for_update().filter(id=move_id).first()
        MoveFetch.objects.filter(move_id=move_id).update(key_sealed="")
        if move is not None and move.state in FETCH_MOVES:
            files = list(move.files)
            move.state, move.problem, move.files = MoveState.FAILED, _KEY_GONE, []
            move.save(update_fields=["state", "problem", "files"])
            transaction.on_commit(partial(forget_files, move.account_id, files))


def _locked(move_id: int, state: MoveState) -> Move | None:
    return Move.objects.select_for_update().filter(id=move_id, state=state).first()


def _fetch_soon(move: Move) -> None:
    _enqueue(move.account_id, move.id)


def _enqueue(account_id: int, move_id: int, *, once: str | None = None) -> None:
    # One after another within an account: another system may take its time, and others' imports share these workers.
    lock = f"fetch:{account_id}"
    jobs.defer(FETCH_MOVE_JOB, jobs.JobQueue.IMPORT, once=once, lock=lock, account_id=account_id, move_id=move_id)


def _forget_templates(account_id: int, templates: Sequence[dict[str, Any]]) -> None:
    with tenancy.account(account_id):
        for template in templates:
            uploads.forget(template["path"])
