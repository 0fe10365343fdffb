"""Mail that no database holds as it is, or that says nothing, is worked off like any other, alone or among others."""

import pytest

from mailflatrate.apps.abuse import jobs as desk_jobs
from mailflatrate.apps.abuse.models import Report
from mailflatrate.apps.inbound import intake, jobs
from mailflatrate.apps.inbound.actions import process_batch
from mailflatrate.apps.inbound.intake import READ_SHARDS, Arrival
from mailflatrate.apps.inbound.models import RawMailState
from mailflatrate.apps.inbound.queries import TOGETHER, waiting_in
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.cast import per_module
from support.returned_mail import LOOP, STRANGER, SentCampaign, arrive, desk, plain, sent_campaign, stored

case = per_module(sent_campaign, people=TOGETHER + 20)
"""A campaign that a hundred readers got."""


@pytest.mark.parametrize(
    ("number", "old", "new"),
    [
        (0, b"A complaint.", b"A com\x00plaint."),
        (
            1,
            b"Content-Type: text/plain\r\n\r\nA complaint.",
            b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA- no",
        ),
        (2, b"Subject: FW: complaint", b"Subject: =?utf-7?q?+2AA-?= \x00"),
    ],
)
def test_a_complaint_with_unstorable_text_becomes_a_case(
    case: SentCampaign, number: int, old: bytes, new: bytes
) -> None:
    raw = case.report(number)
    assert old in raw
    mail = arrive(raw.replace(old, new), desk("fbl"), peer=LOOP)
    desk_jobs.take_mail()
    assert (stored(mail.id).state, stored(mail.id).desk) == (RawMailState.HANDLED, "taken")
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Report.objects.filter(raw_mail_id=mail.id, delivery_id=case.delivery_ids[number]).exists()
    assert case.suppressions(number) == [("complaint", False)]


def test_a_bounce_with_unstorable_words_counts(case: SentCampaign) -> None:
    arrive(case.bounce("5.1.1", "User \x00 unknown", 3), case.bounce_address(3), sender="")
    assert case.suppressions(3) == [("hard_bounce", False), ("hard_bounce", True)]


def test_a_message_without_a_single_octet_is_worked_off(case: SentCampaign) -> None:
    mail = arrive(b"", case.bounce_address(4))
    assert mail.state == RawMailState.UNREAD
    assert process_batch.read_mail(mail.id, again=True) is not None, "erased content is not read again"


def test_a_lane_is_read_to_its_end_and_no_other(case: SentCampaign) -> None:
    """More than fit into one transaction, among them what nobody understands; each has its consequence once."""
    numbers = range(5, TOGETHER + 20)
    arrivals = [
        Arrival("smtp", STRANGER, "", case.bounce_address(number), case.bounce("5.1.1", "User unknown", number))
        for number in numbers
    ]
    arrivals.insert(50, Arrival("smtp", STRANGER, "", desk("postmaster"), plain("x@y.example", desk(), "\x00", "x")))
    ids = intake.store(arrivals * 2)  # the world sends everything twice
    for lane in range(READ_SHARDS):
        jobs.read_new(lane)
        assert waiting_in(lane, READ_SHARDS, after_id=0) == []
        assert {stored(ids[at]).state == RawMailState.NEW for at in (0, 1) if ids[at] % READ_SHARDS > lane} <= {True}
    for number in (5, 60, TOGETHER + 19):
        assert case.feedback(number) == ["hard_bounce"]
        assert case.suppressions(number) == [("hard_bounce", False), ("hard_bounce", True)]
    assert {stored(each).state for each in ids[:5] + ids[-5:]} == {RawMailState.HANDLED}
