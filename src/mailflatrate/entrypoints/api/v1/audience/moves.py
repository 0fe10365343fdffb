"""Moves: files of another system, checked together. The start confirms the numbers of exactly the check shown."""

from datetime import date, datetime
from typing import Annotated, Any

from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.intake.actions import moves
from mailflatrate.apps.intake.actions.moves import MOST_FILES, DroppedFile
from mailflatrate.apps.intake.dry_runs.dry_run_result import MoveQuestion
from mailflatrate.apps.intake.dry_runs.piles import Pile
from mailflatrate.apps.intake.dry_runs.reviews import MoveReview
from mailflatrate.apps.intake.models import Import, Move, MoveState
from mailflatrate.apps.intake.moves.answers import MoveAnswers
from mailflatrate.apps.intake.moves.check import origin_in_use
from mailflatrate.apps.intake.moves.result import MoveFindings
from mailflatrate.apps.intake.reading.columns import MAX_COLUMNS
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.audience.imports import UNREAD_NOES
from mailflatrate.entrypoints.api.v1.problems import Code, Problem
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    SuccessResult,
    filled,
    newest_first,
)
from mailflatrate.entrypoints.presenters.lookups import find_list, find_move
from mailflatrate.entrypoints.presenters.sentences import error_sentence

ROUTER = Router(tags=["Imports"])
Text = Annotated[str, Field(max_length=500)]
MoveFiles = Annotated[list[UploadedFile], File(max_length=MOST_FILES)]
Choices = Annotated[dict[Text, Text], Field(max_length=MAX_COLUMNS)]


class MoveFile(Schema):
    """A table of a move; `archive` is the ZIP that contained it."""

    name: str
    archive: str
    bytes: int


class MoveColumn(Schema):
    """A column of one or several files, and its target; an empty target means that it is left out."""

    title: str
    target: str
    field: str


class MoveCheck(Schema):
    """The result of the check: people by pile and reason, before anything is imported."""

    system: str
    rows: int
    mailable: dict[str, int]
    ask: Annotated[dict[str, int], Field(description="no or partial proof: people who have to confirm again")]
    never: Annotated[dict[str, int], Field(description="said no, bounced, complained or are suppressed")]
    columns: list[MoveColumn]
    questions: list[MoveQuestion]
    reviews: Annotated[list[MoveReview], Field(description="what our team will review before anyone is emailed")]
    can_start: bool


class MoveInfo(Schema):
    """A move. `run` counts its checks; send the one you have seen when you start it."""

    id: int
    list_id: int
    state: MoveState
    problem: str
    percent: int
    run: int
    files: list[MoveFile]
    result: MoveCheck | None
    import_ids: Annotated[list[int], Field(description="once it is started: its imports, opt-outs first")]
    created_at: datetime


class NewMove(RequestBodySchema):
    """The list that the people are imported into, and the system that wrote the files."""

    list_id: Id
    system: Annotated[Text, Field(description="the previous system; empty: recognized by its files")] = ""


class MoveAnswerRequest(RequestBodySchema):
    """Answers about the files. They replace earlier ones, and the files are checked again."""

    system: Text = ""
    time_zone: Annotated[str, Field(max_length=64)] = ""
    source: Text = ""
    form_url: Annotated[str, Field(max_length=2000)] = ""
    wording: Annotated[str, Field(max_length=2000)] = ""
    last_mailed_on: date | None = None
    date_orders: Choices = {}
    columns: Annotated[Choices, Field(description="title -> target, attribute, or empty to leave it out")] = {}
    no_status: Annotated[Choices, Field(description="columns that look like a status but aren't one -> why")] = {}
    unread_noes: Annotated[int, Field(ge=0, le=2**31 - 1, description=UNREAD_NOES)] = 0
    all_rows: Annotated[Choices, Field(description="number of a file, from 0 -> the status of everyone in it")] = {}


class MoveStartRequest(RequestBodySchema):
    """The confirmation by the person who is responsible for the files."""

    run: Annotated[int, Field(ge=1, le=2**31 - 1, description="`run` of the numbers you have seen")]
    policy_confirmed: Annotated[
        bool,
        Field(
            description="true: I confirm that these addresses comply with the anti-spam policy, and I take "
            "responsibility for that (R-04)"
        ),
    ] = False


