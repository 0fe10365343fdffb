"""The desk works a case to its end: every page of it answers, every measure leaves its line, nobody else gets in."""

import base64
import io
import json
import re
import zipfile

import pytest
from django.test import Client

from mailflatrate.apps.abuse import jobs
from mailflatrate.apps.abuse.models import Case, CaseState, Report
from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.inbound.models import RawMailState
from mailflatrate.apps.suppression.actions import address_key, suppress_by_hand
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.desk import Desk, desk
from support.origins import approve_origin
from support.people import browser
from support.returned_mail import LOOP, SentCampaign, arrive, plain, sent_campaign, stored
from support.returned_mail import desk as desk_address


@pytest.fixture(scope="module")
def otto(database: str) -> Desk:
    assert database
    return desk()


@pytest.fixture(scope="module")
def case(database: str) -> SentCampaign:
    assert database
    return sent_campaign(people=6)


def open_case(case: SentCampaign, number: int = 0) -> Case:
    arrive(case.forward(number), desk_address())
    jobs.take_mail()
    return find(case)


def find(case: SentCampaign) -> Case:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return Case.objects.filter(account_id=case.anna.account_id).select_related("account").latest("id")


def post(otto: Desk, url: str, **data: str) -> int:
    answer = otto.client.post(f"/desk/{url}", data)
    assert answer.status_code in (200, 303, 422), answer.content[-3000:]
    return int(answer.status_code)


@pytest.mark.slow
def test_everything_stands_on_one_screen(otto: Desk, case: SentCampaign) -> None:
    found = open_case(case)
    page = otto.page(f"cases/{found.id}/")
    for needed in (
        found.reference, case.campaign.mailing_id, case.campaign.subject, "Lindenhof", case.reader().email,
        "I never asked for this.", "Return-Path", "Active", "lindenhof.example", "Suppress recipient everywhere",
        "Request proof (48 hours)", "aria-keyshortcuts",
    ):  # fmt: skip
        assert needed in page, needed
    assert found.reference in otto.page("cases/")
    assert "Cases" in otto.page("")


@pytest.mark.slow
def test_the_number_of_other_cases_counts_those_that_the_page_lists(otto: Desk) -> None:
    case = sent_campaign(people=1)
    found = open_case(case)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        other = Case.objects.get(id=found.id)
        other.id, other.reference, other.campaign_id, other.loops_only = None, "80X-YZT1", None, True
        other.save(force_insert=True)
        before = Case.objects.filter(account_id=case.anna.account_id).exclude(id=found.id).count()
    page = " ".join(otto.client.get(f"/desk/cases/{found.id}/").content.decode().split())
    assert "80X-YZT1" in page
    shown = re.search(r"Other cases \(last 6 months\).*?<dd[^>]*>\s*(\d+)", page)
    assert shown is not None
    assert int(shown[1]) == before == 1


@pytest.mark.slow
def test_all_cases_are_all_and_those_of_feedback_loops_come_last(otto: Desk) -> None:
    case = sent_campaign(people=1)
    found = open_case(case)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        loop = Case.objects.get(id=found.id)
        loop.id, loop.reference, loop.campaign_id, loop.loops_only = None, "80X-YZT2", None, True
        loop.save(force_insert=True)
        number = Case.objects.exclude(state="closed").count()
    page = " ".join(otto.page("cases/").split())
    assert page.index(found.reference) < page.index("80X-YZT2")
    chip = re.search(r'href="/desk/cases/"[^>]*>(.*?)</a>', page.partition('aria-label="Case types"')[2])
    assert chip is not None
    assert re.findall(r"\d+", re.sub("<[^>]+>", " ", chip[1])) == [str(number)]
    loops = otto.page("cases/?kind=loops")
    assert "80X-YZT2" in loops and found.reference not in loops


@pytest.mark.slow
def test_search_finds_it_by_anything(otto: Desk, case: SentCampaign) -> None:
    found = open_case(case)
    compact = case.campaign.mailing_id.lower().replace("-", "").replace("0", "o")
    for words in (
        compact,
        case.reader().email,
        case.token(TokenPurpose.VERP),
        f"X-Mailing-ID: {case.campaign.mailing_id}",
    ):
        assert case.campaign.mailing_id in otto.page(f"cases/search/?q={words}") or found.reference in otto.page(
            f"cases/search/?q={words}"
        ), words
    assert "Gärtnerei Lindenhof" in otto.page("cases/search/?q=Lindenhof")
    answer = otto.client.get(f"/desk/cases/search/?q={found.reference.lower().replace('-', ' ')}")
    assert answer.headers["Location"] == f"/desk/cases/{found.id}/"
    assert "No results" in otto.page("cases/search/?q=zzzz-nothing-here")


