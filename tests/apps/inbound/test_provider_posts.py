"""What a relay's provider posts counts like the same news by mail: same triage, same consequences, once.

A provider's event as it is kept, read again like stored mail.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailflatrate.apps.abuse import jobs as abuse_jobs
from mailflatrate.apps.abuse.models import Report, ReportChannel
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.delivery.relays.hook_tables import RelayHook
from mailflatrate.apps.inbound import arrival_journal, provider_posts
from mailflatrate.apps.inbound.arrival_replay import restore_arrivals
from mailflatrate.apps.inbound.models import FeedbackKind, PostState, ProviderPost, RawMail, RawMailState
from mailflatrate.apps.inbound.provider_posts import read_wrapped_event, wrap_event
from mailflatrate.apps.inbound.replay import replay
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.reading.values import ReturnedMessageKind
from mailflatrate.settings.schema import load_settings
from support.cast import per_module
from support.desk import desk
from support.provider_events import EVENTS, HookedRelay, hooked_relay, read_all
from support.returned_mail import SentCampaign, arrive, sent_campaign
from support.scope import rows, within

OTTO = audit.machine("tests.hooks")
case = per_module(sent_campaign, people=40)
"""A campaign with a reader for each provider and kind of event."""


@pytest.fixture
def sendgrid() -> Iterator[HookedRelay]:
    with hooked_relay("sendgrid") as relay:
        yield relay


def events_stored(case: SentCampaign, number: int) -> list[RawMail]:
    with tenancy.platform(PlatformReason.MAIL_IN):
        return list(RawMail.objects.filter(via="hook", delivery_id=case.delivery_ids[number]).order_by("id"))


@pytest.fixture(scope="module")
def by_mail(case: SentCampaign) -> list[tuple[str, bool]]:
    """The suppressions that a DSN about a dead address leads to."""
    arrive(case.bounce("5.1.1", "User unknown", 39), case.bounce_address(39))
    return case.suppressions(39)


def state_of(case: SentCampaign, number: int) -> tuple[str, str]:
    return rows(case.anna, Delivery).values_list("state", "bounce").get(id=case.delivery_ids[number])


@pytest.mark.slow
@pytest.mark.parametrize("provider", EVENTS)
def test_each_provider_has_the_consequences_of_mail(
    case: SentCampaign, by_mail: list[tuple[str, bool]], provider: str
) -> None:
    at = list(EVENTS).index(provider) * 4
    with hooked_relay(provider) as relay:
        for number, kind in enumerate(("hard", "soft", "complaint", "unsubscribe"), at):
            assert relay.report(relay.event(kind, case, number)) == 200
        row = relay.row
    assert (row.posts, row.events, row.foreign, row.refused) == (4, 4, 0, 0)
    assert row.last_event_at is not None
    assert state_of(case, at) == ("bounced", "hard")
    assert case.suppressions(at) == by_mail
    assert state_of(case, at + 1) == ("bounced", "soft")
    assert (case.suppressions(at + 1), case.reader(at + 1).soft_bounces) == ([], 1)
    assert case.feedback(at + 2) == ["complaint"]
    assert ("complaint", False) in case.suppressions(at + 2)
    assert case.state(at + 2) != "active"
    assert case.feedback(at + 3) == ["unsubscribe"]
    assert case.state(at + 3) == "unsubscribed"
    for number in range(at, at + 4):
        (mail,) = events_stored(case, number)
        assert mail.state == RawMailState.HANDLED
        assert case.reader(number).email.encode() in bytes(mail.raw)


def test_a_complaint_opens_a_case_as_a_feedback_loop_does(case: SentCampaign, sendgrid: HookedRelay) -> None:
    sendgrid.report(sendgrid.event("complaint", case, 28))
    abuse_jobs.take_mail()
    (mail,) = events_stored(case, 28)
    report = rows(PlatformReason.ABUSE_DESK, Report).get(raw_mail=mail)
    assert (report.via, report.delivery_id, report.reporter) == (ReportChannel.LOOP, case.delivery_ids[28], "")
    page = desk().page(f"mail/{mail.id}/source")
    assert "spamreport" in page


def test_duplicated_reordered_and_replayed_events_change_nothing_twice(
    case: SentCampaign, by_mail: list[tuple[str, bool]], sendgrid: HookedRelay
) -> None:
    soft, hard = sendgrid.event("soft", case, 29), sendgrid.event("hard", case, 29)
    assert sendgrid.report(hard, soft, hard) == 200
    assert sendgrid.report(soft) == 200
    assert sendgrid.report(hard, soft) == 200
    assert state_of(case, 29) == ("bounced", "hard")
    assert case.reader(29).soft_bounces <= 1
    assert case.suppressions(29) == by_mail
    assert len(events_stored(case, 29)) == 2


def test_an_unsubscribe_that_is_posted_again_does_not_undo_a_new_sign_up(
    case: SentCampaign, sendgrid: HookedRelay
) -> None:
    gone = sendgrid.event("unsubscribe", case, 30)
    sendgrid.report(gone)
    with tenancy.account(case.anna.account_id):
        before = case.reader(30).subscriptions.get().unsubscribed_at  # type: ignore[attr-defined]
    assert before is not None
    case.confirms_again(30)
    sendgrid.report(gone)
    assert case.state(30) == "confirmed"


def test_a_dsn_and_an_event_about_the_same_bounce_count_once(case: SentCampaign, sendgrid: HookedRelay) -> None:
    arrive(case.bounce("4.2.2", "mailbox full", 31), case.bounce_address(31))
    sendgrid.report(sendgrid.event("soft", case, 31))
    assert case.reader(31).soft_bounces == 1
    assert case.feedback(31) == ["soft_bounce"]


def test_a_post_is_kept_whole_until_it_is_read_and_opens_never(case: SentCampaign, sendgrid: HookedRelay) -> None:
    body, headers = sendgrid.signed(sendgrid.event("open", case, 32), sendgrid.event("soft", case, 32))
    assert sendgrid.post(body, headers) == 200
    post = rows(PlatformReason.MAIL_IN, ProviderPost).get(relay_id=sendgrid.relay_id)
    assert bytes(post.raw) == body
    read_all()
    within(PlatformReason.MAIL_IN, post.refresh_from_db)
    assert (post.state, bytes(post.raw)) == (PostState.READ, b"")
    assert [b'"open"' in bytes(mail.raw) for mail in events_stored(case, 32)] == [False]


def test_a_post_that_a_promoted_replica_lacks_is_stored_again_once(
    case: SentCampaign, sendgrid: HookedRelay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A complaint by webhook: answered with 200, and lost with the primary before it was read."""
    mine = load_settings().model_copy(update={"data_dir": tmp_path})
    monkeypatch.setattr(arrival_journal, "load_settings", lambda: mine)
    body, headers = sendgrid.signed(sendgrid.event("complaint", case, 33))
    assert sendgrid.post(body, headers) == 200
    assert not restore_arrivals().total(), "the database has it"
    rows(PlatformReason.HOUSEKEEPING, ProviderPost).filter(relay_id=sendgrid.relay_id).delete()
    assert restore_arrivals()["post"] == 1
    assert not restore_arrivals().total()
    read_all()
    assert len(events_stored(case, 33)) == 1
    assert not restore_arrivals().total()


