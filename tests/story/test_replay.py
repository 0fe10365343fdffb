"""Issue 5, acceptance 5: every stored message is read twice more, and the whole database is what it was."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from mailflatrate.apps.abuse import jobs as desk_jobs
from mailflatrate.apps.inbound.actions import process_batch
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.apps.stats import jobs as figure_jobs
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.identifiers.verp import unsubscribe_address
from mailflatrate.settings import load_settings
from support.returned_mail import LOOP, STRANGER, SentCampaign, arrive, desk, multipart, plain, sent_campaign

NOT_COMPARED = {"procrastinate_": "jobs, not state", "django_": "sessions and the framework's own"}
MADE_ANEW = {"daily_figure": "its rows are replaced as a whole; their ids say nothing"}

BOUNCES = [
    ("5.1.1", "User unknown"),
    ("5.1.2", "Host or domain name not found"),
    ("5.1.6", "The mailbox has moved"),
    ("5.2.2", "Mailbox full"),
    ("4.4.7", "Message expired"),
    ("5.7.26", "Unauthenticated email is not accepted due to DMARC policy"),
    ("5.7.1", "Message rejected as spam"),
    ("5.3.4", "Message too big"),
]


@pytest.fixture(scope="module")
def case(database: str) -> SentCampaign:
    """A campaign to thirty people who all answer in different ways."""
    assert database
    return sent_campaign(people=30)


def test_reading_all_that_ever_came_twice_more_changes_nothing(case: SentCampaign) -> None:
    others = set(stored_ids())  # of other tests, some of them on purpose not read yet
    everything_comes_back(case)
    settle(case)
    before = whole_database()
    ids = [each for each in stored_ids() if each not in others]
    assert len(ids) >= len(BOUNCES) + 14
    for raw_mail_id in ids:
        process_batch.read_mail(raw_mail_id, again=True)
    settle(case)
    process_batch.read_together(list(reversed(ids)), again=True)
    settle(case)
    after = whole_database()
    assert {table for table in before if before[table] != after[table]} == set()
    assert len(before["raw_mail"]) == len(others) + len(ids)
    assert all(before[table] for table in ("feedback", "suppression", "abuse_case", "case_report", "consent_event"))


def everything_comes_back(case: SentCampaign) -> None:
    """Each kind of mail that the service takes, and some twice, as the world does."""
    for number, (status, text) in enumerate(BOUNCES):
        arrive(case.bounce(status, text, number), case.bounce_address(number), sender="")
    arrive(case.bounce("5.2.2", "Mailbox full", 0), case.bounce_address(0), sender="")  # after a hard one
    arrive(case.bounce("5.1.1", "User unknown", 3), case.bounce_address(3), sender="")  # after a soft one
    arrive(case.report(10), desk("fbl"), peer=LOOP)
    arrive(case.report(10), desk("fbl"), peer=LOOP)
    arrive(case.report(11), desk("fbl"), peer=STRANGER)  # proves nothing
    arrive(case.bounce("5.1.1", "User unknown", 10), case.bounce_address(10), sender="")  # they complained before
    arrive(case.forward(12), desk())
    arrive(case.forward(13, sender="neighbour@people.example"), desk("postmaster"))
    quoted = f"I did not ask for this.\r\n\r\n> Mailing {case.campaign.mailing_id}\r\n"
    arrive(plain("eva@people.example", desk(), "Complaint", quoted), desk())
    unsubscribe = unsubscribe_address(case.token(TokenPurpose.UNSUBSCRIBE, 14), load_settings().service_domain)
    arrive(plain(case.reader(14).email, unsubscribe, "unsubscribe", ""), unsubscribe)
    away = {"Auto-Submitted": "auto-replied"}
    arrive(plain(case.reader(15).email, unsubscribe, "Away until Monday", "Away", **away), unsubscribe)
    for number, text in ((16, "Please unsubscribe me"), (17, "Thank you, when do you open?")):
        arrive(plain(case.reader(number).email, case.bounce_address(number), text, text), case.bounce_address(number))
    arrive(plain(case.reader(18).email, case.bounce_address(18), "Away", "x", **away), case.bounce_address(18))
    arrive(plain("eve@spam.example", desk(), "Cheap", "x", Precedence="bulk"), desk())
    arrive(b"\x00\xff not a message at all \xed\xa0\x80", case.bounce_address(19))
    arrive(multipart("Subject: \xa0broken", "report", ("message/delivery-status", b"Status")), case.bounce_address(20))


def settle(case: SentCampaign) -> None:
    """Run what follows from mail automatically: cases, figures, measures."""
    desk_jobs.take_mail()
    figure_jobs.refresh_campaign(case.anna.account_id, case.campaign.id)


def stored_ids() -> list[int]:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return list(RawMail.objects.order_by("id").values_list("id", flat=True))


def whole_database() -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    with tenancy.platform(PlatformReason.OPERATOR_DESK), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith(tuple(NOT_COMPARED)):
                cursor.execute(f'SELECT * FROM "{table}"')
                names = [column.name for column in cursor.description or ()]
                kept = [at for at, name in enumerate(names) if table not in MADE_ANEW or name != "id"]
                rows = [tuple(_plain(row[at]) for at in kept) for row in cursor.fetchall()]
                found[table] = sorted(rows, key=repr)
    return found


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def test_a_message_is_worth_the_same_whenever_it_is_read(database: str) -> None:
    """The same mails in two orders, one by one and all at once: the same people are suppressed for the same reasons."""
    assert database
    ends = []
    for backwards in (False, True):
        case = sent_campaign(people=6)
        mails = [
            (case.bounce("5.1.1", "User unknown", 0), case.bounce_address(0), ""),
            (case.bounce("5.2.2", "Mailbox full", 0), case.bounce_address(0), ""),
            (case.report(0), desk("fbl"), LOOP),
            (case.bounce("5.2.2", "Mailbox full", 1), case.bounce_address(1), ""),
            (case.report(2), desk("fbl"), LOOP),
            (case.bounce("5.1.6", "The mailbox has moved", 2), case.bounce_address(2), ""),
        ]
        with clock.frozen_at(clock.now() + timedelta(seconds=1)):
            for raw, to, peer in reversed(mails) if backwards else mails:
                arrive(raw, to, peer=peer or STRANGER, sender="")
        ends.append([(case.suppressions(number), case.state(number), case.feedback(number)) for number in range(4)])
    assert ends[0] == ends[1]
    assert ends[0][0][0] == [("complaint", False), ("hard_bounce", True)]
