"""Moving in under attack: the link as a shortcut, answers that make a yes of a no, files that keep the erased."""

import io
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from mailflatrate.apps.accounts.actions.agreements import Circumstances, PolicyConfirmation
from mailflatrate.apps.intake import queries
from mailflatrate.apps.intake.actions import moves
from mailflatrate.apps.intake.dry_runs.piles import Pile
from mailflatrate.apps.intake.jobs import check_move, start_move, sweep_uploads
from mailflatrate.apps.intake.models import Move, MoveState
from mailflatrate.apps.intake.moves.answers import MoveAnswers
from mailflatrate.apps.intake.moves.result import MoveFindings
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.actions import lists
from mailflatrate.apps.lists.errors import ImportProblem, MoveChanged
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.base import clock, tenancy
from mailflatrate.base.storage import files as storage
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer, customer_with_list
from support.forms import FormCustomer, customer_with_form, fresh_address
from support.origins import approve_origin

WHERE = Circumstances("192.0.2.1", "Test")
WHOLE = "2026-10-01T10:00Z,203.0.113.9,2026-10-01T10:05Z,https://anna.example/news"
HEADER = "email,signup_at,signup_ip,confirmed_at,source"


@pytest.fixture
def anna(database: str) -> FormCustomer:
    return customer_with_form()


def dropped(place_or_home: FormCustomer | Customer, lines: Sequence[str], name: str = "people.csv") -> int:
    """A move of one file, checked; its id."""
    list_id = place_or_home.anna.list_id if isinstance(place_or_home, FormCustomer) else place_or_home.list_id
    with tenancy.account(place_or_home.account_id):
        file = moves.DroppedFile(name, io.BytesIO("\n".join(lines).encode()))
        move = moves.upload_move(list_id, [file], by=None)
    check_move(account_id=place_or_home.account_id, move_id=move.id)
    return move.id


def found(anna: FormCustomer | Customer, move_id: int) -> Move:
    with tenancy.account(anna.account_id):
        return Move.objects.get(id=move_id)


def imported(anna: FormCustomer, move_id: int) -> None:
    move = found(anna, move_id)
    with tenancy.account(anna.account_id):
        moves.start_move(
            move_id,
            shown_run=move.run,
            answers=MoveAnswers.from_json(move.answers),
            declaration=None,
            tick=PolicyConfirmation(anna.anna.owner, WHERE),
        )
    start_move(account_id=anna.account_id, move_id=move_id)
    with tenancy.account(anna.account_id):
        jobs = queries.imports_of_move(move_id)
    for job in jobs:
        run_import(anna.account_id, job.id)


def link(anna: FormCustomer, move_id: int) -> str:
    return f"/f/{anna.code}/move-in/{found(anna, move_id).code}/"


def sign_up(path: str, email: str) -> int:
    fields = {"email": email, "consent": "yes", "version": "1", "language": "de"}
    return Client(enforce_csrf_checks=True).post(path, fields).status_code


def test_the_link_is_a_sign_up_and_nothing_less(anna: FormCustomer) -> None:
    """A request, an email, and a confirmation from the mailbox; who wasn't waiting for it isn't counted."""
    declare_and_approve(anna)
    waiting, other = fresh_address("idalink"), fresh_address("fremd")
    move_id = dropped(anna, ["email", waiting])
    imported(anna, move_id)
    path = link(anna, move_id)
    assert anna.state(waiting) == "quarantined"
    page = Client().get(f"{path}?language=en").content.decode()
    assert "has changed its email service" in page
    assert "news and offers about plants" in page, "the frozen wording"
    assert sign_up(path, waiting) == 303
    assert sign_up(path, other) == 303
    assert anna.state(waiting) == "quarantined"
    mails = {mail.message["To"]: mail for mail in anna.send()}
    assert set(mails) == {waiting, other}
    assert anna.state(waiting) == "quarantined"
    assert Client().get(mails[waiting].confirm_path).status_code == 200
    assert anna.state(waiting) == "quarantined", "a GET confirms nothing"
    for mail in mails.values():
        anna.confirm(mail)
    assert (anna.state(waiting), anna.state(other)) == ("confirmed", "confirmed")
    assert anna.events(waiting)[-1].evidence.source.endswith(path)
    assert found(anna, move_id).people_confirmed == 1


def declare_and_approve(anna: FormCustomer) -> None:
    approve_origin(anna.account_id, anna.anna.list_id)


