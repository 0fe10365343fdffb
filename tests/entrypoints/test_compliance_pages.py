"""The table of what providers ask, at the desk, in the studio, on paper and in the doctor's report."""

import sys
from datetime import timedelta

import pytest
from django.test import Client, override_settings

from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.stats.actions import refresh_campaign
from mailflatrate.apps.stats.compliance import names_a_loop
from mailflatrate.base import clock, pdf, tenancy
from mailflatrate.entrypoints.boot.doctor_report import Level, missing, ok
from mailflatrate.entrypoints.cli.doctor import compliance_lines
from mailflatrate.entrypoints.desk import access
from support.customers import Customer, sending_customer
from support.desk import desk
from support.people import browser

STUDIO, PAPER, DESK = "/studio/settings/compliance/", "/studio/settings/compliance.pdf", "/desk/compliance/"


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    """Half of her campaign has been sent, and 2 % of it bounced."""
    made = sending_customer(400)
    campaign = made.sending()
    made.settle(campaign, DeliveryState.SENT, 196)
    made.settle(campaign, DeliveryState.BOUNCED, 4, bounce="hard")
    refresh_campaign(made.account_id, campaign.id)
    return made


def test_the_customer_sees_his_figures_with_their_limits(anna: Customer) -> None:
    shown = anna.client.get(STUDIO).content.decode()
    assert "2.00%, limit 1.00%" in shown and "over the limit" in shown
    assert "One-click unsubscribe" in shown and "R-56" in shown
    assert "PTR" not in shown, "the operator's part"


def test_in_german(anna: Customer) -> None:
    anna.client.cookies["language"] = "de"
    shown = anna.client.get(STUDIO).content.decode()
    del anna.client.cookies["language"]
    assert "2,00 %, Grenze 1,00 %" in shown and "über der Grenze" in shown
    assert "Abmelden mit einem Klick" in shown


def test_a_neighbour_sees_only_his_own(anna: Customer) -> None:
    carla = Customer.registered("Möbelhaus Nordstern").owner
    shown = browser(carla).get(STUDIO).content.decode()
    assert "no data yet" in shown and "2.00%" not in shown
    assert Client().get(STUDIO).status_code == 302


@pytest.mark.slow
def test_on_paper(anna: Customer) -> None:
    answer = anna.client.get(PAPER)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-") and len(answer.content) > 5000


def test_without_pango_the_page_says_what_is_missing(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(pdf.PdfUnavailable, match="libpango"):
        pdf.html_to_pdf("<p>x</p>")
    answer = anna.client.get(PAPER)
    assert (answer.status_code, answer.headers["Location"]) == (303, STUDIO)
    assert "libpango-1.0-0" in anna.client.get(STUDIO).content.decode()


def test_the_desk_sees_all_of_it(anna: Customer) -> None:
    shown = desk().page("compliance/")
    for words in ("Host list and token", "Your responsibility", "Feedback loops set up", "Built in"):
        assert words in shown
    assert anna.client.get(DESK).status_code in (302, 403, 404)


def test_the_doctor_prints_the_same_table(anna: Customer) -> None:
    lines = list(compliance_lines([ok("database", "there"), missing("ptr", "no PTR", "ask"), ok("tls", "fine")]))
    texts = {line.text: line for line in lines}
    ptr = next(line for text, line in texts.items() if text.startswith("R-99"))
    assert ptr.level is Level.WARNING and "needs fixing" in ptr.text
    assert next(line for text, line in texts.items() if "TLS for the unsubscribe host" in text).level is Level.OK
    assert next(line for text, line in texts.items() if text.startswith("R-101")).fix
    assert any("limit 1.00%" in text for text in texts)
    with tenancy.account(anna.account_id):
        assert not [line for line in lines if line.level is Level.MISSING], "the doctor's verdict stays the others'"


def test_a_fresh_installation_shows_nothing_in_order_that_nobody_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "LONGEST_SESSION", timedelta(days=2000))  # the clock jumps, the session does not
    with override_settings(SESSION_COOKIE_AGE=4000 * 24 * 3600):
        operator = desk()
        with clock.frozen_at(clock.now() + timedelta(days=1000)):  # long after whatever other tests reported
            shown = operator.page("compliance/")
    assert ">in order<" not in shown and "0 late" not in shown
    assert "per IP address) and Google Postmaster Tools" in shown


@pytest.mark.parametrize(
    ("networks", "named"),
    [
        ("127.0.0.0/8,::1", False),
        ("10.0.0.0/8, 192.168.1.0/24, fd00::/8", False),
        ("", False),
        ("127.0.0.0/8,98.136.0.0/14", True),
        ("2a01:111:f403::/48", True),
    ],
)
def test_only_networks_out_in_the_world_are_feedback_loops(networks: str, named: bool) -> None:
    assert names_a_loop(networks) is named


def test_a_relay_that_answers_says_nothing_about_tls_to_the_providers(anna: Customer) -> None:
    lines = list(compliance_lines([ok("database", "there"), ok("relay", "127.0.0.1:25 answers, in the clear")]))
    assert next(line for line in lines if "TLS for outgoing email" in line.text).level is Level.WARNING


def test_a_listener_without_an_mx_is_not_in_order(anna: Customer) -> None:
    lines = list(compliance_lines([ok("database", "there"), ok("inbound", "takes abuse@"), missing("mx", "none", "")]))
    assert "needs fixing" in next(line.text for line in lines if "abuse@ and postmaster@" in line.text)