@pytest.mark.slow
def test_a_case_is_worked_to_its_end(otto: Desk, case: SentCampaign) -> None:
    found = open_case(case)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        report = Report.objects.filter(case=found).latest("id")
    url = f"cases/{found.id}/"
    assert post(otto, f"{url}take/") == 303
    assert post(otto, f"{url}note/", text="Looks like a shop.") == 303
    assert post(otto, f"{url}message/", report=str(report.id), text="We're looking into it.") == 303
    assert post(otto, f"{url}measure/", measure="suppress", report=str(report.id), reason="He asked us to.") == 303
    assert ("complaint", True) in case.suppressions(0)
    assert post(otto, f"{url}measure/", measure="ask", reason="Where did they sign up?", names_contact="on") == 303
    assert post(otto, f"{url}measure/", measure="strike", reason="No proof came.") == 303
    assert post(otto, f"{url}measure/", measure="suspend", reason="  ") == 422
    assert post(otto, f"{url}measure/", measure="suspend", reason="Bought addresses.") == 303
    assert post(otto, f"{url}close/", cause="no_consent", text="Bought addresses.") == 303
    page = otto.page(url)
    for needed in (
        "Closed",
        "No consent",
        "Strike issued",
        "Account suspended",
        "Looks like a",
        "We&#x27;re looking into it.",
    ):
        assert needed in page, needed
    assert find(case).state == CaseState.CLOSED
    assert found.reference in otto.page("cases/closed/")
    assert post(otto, f"{url}reopen/", text="The customer contests it.") == 303
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Account.objects.get(id=case.anna.account_id).status == "suspended"