def test_a_complaint_or_unsubscribe_is_not_undone_by_the_file_the_link_comes_with(anna: FormCustomer) -> None:
    declare_and_approve(anna)
    gone = fresh_address("weglink")
    move_id = dropped(anna, [f"{HEADER},status", f"{gone},{WHOLE},complained", f"{gone},{WHOLE},subscribed"])
    imported(anna, move_id)
    assert anna.state(gone) == ""
    assert sign_up(link(anna, move_id), gone) == 303, "the page answers as for everyone"
    assert anna.send() == [], "but no email goes to who complained"


def test_a_code_of_another_list_or_account_is_not_found(anna: FormCustomer) -> None:
    carla = customer_with_form()
    theirs = found(carla, dropped(carla, ["email", fresh_address()])).code
    with tenancy.account(anna.account_id):
        second = lists.create_list("Second")
        file = moves.DroppedFile("p.csv", io.BytesIO(b"email\n" + fresh_address().encode()))
        elsewhere = moves.upload_move(second.id, [file], by=None)
    discarded = dropped(anna, ["email", fresh_address()])
    code = found(anna, discarded).code
    with tenancy.account(anna.account_id):
        moves.discard_move(discarded)
    for one in (theirs, elsewhere.code, code, "x", "0" * 12):
        path = f"/f/{anna.code}/move-in/{one}/"
        assert Client().get(path).status_code == 404, one
        assert sign_up(path, fresh_address()) == 404, one


def test_no_address_of_a_file_is_stored_before_the_start_and_no_value_after_it(anna: FormCustomer) -> None:
    declare_and_approve(anna)
    people = [fresh_address("geheim") for _number in range(3)]
    move_id = dropped(anna, [HEADER, *(f"{person},{WHOLE}" for person in people)])
    stored = json.dumps(found(anna, move_id).result)
    assert not [person for person in people if person in stored]
    imported(anna, move_id)
    stored = json.dumps(found(anna, move_id).result)
    assert "203.0.113.9" not in stored
    assert "***" not in stored


def test_an_erased_person_takes_the_waiting_files_along(anna: FormCustomer) -> None:
    declare_and_approve(anna)
    person = fresh_address("loeschen")
    first = dropped(anna, [HEADER, f"{person},{WHOLE}"])
    imported(anna, first)
    waiting = dropped(anna, ["email", person.upper()])
    path = found(anna, waiting).files[0]["path"]
    with tenancy.account(anna.account_id):
        assert storage.exists(path)
        erase_for_customer(Contact.objects.get(email=person).id, by=anna.anna.owner)
    with tenancy.account(anna.account_id):
        assert not storage.exists(path)
    move = found(anna, waiting)
    assert (move.state, move.result, move.files) == (MoveState.DISCARDED, None, [])


def test_a_move_starts_once_with_the_numbers_that_were_seen(anna: FormCustomer) -> None:
    declare_and_approve(anna)
    move_id = dropped(anna, [HEADER, f"{fresh_address('zahl')},{WHOLE}"])
    shown = found(anna, move_id)
    start: dict[str, Any] = {
        "answers": MoveAnswers(columns={"email": "", "source": "email"}, no_status={"x": "y"}),
        "declaration": None,
        "tick": PolicyConfirmation(anna.anna.owner, WHERE),
    }
    with tenancy.account(anna.account_id):
        with pytest.raises(MoveChanged):
            moves.start_move(move_id, shown_run=shown.run + 1, **start)
        moves.start_move(move_id, shown_run=shown.run, **start)
        with pytest.raises(ImportProblem):
            moves.start_move(move_id, shown_run=shown.run, **start)
        with pytest.raises(ImportProblem):
            moves.answer_move(move_id, MoveAnswers())
        with pytest.raises(ImportProblem):
            moves.discard_move(move_id)
    answers = found(anna, move_id).answers
    assert (answers["columns"], answers["no_status"]) == ({}, {}), "a start changes no column"
    start_move(account_id=anna.account_id, move_id=move_id)
    start_move(account_id=anna.account_id, move_id=move_id)
    with tenancy.account(anna.account_id):
        assert len(queries.imports_of_move(move_id)) == 1


def test_without_a_declared_origin_nothing_is_imported(database: str) -> None:
    anna = customer_with_form()
    move_id = dropped(anna, [HEADER, f"{fresh_address('ohne')},{WHOLE}"])
    move = found(anna, move_id)
    with tenancy.account(anna.account_id):
        moves.start_move(
            move_id,
            shown_run=move.run,
            answers=MoveAnswers(),
            declaration=None,
            tick=PolicyConfirmation(anna.anna.owner, WHERE),
        )
    start_move(account_id=anna.account_id, move_id=move_id)
    again = found(anna, move_id)
    assert again.state == MoveState.READY
    assert "declared" in again.problem
    with tenancy.account(anna.account_id):
        assert queries.imports_of_move(move_id) == []


