"""Moves: files of another system. Nothing is imported before `start_move`."""

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import IO, Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.agreements import Circumstances, PolicyConfirmation
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.actions.imports import import_name, queue_import
from mailflatrate.apps.intake.actions.origins import Declaration, declare_origin
from mailflatrate.apps.intake.dry_runs.dry_run import FilePlan
from mailflatrate.apps.intake.dry_runs.dry_run_result import SAMPLE
from mailflatrate.apps.intake.models import FETCH_MOVES, OPEN_MOVES, Import, Move, MoveFetch, MoveState
from mailflatrate.apps.intake.moves.answers import MoveAnswers
from mailflatrate.apps.intake.moves.check import CHECK_MOVE_JOB, opened_tables, origin_in_use, runner_of
from mailflatrate.apps.intake.moves.result import MoveFindings
from mailflatrate.apps.intake.reading.import_options import BY_ROW
from mailflatrate.apps.intake.reading.table_files import TableFile, tables_in
from mailflatrate.apps.lists.errors import ImportProblem, ImportStateError, MoveChanged
from mailflatrate.apps.lists.models import ListOrigin, MailingList, OriginState
from mailflatrate.base import audit, clock, jobs, tenancy
from mailflatrate.base.storage.interface import StorageFailed
from mailflatrate.mail.address_search import AddressSearch
from mailflatrate.rules.systems.profile import profiles

START_MOVE_JOB = "intake.start_move"
MOST_FILES = 20
MOST_OPEN = 5
STATEMENTS = ("source", "form_url", "wording", "last_mailed_on", "previous_system", "field_types")
"""Answers that may still be given at the start."""
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_CODE_LENGTH = 12


@dataclass(frozen=True, slots=True)
class DroppedFile:
    name: str
    file: IO[bytes]


@tenancy.needs_account
def upload_move(list_id: int, dropped: Sequence[DroppedFile], *, by: User | None, system: str = "") -> Move:
    """Those in a ZIP, too; starts the dry run. `system` is recognized by default. Raises ImportProblem."""
    mailing_list = check_target(list_id)
    if system and system not in profiles():
        raise ImportProblem(_("choose one of the systems offered, or let us recognize it"))
    if len(dropped) > MOST_FILES:
        raise ImportProblem(_("these are too many files at once; put them in one ZIP"))
    files: list[dict[str, Any]] = []
    try:
        _store(dropped, files)
        move = Move.objects.create(
            mailing_list=mailing_list,
            code=new_code(),
            files=files,
            answers=MoveAnswers(system=system).as_json(),
            bytes_total=sum(file["bytes"] for file in files),
            created_by=by,
            created_at=clock.now(),
        )
    except BaseException:
        forget_files(tenancy.current_account_id(), files)
        raise
    check_soon(move)
    return move


def check_target(list_id: int) -> MailingList:
    """Raises ImportProblem."""
    mailing_list = MailingList.objects.filter(id=list_id, archived_at=None).first()
    if mailing_list is None or mailing_list.origin_state == OriginState.REJECTED:
        raise ImportProblem(_("choose a list that isn't archived"))
    if Move.objects.filter(state__in=OPEN_MOVES).count() >= MOST_OPEN:
        raise ImportStateError(_("several moves are waiting to be started; start or discard one of them first"))
    return mailing_list


def new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _character in range(_CODE_LENGTH))


def _store(dropped: Iterable[DroppedFile], files: list[dict[str, Any]]) -> None:
    with ExitStack() as held:
        received = [(held.enter_context(uploads.received(upload.file.read)), upload.name) for upload in dropped]
        paths = [path for path, _name in received]
        names = [import_name(name) for _path, name in received]
        folder = paths[0].parent if paths else None
        for table in held.enter_context(tables_in(paths, names, folder)):
            if not table.path.stat().st_size:
                raise ImportProblem(_("“%(name)s” is empty") % {"name": table.name})
            files.append(stored_table(table))


