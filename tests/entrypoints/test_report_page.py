"""R-83: a citizen reports by mailing ID, by pasted header, by file; and the customer answers without knowing who."""

import base64
import hashlib
import io
import json
import re
import secrets
from html import unescape
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from desk_world import operator
from mailflatrate.apps.abuse import actions
from mailflatrate.apps.abuse.actions import Measure, Order
from mailflatrate.apps.abuse.models import Case, CaseKind, CaseQuestion, CaseState, Report
from mailflatrate.apps.accounts.models import Notice
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.tokens import Purpose
from returned_world import Sent, sent


@pytest.fixture(scope="module")
def case(database: str) -> Sent:
    """A mailing."""
    assert database
    return sent(people=6)


def report(status: int = 200, **given: object) -> str:
    """Fill in the form as a person does, a minute after it was shown."""
    moment = signing.dumps(["report", int(clock.now().timestamp()) - 60], salt="forms.shown")
    data = {"complaint": "unasked", "text": "I never asked for it.", "shown": moment} | given
    answer = Client(REMOTE_ADDR=f"203.0.113.{secrets.randbelow(250)}").post("/report/", data)
    assert answer.status_code == status, answer.content[-2000:]
    return answer.content.decode()


def last() -> Report:
    """The newest report."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return Report.objects.select_related("case").latest("id")


def test_by_pasted_header(case: Sent) -> None:
    page = report(about=case.mail(0).partition(b"\r\n\r\n")[0].decode())
    assert "Gärtnerei Lindenhof" in page
    assert "From now on no customer of ours" in page
    assert last().case.reference in page
    assert (case.suppressions(0), case.state(0)) == ([("complaint", False), ("complaint", True)], "unsubscribed")


def test_by_file(case: Sent) -> None:
    file = io.BytesIO(case.mail(1))
    file.name = "mail.eml"
    assert "From now on no customer of ours" in report(file=file)
    assert case.state(1) == "unsubscribed"


def test_a_chosen_file_need_not_be_chosen_again(case: Sent) -> None:
    """The form comes back with the mail in its text field: after haste, and after "only tell me who sent it"."""
    just_now = signing.dumps(["report", int(clock.now().timestamp())], salt="forms.shown")
    for answer in ({"shown": just_now}, {"who": "1"}):
        file = io.BytesIO(case.mail(5))
        file.name = "mail.eml"
        page = report(422 if "shown" in answer else 200, file=file, **answer)
        assert "it need not be chosen again" in page
        kept = re.search(r'<textarea name="about"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL)
        assert kept is not None
        assert case.state(5) == "confirmed"
    assert "From now on no customer of ours" in report(about=unescape(kept[1]))
    assert case.state(5) == "unsubscribed"


def test_by_mailing_id_and_a_mail_with_a_button(case: Sent) -> None:
    """The ID alone stops nothing; the address that got the mailing proves itself. Opening the link changes nothing."""
    typed = case.campaign.mailing_id.lower().replace("-", " ")
    assert "a mail with a button" in report(about=typed, reporter=case.reader(2).email)
    assert case.state(2) == "confirmed"
    filed = last()
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Notice.objects.filter(report_id=filed.id, recipient=case.reader(2).email).count() == 1
    url = f"/report/stop/{key_ring().seal(Purpose.CASE, 0, filed.id, extra=1)}"
    assert Client().get(url).status_code == 200
    assert case.state(2) == "confirmed"
    assert Client().post(url).status_code == 200
    assert case.suppressions(2) == [("complaint", False), ("complaint", True)]
    for token in (key_ring().seal(Purpose.CASE, 0, filed.id), secrets.token_hex(20)):
        assert Client().post(f"/report/stop/{token}").status_code == 404


def test_a_stranger_s_address_gets_no_mail(case: Sent) -> None:
    """Nobody is mailed because somebody typed his address, and the page does not tell who is on the list."""
    told = report(about=case.campaign.mailing_id, reporter="victim@elsewhere-example.de")
    assert "a mail with a button" in told
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert not Notice.objects.filter(recipient="victim@elsewhere-example.de").exists()


def test_who_sent_it_and_nothing_else(case: Sent) -> None:
    before = last().id
    assert "Gärtnerei Lindenhof" in report(about=case.campaign.mailing_id, who="1")
    report(422, about="0000-0000-9", who="1")
    assert Client().get(f"/report/?id={case.campaign.mailing_id}").status_code == 200
    assert last().id == before


def test_illegal_content_wants_a_whole_notice(case: Sent) -> None:
    """DSA Art. 16(2): reasons, place, name and address, good faith."""
    report(422, about=case.campaign.mailing_id, complaint="illegal", text="", reporter="")
    report(
        about=case.campaign.mailing_id, complaint="illegal", text="Forged medicine.", reporter="eve@people.example",
        reporter_name="Eve", good_faith="on",
    )  # fmt: skip
    filed = last()
    assert (filed.case.kind, filed.case.dangerous, filed.notice["good_faith"]) == (CaseKind.CONTENT, True, True)


def test_machines_are_kept_out(case: Sent) -> None:
    before = last().id
    report(about=case.campaign.mailing_id, topic_note="buy now")
    fresh = signing.dumps(["report", int(clock.now().timestamp())], salt="forms.shown")
    report(422, about=case.campaign.mailing_id, shown=fresh)
    assert last().id == before


def test_work_opens_the_page_once(case: Sent) -> None:
    """ALTCHA as on the forms: whoever lets his browser work may report again at once; a solution serves once (R-35)."""
    client = Client(REMOTE_ADDR="198.51.100.7")
    given = client.get("/report/task").json()
    moment = signing.dumps(["report", int(clock.now().timestamp()) - 60], salt="forms.shown")
    data = {"complaint": "unasked", "about": case.campaign.mailing_id, "shown": moment, "altcha": solved(given["task"])}
    assert client.post("/report/", data).status_code == 200
    assert client.post("/report/", data).status_code == 422, "the same solution"
    assert 'data-task="/report/task"' in client.get("/report/").content.decode()


def test_without_scripts_it_goes_seldom_and_without_the_page_never(case: Sent) -> None:
    client = Client(REMOTE_ADDR="198.51.100.8")
    moment = signing.dumps(["report", int(clock.now().timestamp()) - 60], salt="forms.shown")
    data = {"complaint": "unasked", "about": case.campaign.mailing_id}
    assert client.post("/report/", data).status_code == 422
    timed = data | {"shown": moment}
    answers = [client.post("/report/", timed).status_code for _ in range(6)]
    assert answers == [200, 200, 200, 200, 200, 422]


def solved(task: dict[str, Any]) -> str:
    """What the browser does."""
    for number in range(task["maxNumber"] + 1):
        if hashlib.sha256(f"{task['salt']}{number}".encode()).hexdigest() == task["challenge"]:
            fields = {key: task[key] for key in ("algorithm", "challenge", "salt", "signature")}
            return base64.b64encode(json.dumps({**fields, "number": number}).encode()).decode()
    raise AssertionError("no number fits")


def test_the_customer_answers_in_the_studio_and_learns_nobody_s_name(case: Sent) -> None:
    report(about=case.mail(3).decode(), reporter="dora.secret@people.example", reporter_name="Dora Geheim")
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        found = Case.objects.exclude(state=CaseState.CLOSED).get(
            account_id=case.anna.account_id, kind=CaseKind.COMPLAINT
        )
    actions.take_measure(found.id, Order(Measure.ASK, "Where did they sign up?"), by=operator())
    with tenancy.account(case.anna.account_id):
        question = CaseQuestion.objects.latest("id")
    url = f"/studio/questions/{question.id}/"
    pages = case.anna.client.get("/studio/questions/").content + case.anna.client.get(url).content
    assert "Where did they sign up?" in pages.decode()
    for secret in ("dora.secret", "Geheim", "I never asked for it.", case.reader(3).email):
        assert secret not in pages.decode()
    assert case.anna.client.post(url, {"text": ""}).status_code == 422
    proof = io.BytesIO(b"%PDF-1.7 proof")
    proof.name = "proof.pdf"
    assert case.anna.client.post(url, {"text": "On our page.", "file": proof}).status_code == 303
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Case.objects.get(id=found.id).state == CaseState.ANSWERED