def test_a_post_that_cannot_be_read_is_kept_with_its_reason(sendgrid: HookedRelay) -> None:
    body = b'{"no": "events"'
    assert sendgrid.post(body, sendgrid.sendgrid.headers(body)) == 200
    read_all()
    post = rows(PlatformReason.MAIL_IN, ProviderPost).get(relay_id=sendgrid.relay_id)
    assert (post.state, bytes(post.raw)) == (PostState.FAILED, body)
    assert "JSON" in sendgrid.row.last_refusal


def test_the_desk_shows_the_address_once_and_then_what_came(case: SentCampaign) -> None:
    otto = desk()
    with hooked_relay("sparkpost") as relay:
        url = f"/desk/relays/{relay.relay_id}/hook/"
        assert otto.client.post(url, {"wanted": "remove"}).status_code == 303
        assert relay.post(*relay.signed(relay.event("hard", case, 35))) == 404
        made = otto.client.post(url, {"wanted": "create"}).content.decode()
        assert "/hooks/sparkpost/" in made
        token = made.split("/hooks/sparkpost/")[1].split("<")[0].split('"')[0]
        page = otto.page(f"relays/{relay.relay_id}/")
        assert token not in page
        assert "Last event" in page
        assert token not in str(rows(PlatformReason.RELAYS, RelayHook).filter(relay_id=relay.relay_id).values())
        assert otto.client.post(url, {"wanted": "create"}).status_code == 422
        refused = otto.client.post(url, {"wanted": "key", "secret": "x" * 40})
        assert refused.status_code == 422


def test_old_posts_are_deleted(sendgrid: HookedRelay, case: SentCampaign) -> None:
    sendgrid.report(sendgrid.event("open", case, 36))
    with tenancy.platform(PlatformReason.MAIL_IN):
        posts = ProviderPost.objects.filter(relay_id=sendgrid.relay_id)
        provider_posts.delete_old_posts()
        assert posts.count() == 1
        posts.update(received_at="2020-01-01T00:00:00Z")
    provider_posts.delete_old_posts()
    assert not within(PlatformReason.MAIL_IN, posts.exists)


def test_an_event_is_read_in_a_child_as_it_was_posted() -> None:
    posted = json.dumps(EVENTS["brevo"]("hard", "ab" * 20, "dora@people.example"))
    assert read_wrapped_event(wrap_event("brevo", posted)).inspection.kind is ReturnedMessageKind.BOUNCE


def test_an_event_can_be_read_again() -> None:
    case = sent_campaign(people=1)
    with hooked_relay("sendgrid") as relay:
        relay.report(relay.event("hard", case))
    mail = rows(PlatformReason.MAIL_IN, RawMail).get(via="hook", delivery_id=case.delivery_ids[0])
    before = case.suppressions()
    assert before
    assert replay(mail.id, by=desk().user, reason="A better reader") == 0
    assert case.suppressions() == before
    assert case.feedback() == [FeedbackKind.HARD_BOUNCE]
