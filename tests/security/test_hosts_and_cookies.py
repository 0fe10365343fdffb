"""Links in mails, cookies and caches: nothing that a visitor or a person in the middle chooses decides them."""

import json
import os
import re
import secrets
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings

from mailflatrate.apps.accounts.actions.passwords import send_password_reset
from mailflatrate.apps.accounts.actions.people import create_user, house_account
from mailflatrate.apps.accounts.models import Notice
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.boot.doctor_report import Level
from mailflatrate.entrypoints.cli.doctor import host, processes
from mailflatrate.entrypoints.web.unknown_proxy import KEY
from mailflatrate.settings import load_settings
from mailflatrate.settings.schema import SettingsError, read_settings
from support.desk import desk

pytestmark = pytest.mark.usefixtures("database")
HERE = {"MAILFLATRATE_PUBLIC_URL": "https://mail.service.example"}
COOKIE_NAMES = (
    "ALLOWED_HOSTS",
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_NAME",
    "CSRF_COOKIE_SECURE",
    "LANGUAGE_COOKIE_SECURE",
    "SECURE_HSTS_SECONDS",
)


def django_settings(**values: str) -> dict[str, object]:
    environment = {name: value for name, value in os.environ.items() if name != "MAILFLATRATE_PUBLIC_URL"}
    program = (
        "import json; from mailflatrate.settings import django as found;"
        f"print(json.dumps({{name: getattr(found, name, None) for name in {COOKIE_NAMES!r}}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment | values, capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def jobs_of_resets() -> list[dict[str, object]]:
    """What was queued for password mails, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args FROM procrastinate_jobs WHERE task_name = 'accounts.send_password_reset' ORDER BY id"
        )
        return [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in cursor.fetchall()]


def notices_to(email: str) -> list[Notice]:
    with tenancy.account(house_account().id):
        return list(Notice.objects.filter(recipient=email))


@override_settings(ALLOWED_HOSTS=["*"])
@pytest.mark.parametrize("extra", [{}, {"HTTP_X_FORWARDED_HOST": "evil.example"}, {"HTTP_X_FORWARDED_PROTO": "http"}])
def test_the_password_link_leads_to_our_own_host(extra: dict[str, str]) -> None:
    """Even where the host list would let a made-up name through."""
    user = create_user(f"{secrets.token_hex(6)}@lindenhof.example", name="Anna", password="winterzwiebeln-2026")
    asked = Client(headers={"host": "evil.example"}).post("/password/reset/", {"email": user.email.upper()}, **extra)
    assert asked.status_code == 302
    assert jobs_of_resets()[-1] == {"user_id": user.id}
    send_password_reset(user.id)
    (notice,) = notices_to(user.email)
    links = re.findall(r"\S+://\S+", notice.text)
    assert len(links) == 1
    assert links[0].startswith(f"{load_settings().public_url}/password/reset/key/")
    assert "evil.example" not in notice.text + notice.subject
    assert notice.subject == "Set a new password"
    opened = Client().get(links[0].removeprefix(load_settings().public_url), follow=True)
    assert "password1" in opened.content.decode(), "it works"


def test_an_unknown_address_leaves_the_same_rows_and_no_mail() -> None:
    """One job each, which names nobody; strangers are never written to."""
    stranger = f"{secrets.token_hex(6)}@brief.example"
    before = len(jobs_of_resets())
    assert Client().post("/password/reset/", {"email": stranger}).status_code == 302
    added = jobs_of_resets()[before:]
    assert added == [{"user_id": 0}]
    send_password_reset(0)
    assert notices_to(stranger) == []


def test_hosts_default_to_the_public_one_and_star_stops_the_start() -> None:
    assert read_settings(HERE).host_names == ["mail.service.example"]
    named = read_settings(HERE | {"MAILFLATRATE_ALLOWED_HOSTS": "a.example, b.example"})
    assert named.host_names == ["a.example", "b.example"]
    with pytest.raises(SettingsError, match="MAILFLATRATE_ALLOWED_HOSTS"):
        read_settings(HERE | {"MAILFLATRATE_ALLOWED_HOSTS": "a.example,*"})
    assert "127.0.0.1" in read_settings(HERE | {"MAILFLATRATE_DEMO": "true"}).host_names
    assert read_settings(HERE | {"MAILFLATRATE_DEMO": "true", "MAILFLATRATE_ALLOWED_HOSTS": "*"}).host_names == ["*"]


def test_cookies_are_bound_to_the_host_and_to_https() -> None:
    served = django_settings(**HERE)
    assert served == {
        "ALLOWED_HOSTS": ["mail.service.example"],
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "CSRF_COOKIE_SECURE": True,
        "LANGUAGE_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
    }
    trial = django_settings(**HERE, MAILFLATRATE_DEMO="true")
    assert (trial["SESSION_COOKIE_NAME"], trial["SESSION_COOKIE_SECURE"]) == (None, None), "over plain HTTP it works"


@override_settings(ALLOWED_HOSTS=["mail.service.example"])
def test_machines_ask_by_address_and_people_do_not() -> None:
    by_address = Client(headers={"host": "10.1.2.3:8000"})
    assert by_address.get("/healthz").status_code == 200
    assert by_address.get("/metrics").status_code == 200
    assert by_address.get("/login/").status_code == 400
    assert Client(headers={"host": "evil.example"}).get("/report/").status_code == 400


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        ("127.0.0.1", "", 200),
        ("::1", "", 200),
        ("203.0.113.7", "", 404),
        ("127.0.0.1", "203.0.113.7", 404),
        ("127.0.0.1", "127.0.0.1", 404),
        ("10.9.9.9", "127.0.0.1", 404),
    ],
)
def test_metrics_are_for_trusted_networks(peer: str, forwarded: str, status: int) -> None:
    """Behind a proxy that nobody named, every visitor comes from loopback: the header gives it away."""
    extra = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert Client(REMOTE_ADDR=peer).get("/metrics", **extra).status_code == status


def test_a_stranger_learns_nothing_but_whether_it_is_ready() -> None:
    told = Client(REMOTE_ADDR="203.0.113.7").get("/readyz")
    assert told.status_code in (200, 503)
    assert told.json().keys() == {"status"}
    assert Client(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.7").get("/readyz").json().keys() == {
        "status"
    }
    assert Client(REMOTE_ADDR="127.0.0.1").get("/readyz").json()["checks"].keys() >= {"database"}


def test_the_doctor_refuses_a_proxy_that_nobody_named() -> None:
    """By the settings where they tell of one, and by what the pages saw."""
    behind = read_settings(HERE | {"MAILFLATRATE_PUBLIC_PORT": "0"})
    named = read_settings(HERE | {"MAILFLATRATE_PUBLIC_PORT": "0", "MAILFLATRATE_TRUSTED_PROXIES": "127.0.0.1"})
    assert [line.level for line in host._proxy(behind)] == [Level.MISSING]
    assert list(host._proxy(named)) == []
    cache.delete(KEY)
    Client(REMOTE_ADDR="8.8.8.8").get("/login/", HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert list(processes._proxy(behind)) == [], "a stranger's header is no proxy"
    Client(REMOTE_ADDR="172.18.0.1").get("/login/", HTTP_X_FORWARDED_FOR="203.0.113.9")
    (line,) = processes._proxy(behind)
    assert (line.level, "172.18.0.1" in line.fix) == (Level.MISSING, True)
    assert list(processes._proxy(read_settings(HERE | {"MAILFLATRATE_TRUSTED_PROXIES": "172.18.0.0/16"}))) == []
    cache.delete(KEY)


@pytest.mark.parametrize("path", ["/login/", "/studio/", "/desk/", "/report/", "/apply/", "/p/nothing", "/u/nothing"])
def test_pages_stay_out_of_caches(path: str) -> None:
    assert "no-store" in Client().get(path).headers["Cache-Control"]


def test_static_files_are_cached() -> None:
    page = Client().get("/login/").content.decode()
    script = re.search(r'src="(/static/[^"]+\.js)"', page)
    assert script is not None
    answer = Client().get(script[1])
    assert "no-store" not in answer.headers["Cache-Control"]
    answer.close()


def test_a_session_at_the_desk_ends_after_twelve_hours() -> None:
    client = desk().client
    assert client.get("/desk/").status_code == 200
    with clock.frozen_at(clock.now() + timedelta(hours=11, minutes=50)):
        assert client.get("/desk/").status_code == 200
    with clock.frozen_at(clock.now() + timedelta(hours=12, minutes=1)):
        late = client.get("/desk/accounts/")
    assert (late.status_code, late.headers["Location"]) == (302, "/login/?next=/desk/accounts/")
    assert client.get("/desk/").status_code == 302, "it does not come back with the clock"
