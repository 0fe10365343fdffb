"""The relays at the desk and on the command line: list, add, edit, drain, disable, test."""

import json
import secrets
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailflatrate.apps.delivery import transmit
from mailflatrate.apps.delivery.relays.edit import RelayDraft, add_relay, move_relay
from mailflatrate.apps.delivery.relays.queue_tables import LogFollower, RelayCount
from mailflatrate.apps.delivery.relays.tables import Bucket, Relay, RelayReport, StateChoice, WarmUp
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.boot.doctor_report import Level
from mailflatrate.entrypoints.cli.doctor.relay import table_lines
from mailflatrate.entrypoints.cli.main import cli
from mailflatrate.settings import load_settings
from support.desk import Desk, desk
from support.fake_relay import ANY, HANG, FakeRelay, Step


@pytest.fixture
def otto(database: str) -> Iterator[Desk]:
    """An operator in an installation without relays."""
    _forget()
    yield desk()
    _forget()


def _forget() -> None:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        Relay.objects.all().delete()


def _fields(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "name": f"mta-{secrets.token_hex(3)}", "host": "mta.example.net", "port": 587, "tls": "required",
        "kind": "postfix", "pool": "quarantine", "return_path": "own", "weight": 10, "connections": 5,
    }  # fmt: skip
    return fields | changes


def _relay(**where: object) -> Relay:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return Relay.objects.get(**where)


def test_a_relay_is_added_edited_drained_disabled_and_deleted_at_the_desk(otto: Desk) -> None:
    assert "No relays yet" in otto.page("relays/")
    fields = _fields(sends_from="192.0.2.1\n2001:db8::1", username="mta", password="secret word", per_hour=5000)
    assert otto.client.post("/desk/relays/new/", fields).status_code == 303
    relay = _relay(name=fields["name"])
    assert relay.sends_from == ["192.0.2.1", "2001:db8::1"]
    shown = otto.page("relays/")
    assert str(fields["name"]) in shown
    assert "Not used yet" in shown
    assert "5,000 per hour" in shown

    assert (
        otto.client.post(
            f"/desk/relays/{relay.id}/", fields | {"weight": 20, "password": "", "username": ""}
        ).status_code
        == 303
    )
    assert _relay(id=relay.id).weight == 20
    assert _relay(id=relay.id).open() == ("mta", "secret word")
    assert (
        otto.client.post(
            f"/desk/relays/{relay.id}/", fields | {"username": "", "password": "", "remove_login": "on"}
        ).status_code
        == 303
    )
    assert _relay(id=relay.id).open() is None

    for state in ("draining", "disabled", "active", "disabled"):
        if state == "active":
            refused = otto.client.post("/desk/relays/0/move/", {"state": state})
            assert refused.status_code == 404
        done = otto.client.post(f"/desk/relays/{relay.id}/move/", {"state": state, "reason": "maintenance"})
        assert done.status_code == 303
        assert _relay(id=relay.id).state == state
        if state == "draining":
            assert "are draining or disabled, so its messages are waiting" in otto.page("relays/")
            assert otto.client.post(f"/desk/relays/{relay.id}/remove/").status_code == 422
    assert otto.client.post(f"/desk/relays/{relay.id}/move/", {"state": "nonsense"}).status_code == 404
    assert otto.client.post(f"/desk/relays/{relay.id}/remove/").status_code == 303
    assert otto.page(f"relays/{relay.id}/", 404)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        actions = AuditEntry.objects.filter(subject=f"relay:{relay.id}").order_by("id").values_list("action", flat=True)
        assert list(actions) == [
            "relay.added", "relay.changed", "relay.changed", "relay.drained", "relay.disabled", "relay.enabled",
            "relay.disabled", "relay.removed",
        ]  # fmt: skip


