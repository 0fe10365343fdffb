"""Forms, segments, templates, images, senders, and account matters; reports for everyone."""

import io
import json
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.abuse.actions.measures import CaseAction as CaseMeasure
from mailflatrate.apps.abuse.actions.measures import MeasureOrder, take_measure
from mailflatrate.apps.abuse.models import Case, Report
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.stats.models import Measure
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.links import LinkKind, link_prefix
from mailflatrate.rules.limits import value
from mailflatrate.settings import load_settings
from support.api import ROOT, Program, good, problem, program_of
from support.customers import Customer
from support.forms import FormCustomer, fresh_address
from support.origins import picture
from support.people import operator


@pytest.fixture
def shop(home: FormCustomer) -> Program:
    return program_of(home.anna)


@pytest.fixture(scope="module")
def carla(home: FormCustomer) -> Program:
    return program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen"))


def test_a_form_and_its_codes(home: FormCustomer, shop: Program, carla: Program) -> None:
    (form,) = shop.get("/forms")["items"]
    path = f"/forms/{home.form_id}"
    assert shop.get(path) == form
    assert (form["state"], form["list_id"], form["version"]) == ("published", home.anna.list_id, 1)
    embeds = shop.get(f"{path}/embeds")
    assert all(home.code in embeds[kind] for kind in ("script", "frame", "html"))
    assert embeds["wording"] in embeds["html"] or embeds["wording"]
    dora = fresh_address()
    home.sign_up(dora)
    rows = shop.get(f"{path}/requests?limit=1")["items"]
    assert [(row["email"], row["kind"], row["state"]) for row in rows] == [(dora, "form", "queued")]
    for each in (path, f"{path}/embeds", f"{path}/requests"):
        assert carla.refused("GET", each) == (404, "not-found")
    assert carla.get("/forms")["items"] == []


def test_a_segment_is_saved_counted_replaced_and_forgotten(home: FormCustomer, shop: Program, carla: Program) -> None:
    kiel = {"name": "Kiel", "conditions": [{"field": "attribute", "key": "city", "op": "equals", "value": "Kiel"}]}
    made = shop.post("/segments", kiel, 201)
    path = f"/segments/{made['id']}"
    assert made["people"] == 3
    assert shop.refused("POST", "/segments", kiel) == (409, "already-exists"), "the name is taken"
    wrong = {"name": "x", "conditions": [{"field": "sql", "op": "equals", "value": "1; DROP TABLE contact"}]}
    assert shop.refused("POST", "/segments", wrong) == (422, "refused")
    empty = good(
        shop.call(
            "PUT", path, {"name": "Nobody", "conditions": [{"field": "first_name", "op": "equals", "value": "Nobody"}]}
        )
    )
    assert (empty["name"], empty["people"]) == ("Nobody", 0)
    for method, data in (("GET", None), ("PUT", kiel), ("DELETE", None)):
        assert carla.refused(method, path, data) == (404, "not-found")
    assert [row["id"] for row in shop.get("/segments")["items"]] == [made["id"]]
    assert good(shop.call("DELETE", path)) == {"done": True}
    assert shop.refused("GET", path) == (404, "not-found")


def test_templates_are_kept_and_used(home: FormCustomer, shop: Program, carla: Program) -> None:
    ours = shop.get("/templates/gallery?language=de")["items"]
    assert (len(ours), len({one["family"] for one in ours})) == (30, 6)
    draft = shop.post("/campaigns", {"name": "One", "subject": "Hello", "content": "# Hi"}, 201)
    kept = shop.post("/templates", {"campaign_id": draft["id"], "name": "Plain"}, 201)
    assert shop.refused("POST", "/templates", {"campaign_id": draft["id"], "name": "Plain"}) == (409, "already-exists")
    begun = shop.post("/campaigns", {"name": "Two", "template_id": kept["id"]}, 201)
    assert (begun["subject"], begun["content"]) == ("Hello", "# Hi")
    assert carla.refused("POST", "/templates", {"campaign_id": draft["id"], "name": "x"}) == (404, "not-found")
    assert carla.refused("POST", "/campaigns", {"name": "x", "template_id": kept["id"]}) == (404, "not-found")
    assert carla.refused("DELETE", f"/templates/{kept['id']}") == (404, "not-found")
    assert carla.get("/templates")["items"] == []
    assert good(shop.call("DELETE", f"/templates/{kept['id']}")) == {"done": True}
    assert shop.get("/templates")["items"] == []


def test_pictures_are_told_by_their_content(home: FormCustomer, shop: Program, carla: Program) -> None:
    def named(data: bytes, name: str) -> io.BytesIO:
        file = io.BytesIO(data)
        file.name = name
        return file

    made = good(shop.upload("/media", {"file": named(picture(), "bulbs.gif"), "alt": "Bulbs"}), 201)
    assert (made["alt"], made["width"]) == ("Bulbs", 30)
    local = made["url"].removeprefix(load_settings().public_url)
    assert Client().get(local).status_code == 200
    for data in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a broken", b"\x89PNG\r\n\x1a\n"):
        answer = shop.upload("/media", {"file": named(data, "x.png")})
        assert problem(answer)[0] == 422, data
    path = f"/media/{made['id']}"
    assert good(shop.call("PATCH", path, {"alt": "Tulips"}))["alt"] == "Tulips"
    assert good(shop.call("PATCH", path, {"made_by_ai": True}))["made_by_ai"] is True
    kept = good(shop.call("PATCH", path, {"name": "tulips"}))
    assert (kept["alt"], kept["made_by_ai"]) == ("Tulips", True)
    for method, data in (("PATCH", {"alt": "x"}), ("DELETE", None)):
        assert carla.refused(method, path, data) == (404, "not-found")
    assert carla.get("/media")["items"] == []
    assert [row["id"] for row in shop.get("/media")["items"]] == [made["id"]]
    assert good(shop.call("DELETE", path)) == {"done": True}


