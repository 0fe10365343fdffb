"""The first set-up: the link that the start prints makes one operator, once, and the checklist at the desk."""

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from click.testing import CliRunner
from django.db import connections
from django.test import Client

from mailflatrate.apps.accounts.actions.people import create_first_operator, create_user
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import User
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.boot.doctor_report import RecordToPublish, missing, unpublished
from mailflatrate.entrypoints.boot.first_setup import announce, setup_token, setup_url
from mailflatrate.entrypoints.cli.main import cli
from mailflatrate.entrypoints.desk.doctor_run import STEPS, by_step, read_findings
from mailflatrate.entrypoints.desk.setup import SESSION_KEY
from mailflatrate.settings import load_settings
from support.desk import desk
from support.people import browser

pytestmark = pytest.mark.usefixtures("database")
PASSWORD = "a sentence nobody guesses"


@pytest.fixture
def fresh(database: str) -> Iterator[None]:
    """An installation in which nobody is an operator; afterward the operators of the other tests are back."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id FROM user_account WHERE is_staff")
        staff = [number for (number,) in cursor.fetchall()]
        cursor.execute("UPDATE user_account SET is_staff = false WHERE is_staff")
        yield
        cursor.execute("UPDATE user_account SET is_staff = id = ANY(%s) WHERE is_staff OR id = ANY(%s)", [staff, staff])


def fields(**changes: str) -> dict[str, str]:
    email = f"otto{secrets.randbelow(10**15)}@lindenhof-versand.example"
    return {"name": "Otto Brandt", "email": email, "password": PASSWORD} | changes


def link() -> str:
    return f"/setup/{setup_token()}/"


@pytest.mark.usefixtures("fresh")
def test_a_new_installation_leads_to_its_first_operator() -> None:
    client = Client()
    assert client.get("/")["Location"] == "/setup/"
    assert "mailflatrate setup-link" in client.get("/setup/").content.decode()
    given = fields()
    answer = client.post(link(), given)
    assert answer.status_code == 302
    assert answer["Location"] == "/desk/setup/"
    user = User.objects.get(email=given["email"])
    assert user.is_staff
    assert user.check_password(PASSWORD)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert AuditEntry.objects.filter(action="staff.created", subject=f"user:{user.id}").exists()
    assert client.get("/desk/setup/").status_code == 403  # signed in, and the desk asks for a second factor


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "info@lindenhof-versand.example"}, "This is a role address, not a personal one"),
        ({"email": "not an address"}, "id_email"),
        ({"password": "1234567890"}, "id_password"),
        ({"name": ""}, "id_name"),
    ],
)
def test_what_is_wrong_is_said_and_makes_nobody(changes: dict[str, str], words: str) -> None:
    answer = Client().post(link(), fields(**changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not User.objects.filter(is_staff=True).exists()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("token", ["x", "a" * 32, "ä" * 32, "%00"])
def test_a_guessed_link_makes_nobody(token: str) -> None:
    assert Client().post(f"/setup/{token}/", fields()).status_code == 403
    assert not User.objects.filter(is_staff=True).exists()


@pytest.mark.usefixtures("fresh")
def test_two_at_once_make_one_operator() -> None:
    def attempt(_number: int) -> bool:
        try:
            given = fields()
            create_first_operator(given["email"], name=given["name"], password=PASSWORD, language="en")
        except AccountError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(attempt, range(4))) == [False, False, False, True]


@pytest.mark.parametrize("path", ["/setup/", "right"])
def test_once_there_is_an_operator_the_pages_are_gone(path: str) -> None:
    desk()
    where = link() if path == "right" else path
    for answer in (Client().get(where), Client().post(where, fields())):
        assert answer.status_code in (404, 405)
    assert Client().get(link()).status_code == 404
    assert Client().get("/")["Location"] == "/studio/"


def test_a_blocked_operator_counts_too(fresh: None) -> None:
    otto = desk().user
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE user_account SET is_active = false, is_staff = true WHERE id = %s", [otto.id])
    assert Client().get(link()).status_code == 404


@pytest.mark.usefixtures("fresh")
def test_the_start_and_a_command_print_the_link(capsys: pytest.CaptureFixture[str]) -> None:
    announce(load_settings())
    assert setup_url(load_settings()) in capsys.readouterr().err
    assert CliRunner().invoke(cli, ["setup-link"]).output.strip() == setup_url(load_settings())


def test_nothing_is_printed_once_there_is_an_operator(capsys: pytest.CaptureFixture[str]) -> None:
    desk()
    announce(load_settings())
    assert capsys.readouterr().err == ""
    assert CliRunner().invoke(cli, ["setup-link"]).exit_code == 1


def test_a_customer_sees_no_checklist() -> None:
    carla = browser(create_user(f"carla{secrets.randbelow(10**15)}@lindenhof.example", name="Carla", password=None))
    assert carla.get("/desk/setup/").status_code == 404
    assert carla.post("/desk/setup/check/").status_code == 404


@pytest.mark.slow
def test_the_checklist_shows_what_the_doctor_finds() -> None:
    otto = desk()
    assert "Start check" in otto.page("setup/")
    assert otto.client.post("/desk/setup/check/").status_code == 303
    shown = otto.page("setup/")
    assert "Not ready for live sending yet" in shown
    assert "MAILFLATRATE_SERVICE_DOMAIN" in shown
    assert "row-level security is on" in shown


def test_a_record_to_publish_can_be_copied_in_parts() -> None:
    record = RecordToPublish("example.org", "MX", "10 mx.example.org")
    line = unpublished("mx", "example.org has no MX record", record)
    assert read_findings([json.loads(json.dumps(line.as_json()))]) == (line,)
    assert "record" not in missing("ptr", "no PTR record", "Ask the provider.").as_json()
    otto = desk()
    session = otto.client.session
    session[SESSION_KEY] = {"at": clock.now().isoformat(), "lines": [line.as_json()]}
    session.save()
    page = otto.page("setup/")
    assert "Publish example.org MX 10 mx.example.org" in page
    for part in (record.name, record.value):
        assert f'data-copy="{part}"' in page


def test_every_finding_appears_once_the_worst_first() -> None:
    lines = [
        {"level": level, "topic": topic, "text": f"{topic} {level}", "fix": ""}
        for level in ("ok", "missing", "warning")
        for topic in ("desk", "settings", "database", "relay", "dkim", "something new", "asked")
    ]
    reports = by_step(read_findings(lines))
    assert [report.step.key for report in reports] == [step.key for step in STEPS]
    assert sorted(each.text for report in reports for each in report.findings) == sorted(
        str(line["text"]) for line in lines
    )
    assert all(report.findings[0].level == report.level == "missing" for report in reports)


@pytest.mark.usefixtures("fresh")
def test_the_first_factor_opens_the_desk_without_another_sign_in() -> None:
    """The operator has just chosen the password, and the factor is new: neither is asked for a second time."""
    client = Client()
    client.post(link(), fields())
    assert client.get("/2fa/totp/activate/").status_code == 200
    code = format_hotp_value(hotp_value(client.session["mfa.totp.secret"], next(yield_hotp_counters_from_time())))
    answer = client.post("/2fa/totp/activate/", {"code": code})
    assert "Go to Operations" in client.get(answer["Location"]).content.decode()
    assert client.get("/desk/setup/").status_code == 200
