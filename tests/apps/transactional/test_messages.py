"""A transactional message from its order to the receiver: what it says, who gets none, and what is kept of it."""

import email
import email.policy
from typing import Any

import pytest

from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.suppression.actions import suppress
from mailflatrate.apps.transactional.actions.misdirected import report_misdirected
from mailflatrate.apps.transactional.actions.reviews import VersionDecision, decide_version
from mailflatrate.apps.transactional.actions.switch import switch_transactional
from mailflatrate.apps.transactional.errors import DataNotAccepted, TransactionalError
from mailflatrate.apps.transactional.models import TransactionalMessage
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.people import operator
from support.scope import rows
from support.sql import beside_triggers
from support.transactional import (
    DATA,
    HOST,
    TransactionalCustomer,
    received,
    sent,
    transactional_customer,
)


def test_a_message_arrives_with_its_data_imprint_and_way_to_object(anna: TransactionalCustomer) -> None:
    message = anna.send()
    raws = sent(anna.account_id, anna.delivery(message).chunk_id)
    assert len(raws) == 1
    parsed = email.message_from_bytes(raws[0], policy=email.policy.SMTP)
    assert parsed["Subject"] == "Order A-4711 was shipped"
    assert parsed["From"] == f"Lindenhof <orders@{HOST}>"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["X-Mailing-ID"] == anna.version().mailing_id
    assert parsed["List-Unsubscribe"] is None and parsed["Precedence"] is None
    assert parsed["CFBL-Feedback-ID"] and "report=arf" in parsed["CFBL-Address"]
    html, text = (parsed.get_body((kind,)).get_content() for kind in ("html", "plain"))
    for part in (html, text):
        assert "20 × Snowdrops" in part and "28 November 2026" in part
        assert "https://parcels.lindenhof.example/p/77" in part
        assert "Lindenweg 4" in part and anna.version().mailing_id in part
        assert "about order A-4711 at" in part
        assert "/n/" in part and "/u/" not in part
    assert "Crocus &amp; Co" in html and "Crocus & Co" in text
    delivery = anna.delivery(message)
    assert delivery.state == DeliveryState.SENT
    token = text.partition("/n/")[2][:40]
    claims = key_ring().open_token(TokenPurpose.NOT_ME, token)
    assert claims is not None and (claims.account_id, claims.delivery_id) == (anna.account_id, delivery.id)


@pytest.mark.slow
@pytest.mark.parametrize("deed", ["switch", "withdraw", "complain", "not me", "pause"])
def test_a_no_stops_what_is_queued(deed: str) -> None:
    anna = transactional_customer()
    message = anna.send()
    if deed == "switch":
        switch_transactional(anna.account_id, is_on=False, by=operator(), reason="Advertising was found.")
    elif deed == "withdraw":
        decide_version(anna.version_id, VersionDecision.WITHDRAW, reviewer=operator(), reason="It advertises.")
    elif deed == "complain":
        with tenancy.account(anna.account_id):
            key = bytes(message.address_key)
            suppress(key, reason=SuppressionReason.COMPLAINT, source="test", evidence={})
    elif deed == "not me":
        assert report_misdirected(anna.account_id, message.id)
    else:
        beside_triggers("UPDATE account SET standing = 'paused' WHERE id = %s", [anna.account_id])
    assert received(anna, message) == []
    assert anna.delivery(message).state == DeliveryState.WITHHELD


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipient": "nobody"}, "email address"),
        ({"reference": ""}, "number"),
        ({"reference": "https://x.example"}, "number"),
        ({"reference_kind": "advert"}, "about"),
        ({"data": {**DATA, "first_name": "see https://shop.example"}}, "web address"),
        ({"data": {**DATA, "tracking_url": "https://shop.example/"}}, "host"),
        ({"data": {**DATA, "more": "x"}}, "declare"),
        ({"data": {}}, "missing"),
    ],
)
def test_what_no_message_can_be_made_of_is_refused_with_a_sentence(
    anna: TransactionalCustomer, changes: dict[str, Any], words: str
) -> None:
    before = rows(anna, TransactionalMessage).count()
    with pytest.raises(TransactionalError, match=words):
        anna.send(**changes)
    assert rows(anna, TransactionalMessage).count() == before


def test_all_faults_of_the_data_are_named_at_once(anna: TransactionalCustomer) -> None:
    with pytest.raises(DataNotAccepted) as refused:
        anna.send(data={"first_name": 7, "shipped_on": "tomorrow", "items": [{"title": "x"}]})
    assert set(refused.value.problems) == {"first_name", "shipped_on", "items[0].count"}
