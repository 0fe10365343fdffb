"""The first page of the desk says in words what was done there; codes are for the audit log."""

import pytest

from desk_world import Desk, desk
from mailflatrate.apps.abuse.actions import Measure
from mailflatrate.apps.accounts.models import Standing
from mailflatrate.apps.lists.models import CheckState, DeclarationState
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.web.desk.deeds import WORDS

DECIDED = {f"account.{one.value}" for one in Standing} | {f"case.{one.value}" for one in Measure}
DECIDED |= {f"import.{one.value}" for one in (CheckState.RELEASED, CheckState.REFUSED)}
DECIDED |= {
    f"origin.{one.value}" for one in (DeclarationState.ASKED, DeclarationState.APPROVED, DeclarationState.REJECTED)
}


@pytest.fixture(scope="module")
def otto(database: str) -> Desk:
    """At the desk."""
    assert database
    return desk()


@pytest.mark.parametrize("action", sorted(DECIDED))
def test_every_decision_has_words(action: str) -> None:
    assert WORDS[action]


def test_people_s_deeds_stand_there_and_machines_do_not(otto: Desk) -> None:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        audit.record("strike.given", by=audit.person(otto.user), reason="No proof came.")
        audit.record("measure.warn", by=audit.machine("stats.judge"))
    page = otto.page("")
    assert "Strike given" in page
    assert "No proof came." in page
    assert "measure.warn" not in page
