"""Strangers at the webhooks of relays: forged, repeated, foreign and oversized posts change nothing."""

import json
import time
from collections.abc import Iterator

import psycopg
import pytest
from django.test import Client
from psycopg import errors

from mailflatrate.apps.inbound.models import ProviderPost, RawMail
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.provider_events.json_values import MAX_OCTETS
from mailflatrate.settings.roles import APP_ROLE, PLATFORM_ROLE, app_url
from mailflatrate.settings.schema import load_settings
from support.provider_events import (
    EVENTS,
    MAILGUN_KEY,
    TOPIC,
    HookedRelay,
    SendGridKey,
    Sns,
    basic,
    hooked_relay,
    mailgun_body,
    read_all,
)
from support.returned_mail import SentCampaign, sent_campaign

DAY = 24 * 3600


@pytest.fixture(scope="module")
def case(database: str) -> SentCampaign:
    assert database
    return sent_campaign(people=4)


@pytest.fixture(scope="module", params=sorted(EVENTS))
def relay(request: pytest.FixtureRequest, database: str) -> Iterator[HookedRelay]:
    assert database
    with hooked_relay(request.param) as made:
        yield made


@pytest.fixture(scope="module")
def brevo(database: str) -> Iterator[HookedRelay]:
    assert database
    with hooked_relay("brevo") as made:
        yield made


def nothing_happened(case: SentCampaign) -> bool:
    read_all()
    with tenancy.platform(PlatformReason.MAIL_IN):
        stored = RawMail.objects.filter(via="hook", account_id=case.anna.account_id).exists()
    return not stored and not any(case.feedback(number) for number in range(4))


def test_a_drawn_address_cannot_be_guessed_and_belongs_to_one_provider(case: SentCampaign, relay: HookedRelay) -> None:
    body, headers = relay.signed(relay.event("hard", case))
    other = "brevo" if relay.provider != "brevo" else "postmark"
    token = relay.path.rpartition("/")[2]
    for path in (f"/hooks/{relay.provider}/{'x' * 32}", f"/hooks/{other}/{token}", f"/hooks/nobody/{token}"):
        assert relay.post(body, headers, path) == 404
    assert Client().get(relay.path).status_code == 405
    assert nothing_happened(case)


def test_unproved_posts_are_refused_and_counted(case: SentCampaign, relay: HookedRelay) -> None:
    event = relay.event("complaint", case)
    body, headers = relay.signed(event)
    forged: list[tuple[bytes, dict[str, str]]] = [(body, {})] if relay.provider not in ("ses", "mailgun") else []
    eve = HookedRelay(relay.provider, relay.relay_id, relay.path, "eve", Sns(), SendGridKey.drawn())
    if relay.provider == "mailgun":
        forged += [
            (mailgun_body(event, key="another-key-of-someone"), {}),
            (json.dumps({"event-data": event}).encode(), {}),
        ]
    elif relay.provider == "ses":
        forged += [
            eve.signed(event),
            (json.dumps(event).encode(), {}),
            relay.signed(event, TopicArn=TOPIC.replace("1234", "6666")),
            relay.signed(event, SigningCertURL="https://evil.example/SimpleNotificationService-0123456789abcdef.pem"),
            (body.replace(b"complaint", b"compla1nt"), headers),
        ]
    elif relay.provider == "sendgrid":
        forged += [eve.signed(event), (body + b" ", headers), (body, {**headers, **basic("x")})][:2]
    else:
        forged += [(body, basic("eve")), (body, basic(relay.password, "eve")), (body, {"Authorization": "Basic %%"})]
    before = relay.row.refused
    assert {relay.post(*one) for one in forged} == {401}
    assert relay.row.refused == before + len(forged)
    assert relay.row.last_refusal
    assert nothing_happened(case)


