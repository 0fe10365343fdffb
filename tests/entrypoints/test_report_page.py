"""R-83: a citizen reports by mailing ID, by pasted header, by file; and the customer answers without knowing who."""

import base64
import hashlib
import io
import json
import re
import secrets
import zipfile
from html import unescape
from itertools import count
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from mailflatrate.apps.abuse.actions import measures
from mailflatrate.apps.abuse.actions.measures import CaseAction, MeasureOrder
from mailflatrate.apps.abuse.models import Case, CaseKind, CaseQuestion, CaseState, Report
from mailflatrate.apps.accounts.actions import keys
from mailflatrate.apps.accounts.models import KeyScope, Notice
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.mailing_id import new_mailing_id
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from outlook_file import saved
from support.api import program_of
from support.customers import Customer
from support.people import operator
from support.returned_mail import SentCampaign, sent_campaign

NETWORKS = count(1)
"""Each reporter comes from another network, which no other test uses, so that no limit for one is met by chance."""


@pytest.fixture(scope="module")
def case(database: str) -> SentCampaign:
    assert database
    return sent_campaign(people=8)


def report(status: int = 200, **given: object) -> str:
    """Fill in the form as a person does, a minute after it was shown."""
    number = next(NETWORKS)
    moment = signing.dumps(["report", int(clock.now().timestamp()) - 60], salt="forms.shown")
    data = {"complaint": "unasked", "text": "I never asked for it.", "shown": moment} | given
    answer = Client(REMOTE_ADDR=f"198.18.{number // 250}.{number % 250}").post("/report/", data)
    assert answer.status_code == status, answer.content[-2000:]
    return answer.content.decode()


def last() -> Report:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return Report.objects.select_related("case").latest("id")


def test_by_pasted_header(case: SentCampaign) -> None:
    page = report(about=case.mail(0).partition(b"\r\n\r\n")[0].decode())
    assert "Gärtnerei Lindenhof" in page
    assert "email the recipient of this message again" in page
    assert last().case.reference in page
    assert (case.suppressions(0), case.state(0)) == ([("unsubscribe", False)], "unsubscribed")


def test_by_file(case: SentCampaign) -> None:
    file = io.BytesIO(case.mail(1))
    file.name = "mail.eml"
    assert "email the recipient of this message again" in report(file=file)
    assert case.state(1) == "unsubscribed"


