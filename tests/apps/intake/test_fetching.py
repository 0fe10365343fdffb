"""Fetching by API key: recorded answers become files, and the piles are those of the system's own export."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection

from mailflatrate.apps.campaigns.jobs import adopt_templates
from mailflatrate.apps.campaigns.models import CampaignTemplate
from mailflatrate.apps.intake.actions import fetches
from mailflatrate.apps.intake.actions.moves import discard_move
from mailflatrate.apps.intake.dry_runs.piles import Pile
from mailflatrate.apps.intake.fetch_runner import fetch_files
from mailflatrate.apps.intake.fetching import api as api_module
from mailflatrate.apps.intake.fetching.api import ApiLink
from mailflatrate.apps.intake.fetching.systems import SYSTEMS, check_key
from mailflatrate.apps.intake.jobs import check_move, expire_keys
from mailflatrate.apps.intake.models import Move, MoveFetch
from mailflatrate.apps.lists.errors import FetchProblem, ImportProblem
from mailflatrate.base import clock, tenancy
from mailflatrate.base.jobs import TaskFailed
from mailflatrate.base.storage import files as storage
from mailflatrate.wire.dns import DnsAnswer, DnsResolver
from support.cast import per_test
from support.customers import Customer, customer_with_members
from support.fake_apis import FakeApi, recorded, serving
from support.moves import MoveIn
from support.scope import rows, within

KEYS = {
    "mailchimp": "0123456789abcdef-us21",
    "brevo": "xkeysib-0123456789",
    "cleverreach": "client:geheimnis",
    "mailerlite": "eyJ0eXAiOiJKV1Qi",
    "listmonk": "api_user:t0ken-geheim",
}
EXPECTED = {
    "mailchimp": {"mailable": 1, "ask": 2, "never": {"unsubscribed": 2, "bounced": 1, "never_subscribed": 1}},
    "brevo": {"mailable": 1, "ask": 1, "never": {"unsubscribed": 1, "suppressed": 1, "bounced": 1, "complained": 1}},
    "cleverreach": {"mailable": 1, "ask": 2, "never": {"unsubscribed": 1, "bounced": 1, "suppressed": 1}},
    "mailerlite": {"mailable": 1, "ask": 2, "never": {"unsubscribed": 1, "bounced": 1, "complained": 1}},
    "listmonk": {"mailable": 0, "ask": 2, "never": {"unsubscribed": 1, "bounced": 1, "suppressed": 1}},
}
anna = per_test(customer_with_members)


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def served(system: str) -> Iterator[FakeApi]:
    with serving(recorded(system)) as api:
        yield api


@pytest.fixture
def brevo() -> Iterator[FakeApi]:
    with serving(recorded("brevo")) as api:
        yield api


def link(pauses: list[float] | None = None) -> ApiLink:
    def pause(seconds: float) -> None:
        if pauses is not None:
            pauses.append(seconds)

    return ApiLink(DnsResolver(["127.0.0.1"]), pause=pause, private=True)


def begun(anna: Customer, system: str, *, key: str = "", templates: bool = False) -> MoveIn:
    order = fetches.FetchOrder(system, key or KEYS[system], "https://news.anna.example", templates)
    return MoveIn(anna, within(anna, fetches.fetch_move, anna.list_id, order, by=None).id)


def redirect(anna: Customer, move: MoveIn, url: str) -> None:
    """Let the requests go to our server instead of the system's, under the same key."""
    with tenancy.account(anna.account_id):
        fetch = MoveFetch.objects.get(move_id=move.id)
        if fetch.key_sealed:
            key = fetch.open_key()
            fetch.base_url = url
            fetch.seal_key(key)
            fetch.save()


def fetched(anna: Customer, system: str, api: FakeApi, *, templates: bool = False) -> MoveIn:
    move = begun(anna, system, templates=templates)
    redirect(anna, move, api.url)
    fetch_files(anna.account_id, move.id, link())
    if move.row.state == "choosing":
        with tenancy.account(anna.account_id):
            first = MoveFetch.objects.get(move_id=move.id).audiences[-1 if system == "mailerlite" else 0][0]
            fetches.choose_audiences(move.id, [first])
        fetch_files(anna.account_id, move.id, link())
    if move.row.state == "checking":
        check_move(account_id=anna.account_id, move_id=move.id)
    return move