def stored_table(table: TableFile) -> dict[str, Any]:
    try:
        kept = uploads.keep(table.path)
    except StorageFailed as problem:
        raise ImportProblem(_("The file couldn't be stored. Upload it again in a few minutes.")) from problem
    return {
        "name": table.name[-255:],
        "archive": table.archive[-255:],
        "path": kept.name,
        "sha256": kept.sha256,
        "bytes": kept.octets,
    }


@tenancy.needs_account
def answer_move(move_id: int, answers: MoveAnswers) -> None:
    """The files are checked again. Raises ImportProblem."""
    with transaction.atomic():
        move = _locked(move_id)
        if move.state not in (MoveState.CHECKING, MoveState.READY, MoveState.FAILED) or not move.files:
            raise ImportStateError(_("this move has already started"))
        move.answers, move.state, move.problem = answers.as_json(), MoveState.CHECKING, ""
        move.run, move.bytes_done = move.run + 1, 0
        move.save(update_fields=["answers", "state", "problem", "run", "bytes_done"])
        check_soon(move)


@tenancy.needs_account
def start_move(
    move_id: int, *, shown_run: int, answers: MoveAnswers, declaration: Declaration | None, tick: PolicyConfirmation
) -> None:
    """Opt-outs first, once the person confirmed numbers and policy (R-04). `answers` change no numbers. `declaration`
    is signed if the list has none usable (R-10). Raises MoveChanged if the files were checked again,
    DeclarationProblem, ImportProblem.
    """
    with transaction.atomic():
        move = _locked(move_id)
        if move.state != MoveState.READY or move.result is None:
            raise ImportStateError(_("this move can't be started now"))
        if move.run != shown_run:
            raise MoveChanged(_("the files were checked again; review the new numbers, then start"))
        result = MoveFindings.from_json(move.result)
        if result.blocking or any(question.about == SAMPLE for question in result.questions):
            raise ImportStateError(_("answer the open questions first, then check again"))
        if origin_in_use(move.mailing_list_id) is None and declaration is not None:
            where = tick.where
            declare_origin(move.mailing_list_id, declaration, by=tick.by, ip=where.ip, user_agent=where.user_agent)
        stored = MoveAnswers.from_json(move.answers)
        completed = {name: getattr(answers, name) or getattr(stored, name) for name in STATEMENTS}
        move.answers, move.state = replace(stored, **completed).as_json(), MoveState.STARTING
        move.confirmed_by, move.confirmed_at = tick.by, clock.now()
        move.confirmed_ip, move.confirmed_agent = tick.where.ip, tick.where.user_agent[:1000]
        move.problem = ""
        move.save()
        audit.record(
            "move.started",
            by=audit.person(tick.by),
            account_id=move.account_id,
            subject=f"move:{move.id}",
            details={"list": move.mailing_list_id, "files": len(move.files), "rows": result.rows, "run": move.run},
        )
        _start_soon(move)


def begin_imports(account_id: int, move_id: int) -> None:
    """One for each file with people; all or none, with the reason on the page. Idempotent. Opens the scope."""
    with tenancy.account(account_id):
        move = Move.objects.select_related("confirmed_by").filter(id=move_id, state=MoveState.STARTING).first()
    if move is None:
        return
    try:
        with opened_tables(move) as tables:
            plans = runner_of(move, tables).plans
        with tenancy.account(account_id):
            _queue_all(move, plans)
    except ImportProblem as problem:
        with tenancy.account(account_id):
            Move.objects.filter(id=move_id, state=MoveState.STARTING).update(
                state=MoveState.READY, problem=str(problem)
            )


