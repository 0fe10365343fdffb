"""Details that a walk through the product found wrong: names, labels and preselected answers."""

import pytest
from django.test import RequestFactory
from django.utils import translation

from mailflatrate.apps.intake.models import Move, MoveState
from mailflatrate.entrypoints.studio.audience.move_pages import move_label
from mailflatrate.entrypoints.studio.automations.rehearsal import RehearsalForm
from mailflatrate.entrypoints.ui.templatetags.controls import initials
from mailflatrate.entrypoints.web.adapter import AccountAdapter, LoginForm


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Anna Lindner", "AL"),
        ("Mühle Petersen GmbH", "MP"),
        ("Lindenhof GmbH & Co. KG", "L"),
        ("Brot e.V.", "B"),
        ("Shop Ltd.", "S"),
        ("anna@example.org", "A"),
        ("AG", "A"),
    ],
)
def test_initials_leave_out_the_legal_form(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_move_is_done_once_its_imports_are() -> None:
    move = Move(state=MoveState.MOVED)
    with translation.override("en"):
        assert move_label(move, under_way=True) == "Started"
        assert move_label(move, under_way=False) == "Done"
        assert move_label(Move(state=MoveState.READY), under_way=False) == "Checked, not started"


def test_rehearsal_offers_the_menu_of_time_zones_and_takes_any(database: str) -> None:
    assert database
    form = RehearsalForm(None, "Berlin")
    names = [name for _label, group in form.fields["zone"].choices if isinstance(group, list) for name, _city in group]
    assert 20 < len(names) < 120
    assert form.fields["zone"].valid_value("Africa/Asmera")


def test_sign_in_says_what_is_wrong_in_plain_words(database: str) -> None:
    assert database
    with translation.override("en"):
        assert str(LoginForm(request=RequestFactory().get("/")).fields["remember"].label) == "Stay signed in"
        assert "specified" not in str(AccountAdapter.error_messages["email_password_mismatch"])