def test_a_refused_form_says_what_is_wrong_beside_its_field(otto: Desk) -> None:
    assert otto.client.post("/desk/relays/new/", _fields(name="same")).status_code == 303
    answer = otto.client.post("/desk/relays/new/", _fields(name="same", pool="dedicated", sends_from="here"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Another relay already has this name" in page
    assert "Choose the account" in page
    assert "isn&#x27;t an IP address" in page


def test_the_page_shows_how_a_relay_does(otto: Desk) -> None:
    otto.client.post("/desk/relays/new/", _fields(name="works"))
    otto.client.post("/desk/relays/new/", _fields(name="fails"))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        for name, problem in (("works", ""), ("fails", "relay unavailable at connect: refused")):
            RelayReport.objects.create(
                relay=Relay.objects.get(name=name), sender="host.1", at=clock.now(), connections=3, problem=problem,
                failing_since=clock.now() if problem else None, accepted=1234, deferred=5, refused=0,
            )  # fmt: skip
    page = otto.page("relays/")
    assert "relay unavailable at connect: refused" in page
    assert "1,234 accepted, 5 deferred" in page
    assert "Failing" in page


def test_a_relay_nobody_has_tried_is_not_said_to_take_mail(otto: Desk) -> None:
    otto.client.post("/desk/relays/new/", _fields(name="idle"))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        RelayReport.objects.create(relay=Relay.objects.get(name="idle"), sender="host.1", at=clock.now(), connections=0)
    page = otto.page("relays/")
    assert "Not used yet" in page
    assert "Accepting messages" not in page


def test_the_list_shows_a_warm_up(otto: Desk) -> None:
    otto.client.post("/desk/relays/new/", _fields(name="young"))
    assert "Warm-up, step" not in otto.page("relays/")
    run("warm-up", "young", "--step", "2")
    assert "Warm-up, step 3: 0 of 250 today" in otto.page("relays/")
    assert "warm-up step 3: 0 of 250 today" in run("list")
    assert json.loads(run("list", "--json"))["warm_up"] == {"step": 3, "quota": 250, "used": 0}
    run("warm-up", "young", "--end")
    assert "Warm-up, step" not in otto.page("relays/")


def test_letters_of_the_service_are_shown_only_while_they_stay_here(otto: Desk) -> None:
    assert "/desk/test-inbox/" in otto.page("")
    otto.client.post("/desk/relays/new/", _fields(name="slow", pool="quarantine"))
    assert "No relay is set up" in otto.page("test-inbox/")
    otto.client.post("/desk/relays/new/", _fields(name="out", pool="trusted"))
    assert "/desk/test-inbox/" not in otto.page("")
    otto.page("test-inbox/", 404)


def test_without_any_relay_the_command_names_the_test_inbox(otto: Desk) -> None:
    assert "to the test inbox" in run("list")


def run(*words: str, status: int = 0) -> str:
    """The command in this process, with the database of the tests."""
    done = CliRunner().invoke(cli, ["relays", *words])
    assert done.exit_code == status, (done.output, done.exception)
    return done.output


def test_the_command_line_does_the_same(otto: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "set")
    monkeypatch.setattr("mailflatrate.entrypoints.cli.relays.database", _answering)
    assert "No relays" in run("list")
    file = tmp_path / "password"
    file.write_text("from a file\n")
    run("add", "mta-1", "mta.example.net", "--port", "587", "--user", "mta", "--password-file", str(file),
        "--pool", "new", "--per-hour", "1000")  # fmt: skip
    assert _relay(name="mta-1").open() == ("mta", "from a file")
    assert "already has this name" in run("add", "mta-1", "mta.example.net", status=1)
    run("edit", "mta-1", "--weight", "50", "--per-hour", "0")
    changed = _relay(name="mta-1")
    assert (changed.weight, changed.per_hour, changed.pool) == (50, None, "new")
    assert changed.open() == ("mta", "from a file")
    assert "password" in run("edit", "mta-1", "--host", "evil.example", status=1)
    run("drain", "mta-1")
    run("disable", "mta-1", "--reason", "blocked by a receiver")
    assert json.loads(run("list", "--json"))["state"] == "disabled"
    run("enable", "mta-1")
    assert "mta-1" in run("list")
    assert "There is no relay" in run("drain", "unknown", status=1)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        newest = AuditEntry.objects.filter(subject=f"relay:{changed.id}").order_by("-id")
        assert [line.action for line in newest[:2]] == ["relay.enabled", "relay.disabled"]
        assert newest[1].reason == "blocked by a receiver"


def test_a_relay_is_tried_from_the_command_line(otto: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailflatrate.entrypoints.cli.relays.database", _answering)
    with FakeRelay().run_in_thread() as relay:
        run("add", "near", "127.0.0.1", "--port", str(relay.port), "--tls", "never", "--pool", "quarantine")
        assert "accepts our connection, NOT encrypted. It offers PIPELINING" in run("test", "near")
        assert not relay.received
    assert "near: relay unavailable at connect" in run("test", "near", status=1)


def test_a_webhook_is_created_replaced_and_deleted_by_command(
    otto: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailflatrate.entrypoints.cli.relays.database", _answering)
    run("add", "ses-1", "127.0.0.1", "--kind", "ses", "--port", "9")
    topic = tmp_path / "topic"
    topic.write_text("arn:aws:sns:eu-central-1:123456789012:mail-events\n")
    assert "no event webhook" in run("hook", "replace", "ses-1", status=1)
    assert "ARN" in run("hook", "create", "ses-1", status=1)
    first = run("hook", "create", "ses-1", "--key-file", str(topic)).strip()
    assert "/hooks/ses/" in first
    assert "already has" in run("hook", "create", "ses-1", "--key-file", str(topic), status=1)
    second = run("hook", "replace", "ses-1", "--now").strip()
    assert first != second
    assert "Saved" in run("hook", "key", "ses-1", str(topic))
    assert not any("keeps bounces" in line.text for line in table_lines(load_settings()))
    assert "Deleted" in run("hook", "remove", "ses-1")
    assert any("keeps bounces" in line.text for line in table_lines(load_settings()))
    assert "no relay" in run("hook", "remove", "ses-2", status=1)


def test_the_doctor_tries_every_active_relay_and_names_pools_that_take_nothing(otto: Desk) -> None:
    settings = load_settings()
    with FakeRelay().run_in_thread() as relay, tenancy.platform(PlatformReason.RELAYS):
        draft = RelayDraft("near", "127.0.0.1", relay.port, tls="never", pool="quarantine")
        near = add_relay(draft, by=audit.machine("tests.relays"))
        lines = list(table_lines(settings))
        assert [line.level for line in lines if line.topic == "relay"] == [Level.OK]
    gone = list(table_lines(settings))
    assert gone[0].level is Level.MISSING
    assert "near" in gone[0].text
    with tenancy.platform(PlatformReason.RELAYS):
        move_relay(near.id, StateChoice.DISABLED, by=audit.machine("tests.relays"))
    assert [line.level for line in table_lines(settings)] == [Level.WARNING]


class _answering:
    """The running database of the tests."""

    def __enter__(self) -> object:
        return load_settings()

    def __exit__(self, *_: object) -> None:
        return None


def test_the_page_shows_what_waits_behind_the_relays(otto: Desk) -> None:
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        LogFollower.objects.create(name="mta-9", gaps=2, caught_up_at=clock.now() - timedelta(hours=3))
        RelayCount.objects.create(follower="mta-9", provider="google", result="sent", hour=hour, count=1234)
        RelayCount.objects.create(follower="mta-9", provider="google", result="expired", hour=hour, count=56)
        Bucket.objects.create(key="trusted/google", tokens=0, filled_at=clock.now(), factor=0.5, changed_at=clock.now())
    otto.client.post("/desk/relays/new/", _fields(name="any"))
    try:
        page = otto.page("relays/")
        assert "Trusted accounts: 50% of full speed" in page
        assert "Without new ones, full speed resumes at" in page or "Without new ones, full speed resumes at" in page
        for text in ("Relay queues", "mta-9 is behind", "2 gaps in its log", "Gmail", "1,234", "56"):
            assert text in page
        german = otto.client.get("/desk/relays/", headers={"Accept-Language": "de"})
        assert "Warteschlangen der Relays" in german.content.decode()
    finally:
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            LogFollower.objects.filter(name="mta-9").delete()
            RelayCount.objects.filter(follower="mta-9").delete()
            Bucket.objects.filter(key="trusted/google").delete()


def test_a_relay_is_tried_from_its_page(otto: Desk) -> None:
    with FakeRelay().run_in_thread() as relay:
        otto.client.post("/desk/relays/new/", _fields(name="tried", host="127.0.0.1", port=relay.port, tls="never"))
        relay_id = _relay(name="tried").id
        page = _tried(otto, relay_id)
        assert "tried accepts our messages, but the connection isn&#x27;t encrypted. Nothing was sent." in page
        assert [line.split(":")[0] for line in relay.commands][1:] == ["MAIL FROM", "RSET", "QUIT"]
        relay.on(Step.MAIL, ANY, "550 5.7.1 you are not allowed")
        page = _tried(otto, relay_id)
        assert "you are not allowed" in page
        assert "Allow this host and this domain to send through it" in page
        assert not relay.received
    assert "Check the host and port, and that your firewall allows" in _tried(otto, relay_id)


def _tried(otto: Desk, relay_id: int) -> str:
    assert otto.client.post(f"/desk/relays/{relay_id}/test/").status_code == 303
    return otto.page(f"relays/{relay_id}/")


def test_a_relay_that_says_nothing_is_tried_for_a_while_only(otto: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transmit, "CHECK_SECONDS", 0.3)
    with FakeRelay().run_in_thread() as relay:
        relay.on(Step.CONNECT, ANY, HANG)
        otto.client.post("/desk/relays/new/", _fields(name="mute", host="127.0.0.1", port=relay.port, tls="never"))
        began = time.monotonic()
        page = _tried(otto, _relay(name="mute").id)
        assert time.monotonic() - began < 30
        assert "no answer within" in page


def test_a_warm_up_begins_and_ends_at_the_desk_and_by_command(otto: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "set")
    otto.client.post("/desk/relays/new/", _fields(name="fresh"))
    relay_id = _relay(name="fresh").id
    path = f"/desk/relays/{relay_id}/warm-up/"
    assert "Start warm-up" in otto.page(f"relays/{relay_id}/")
    assert otto.client.post(path, {"wanted": "start"}).status_code == 303
    assert "Step 1: 50 messages today, 0 used" in otto.page(f"relays/{relay_id}/")
    assert otto.client.post(path, {"wanted": "end"}).status_code == 303
    assert "Start warm-up" in otto.page(f"relays/{relay_id}/")
    assert otto.client.post(path, {"wanted": "nonsense"}).status_code == 404
    assert "starts with 500 messages per day" in run("warm-up", "fresh", "--step", "3")
    assert "Step 4: 500 messages today" in otto.page(f"relays/{relay_id}/")
    assert "no longer has a daily limit" in run("warm-up", "fresh", "--end")
    assert "There is no sender domain" in run("warm-up", "--domain", "unknown.example", status=1)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        actions = AuditEntry.objects.filter(subject=f"relay:{relay_id}").values_list("action", flat=True)
        assert {"warm_up.started", "warm_up.ended"} <= set(actions)
        WarmUp.objects.all().delete()