def test_sender_domains_and_their_records(home: FormCustomer, shop: Program, carla: Program) -> None:
    (known,) = shop.get("/sender-domains")["items"]
    assert (known["name"], known["state"]) == ("lindenhof.example", "verified")
    assert known["senders"][0]["email"] == "news@lindenhof.example"
    assert shop.refused("POST", "/sender-domains", {"name": "gmail.com"}) == (422, "refused")
    assert shop.refused("POST", "/sender-domains", {"name": "no domain"}) == (422, "refused")
    made = shop.post("/sender-domains", {"name": "letters.lindenhof.example"}, 201)
    assert {record["kind"] for record in made["records"]} == {"dkim", "spf", "mx", "dmarc"}
    assert all(record["state"] == "waiting" and record["value"] for record in made["records"])
    path = f"/sender-domains/{made['id']}"
    sender = {"email": "hello@letters.lindenhof.example", "display_name": "Lindenhof"}
    added = shop.post(f"{path}/senders", sender, 201)
    assert added["verified_at"] is None
    draft = {"name": "x", "sender_id": added["id"]}
    assert shop.refused("POST", "/campaigns", draft) == (422, "invalid"), "an unproved domain sends nothing"
    assert shop.refused("POST", f"{path}/senders", sender | {"email": "a@elsewhere.example"}) == (422, "refused")
    for method, where, data in (
        ("GET", path, None),
        ("POST", f"{path}/check", {}),
        ("POST", f"{path}/senders", sender),
    ):
        assert carla.refused(method, where, data) == (404, "not-found")
    assert carla.get("/sender-domains")["items"] == []


@pytest.fixture(scope="module")
def trouble(home: FormCustomer) -> dict[str, Any]:
    campaign = home.anna.sending("Complained of")
    with tenancy.account(home.account_id):
        delivery = Delivery.objects.filter(campaign=campaign).order_by("id")[0]
        Feedback.objects.create(
            delivery_id=delivery.id, campaign=campaign, contact_id=delivery.contact_id, kind=FeedbackKind.COMPLAINT
        )
    with tenancy.platform(PlatformReason.ACCOUNT_STATUS):
        Measure.objects.create(
            account_id=home.account_id, campaign=campaign, scope="mailing", cause="complaints", level=1, rule="R-86",
            events=3, base=1000, limit_percent=0.1,
        )  # fmt: skip
    return {"campaign": campaign, "delivery": delivery}


def test_everybody_may_report_and_the_sender_learns_nothing(
    home: FormCustomer, shop: Program, carla: Program, trouble: dict[str, Any]
) -> None:
    campaign = trouble["campaign"]
    reporter = "dora@people.example"
    given = {"about": campaign.mailing_id, "text": "I never asked for it.", "reporter": reporter}
    filed = good(_report(given), 201)
    assert filed["sender"] == "Gärtnerei Lindenhof"
    assert (filed["stopped"], bool(filed["reference"])) == (False, True)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        case = Case.objects.get(reference=filed["reference"])
        assert Report.objects.get(case=case).reporter == reporter
    take_measure(case.id, MeasureOrder(CaseMeasure.ASK, "Where did she sign up?"), by=operator())
    (question,) = shop.get("/questions")["items"]
    assert (question["campaign_id"], question["text"]) == (campaign.id, "Where did she sign up?")
    (measure,) = shop.get("/measures")["items"]
    assert "3 of 1,000" in measure["sentence"]
    (complaint,) = shop.get("/complaints")["items"]
    assert set(complaint) == {"id", "campaign_id", "at"}
    seen = json.dumps([shop.get(path) for path in ("/questions", "/measures", "/complaints", "/me")])
    assert "dora" not in seen
    for path in ("/questions", "/measures", "/complaints"):
        assert carla.get(path)["items"] == []


def _report(given: dict[str, Any], ip: str = "192.0.2.9") -> Any:
    return Client(REMOTE_ADDR=ip).post(f"{ROOT}/reports", json.dumps(given), content_type="application/json")


def test_the_mail_itself_stops_the_mails(home: FormCustomer, trouble: dict[str, Any]) -> None:
    """Having the message means having its token."""
    delivery = trouble["delivery"]
    token = key_ring().seal(TokenPurpose.UNSUBSCRIBE, home.account_id, delivery.id, 0)
    url = link_prefix(load_settings().public_url, LinkKind.UNSUBSCRIBE) + token
    mail = f"From: news@lindenhof.example\r\nSubject: x\r\nList-Unsubscribe: <{url}>\r\n\r\nHello\r\n"
    assert good(_report({"mail": mail}), 201)["stopped"] is True


@pytest.mark.parametrize(
    "given",
    [{}, {"about": "  "}, {"about": "x", "complaint": "nonsense"}, {"about": "x", "complaint": "illegal"},
     {"about": "x", "reporter": "nobody"}, {"about": "x", "evidence": 1}],
)  # fmt: skip
def test_an_incomplete_report_says_what_is_missing(home: FormCustomer, given: dict[str, Any]) -> None:
    answer = _report(given)
    assert problem(answer) == (422, "invalid")
    assert json.loads(answer.content)["errors"][0]["pointer"].startswith("body")


def test_reports_from_one_network_are_limited(home: FormCustomer) -> None:
    for _number in range(int(value("reports_unproven_per_network_hour"))):
        assert _report({"about": "somewhere"}, ip="192.0.2.77").status_code == 201
    assert problem(_report({"about": "somewhere"}, ip="192.0.2.77")) == (429, "rate-limited")
    assert _report({"about": "somewhere"}, ip="198.51.100.78").status_code == 201
