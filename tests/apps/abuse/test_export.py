"""A case as files: the operator's copy has everything, and what is passed on names neither reporter nor recipient."""

import base64
import io
import json
import zipfile

import pytest

from mailflatrate.apps.abuse.actions import answers, intake, measures
from mailflatrate.apps.abuse.actions.answers import Attachment
from mailflatrate.apps.abuse.actions.intake import PageReport
from mailflatrate.apps.abuse.actions.measures import CaseAction, MeasureOrder
from mailflatrate.apps.abuse.export import case_zip, xarf_reports
from mailflatrate.apps.abuse.models import CaseQuestion
from mailflatrate.apps.abuse.queries.case import CaseView, case_view
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.people import operator
from support.returned_mail import SentCampaign
from support.scope import rows, within


@pytest.fixture(scope="module")
def raw(sent: SentCampaign) -> bytes:
    """The message as its reader has it."""
    return sent.mail(0)


@pytest.fixture(scope="module")
def view(sent: SentCampaign, raw: bytes) -> CaseView:
    otto, reader = operator(), sent.reader(0)
    given = PageReport(
        raw=sent.mail(0),
        complaint="unasked",
        text="Stop it.",
        reporter=reader.email,
        reporter_name="Dora",
        language="en",
        ip="192.0.2.7",
        notice={},
        stop=True,
    )
    report, _found = intake.take_page_report(given)
    measures.take_measure(report.case_id, MeasureOrder(CaseAction.ASK, "Where from?"), by=otto)
    question_id = rows(PlatformReason.OPERATOR_DESK, CaseQuestion).get(case_id=report.case_id).id
    with tenancy.account(sent.anna.account_id):
        proof = Attachment("proof.png", b"\x89PNG\r\n\x1a\n....")
        answers.answer_question(question_id, "From our form.", by=sent.anna.owner, attachment=proof)
    found = within(PlatformReason.OPERATOR_DESK, case_view, report.case_id)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def files(view: CaseView) -> dict[str, bytes]:
    packed = within(PlatformReason.OPERATOR_DESK, case_zip, view)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_operator_s_copy_has_everything(sent: SentCampaign, raw: bytes, files: dict[str, bytes]) -> None:
    case = json.loads(files["case.json"])
    assert case["mailing"]["mailing_id"] == sent.campaign.mailing_id
    (report,) = case["reports"]
    assert (report["reporter"], report["text"]) == (sent.reader(0).email, "Stop it.")
    assert files[f"mails/report-{report['id']}.eml"] == raw
    assert json.loads(files["events.json"])
    (name,) = [name for name in files if name.endswith(".png")]
    assert name.startswith("questions/") and files[name].startswith(b"\x89PNG")
    (proof,) = [json.loads(content) for name, content in files.items() if name.startswith("proof/")]
    assert proof["address"] == sent.reader(0).email and proof["events"]


def test_what_is_passed_on_names_no_one(sent: SentCampaign, view: CaseView, files: dict[str, bytes]) -> None:
    (found,) = json.loads(files["xarf.json"])
    mail = base64.b64decode(found["evidence"][0]["payload"]).decode()
    for text in (files["xarf.json"].decode(), mail):
        assert sent.reader(0).email.partition("@")[0] not in text and "Dora" not in text
    assert found["subject"] == sent.campaign.subject and found["message_id"] == sent.campaign.mailing_id
    assert (found["category"], found["type"]) == ("messaging", "spam")
    again = within(PlatformReason.OPERATOR_DESK, xarf_reports, view)[0]["report_id"]
    assert found["report_id"] == again, "the same report has the same id each time"