def test_a_chosen_file_need_not_be_chosen_again(case: SentCampaign) -> None:
    """The form returns with the message in its text field: after haste, and after "only tell me who sent it"."""
    just_now = signing.dumps(["report", int(clock.now().timestamp())], salt="forms.shown")
    # A mail with its token needs no waiting; without one it is as if the ID had been typed.
    stripped = f"From: news@lindenhof.example\r\nX-Mailing-ID: {case.campaign.mailing_id}\r\n\r\nBulbs.\r\n".encode()
    for answer, content in (({"shown": just_now}, stripped), ({"who": "1"}, case.mail(5))):
        file = io.BytesIO(content)
        file.name = "mail.eml"
        page = report(422 if "shown" in answer else 200, file=file, **answer)
        assert "We've read your file and pasted its contents above" in page
        kept = re.search(r'<textarea name="about"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL)
        assert kept is not None
        assert case.state(5) == "confirmed"
    assert "email the recipient of this message again" in report(about=unescape(kept[1]))
    assert case.state(5) == "unsubscribed"


def test_by_mailing_id_and_a_mail_with_a_button(case: SentCampaign) -> None:
    """The ID alone stops nothing; the address that got the campaign proves itself. Opening the link changes nothing."""
    typed = case.campaign.mailing_id.lower().replace("-", " ")
    assert "If the email was sent to the address you gave, we" in report(about=typed, reporter=case.reader(2).email)
    assert case.state(2) == "confirmed"
    filed = last()
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Notice.objects.filter(report_id=filed.id, recipient=case.reader(2).email).count() == 1
    url = f"/report/stop/{key_ring().seal(TokenPurpose.CASE, 0, filed.id, extra=1)}"
    assert Client().get(url).status_code == 200
    assert case.state(2) == "confirmed"
    assert Client().post(url).status_code == 200
    assert case.suppressions(2) == [("complaint", False), ("complaint", True)]
    for token in (key_ring().seal(TokenPurpose.CASE, 0, filed.id), secrets.token_hex(20)):
        assert Client().post(f"/report/stop/{token}").status_code == 404


def test_a_stranger_s_address_gets_no_mail(case: SentCampaign) -> None:
    """No one is mailed because a visitor typed their address, and the page does not tell who is on the list."""
    told = report(about=case.campaign.mailing_id, reporter="victim@elsewhere-example.de")
    assert "If the email was sent to the address you gave, we" in told
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert not Notice.objects.filter(recipient="victim@elsewhere-example.de").exists()


def test_who_sent_it_and_nothing_else(case: SentCampaign) -> None:
    before = last().id
    assert "Gärtnerei Lindenhof" in report(about=case.campaign.mailing_id, who="1")
    report(422, about="0000-0000-9", who="1")
    assert Client().get(f"/report/?id={case.campaign.mailing_id}").status_code == 200
    assert last().id == before


def test_illegal_content_wants_a_whole_notice(case: SentCampaign) -> None:
    """DSA Art. 16(2): reasons, place, name and address, good faith."""
    report(422, about=case.campaign.mailing_id, complaint="illegal", text="", reporter="")
    report(
        about=case.campaign.mailing_id,
        complaint="illegal",
        text="Forged medicine.",
        reporter="eve@people.example",
        reporter_name="Eve",
        good_faith="on",
    )
    filed = last()
    assert (filed.case.kind, filed.case.dangerous, filed.notice["good_faith"]) == (CaseKind.CONTENT, True, True)


def test_machines_are_kept_out(case: SentCampaign) -> None:
    before = last().id
    report(about=case.campaign.mailing_id, topic_note="buy now")
    fresh = signing.dumps(["report", int(clock.now().timestamp())], salt="forms.shown")
    report(422, about=case.campaign.mailing_id, shown=fresh)
    assert last().id == before


def test_work_opens_the_page_once(case: SentCampaign) -> None:
    """ALTCHA as on the forms: browsers that do the work may report again at once; a solution serves once (R-35)."""
    client = Client(REMOTE_ADDR="198.51.100.7")
    given = client.get("/report/task").json()
    moment = signing.dumps(["report", int(clock.now().timestamp()) - 60], salt="forms.shown")
    data = {"complaint": "unasked", "about": case.campaign.mailing_id, "shown": moment, "altcha": solved(given["task"])}
    assert client.post("/report/", data).status_code == 200
    assert client.post("/report/", data).status_code == 422, "the same solution"
    assert 'data-task="/report/task"' in client.get("/report/").content.decode()


def test_a_link_with_the_id_and_the_work_done_is_never_too_fast(case: SentCampaign) -> None:
    """The ID came with the link, so there is nothing to type, and a browser did the work."""
    client = Client(REMOTE_ADDR="198.51.100.9")
    given = client.get("/report/task").json()
    fresh = signing.dumps(["report", int(clock.now().timestamp())], salt="forms.shown")
    data = {"complaint": "unasked", "about": case.campaign.mailing_id, "shown": fresh}
    assert client.post("/report/", data | {"altcha": solved(given["task"])}).status_code == 200
    assert client.post("/report/", data).status_code == 422, "in a hurry, and no work"


def test_without_scripts_it_goes_seldom_and_without_the_page_never(case: SentCampaign) -> None:
    client = Client(REMOTE_ADDR="198.51.100.8")
    moment = signing.dumps(["report", int(clock.now().timestamp()) - 60], salt="forms.shown")
    data = {"complaint": "unasked", "about": case.campaign.mailing_id}
    assert client.post("/report/", data).status_code == 422
    timed = data | {"shown": moment}
    answers = [client.post("/report/", timed).status_code for _ in range(6)]
    assert answers == [200, 200, 200, 200, 200, 422]


def solved(task: dict[str, Any]) -> str:
    for number in range(task["maxNumber"] + 1):
        if hashlib.sha256(f"{task['salt']}{number}".encode()).hexdigest() == task["challenge"]:
            fields = {key: task[key] for key in ("algorithm", "challenge", "salt", "signature")}
            return base64.b64encode(json.dumps({**fields, "number": number}).encode()).decode()
    raise AssertionError("no number fits")


def test_the_customer_answers_in_the_studio_and_learns_nobody_s_name(case: SentCampaign) -> None:
    report(about=case.mail(3).decode(), reporter="dora.secret@people.example", reporter_name="Dora Geheim")
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        found = Case.objects.exclude(state=CaseState.CLOSED).get(
            account_id=case.anna.account_id, kind=CaseKind.COMPLAINT
        )
    measures.take_measure(found.id, MeasureOrder(CaseAction.ASK, "Where did they sign up?"), by=operator())
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


def given_file(name: str, content: bytes) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


OTHER_MAIL = (
    b"Received: from mx.shop.example\r\nFrom: Shop <news@other-service.example>\r\nSubject: Sale\r\n"
    b"Message-ID: <1@other-service.example>\r\n\r\nBuy now.\r\n"
)


@pytest.mark.parametrize(
    ("given", "english", "german"),
    [
        ({"file": ("shot.png", b"\x89PNG\r\n\x1a\n" + bytes(90))}, "This is an image", "Das ist ein Bild"),
        ({"file": ("shot.heic", b"\0\0\0\x18ftypheic" + bytes(90))}, "This is an image", "Das ist ein Bild"),
        ({"file": ("page.pdf", b"%PDF-1.7\n")}, "This is an image", "Das ist ein Bild"),
        ({"file": ("m.eml", OTHER_MAIL)}, "news@other-service.example", "news@other-service.example"),
        (
            {"about": OTHER_MAIL.decode()},
            "it probably wasn&#x27;t sent through us",
            "sie kam also wahrscheinlich nicht über uns",
        ),
        ({"about": "4K7Q-92XD-9"}, "one character is wrong", "In dieser Mailing-ID stimmt ein Zeichen nicht"),
        (
            {"about": "no idea"},
            "The mailing ID is at the bottom of the email",
            "Die Mailing-ID finden Sie am Ende der E-Mail",
        ),
    ],
)
def test_every_answer_says_what_to_do_next(
    case: SentCampaign, given: dict[str, Any], english: str, german: str
) -> None:
    """None of our campaigns is named: no case, and no dead end, in both languages; a person can still be asked for."""
    before = last().id
    for who in ({}, {"who": "1"}):
        given_now = {name: given_file(*value) if name == "file" else value for name, value in given.items()}
        said = report(422, **given_now, **who)
        assert english in said, said
        assert ("Review this anyway, even though no matching email was found" in said) is (not who)
    given_now = {name: given_file(*value) if name == "file" else value for name, value in given.items()}
    moment = signing.dumps(["report", int(clock.now().timestamp()) - 60], salt="forms.shown")
    data = {"complaint": "unasked", "shown": moment, **given_now}
    answer = Client(REMOTE_ADDR="203.0.113.251", headers={"accept-language": "de"}).post("/report/", data)
    assert (answer.status_code, german in answer.content.decode()) == (422, True), answer.content.decode()
    assert last().id == before
    given_now = {name: given_file(*value) if name == "file" else value for name, value in given.items()}
    assert "didn't give an email address, so we can" in report(anyway="on", **given_now)
    assert (last().id > before, last().case.campaign_id) == (True, None)


def test_a_well_formed_id_that_nobody_has(case: SentCampaign) -> None:
    assert "Check it against the bottom of the email, or paste the" in report(422, about=new_mailing_id())


def test_whoever_hands_in_the_mail_itself_chooses_the_file_once(case: SentCampaign) -> None:
    """Its token proves more than work or time would."""
    said = report(file=given_file("mail.eml", case.mail(6)), shown="")
    assert "email the recipient of this message again" in said
    assert case.state(6) == "unsubscribed"


def test_by_a_mail_that_outlook_saved(case: SentCampaign) -> None:
    head, _, body = case.mail(4).partition(b"\r\n\r\n")
    fields = "\r\n".join(line for line in head.decode().split("\r\n") if not line.startswith("Content-Type"))
    file = saved(fields + "\r\n", body.decode())
    assert "email the recipient of this message again" in report(file=given_file("mail.msg", file))
    assert case.state(4) == "unsubscribed"
    assert "Paste the email headers instead" in report(422, file=given_file("mail.msg", file[:700]))


def test_no_page_and_no_file_of_the_customer_tells_who_reported(case: SentCampaign) -> None:
    """R-80: pages, the person's file, exports and the API; the reporter wrote from an address other than theirs."""
    answer = Client(REMOTE_ADDR="198.51.100.99").post("/report/", {
        "complaint": "unasked", "text": "Stop this nonsense-4711.", "reporter": "eve.secret@elsewhere-example.de",
        "reporter_name": "Eve Geheim", "file": given_file("mail.eml", case.mail(7)),
    })  # fmt: skip
    assert answer.status_code == 200
    contact, campaign, client = case.reader(7), case.campaign.id, case.anna.client
    with tenancy.account(case.anna.account_id):
        key = keys.make_api_key(
            case.anna.account_id, "All", {KeyScope.READ}, expires_at=None, by=case.anna.owner
        ).secret
    seen = []
    for name, args in (("home", []), ("account-status", []), ("questions", []), ("contact", [contact.id]),
                       ("campaign", [campaign]), ("campaign-recipients", [campaign]),
                       ("campaign-export", [campaign])):  # fmt: skip
        page = client.get(reverse(f"studio:{name}", args=args))
        assert page.status_code == 200, name
        seen.append(page.getvalue())
    file = client.post(reverse("studio:contact-data", args=[contact.id]))
    assert file.status_code == 200, "the person's own file"
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        seen += [archive.read(name) for name in archive.namelist()]
    for resource in ("complaints", "measures", "questions", "suppressions", f"contacts/{contact.id}",
                     f"campaigns/{campaign}/report"):  # fmt: skip
        told = Client().get(f"/api/v1/{resource}", headers={"authorization": f"Bearer {key}"})
        assert told.status_code == 200, resource
        seen.append(told.content)
    carla = program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen"))
    for resource in ("complaints", "measures", "questions", "suppressions"):
        assert carla.get(f"/{resource}")["items"] == [], "another customer sees nothing of it"
    with tenancy.account(case.anna.account_id):
        seen += [json.dumps(row.evidence).encode() for row in Suppression.objects.all()]
    whole = b"\n".join(seen)
    assert contact.email.encode() in whole, "whose address is suppressed is no secret"
    for secret in ("eve.secret", "Geheim", "nonsense-4711", "198.51.100.99"):
        assert secret.encode() not in whole, secret
