"""From the arrival of a complaint with the whole mail attached to the complete case on screen."""

import time
from collections.abc import Iterator

import pytest

from copies import Copies
from mailflatrate.apps.abuse.models import Report
from mailflatrate.apps.inbound import intake
from mailflatrate.apps.inbound.intake import Arrival
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.desk import desk
from support.returned_mail import STRANGER, sent_campaign
from support.returned_mail import desk as desk_address
from support.waiting import wait_until

PATIENCE_SECONDS = 60.0


@pytest.fixture
def worker(database: str, copies: Copies) -> Iterator[None]:
    """A worker as a process of its own, as in production."""
    assert database
    running = copies.start_worker("inbound")
    yield
    running.terminate()
    running.wait(20)


def _case_of(raw_mail_id: int, patience: float) -> int:
    def found() -> int | None:
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            return Report.objects.filter(raw_mail_id=raw_mail_id).values_list("case_id", flat=True).first()

    return wait_until(found, "a case", seconds=patience) or 0


@pytest.mark.slow
def test_complaint_that_arrives_becomes_a_complete_case(worker: None) -> None:
    """Stored, read, judged and filed by a worker, and drawn. The seconds are printed: they depend on the machine."""
    otto, case = desk(), sent_campaign(people=4)
    taken = []
    for number in range(4):
        began = time.monotonic()
        arrival = Arrival("smtp", STRANGER, "dora@people.example", desk_address(), case.forward(number))
        (raw_mail_id,) = intake.store([arrival])
        case_id = _case_of(raw_mail_id, PATIENCE_SECONDS)
        page = otto.page(f"cases/{case_id}/")
        taken.append(time.monotonic() - began)
        for needed in ("Lindenhof", case.campaign.mailing_id, case.reader(number).email):
            assert needed in page
    print("seconds from arrival to the case on screen:", [round(one, 2) for one in taken])