def _queue_all(move: Move, plans: Sequence[FilePlan]) -> None:
    with transaction.atomic():
        locked = Move.objects.select_for_update().filter(id=move.id, state=MoveState.STARTING).first()
        if locked is None or move.confirmed_by is None:
            return
        tick = PolicyConfirmation(move.confirmed_by, Circumstances(move.confirmed_ip, move.confirmed_agent))
        origin = origin_in_use(move.mailing_list_id)
        if origin is None:
            raise ImportProblem(_("the origin of this list hasn't been declared"))
        used = set()
        for plan in sorted(plans, key=lambda plan: plan.terms.all_rows in ("", BY_ROW)):
            file = move.files[plan.number]
            used.add(file["path"])
            job = _import_of(move, file, plan, origin)
            queue_import(job.id, plan.mapping, terms=plan.terms, tick=tick)
        rest = [file for file in move.files if file["path"] not in used]
        locked.state = MoveState.MOVED
        locked.result = MoveFindings.from_json(locked.result or {}).numbers_only()
        locked.save(update_fields=["state", "result"])
        transaction.on_commit(partial(forget_files, move.account_id, rest))


def _import_of(move: Move, file: dict[str, Any], plan: FilePlan, origin: ListOrigin) -> Import:
    return Import.objects.create(
        mailing_list_id=move.mailing_list_id,
        file_name=import_name(file["name"]),
        file_path=file["path"],
        file_sha256=file["sha256"],
        file_bytes=file["bytes"],
        origin=origin,
        mapping=dict(plan.mapping),
        terms=plan.terms.as_json(),
        move=move,
        created_by=move.confirmed_by,
    )


@tenancy.needs_account
def discard_move(move_id: int) -> None:
    """Only one that hasn't started, else raises ImportProblem. Idempotent."""
    with transaction.atomic():
        move = _locked(move_id)
        if move.state == MoveState.DISCARDED:
            audit.nothing_changed()
            return
        if move.state not in (*FETCH_MOVES, MoveState.CHECKING, MoveState.READY, MoveState.FAILED):
            raise ImportStateError(_("this move has already started"))
        _discard(move)


def drop_abandoned(move_id: int) -> None:
    move = Move.objects.select_for_update().filter(id=move_id, state__in=OPEN_MOVES).first()
    if move is not None:
        _discard(move)


def _discard(move: Move, problem: str = "") -> None:
    files = list(move.files)
    move.state, move.result, move.files, move.problem = MoveState.DISCARDED, None, [], problem
    move.save(update_fields=["state", "result", "files", "problem"])
    MoveFetch.objects.filter(move_id=move.id).update(key_sealed="")
    transaction.on_commit(partial(forget_files, move.account_id, files))


@tenancy.needs_account
def drop_moves_naming(search: AddressSearch) -> Counter[int]:
    """Those not started with an erased address; count by address, each move once. Started imports refuse it anyway."""
    dropped: Counter[int] = Counter()
    for move in Move.objects.select_for_update().filter(state__in=[*OPEN_MOVES]):
        named = [uploads.first_named(file["path"], search) for file in move.files]
        numbers = [number for number in named if number is not None]
        if numbers:
            dropped[min(numbers)] += 1
            _discard(move, _("Someone in these files was erased. Remove them and upload the files again."))
    return dropped


def count_confirmed(move_id: int) -> None:
    Move.objects.filter(id=move_id).update(people_confirmed=F("people_confirmed") + 1)


def _locked(move_id: int) -> Move:
    move = Move.objects.select_for_update().filter(id=move_id).first()
    if move is None:
        raise ImportProblem(_("this move doesn't exist"))
    return move


def check_soon(move: Move) -> None:
    jobs.defer(CHECK_MOVE_JOB, jobs.JobQueue.IMPORT, account_id=move.account_id, move_id=move.id)


def _start_soon(move: Move) -> None:
    jobs.defer(START_MOVE_JOB, jobs.JobQueue.IMPORT, account_id=move.account_id, move_id=move.id)


def forget_files(account_id: int, files: Iterable[dict[str, Any]]) -> None:
    with tenancy.account(account_id):
        for file in files:
            uploads.forget(file["path"])