def key_of(anna: Customer, move: MoveIn) -> str:
    return rows(anna, MoveFetch).get(move_id=move.id).key_sealed


def test_the_recorded_answers_become_the_right_piles(
    anna: Customer, system: str, served: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    move = fetched(anna, system, served)
    assert (move.row.state, move.row.problem) == ("ready", "")
    result = move.result
    never = {reason: people for reason, people in result.pile(Pile.NEVER) if reason != "duplicate"}
    found = {"mailable": result.people(Pile.MAILABLE), "ask": result.people(Pile.ASK), "never": never}
    assert result.system == system
    assert found == EXPECTED[system], [(one.name, one.system, one.rows, one.all_rows) for one in result.files]
    assert key_of(anna, move) == ""
    secret = KEYS[system].rpartition(":")[2]
    assert secret not in caplog.text


def test_only_the_chosen_lists_are_fetched(anna: Customer) -> None:
    with serving(recorded("mailchimp")) as api:
        move = begun(anna, "mailchimp")
        redirect(anna, move, api.url)
        fetch_files(anna.account_id, move.id, link())
        assert move.row.state == "choosing"
        assert not move.row.files
        page = move.page()
        assert "Gärtnerei / News" in page
        with tenancy.account(anna.account_id), pytest.raises(ImportProblem):
            fetches.choose_audiences(move.id, ["someone-elses"])
        assert move.post("choose", audience="a1b2c3").endswith(move.url)
        fetch_files(anna.account_id, move.id, link())
        assert not any("d4e5f6" in target for target in api.asked)
    names = [file["name"] for file in move.row.files]
    assert sorted(name.partition("_")[0] for name in names) == [
        "archived",
        "cleaned",
        "nonsubscribed",
        "pending",
        "subscribed",
        "unsubscribed",
    ]


def test_a_service_that_is_busy_gets_its_time(anna: Customer, brevo: FakeApi) -> None:
    """A rate limit, an error of the server, and a connection cut in the middle are tried again; nobody is lost."""
    cut = (200, {"Content-Length": "4000"}, b'{"lists": [')
    brevo.faults = [(429, {"Retry-After": "7"}, b"{}"), (500, {}, b""), cut]
    move = begun(anna, "brevo")
    redirect(anna, move, brevo.url)
    pauses: list[float] = []
    fetch_files(anna.account_id, move.id, link(pauses))
    assert pauses == [7.0, 2.0, 4.0]
    assert move.row.state == "checking"


def test_a_service_that_asks_for_too_long_ends_the_fetch_and_it_goes_on_later(anna: Customer, brevo: FakeApi) -> None:
    """What was fetched before is kept, and isn't asked for again."""
    move = begun(anna, "brevo")
    redirect(anna, move, brevo.url)
    brevo.faults = [lambda target: (429, {"Retry-After": "3600"}, b"") if "/lists/5/contacts" in target else None] * 5
    fetch_files(anna.account_id, move.id, link())
    row = move.row
    assert row.state == "failed"
    assert "60 minutes" in row.problem
    assert [file["name"] for file in row.files] == ["blocked contacts.csv"]
    brevo.faults, brevo.asked = [], []
    assert "Try again" in move.page()
    assert move.post("again").endswith(move.url)
    fetch_files(anna.account_id, move.id, link())
    assert move.row.state == "checking"
    assert not any("blockedContacts" in target for target in brevo.asked)


@pytest.mark.parametrize(
    ("fault", "said", "key_stays"),
    [
        ((401, {}, b"{}"), "rejects this key", False),
        ((403, {}, b"{}"), "can't read everything", True),
        ((302, {"Location": "http://10.0.0.1/"}, b""), "error 302", True),
        ((200, {}, b"<html>sign in</html>"), "can't read the other", True),
        ((200, {}, b"[" * 200_000), "can't read the other", True),
        ((200, {}, b'{"lists": {"x": 1}}'), "has no list", True),
    ],
)
def test_what_goes_wrong_is_said(
    anna: Customer, brevo: FakeApi, fault: tuple[int, dict[str, str], bytes], said: str, key_stays: bool
) -> None:
    brevo.faults = [fault]
    move = begun(anna, "brevo")
    redirect(anna, move, brevo.url)
    fetch_files(anna.account_id, move.id, link())
    assert move.row.state == "failed"
    assert said in move.row.problem
    assert bool(key_of(anna, move)) is key_stays
    assert len(brevo.asked) == 1


def test_a_page_that_repeats_forever_ends(anna: Customer, brevo: FakeApi) -> None:
    lists = {"lists": [{"id": number, "name": f"L{number}"} for number in range(50)]}
    brevo.answers = {"/v3/contacts/lists": lists}
    move = begun(anna, "brevo")
    redirect(anna, move, brevo.url)
    fetch_files(anna.account_id, move.id, link())
    assert "the same page" in move.row.problem
    assert len(brevo.asked) == 2


def test_an_answer_without_end_is_cut(anna: Customer, brevo: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_module, "MOST_OCTETS", 100_000)
    brevo.faults = [(200, {}, b'{"lists": ["' + b"x" * 200_000 + b'"]}')]
    move = begun(anna, "brevo")
    redirect(anna, move, brevo.url)
    fetch_files(anna.account_id, move.id, link())
    assert "more data than we can process" in move.row.problem


def test_discarding_ends_a_running_fetch_and_forgets_the_key(anna: Customer, brevo: FakeApi) -> None:
    move = begun(anna, "brevo")
    redirect(anna, move, brevo.url)

    def discard(target: str) -> None:
        if "/lists/5/contacts" in target:
            within(anna, discard_move, move.id)
            connection.close()  # that of the server's thread

    brevo.faults = [discard] * 9
    fetch_files(anna.account_id, move.id, link())
    assert (move.row.state, move.row.files) == ("discarded", [])
    assert key_of(anna, move) == ""


def test_the_key_is_gone_after_a_day(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    move = begun(anna, "mailchimp")
    assert KEYS["mailchimp"] not in key_of(anna, move)
    expire_keys(0)
    assert key_of(anna, move)
    rows(anna, MoveFetch).filter(move_id=move.id).update(started_at=clock.now() - timedelta(hours=25))
    expire_keys(0)
    assert key_of(anna, move) == ""
    assert move.row.state == "failed"
    assert "deleted" in move.row.problem


def test_templates_become_drafts_in_html(anna: Customer) -> None:
    """They keep their names, twice if need be, and their files are gone afterward."""
    for turn in (1, 2):
        with serving(recorded("brevo")) as api:
            move = fetched(anna, "brevo", api, templates=True)
        paths = [entry["path"] for entry in rows(anna, MoveFetch).get(move_id=move.id).templates]
        assert len(paths) == 1
        adopt_templates(account_id=anna.account_id, move_id=move.id)
        adopt_templates(account_id=anna.account_id, move_id=move.id)
        with tenancy.account(anna.account_id):
            assert CampaignTemplate.objects.count() == turn
            assert not storage.exists(paths[0])
    with tenancy.account(anna.account_id):
        saved = CampaignTemplate.objects.order_by("id")
        assert [(one.name, one.content_kind) for one in saved] == [("Herbst", "html"), ("Herbst 2", "html")]


@pytest.mark.parametrize(
    ("system", "names", "words"),
    [
        ("cleverreach", ["Hauptvorlage", "Herbst 2026"], ["Unsere Hauptvorlage", "Zwiebeln im Herbst"]),
        ("mailerlite", ["Herbst", "Winter"], ["Zwiebeln im Herbst", "Knollen im Winter"]),
    ],
)
def test_templates_behind_an_address_become_drafts_too(
    anna: Customer, system: str, names: list[str], words: list[str]
) -> None:
    """What leads to another host, or is gone, is left out; the key is sent to none of these addresses."""
    with serving(recorded(system)) as api:
        move = fetched(anna, system, api, templates=True)
    for target, headers in zip(api.asked, api.headers, strict=True):
        if "/tpl/" in target or "/preview/" in target:
            assert "Authorization" not in headers
    adopt_templates(account_id=anna.account_id, move_id=move.id)
    saved = list(rows(anna, CampaignTemplate).order_by("id"))
    assert [one.name for one in saved] == names
    assert all(word in one.content for one, word in zip(saved, words, strict=True))


@pytest.mark.parametrize(
    ("system", "key", "url"),
    [
        ("klaviyo", "0123456789", ""),
        ("brevo", "kurz", ""),
        ("brevo", "xkeysib-0123456789\nHost: 10.0.0.1", ""),
        ("listmonk", "ohne-doppelpunkt", "https://news.anna.example"),
        ("listmonk", "api_user:t0ken", "http://news.anna.example"),
        ("listmonk", "api_user:t0ken", "https://news.anna.example:9000"),
        ("listmonk", "api_user:t0ken", "https://user@news.anna.example"),
        ("listmonk", "api_user:t0ken", "https://news.anna.example/?x=1"),
        ("listmonk", "api_user:t0ken", "file:///etc/passwd"),
    ],
)
def test_what_is_no_key_or_no_address_is_refused(system: str, key: str, url: str) -> None:
    with pytest.raises(FetchProblem) as refused:
        check_key(system, key, url)
    assert key not in str(refused.value)


def test_our_own_network_is_never_asked(anna: Customer, brevo: FakeApi) -> None:
    """Without the tests' permission, a name that leads to loopback or a private address isn't visited."""
    move = begun(anna, "listmonk")
    redirect(anna, move, brevo.url.replace("http://", "https://"))
    waits: list[float] = []
    fetch_files(anna.account_id, move.id, ApiLink(DnsResolver(["127.0.0.1"]), pause=waits.append))
    assert move.row.state == "failed"
    assert brevo.asked == []


class Mistaken(DnsResolver):
    """A resolver with a mistake of ours."""

    def a(self, name: str) -> DnsAnswer:
        raise RuntimeError(name)


def test_an_error_of_ours_ends_a_fetch_and_counts_as_a_failed_job(anna: Customer) -> None:
    """A retry would find the fetch ended and count as succeeded."""
    move = begun(anna, "listmonk")
    redirect(anna, move, "https://news.anna.example")
    with pytest.raises(TaskFailed):
        fetch_files(anna.account_id, move.id, ApiLink(Mistaken([])))
    assert move.row.state == "failed"
    assert "Our team has been notified" in move.row.problem


def test_moving_the_address_of_a_sealed_key_makes_it_useless(anna: Customer, brevo: FakeApi) -> None:
    """A key is bound to the address it was entered for."""
    move = begun(anna, "listmonk")
    rows(anna, MoveFetch).filter(move_id=move.id).update(base_url=brevo.url)
    fetch_files(anna.account_id, move.id, link())
    assert move.row.state == "failed"
    assert brevo.asked == []


def test_the_page_asks_and_never_shows_the_key_again(anna: Customer) -> None:
    page = anna.client.get("/studio/imports/fetch/").content.decode()
    assert "Where to find the key" in page
    posted = {"system": "brevo", "key": KEYS["brevo"], "mailing_list": str(anna.list_id)}
    wrong = anna.client.post("/studio/imports/fetch/", {**posted, "system": "klaviyo"})
    assert wrong.status_code == 422
    assert KEYS["brevo"] not in wrong.content.decode()
    answer = anna.client.post("/studio/imports/fetch/", posted)
    assert answer.status_code == 303
    page = anna.client.get(answer["Location"]).content.decode()
    assert "We're fetching your contacts from Brevo" in page
    assert KEYS["brevo"] not in page
    assert rows(anna, Move).latest("id").state == "fetching"
