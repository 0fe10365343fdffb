"""Coupons on their whole way: upload, gate, planning, sending, report; and what no one may do with a code."""

import asyncio
import re
from email import message_from_bytes, policy

import pytest
from django.db import DatabaseError, connection

from mailflatrate.apps.campaigns.actions.coupons import add_codes, create_pool, remove_unused
from mailflatrate.apps.campaigns.content.samples import sample_values
from mailflatrate.apps.campaigns.coupons import SAMPLE_CODE, codes_of, pool_stocks, pools_shown
from mailflatrate.apps.campaigns.models import Campaign, CouponCode, CouponPool, Edition
from mailflatrate.apps.delivery.models import Chunk, Delivery, DeliveryState
from mailflatrate.apps.delivery.planning.coupons import give_codes, given_codes
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.stored_data import stored_about
from mailflatrate.base import tenancy
from mailflatrate.settings.schema import load_settings
from support.customers import CONTENT, Customer, sending_customer
from support.fake_relay import FakeRelay

_SAID = re.compile(r"Your code is ([\w-]+)\.")
SHOWN = CONTENT + "\n\nYour code is {{ coupon.spring_sale }}.\n"


def pool(anna: Customer, codes: int, name: str = "Spring sale") -> CouponPool:
    with tenancy.account(anna.account_id):
        uploaded = "\n".join(f"{anna.account_id}-{name[:2]}-{n}" for n in range(codes)).encode()
        return create_pool(name, uploaded, by=anna.owner)[0]


def given(anna: Customer) -> dict[int, str]:
    with tenancy.account(anna.account_id):
        rows = CouponCode.objects.filter(given_at__isnull=False).order_by("id")
        return {row.contact_id or 0: row.code for row in rows}


def test_each_recipient_gets_one_code_and_keeps_it() -> None:
    anna = sending_customer(people=3)
    spring = pool(anna, 2)
    assert spring.key == "spring_sale"
    draft = anna.draft(content=SHOWN)
    with tenancy.account(anna.account_id):
        verdict = check_campaign(draft.id)
        (finding,) = [one for one in verdict.blocked_by if one.key == "coupons-enough"]
        assert dict(finding.params) == {"name": "Spring sale", "free": 2, "needed": 3}
        assert add_codes(spring.id, b"MORE-1\nMORE-1\nMORE-2\n") == 2
        values = sample_values(draft, draft.account, None, bare=False)
        assert values["coupon"] == {"spring_sale": SAMPLE_CODE}
    campaign = anna.sending_of(draft)
    first = given(anna)
    assert len(first) == len(set(first.values())) == 3
    with tenancy.account(anna.account_id):
        edition = Edition.objects.get(campaign_id=campaign.id)
        assert pools_shown(edition) == {"spring_sale": spring.id}
        ids = sorted(first)
        give_codes(campaign.id, [edition.id], ids[0], ids[-1])
        assert codes_of(ids[0], [spring.id]) == {"spring_sale": first[ids[0]]}
    assert given(anna) == first, "planned again after a crash"
    anna.settle(campaign, DeliveryState.BOUNCED, 1, bounce="hard")
    follow_up = anna.sending_of(anna.draft("Once more", content=SHOWN))
    assert given(anna) == first, "the same people see the same code"
    rows = list(given_codes(anna.account_id, spring.id))
    assert [row.code for row in rows] == list(first.values())
    assert {row.campaign for row in rows} == {campaign.name} != {follow_up.name}
    assert sorted(row.state for row in rows) == ["bounced", "pending", "pending"]
    with tenancy.account(anna.account_id):
        contact = Contact.objects.get(id=ids[1])
        told = stored_about(contact.id, language="en") or {}
        assert [row["code"] for row in told["coupons"]] == [first[ids[1]]]
        erase_for_customer(contact.id, by=anna.owner)
        row = CouponCode.objects.get(code=first[ids[1]])
        assert (row.contact_id, row.given_at is not None) == (None, True)
        assert not remove_unused(spring.id)
        assert [(stock.codes, stock.given) for stock in pool_stocks()] == [(3, 3)]


def code_in(content: bytes) -> str:
    """Return the code that the text part of a message says; empty without one."""
    body = message_from_bytes(content, policy=policy.default).get_body(("plain",))
    found = _SAID.search(body.get_content() if body is not None else "")
    return found[1] if found else ""


def sent(anna: Customer, campaign: Campaign) -> dict[str, str]:
    """Have a real sender send what is planned; return the code in each recipient's message."""
    with tenancy.account(anna.account_id):
        chunks = list(Chunk.objects.filter(campaign_id=campaign.id).order_by("number").values_list("id", flat=True))

    async def work() -> dict[str, str]:
        async with FakeRelay() as relay:
            sender = Sender(load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port}))
            try:
                for chunk_id in chunks:
                    await sender.work_chunk(anna.account_id, chunk_id)
            finally:
                await sender.close()
            return {letter.recipient: code_in(letter.content) for letter in relay.received}

    return asyncio.run(work())


def test_each_message_says_its_own_code_and_none_is_sent_without() -> None:
    anna = sending_customer(people=3)
    spring = pool(anna, 3)
    campaign = anna.sending_of(anna.draft(content=SHOWN))
    codes = given(anna)
    with tenancy.account(anna.account_id):
        first = min(codes)
        expected = {Contact.objects.get(id=contact_id).email: code for contact_id, code in codes.items()}
        lost = expected.pop(Contact.objects.get(id=first).email)
        CouponCode.objects.filter(code=lost).update(contact_id=None)
    assert sent(anna, campaign) == expected
    with tenancy.account(anna.account_id):
        withheld = Delivery.objects.get(campaign_id=campaign.id, contact_id=first)
        assert (withheld.state, withheld.reason) == (DeliveryState.WITHHELD, "missing_value")
        assert pool_stocks(spring.id)[0].free == 0, "its code is given to no one else"


def test_a_given_code_can_be_neither_given_again_nor_deleted_by_any_sql() -> None:
    anna, carla = sending_customer(people=2), sending_customer(people=1)
    spring = pool(anna, 3)
    anna.sending_of(anna.draft(content=SHOWN))
    one, two = sorted(given(anna))
    for statement in (
        f"UPDATE coupon_code SET contact_id = {two} WHERE contact_id = {one}",
        f"UPDATE coupon_code SET given_at = NULL, contact_id = NULL, campaign_id = NULL WHERE contact_id = {one}",
        f"UPDATE coupon_code SET code = 'X-1' WHERE contact_id = {one}",
        f"DELETE FROM coupon_code WHERE contact_id = {one}",
        f"UPDATE coupon_code SET contact_id = {one}, given_at = now() WHERE given_at IS NULL",
        f"UPDATE coupon_pool SET key = 'other' WHERE id = {spring.id}",
        f"DELETE FROM coupon_pool WHERE id = {spring.id}",
    ):
        with pytest.raises(DatabaseError), tenancy.account(anna.account_id), connection.cursor() as cursor:
            cursor.execute(statement)
    with tenancy.account(carla.account_id):
        assert CouponCode.objects.count() == CouponPool.objects.count() == 0
        with connection.cursor() as cursor:
            cursor.execute("UPDATE coupon_code SET campaign_id = 1")
            assert cursor.rowcount == 0
        stolen = carla.draft(content=SHOWN)
        assert "merge-tags-filled" in [finding.key for finding in check_campaign(stolen.id).blocked_by]