@pytest.mark.parametrize("provider", ["mailgun", "sendgrid", "ses"])
@pytest.mark.parametrize("ago", [-3600, 2 * DAY])
def test_signed_posts_are_not_taken_from_another_time(case: SentCampaign, provider: str, ago: int) -> None:
    at = int(time.time()) - ago
    with hooked_relay(provider) as relay:
        when = {"Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))} if provider == "ses" else {"at": at}
        assert relay.post(*relay.signed(relay.event("hard", case), **when)) == 401  # type: ignore[arg-type]
        assert "old" in relay.row.last_refusal
    assert nothing_happened(case)


def test_a_token_of_mailgun_carries_no_second_event(case: SentCampaign) -> None:
    """Mailgun signs time and token, not the event: who saw a post could put their own event beside them."""
    with hooked_relay("mailgun") as relay:
        assert relay.post(mailgun_body(relay.event("open", case), token="f" * 50), {}) == 200
        assert relay.post(mailgun_body(relay.event("complaint", case), token="f" * 50), {}) == 200
        with tenancy.platform(PlatformReason.MAIL_IN):
            assert ProviderPost.objects.filter(relay_id=relay.relay_id).count() == 1
        assert nothing_happened(case)


def test_events_about_messages_of_another_relay_or_installation_change_nothing(
    case: SentCampaign, relay: HookedRelay
) -> None:
    account, delivery, email = case.anna.account_id, case.delivery_ids[0], case.reader(0).email
    ring = key_ring()
    tokens = [
        ring.seal(TokenPurpose.RELAY_EVENT, account, delivery, relay.relay_id + 1),
        ring.seal(TokenPurpose.VERP, account, delivery),
        ring.seal(TokenPurpose.UNSUBSCRIBE, account, delivery, relay.relay_id),
        "ab" * 20,
        "",
    ]
    before = relay.row
    for token in tokens:
        assert relay.report(EVENTS[relay.provider]("hard", token, email)) == 200
    assert (relay.row.events, relay.row.foreign) == (before.events, before.foreign + len(tokens))
    assert nothing_happened(case)


def test_a_tag_is_good_for_nothing_else(case: SentCampaign, relay: HookedRelay) -> None:
    """Mailgun leaves the tag in the message, where its recipient and anyone it is forwarded to can see it."""
    tag = relay.tag(case.anna.account_id, case.delivery_ids[0])
    for page in ("u", "p", "w", "d", "k"):
        assert Client().get(f"/{page}/{tag}").status_code in (400, 404, 410)
    assert nothing_happened(case)


def test_an_oversized_post_is_not_read(relay: HookedRelay) -> None:
    body = b"[" + b" " * MAX_OCTETS + b"]"
    headers = relay.sendgrid.headers(body) if relay.provider == "sendgrid" else basic(relay.password)
    assert relay.post(body, headers) == 413


def test_a_subscription_is_confirmed_only_for_the_topic_that_was_entered(database: str) -> None:
    assert database
    with hooked_relay("ses") as relay:
        confirmation = {
            "Type": "SubscriptionConfirmation",
            "Token": "2336412f37fb687f5d51e6e2",
            "SubscribeURL": "https://evil.example/?Action=ConfirmSubscription",
        }
        theirs = relay.sns.message("You have chosen", TopicArn=TOPIC.replace("1234", "6666"), **confirmation)
        assert relay.post(theirs, {}) == 401
        assert _confirmations() == []
        assert relay.post(relay.sns.message("You have chosen", **confirmation), {}) == 200
        (url,) = _confirmations()
        assert url.startswith(
            "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:"
        )
        assert "evil" not in url


def _confirmations() -> list[str]:
    with psycopg.connect(app_url(load_settings()), autocommit=True) as connection:
        rows = connection.execute(
            "SELECT args->>'url' FROM procrastinate_jobs WHERE task_name = 'inbound.confirm_topic'"
        ).fetchall()
    return [str(row[0]) for row in rows]


SQL = (
    *(
        statement.format(table)
        for table in ("relay_hook", "provider_post")
        for statement in ("SELECT * FROM {}", "DELETE FROM {}", "COPY {} TO STDOUT")
    ),
    "UPDATE relay_hook SET token_hash = 'x'",
    "UPDATE provider_post SET raw = 'x'",
)


@pytest.mark.parametrize("statement", SQL)
@pytest.mark.parametrize("role", [APP_ROLE, PLATFORM_ROLE])
def test_raw_sql_in_the_scope_of_an_account_sees_no_webhook(
    case: SentCampaign, brevo: HookedRelay, role: str, statement: str
) -> None:
    relay = brevo
    with psycopg.connect(app_url(load_settings()), autocommit=True) as eve:
        tenancy.enter_account(eve, case.anna.account_id, for_session=True)
        eve.execute(f"SET ROLE {role}")
        try:
            if statement.startswith("COPY"):
                with eve.cursor().copy(statement) as copy:
                    assert not list(copy)
            else:
                assert eve.execute(statement).rowcount == 0
        except errors.InsufficientPrivilege:
            pass
        assert relay.row.relay_id == relay.relay_id


def test_customers_and_strangers_reach_no_webhook_of_the_desk(case: SentCampaign, relay: HookedRelay) -> None:
    url = f"/desk/relays/{relay.relay_id}/hook/"
    for client in (case.anna.client, Client()):
        assert client.post(url, {"wanted": "replace_now"}).status_code in (302, 404)
    assert relay.row.earlier_hash is None
    assert MAILGUN_KEY not in str(vars(relay.row))
