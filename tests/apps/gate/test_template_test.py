"""Tests of a transactional template: to the account's own people, never to anyone else, and only as it was shown."""

import re
from email import message_from_bytes, policy

import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Notice, NoticeKind, Role, User
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.delivery.jobs import queue_notice
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.gate import test_quota
from mailflatrate.apps.gate.template_test import send_template_test
from mailflatrate.apps.transactional.actions.templates import save_draft
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.apps.transactional.models import TemplateVersion
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.cast import per_test
from support.customers import Customer
from support.people import browser, followed, person
from support.scope import rows, within
from support.transactional import sent, service_sender, with_template

anna = per_test(lambda: Customer.vetted().with_imprint().signed_in())


@pytest.fixture
def version(anna: Customer) -> TemplateVersion:
    sender = within(anna, service_sender)
    version_id = with_template(anna, sender)
    return rows(anna, TemplateVersion).get(id=version_id)


def queued_tests(anna: Customer) -> list[Notice]:
    return list(rows(anna, Notice).filter(kind=NoticeKind.TEST).order_by("id"))


def received(anna: Customer, notice: Notice) -> list[bytes]:
    queue_notice(anna.account_id, notice.id)
    chunk_id = rows(anna, Delivery).get(notice=notice).chunk_id
    return sent(anna.account_id, chunk_id)


def test_a_colleague_gets_the_draft_with_its_sample_data_marked_as_a_test(
    anna: Customer, version: TemplateVersion
) -> None:
    """As it was when it was sent, also if the draft changes meanwhile; its own link says that it was a test."""
    path, me = f"/studio/transactional/templates/{version.template_id}/", anna.owner.email.lower()
    assert "Send a test" in anna.page(path.removeprefix("/studio/"))
    assert "1 test message sent." in followed(anna.client, f"{path}test/", {"recipients": [me]})
    within(anna, save_draft, version.id, {"subject": "Changed", "content": "Changed"}, by=anna.owner)
    (notice,) = queued_tests(anna)
    (raw,) = received(anna, notice)
    mail = message_from_bytes(raw, policy=policy.default)
    body = mail.get_body(("plain",))
    text = body.get_content() if body else ""
    assert (mail["To"], mail["Subject"]) == (me, "[Test] Order 4711 was shipped")
    assert "Hello Dora" in text and "20 × Snowdrops" in text
    link = re.search(r"/n/[A-Za-z0-9_-]+", text)
    assert link is not None
    answer = Client().post(link[0])
    assert (answer.status_code, "This was a test" in answer.content.decode()) == (200, True)
    page = anna.page(path.removeprefix("/studio/"))
    assert "Last tests" in page and me in page
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert AuditEntry.objects.filter(action="transactional.test_sent", account_id=anna.account_id).count() == 1


def test_strangers_and_those_who_only_read_send_none(
    anna: Customer, version: TemplateVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, me = f"/studio/transactional/templates/{version.template_id}/test/", anna.owner.email
    carla = Customer.vetted("Möbelhaus Nordstern", "Carla Clausen").signed_in()
    ben = person(anna.account_id, "Ben", Role.VIEWER)
    assert carla.client.post(url, {"recipients": [carla.owner.email]}).status_code == 404
    assert browser(ben).post(url, {"recipients": [me]}).status_code == 403
    assert "Choose at least one address" in followed(anna.client, url, {"recipients": [carla.owner.email]})
    with tenancy.account(anna.account_id):
        for stranger in (carla.owner.email, "dora@briefkasten-lindenhof.de"):
            with pytest.raises(CampaignError, match="neither"):
                send_template_test(version.id, [stranger], account_name="A", by=anna.owner)
    assert queued_tests(anna) == []
    monkeypatch.setattr(test_quota, "MOST_TO_ONE_A_DAY", 1)
    with tenancy.account(anna.account_id):
        send_template_test(version.id, [me], account_name="A", by=anna.owner)
        with pytest.raises(CampaignError, match="up to 1 test messages"):
            send_template_test(version.id, [me], account_name="A", by=anna.owner)
        save_draft(version.id, {"sender_id": None}, by=anna.owner)
        with pytest.raises(TransactionalError, match="verified sender"):
            send_template_test(version.id, [me], account_name="A", by=anna.owner)


def test_a_sealed_test_reaches_no_one_else(anna: Customer, version: TemplateVersion) -> None:
    """Raw SQL: the text copied into a test to a colleague, or to another version, isn't sent."""
    ben = person(anna.account_id, "Ben", Role.EDITOR)
    User.objects.filter(id=ben.id).update(last_login=clock.now())
    with tenancy.account(anna.account_id):
        (mine,) = send_template_test(version.id, [anna.owner.email], account_name="A", by=anna.owner)
        values = {"kind": NoticeKind.TEST, "text_sealed": mine.text_sealed}
        to_ben = Notice.objects.create(recipient=ben.email, template_version_id=version.id, **values)
    other_id = with_template(anna, version.sender_id or 0, key="other")
    of_other = rows(anna, Notice).create(recipient=mine.recipient, template_version_id=other_id, **values)
    assert received(anna, to_ben) == received(anna, of_other) == []
