"""Requests to lift a suppression: the customer asks, only an operator decides, and strangers see nothing of it."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.actions.erasure import erase_person
from mailflatrate.apps.suppression import actions
from mailflatrate.apps.suppression.actions import SuppressionError, address_key, decide_lift
from mailflatrate.apps.suppression.models import LiftRequest, Suppression
from mailflatrate.apps.suppression.queries import is_suppressed
from mailflatrate.base import audit, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.customers import Customer, sending_customer
from support.desk import Desk
from support.lifts import lift_asked, suppressed
from support.people import browser, person

WHY = "She called us today & wants <b>our</b> news."


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=2)


def dora(anna: Customer) -> str:
    with tenancy.account(anna.account_id):
        return str(Contact.objects.order_by("id")[0].email)


def requests(anna: Customer) -> list[LiftRequest]:
    with tenancy.account(anna.account_id):
        return list(LiftRequest.objects.order_by("id"))


def page(anna: Customer) -> str:
    return anna.client.get("/studio/suppressions/").content.decode()


def decide(otto: Desk, request: LiftRequest, verdict: str, answer: str = "We heard the recording.") -> int:
    given = {"verdict": verdict, "answer": answer}
    return int(otto.client.post(f"/desk/lift-requests/{request.id}/decide/", given).status_code)


def run(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))


def is_held(anna: Customer, email: str) -> bool:
    with tenancy.account(anna.account_id):
        return is_suppressed(address_key(email))


def test_asked_granted_and_on_record(anna: Customer, otto: Desk) -> None:
    email = dora(anna)
    suppression_id = suppressed(anna, email)
    url = f"/studio/suppressions/{suppression_id}/lift/"
    assert url in page(anna)
    assert email in anna.client.get(url).content.decode()
    assert anna.client.post(url, {"reason": "   "}).status_code == 422
    assert anna.client.post(url, {"reason": WHY}).status_code == 303
    assert anna.client.post(url, {"reason": "Again"}).status_code == 422, "one request at a time"
    assert "Waiting for our team" in page(anna)
    waiting = otto.page("lift-requests/")
    assert "She called us today &amp; wants &lt;b&gt;our&lt;/b&gt; news." in waiting
    assert email in waiting
    (asked,) = requests(anna)
    assert decide(otto, asked, "grant", "  ") == 422
    assert is_held(anna, email)
    assert decide(otto, asked, "grant") == 303
    assert not is_held(anna, email)
    shown = page(anna)
    assert "We heard the recording." in shown
    assert url not in shown
    assert decide(otto, asked, "refuse") == 422, "decided once"
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        lines = AuditEntry.objects.filter(subject=f"suppression:{suppression_id}").order_by("id")
        assert [line.action for line in lines] == [
            "suppression.lift_asked",
            "suppression.lifted",
            "suppression.lift_granted",
        ]
        lifted = Suppression.objects.get(id=suppression_id)
    assert otto.user.email in lifted.lifted_reason
    activity = anna.client.get("/studio/settings/activity/").content.decode()
    assert "Requested suppression lifted" in activity
    assert otto.user.email not in activity


def test_refused_with_a_reason_and_still_suppressed(anna: Customer, otto: Desk) -> None:
    lift_asked(anna, dora(anna))
    (asked,) = requests(anna)
    assert decide(otto, asked, "refuse", "A complaint stays.") == 303
    assert is_held(anna, dora(anna))
    assert "A complaint stays." in page(anna)
    assert "Not lifted" in page(anna)


def test_what_a_sign_up_ends_needs_no_request(anna: Customer) -> None:
    suppression_id = suppressed(anna, dora(anna), SuppressionReason.UNSUBSCRIBE)
    url = f"/studio/suppressions/{suppression_id}/lift/"
    assert url not in page(anna)
    assert "sign up again" in anna.client.get(url).content.decode()
    assert anna.client.post(url, {"reason": WHY}).status_code == 422
    assert requests(anna) == []


def test_a_stranger_and_a_lesser_role(anna: Customer) -> None:
    suppression_id = lift_asked(anna, dora(anna))
    url = f"/studio/suppressions/{suppression_id}/lift/"
    carla = sending_customer(people=0)
    assert carla.client.get(url).status_code == carla.client.post(url, {"reason": WHY}).status_code == 404
    assert "She called us" not in page(carla)
    viewer = browser(person(anna.account_id, "Ben", Role.VIEWER))
    assert viewer.post(url, {"reason": WHY}).status_code == 403
    (asked,) = requests(anna)
    for client in (Client(), anna.client, carla.client):
        answer = client.post(f"/desk/lift-requests/{asked.id}/decide/", {"verdict": "grant", "answer": "ok"})
        assert answer.status_code in (302, 403, 404)
        assert client.get("/desk/lift-requests/").status_code in (302, 403, 404)
    for someone in (anna.owner, carla.owner):
        with pytest.raises(SuppressionError, match="Only a reviewer"):
            decide_lift(asked.id, reviewer=someone, is_granted=True, answer="ok")
    assert is_held(anna, dora(anna))


def test_one_of_the_platform_is_found_only_for_an_own_contact(anna: Customer, otto: Desk) -> None:
    email = dora(anna)
    suppressed(anna, email, SuppressionReason.COMPLAINT, everywhere=True)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        row = Suppression.objects.get(account_id=None, address_key=address_key(email), lifted_at=None)
    url = f"/studio/suppressions/{row.id}/lift/"
    carla = sending_customer(people=0)
    assert carla.client.get(url).status_code == 404
    assert anna.client.post(url, {"reason": WHY}).status_code == 303
    assert "all senders on our platform" in otto.page("lift-requests/")
    (asked,) = requests(anna)
    assert decide(otto, asked, "grant") == 303
    assert is_held(anna, email), "the account's own row is another decision"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE lift_request SET state = 'granted'",
        "UPDATE lift_request SET reason = 'x'",
        "DELETE FROM lift_request",
        "INSERT INTO lift_request (account_id, suppression_id, state, reason, asked_by_id, asked_at, decided_by_id,"
        " decided_at) SELECT account_id, suppression_id, 'granted', 'x', asked_by_id, now(), asked_by_id, now()"
        " FROM lift_request",
    ],
)
def test_an_account_decides_nothing_by_sql(anna: Customer, statement: str) -> None:
    lift_asked(anna, dora(anna))
    with tenancy.account(anna.account_id), pytest.raises(DatabaseError), transaction.atomic():
        run(statement)
    assert [each.state for each in requests(anna)] == ["asked"]


def test_another_accounts_suppression_is_refused_by_the_database(anna: Customer) -> None:
    suppression_id = suppressed(anna, dora(anna))
    carla = sending_customer(people=0)
    statement = (
        "INSERT INTO lift_request (account_id, suppression_id, state, reason, asked_by_id, asked_at)"
        " VALUES (%s, %s, 'asked', 'x', %s, now())"
    )
    with tenancy.account(carla.account_id), pytest.raises(DatabaseError), transaction.atomic():
        run(statement, carla.account_id, suppression_id, carla.owner.id)


def test_a_decision_is_never_changed(anna: Customer, otto: Desk) -> None:
    lift_asked(anna, dora(anna))
    (asked,) = requests(anna)
    decide(otto, asked, "refuse")
    with tenancy.platform(PlatformReason.OPERATOR_DESK), pytest.raises(DatabaseError), transaction.atomic():
        LiftRequest.objects.filter(id=asked.id).update(state="granted")


def test_only_so_many_wait(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_OPEN_REQUESTS", 2)
    for number in range(2):
        lift_asked(anna, f"p{number}@people.example")
    with pytest.raises(SuppressionError, match="answer them first"):
        lift_asked(anna, "p3@people.example")


def test_erasing_a_person_wipes_what_was_written_about_them(anna: Customer) -> None:
    lift_asked(anna, dora(anna), "She is ill.")
    with tenancy.account(anna.account_id):
        erase_person(Contact.objects.get(email=dora(anna)).id, by=audit.person(anna.owner), source="test")
    assert [each.reason for each in requests(anna)] == [""]
