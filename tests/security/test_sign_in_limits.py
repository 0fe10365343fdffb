"""Guessing at the sign-in: it is slowed down for all processes together, and locks nobody out."""

import base64
import hashlib
import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.db import connection
from django.test import Client

from mailflatrate.apps.accounts.actions.people import create_user
from mailflatrate.apps.accounts.models import SharedEntry, User
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.sign_in import attempt_limits

pytestmark = pytest.mark.usefixtures("database")
PASSWORD = "winterzwiebeln-2026"


def person() -> User:
    return create_user(f"{secrets.token_hex(6)}@lindenhof.example", name="Anna", password=PASSWORD)


def network() -> str:
    """An address that no other test uses."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


def try_in(email: str, password: str, ip: str, **more: str) -> tuple[int, str]:
    answer = Client(REMOTE_ADDR=ip).post("/login/", {"login": email, "password": password, **more})
    return answer.status_code, answer.content.decode()


def solved(level: int) -> str:
    """What the browser posts after working."""
    task = json.loads(Client().get(f"/login/task?level={level}").content)["task"]
    number = next(
        n
        for n in range(task["maxNumber"] + 1)
        if hashlib.sha256(f"{task['salt']}{n}".encode()).hexdigest() == task["challenge"]
    )
    given = {key: task[key] for key in ("algorithm", "challenge", "salt", "signature")} | {"number": number}
    return base64.b64encode(json.dumps(given).encode()).decode()


def test_guessing_at_one_address_costs_work_and_the_owner_still_gets_in() -> None:
    anna = person()
    for _ in range(attempt_limits.FREE_BY_ADDRESS):
        assert try_in(anna.email, "wrong-password", network())[0] == 200
    status, page = try_in(anna.email.upper(), PASSWORD, network())
    assert (status, 'data-task="/login/task?level=1"' in page) == (200, True), "the right password without work"
    work = solved(1)
    assert try_in(anna.email, "wrong-password", network(), altcha=work)[0] == 200
    assert try_in(anna.email, PASSWORD, network(), altcha=work)[0] == 200, "work serves once"
    assert try_in(anna.email, PASSWORD, network(), altcha=solved(1))[0] == 302


def test_one_network_costs_work_for_itself_alone() -> None:
    office, anna = network(), person()
    for _ in range(attempt_limits.FREE_BY_NETWORK):
        try_in(f"{secrets.token_hex(4)}@lindenhof.example", "wrong-password", office)
    assert try_in(anna.email, PASSWORD, office)[0] == 200
    assert try_in(anna.email, PASSWORD, office, altcha=solved(1))[0] == 302, "a colleague behind the same address"
    assert try_in(person().email, PASSWORD, network())[0] == 302


def test_people_who_get_in_cost_their_office_nothing() -> None:
    office, anna = network(), person()
    for _ in range(attempt_limits.FREE_BY_NETWORK + attempt_limits.FREE_BY_ADDRESS):
        assert try_in(anna.email, PASSWORD, office)[0] == 302
    for _ in range(attempt_limits.FREE_BY_ADDRESS):
        assert try_in(anna.email, "wrong-password", office)[0] == 200
    assert try_in(anna.email, PASSWORD, office)[0] == 200, "guesses between them still count"


def test_more_attempts_cost_more_work_and_easy_work_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt_limits, "STEP_BY_ADDRESS", 3)
    monkeypatch.setattr(attempt_limits, "MOST_HASHES", (2_000, 4_000, 8_000))
    anna, easy = person(), [solved(1) for _ in range(3)]
    for _ in range(attempt_limits.FREE_BY_ADDRESS + 5):
        _status, page = try_in(anna.email, "wrong-password", network())
    assert "level=3" in page
    assert [try_in(anna.email, PASSWORD, network(), altcha=work)[0] for work in easy] == [200] * 3
    assert try_in(anna.email, PASSWORD, network(), altcha=solved(3))[0] == 302


def test_work_for_another_form_does_not_pass() -> None:
    anna = person()
    for _ in range(attempt_limits.FREE_BY_ADDRESS):
        try_in(anna.email, "wrong-password", network())
    task = json.loads(Client().get("/report/task").content)["task"]
    number = next(
        n
        for n in range(task["maxNumber"] + 1)
        if hashlib.sha256(f"{task['salt']}{n}".encode()).hexdigest() == task["challenge"]
    )
    given = {key: task[key] for key in ("algorithm", "challenge", "salt", "signature")} | {"number": number}
    work = base64.b64encode(json.dumps(given).encode()).decode()
    assert try_in(anna.email, PASSWORD, network(), altcha=work)[0] == 200


def test_the_window_ends() -> None:
    anna = person()
    for _ in range(attempt_limits.FREE_BY_ADDRESS + 1):
        try_in(anna.email, "wrong-password", network())
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        assert try_in(anna.email, PASSWORD, network())[0] == 302


def test_a_code_works_once_for_as_long_as_it_is_valid() -> None:
    otto, secret = person(), generate_totp_secret()
    with tenancy.access():
        TOTP.activate(otto, secret)
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))

    def enter() -> int:
        client = Client(REMOTE_ADDR=network())
        assert client.post("/login/", {"login": otto.email, "password": PASSWORD}).status_code == 302
        return client.post("/2fa/authenticate/", {"code": code}).status_code

    assert [enter(), enter()] == [302, 200]
    with clock.frozen_at(clock.now() + timedelta(seconds=45)):
        assert enter() == 200, "allauth forgot it after 30 seconds, its clock still takes it"


def test_of_many_at_once_one_is_told_that_it_was_first() -> None:
    """As from many processes: each thread has a connection of its own."""
    key = secrets.token_hex(8)

    def add(_number: int) -> bool:
        try:
            return cache.add(key, True, 60)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(24))) == 1


def test_the_cache_keeps_what_it_is_told_and_nothing_personal() -> None:
    cache.set("anna@lindenhof.example", [1.5, 2.5], 60)
    assert cache.get("anna@lindenhof.example") == [1.5, 2.5]
    assert cache.get("nothing", "default") == "default"
    assert cache.touch("anna@lindenhof.example", 120)
    row = SharedEntry.objects.order_by("-expires_at").first()
    assert row is not None
    assert b"anna" not in bytes(row.key)
    with clock.frozen_at(clock.now() + timedelta(seconds=121)):
        assert cache.get("anna@lindenhof.example") is None
        assert cache.add("anna@lindenhof.example", 1, 60), "what is over makes room"
        cache.add("another", 1, 60)
    assert cache.delete("anna@lindenhof.example")
    assert not cache.delete("anna@lindenhof.example")