@pytest.mark.slow
def test_files_to_take_along(otto: Desk, case: SentCampaign) -> None:
    """The ZIP holds everything; XARF names neither the reporter nor the recipient, and leads to nobody."""
    found = open_case(case, 1)
    answer = otto.client.post(f"/desk/cases/{found.id}/export/", {"format": "zip"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        assert {"case.json", "events.json", "xarf.json"} <= set(names)
        assert any(name.endswith(".eml") for name in names)
        assert json.loads(archive.read("case.json"))["reference"] == found.reference
    answer = otto.client.post(f"/desk/cases/{found.id}/export/", {"format": "xarf"})
    reports = json.loads(answer.content)
    assert reports[0]["xarf_version"].startswith("4.")
    for secret in (case.reader(1).email, case.token(TokenPurpose.VERP, 1), case.token(TokenPurpose.UNSUBSCRIBE, 1)):
        assert secret not in _decoded(reports)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        report = Report.objects.filter(case=found, delivery_id=case.delivery_ids[1]).latest("id")
    answer = otto.client.post(f"/desk/cases/{found.id}/certificate/", {"report": str(report.id)})
    assert answer.content.startswith(b"%PDF-")


def _decoded(reports: list[dict[str, object]]) -> str:
    whole = json.dumps(reports)
    for report in reports:
        for one in report["evidence"]:  # type: ignore[attr-defined]
            whole += base64.b64decode(one["payload"]).decode()
    return whole


def test_figures_of_a_month(otto: Desk, case: SentCampaign) -> None:
    open_case(case, 2)
    now = clock.now()
    assert "First response, median" in otto.page("cases/figures/")
    table = otto.client.get(f"/desk/cases/figures/{now.year}-{now.month}.csv").content.decode("utf-8-sig")
    assert "Reports;By email to the abuse desk;" in table
    assert otto.client.get(f"/desk/cases/figures/{now.year}-{now.month}.pdf").content.startswith(b"%PDF-")
    assert otto.client.get("/desk/cases/figures/2026-13.csv").status_code == 404


def test_stored_mail_is_read_shown_and_read_again(otto: Desk, case: SentCampaign) -> None:
    mail = arrive(plain("eve@spam.example", desk_address(), "Cheap", "<script>", Precedence="bulk"), desk_address())
    assert "Cheap" in otto.page("mail/?tray=apart")
    page = otto.page(f"mail/{mail.id}/")
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert otto.client.get(f"/desk/mail/{mail.id}/source").headers["Content-Disposition"].startswith("attachment")
    assert post(otto, f"mail/{mail.id}/again/", reason="") == 422
    assert post(otto, f"mail/{mail.id}/again/", reason="The sorting was mended.") == 303
    assert post(otto, f"mail/{mail.id}/away/", reason="Spam.") == 303
    assert stored(mail.id).state == RawMailState.HANDLED
    assert post(otto, f"mail/{mail.id}/case/") == 303
    upload = io.BytesIO(case.forward(3))
    upload.name = "complaint.eml"
    assert otto.client.post("/desk/mail/", {"file": upload}).status_code == 303


@pytest.mark.slow
def test_a_person_with_the_raw_evidence_and_the_way_back(otto: Desk, case: SentCampaign) -> None:
    """R-75, R-80: the operator sees the mail and may lift; the customer sees neither its text nor who reported."""
    mail = arrive(case.report(4), desk_address("fbl"), peer=LOOP)
    contact = case.reader(4)
    url = f"accounts/{case.anna.account_id}/people/{contact.id}/"
    page = otto.page(url)
    assert f"/desk/mail/{mail.id}/" in page
    assert "Complained" in page
    studio = case.anna.client.get(f"/studio/contacts/{contact.id}/").content.decode()
    assert "Complained" in studio
    for secret in ("provider.example", "A complaint.", "feedback-report"):
        assert secret not in studio
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        row = Suppression.objects.get(address_key=bytes(contact.address_key), account_id=case.anna.account_id)
    assert post(otto, f"{url}suppressions/{row.id}/lift/", reason="") == 422
    assert post(otto, f"{url}suppressions/{row.id}/lift/", reason="She wrote from this address.") == 303
    assert case.suppressions(4) == []


def test_a_suppression_of_no_contact_is_found_and_lifted_with_a_reason(otto: Desk, case: SentCampaign) -> None:
    """R-75: no account lifts one; the operator does, with name and reason, and not before the time after a bounce."""
    key, bounced = (address_key(f"{name}-{case.anna.account_id}@papierboot.example") for name in ("left", "dead"))
    with tenancy.account(case.anna.account_id):
        suppress_by_hand(key, source="test", by=case.anna.owner)
        suppress_by_hand(bounced, source="test", by=case.anna.owner, reason=SuppressionReason.HARD_BOUNCE)
        rows = {bytes(row.address_key): row.id for row in Suppression.objects.all()}
    search = f"left-{case.anna.account_id}@papierboot.example"
    url = f"suppressions/{rows[key]}/lift/"
    assert url in otto.page(f"cases/search/?q={search}")
    assert case.anna.client.post(f"/desk/{url}", {"reason": "Please."}).status_code in (302, 303, 403, 404)
    for reason, lifted in (("", False), ("They asked in writing.", True)):
        assert post(otto, url, reason=reason, q=search) == (303 if lifted else 422)
        with tenancy.account(case.anna.account_id):
            assert Suppression.objects.filter(id=rows[key], lifted_at=None).exists() is not lifted
    assert url not in otto.page(f"cases/search/?q={search}")
    assert post(otto, f"suppressions/{rows[bounced]}/lift/", reason="Too early.") == 422
    with tenancy.account(case.anna.account_id):
        assert Suppression.objects.filter(id=rows[bounced], lifted_at=None).exists()


def test_by_hand(otto: Desk, case: SentCampaign) -> None:
    given = {"about": case.campaign.mailing_id, "complaint": "unasked", "text": "A lady rang.", "language": "de"}
    answer = otto.client.post("/desk/cases/new/", given)
    assert answer.status_code == 303
    assert otto.client.post("/desk/cases/new/", {**given, "about": "0000-0000-9"}).status_code == 422


def test_nobody_else_gets_in(case: SentCampaign) -> None:
    """Neither a customer nor a stranger: the desk is nobody's business."""
    found = open_case(case, 5)
    for url in (f"cases/{found.id}/", "cases/", "mail/", "cases/figures/"):
        assert case.anna.client.get(f"/desk/{url}").status_code == 404
        assert browser(case.anna.owner).post(f"/desk/{url}measure/").status_code == 404
        assert Client().get(f"/desk/{url}").status_code == 302


@pytest.mark.slow
def test_letters_and_questions_begin_with_a_template_in_the_reader_s_language(otto: Desk, case: SentCampaign) -> None:
    """The desk reads English, the reporter German, the customer English."""
    found = open_case(case)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        Report.objects.filter(case=found).update(language="de")
    page = otto.page(f"cases/{found.id}/")
    assert f"Vielen Dank für Ihre Meldung zum Mailing {case.campaign.mailing_id} von" in page
    assert 'data-fills="message_text"' in page and 'data-fills="ask_reason"' in page
    assert "- the time and IP address of the sign-up and the" in page
    assert "Stopped: no consent" in page, "its name is the desk's"


@pytest.mark.slow
def test_the_case_shows_rates_and_where_the_list_comes_from(otto: Desk, case: SentCampaign) -> None:
    declared = approve_origin(case.anna.account_id, case.anna.list_id)
    page = otto.page(f"cases/{open_case(case).id}/")
    assert "Campaign complaint rate" in page and "Campaign hard bounce rate" in page
    assert f"/desk/origins/{declared.id}/" in page and "List origin of Newsletter" in page
    assert f"/desk/accounts/{case.anna.account_id}/rates/" in page
