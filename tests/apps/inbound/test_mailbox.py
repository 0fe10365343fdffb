"""Mail for the desk that lies in a mailbox elsewhere: taken once, as it is, and left there, marked as seen."""

import os
from collections.abc import Iterator

import pytest

from mailflatrate.apps.inbound import jobs, mailbox
from mailflatrate.apps.inbound.models import DeskState, RawMail, RawMailState
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings import load_settings
from mailflatrate.wire.imap import MailboxUnavailable
from support.cast import per_module
from support.dovecot_host import PASSWORD, USER, DovecotHost, dovecot_host, why_not
from support.returned_mail import SentCampaign, desk, plain, sent_campaign
from support.scope import rows

pytestmark = pytest.mark.skipif(
    bool(why_not()) or os.geteuid() != 0, reason=why_not() or "only root starts a Dovecot of its own"
)
case = per_module(sent_campaign, people=3)
"""A campaign that three readers got."""


@pytest.fixture(scope="module")
def host(case: SentCampaign) -> Iterator[DovecotHost]:
    """The operator's mailbox, named in the settings."""
    assert case
    with dovecot_host() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAILFLATRATE_IMAP_HOST", "127.0.0.1")
        patch.setenv("MAILFLATRATE_IMAP_PORT", str(running.port))
        patch.setenv("MAILFLATRATE_IMAP_USER", USER)
        patch.setenv("MAILFLATRATE_IMAP_PASSWORD", PASSWORD)
        patch.setenv("MAILFLATRATE_IMAP_TLS", "never")
        load_settings.cache_clear()
        yield running
    load_settings.cache_clear()


def taken() -> list[RawMail]:
    return list(rows(PlatformReason.OPERATOR_DESK, RawMail).filter(via="imap").order_by("id"))


def test_a_complaint_in_the_mailbox_reaches_the_desk_once(case: SentCampaign, host: DovecotHost) -> None:
    forward = case.forward(0)
    broken = b"Subject: \xff\xfe\r\nReturn-Path: <someone@people.example>\r\n\r\nnot ASCII \xe9\r\n.\r\n"
    host.deliver(forward, broken)
    assert mailbox.poll() == 2
    first, second = taken()
    assert (bytes(first.raw), bytes(second.raw)) == (forward, broken), "octet for octet"
    assert (first.envelope_to, first.peer, second.envelope_from) == (desk(), "", "someone@people.example")
    assert all(r"\Seen" in flags for flags in host.flags())
    jobs.read_mails([first.id, second.id])
    first = taken()[0]
    assert (first.state, first.desk, first.delivery_id) == (
        RawMailState.HANDLED,
        DeskState.WAITING,
        case.delivery_ids[0],
    )
    assert mailbox.poll() == 0


def test_a_message_that_a_crash_left_unseen_is_not_taken_twice(host: DovecotHost) -> None:
    """Stored, and then the process died before it marked the message."""
    before = len(taken())
    host.flag(0, r"\Seen", value=False)
    assert mailbox.poll() == 0
    assert len(taken()) == before
    assert all(r"\Seen" in flags for flags in host.flags())


def test_nothing_leaves_the_mailbox(host: DovecotHost) -> None:
    """Messages that a person marked as deleted are theirs to expunge."""
    host.flag(1, r"\Deleted", value=True)
    host.deliver(plain("eva@people.example", desk(), "Complaint", "About your mail"))
    assert mailbox.poll() == 1
    assert [r"\Deleted" in flags for flags in host.flags()] == [False, True, False]


def test_many_are_taken_in_several_goes(host: DovecotHost) -> None:
    before, many = len(taken()), mailbox.TOGETHER * 2 + 1
    host.deliver(*(plain("eva@people.example", desk(), f"Complaint {number}", "x") for number in range(many)))
    assert mailbox.poll() == many
    assert len(taken()) == before + many


def test_a_mailbox_that_refuses_is_tried_again_later(host: DovecotHost, monkeypatch: pytest.MonkeyPatch) -> None:
    assert host
    monkeypatch.setenv("MAILFLATRATE_IMAP_FOLDER", "No such folder")
    load_settings.cache_clear()
    with pytest.raises(MailboxUnavailable):
        mailbox.poll()
    jobs.poll_mailbox()
    monkeypatch.undo()
    load_settings.cache_clear()


def test_without_a_server_no_mailbox_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAILFLATRATE_IMAP_HOST", raising=False)
    load_settings.cache_clear()
    assert not mailbox.is_configured()
    load_settings.cache_clear()
