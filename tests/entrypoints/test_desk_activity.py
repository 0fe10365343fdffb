"""The first page of the desk says in words what was done there; codes are for the audit log."""

import pytest

from mailflatrate.apps.abuse.actions.measures import CaseAction
from mailflatrate.apps.accounts.actions.account_status import STRIKES
from mailflatrate.apps.accounts.models import AccountStatus, DecisionKind
from mailflatrate.apps.intake.models import CheckState
from mailflatrate.apps.lists.models import DeclarationState
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.desk.accounts import MEASURES
from mailflatrate.entrypoints.ui.activity_labels import WORDS, reason_word
from mailflatrate.rules.feedback.measures import ThresholdCause
from support.customers import sending_customer
from support.desk import Desk, desk

DECIDED = {f"account.{one.value}" for one in AccountStatus} | {f"case.{one.value}" for one in CaseAction}
DECIDED |= {f"import.{one.value}" for one in (CheckState.RELEASED, CheckState.REFUSED)}
DECIDED |= {
    f"origin.{one.value}" for one in (DeclarationState.ASKED, DeclarationState.APPROVED, DeclarationState.REJECTED)
}


@pytest.fixture(scope="module")
def otto(database: str) -> Desk:
    assert database
    return desk()


MOVED = {f"figures_{one.value}" for one in ThresholdCause} | {f"vetting_{one.value}" for one in DecisionKind}
MOVED |= {f"desk_{after.value}" for after in MEASURES} | {"applied", "activated", "abuse_case", "blocklisted", STRIKES}


@pytest.mark.parametrize("code", sorted(MOVED))
def test_every_move_of_an_account_has_words(code: str) -> None:
    assert " " in reason_word(code)


def test_the_history_of_an_account_shows_no_codes(otto: Desk) -> None:
    made = sending_customer(1)
    page = otto.page(f"accounts/{made.account_id}/")
    assert "the application was submitted" in page
    assert "the application was approved" in page
    assert "vetting_approve" not in page and "applied" not in page


@pytest.mark.parametrize("action", sorted(DECIDED))
def test_every_decision_has_words(action: str) -> None:
    assert WORDS[action]


def test_people_s_deeds_stand_there_and_machines_do_not(otto: Desk) -> None:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        audit.record("strike.given", by=audit.person(otto.user), reason="No proof came.")
        audit.record("measure.warn", by=audit.machine("stats.judge"))
    page = otto.page("")
    assert "Strike issued" in page
    assert "No proof came." in page
    assert "measure.warn" not in page