def _result(stored: dict[str, Any] | None) -> MoveCheck | None:
    if stored is None:
        return None
    findings = MoveFindings.from_json(stored)
    return MoveCheck(
        system=findings.system,
        rows=findings.rows,
        mailable=dict(findings.pile(Pile.MAILABLE)),
        ask=dict(findings.pile(Pile.ASK)),
        never=dict(findings.pile(Pile.NEVER)),
        columns=[
            MoveColumn(title=column.title, target=column.choice, field=column.field) for column in findings.columns
        ],
        questions=list(findings.questions),
        reviews=list(findings.reviews),
        can_start=not findings.blocking,
    )


def _shown(move: Move) -> MoveInfo:
    return filled(
        MoveInfo,
        move,
        list_id=move.mailing_list_id,
        problem=error_sentence(move.problem),
        files=[MoveFile(name=file["name"], archive=file["archive"], bytes=file["bytes"]) for file in move.files],
        result=_result(move.result),
        import_ids=list(Import.objects.filter(move=move).order_by("id").values_list("id", flat=True)),
    )


@endpoint(ROUTER, "get", "/moves", scope=KeyScope.READ)
def list_moves(request: ApiRequest, which: Query[PageQuery]) -> Page[MoveInfo]:
    """List moves, newest first."""
    return newest_first(Move.objects.all(), which, _shown)


@endpoint(ROUTER, "post", "/moves", scope=KeyScope.IMPORT, status=202, repeatable=True)
def upload_move(request: ApiRequest, files: MoveFiles, given: Form[NewMove]) -> MoveInfo:
    """Upload several files of your previous system, or its ZIP. Up to 20 files of CSV, XLSX, JSON or ZIP. They are
    checked in the background; fetch the address in Location until `state` is `ready`, look at `result`, answer its
    questions and start it. For one file whose columns you know, use an import.
    """
    dropped = [DroppedFile(file.name or "", file) for file in files]
    return _shown(moves.upload_move(find_list(given.list_id).id, dropped, by=request.caller.user, system=given.system))


@endpoint(ROUTER, "get", "/moves/{move_id}", scope=KeyScope.READ)
def show_move(request: ApiRequest, move_id: Id) -> MoveInfo:
    """Show a move with its progress and the result of its check."""
    return _shown(find_move(move_id))


@endpoint(ROUTER, "post", "/moves/{move_id}/answers", scope=KeyScope.IMPORT, status=202)
def answer_move(request: ApiRequest, move_id: Id, given: MoveAnswerRequest) -> MoveInfo:
    """Answer the questions about the files, or map their columns.

    The files are checked again.
    """
    find_move(move_id)
    values = given.model_dump() | {"last_mailed_on": given.last_mailed_on.isoformat() if given.last_mailed_on else ""}
    moves.answer_move(move_id, MoveAnswers(**values))
    return _shown(find_move(move_id))


@endpoint(ROUTER, "post", "/moves/{move_id}/start", scope=KeyScope.IMPORT, status=202)
def start_move(request: ApiRequest, move_id: Id, given: MoveStartRequest) -> MoveInfo:
    """Start the imports of a move: opt-outs first, then people.

    The list needs a declared origin. People without complete proof aren't mailed; a statement of yours can't replace
    proof.
    """
    move = find_move(move_id)
    if not given.policy_confirmed:
        raise Problem(Code.NOT_CONFIRMED)
    if origin_in_use(move.mailing_list_id) is None:
        raise Problem(Code.ORIGIN_NEEDED)
    answers = MoveAnswers.from_json(move.answers)
    moves.start_move(move_id, shown_run=given.run, answers=answers, declaration=None, tick=request.caller.tick)
    return _shown(find_move(move_id))


@endpoint(ROUTER, "delete", "/moves/{move_id}", scope=KeyScope.IMPORT, protects=True)
def discard_move(request: ApiRequest, move_id: Id) -> SuccessResult:
    """Discard a move that hasn't started. Its files are deleted."""
    find_move(move_id)
    moves.discard_move(move_id)
    return SuccessResult()