def test_a_status_is_not_explained_away_without_a_reason(database: str) -> None:
    anna = customer_with_list("Anna")
    lines = [f"{HEADER},Art", f"{fresh_address('grund')},{WHOLE},abgemeldet"]
    move_id = dropped(anna, lines)
    move = found(anna, move_id)
    assert MoveFindings.from_json(move.result or {}).blocking
    with tenancy.account(anna.account_id):
        moves.answer_move(move_id, MoveAnswers(columns={"Art": ""}, no_status={"Art": "x"}))
    check_move(account_id=anna.account_id, move_id=move_id)
    assert found(anna, move_id).state == MoveState.FAILED, "one letter is no reason"


def test_the_files_of_a_move_that_nobody_started_are_deleted(database: str) -> None:
    anna = customer_with_list("Anna")
    move_id = dropped(anna, [HEADER, f"{fresh_address('liegen')},{WHOLE}"])
    path = found(anna, move_id).files[0]["path"]
    sweep_uploads(0)
    assert found(anna, move_id).state == MoveState.READY
    with tenancy.account(anna.account_id):
        assert storage.exists(path)
        Move.objects.filter(id=move_id).update(created_at=clock.now() - timedelta(days=3))
    sweep_uploads(0)
    assert found(anna, move_id).state == MoveState.DISCARDED
    with tenancy.account(anna.account_id):
        assert not storage.exists(path)


def test_a_check_that_was_overtaken_keeps_nothing(database: str) -> None:
    """The newest answers win, whichever job comes first."""
    anna = customer_with_list("Anna")
    with tenancy.account(anna.account_id):
        file = moves.DroppedFile("p.csv", io.BytesIO(f"email,status\n{fresh_address('eins')},4\n".encode()))
        move = moves.upload_move(anna.list_id, [file], by=None)
        moves.answer_move(move.id, MoveAnswers(system="mailtrain"))
    check_move(account_id=anna.account_id, move_id=move.id)
    result = MoveFindings.from_json(found(anna, move.id).result or {})
    assert result.pile(Pile.NEVER) == [("complained", 1)]


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (["email,na\0me", "dora@nul-1.de,x"], MoveState.READY),
        (["email,name", "dora@nul-1.de\0,x", "\0erik@nul-2.de,y", "frida@nul-3.de,z\0"], MoveState.READY),
        (["email,\udcff", "dora@nul-4.de,\ud800"], MoveState.READY),
        (["email," + "t" * 200_000, "dora@nul-5.de,x"], MoveState.READY),
        (["email," + ",".join(f"c{number}" for number in range(600)), "dora@nul-6.de"], MoveState.FAILED),
    ],
    ids=["nul in titles", "nul in rows", "no unicode", "long title", "many columns"],
)
def test_a_hostile_file_ends_its_own_check_only(database: str, lines: list[str], state: MoveState) -> None:
    anna = customer_with_list("Anna")
    with tenancy.account(anna.account_id):
        file = moves.DroppedFile("p.csv", io.BytesIO("\n".join(lines).encode("utf-8", "surrogatepass")))
        move = moves.upload_move(anna.list_id, [file], by=None)
    check_move(account_id=anna.account_id, move_id=move.id)
    move = found(anna, move.id)
    assert move.state == state
    assert len(json.dumps(move.result)) < 10_000


def test_many_files_of_many_columns_are_refused_together(database: str) -> None:
    anna = customer_with_list("Anna")
    with tenancy.account(anna.account_id):
        dropped_files = [moves.DroppedFile(f"p{file}.csv", io.BytesIO(_wide(file).encode())) for file in range(3)]
        move = moves.upload_move(anna.list_id, dropped_files, by=None)
    check_move(account_id=anna.account_id, move_id=move.id)
    assert "different columns" in found(anna, move.id).problem


def _wide(file: int) -> str:
    return "email," + ",".join(f"c{file}_{number}" for number in range(300)) + "\ndora@breit-1.de\n"


def test_raw_sql_starts_nothing_without_a_person(database: str) -> None:
    anna = customer_with_list("Anna")
    move_id = dropped(anna, [HEADER, f"{fresh_address('sql')},{WHOLE}"])
    with pytest.raises(IntegrityError, match="move_confirmed_by_a_person"), tenancy.account(anna.account_id):
        Move.objects.filter(id=move_id).update(state=MoveState.STARTING)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Move.objects.get(id=move_id).state == MoveState.READY
