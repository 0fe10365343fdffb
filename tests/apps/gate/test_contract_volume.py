"""Transactional messages are limited and stopped by mailbox, in any spelling; an account's volume by what arrives."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django.db import Error

from mailflatrate.apps.gate import contracts
from mailflatrate.apps.suppression.actions import suppress
from mailflatrate.apps.transactional.actions.misdirected import report_misdirected
from mailflatrate.apps.transactional.models import TransactionalMessage
from mailflatrate.base import tenancy
from mailflatrate.base.ids import mailbox_keys
from mailflatrate.rules import limits
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.cast import per_test
from support.desk import desk
from support.people import browser
from support.scope import within
from support.transactional import TransactionalCustomer, transactional_customer

GMAIL = (
    "anna.lind{n}@gmail.com",
    "annalind{n}+a@gmail.com",
    "a.n.n.alind{n}@googlemail.com",
    "Anna.Lind{n}+x@gmail.com",
)
TAGGED = ("frieda{n}@briefkasten-lindenhof.de", "frieda{n}+a@briefkasten-lindenhof.de")
NUMBERS = itertools.count(1)
anna = per_test(transactional_customer)


def spellings(forms: tuple[str, ...]) -> Iterator[str]:
    number = next(NUMBERS)
    return itertools.cycle([form.format(n=number) for form in forms])


@pytest.mark.slow
@pytest.mark.parametrize("forms", [GMAIL, TAGGED])
def test_ten_messages_a_day_are_ten_to_the_mailbox(anna: TransactionalCustomer, forms: tuple[str, ...]) -> None:
    spelled = spellings(forms)
    assert [anna.send(next(spelled)).refused_by for _ in range(11)] == [""] * 10 + ["contract-limit"]


@pytest.mark.slow
@pytest.mark.parametrize("forms", [GMAIL, TAGGED, TAGGED[::-1]])
def test_this_was_not_me_is_the_mailboxes_answer(anna: TransactionalCustomer, forms: tuple[str, ...]) -> None:
    spelled = spellings(forms)
    queued = [anna.send(next(spelled)) for _ in forms]
    assert report_misdirected(anna.account_id, queued[0].id)
    for _ in forms:
        assert anna.send(next(spelled)).refused_by == "contract-misdirected"


def test_a_complaint_stops_other_spellings_and_the_database_holds_it(anna: TransactionalCustomer) -> None:
    with tenancy.account(anna.account_id):
        key = mailbox_keys("dora.k@gmail.com").exact
        suppress(key, reason=SuppressionReason.COMPLAINT, source="test", evidence={})
        plain = mailbox_keys("dorah@gmail.com").exact
        suppress(plain, reason=SuppressionReason.COMPLAINT, source="test", evidence={})
    assert anna.send("dora.k+x@gmail.com").refused_by == "contract-allowed"
    assert anna.send("d.o.rah+x@googlemail.com").refused_by == "contract-allowed"


def test_a_row_with_another_mailbox_is_not_ours(anna: TransactionalCustomer) -> None:
    message = anna.send("frieda.m@briefkasten-lindenhof.de")
    with tenancy.account(anna.account_id), pytest.raises(Error, match="permission denied"):
        TransactionalMessage.objects.filter(id=message.id).update(mailbox_key=b"x" * 32)


@pytest.fixture
def few() -> Iterator[None]:
    limits.tighten({"asks_first_day": 3, "asks_few_day": 1})
    yield
    limits.tighten({})


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_the_volume_begins_small_counts_mailboxes_and_grows_with_what_arrives(
    anna: TransactionalCustomer, database: str
) -> None:
    to = [f"wilma{n}.{anna.account_id}@briefkasten-lindenhof.de" for n in range(20)]
    assert [anna.send(each).refused_by for each in to[:4]] == ["", "", "", "contract-volume"]
    assert anna.send(to[0].replace("@", "+b@")).refused_by == "", "the same mailbox is no further one"
    age(database, anna, "sent")
    assert allowed(anna) == 3 + 4 * 3
    assert {anna.send(each).refused_by for each in to[4:19]} == {""}
    assert anna.send(to[19]).refused_by == "contract-volume"
    age(database, anna, "bounced")
    assert allowed(anna) == 0, "most of the addresses don't exist"


def allowed(anna: TransactionalCustomer) -> int:
    contracts._KNOWN.clear()
    return within(anna, contracts.contract_allowance).limit


def age(database: str, anna: TransactionalCustomer, state: str) -> None:
    """Make today's messages yesterday's, with this result."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        rows = {"account": anna.account_id, "state": state, "age": timedelta(days=1)}
        recent = "account_id = %(account)s AND created_at > now() - interval '23 hours'"
        owner.execute(
            f"UPDATE delivery SET state = %(state)s WHERE transactional_id IN"
            f" (SELECT id FROM transactional_message WHERE {recent})",
            rows,
        )
        owner.execute(f"UPDATE transactional_message SET created_at = created_at - %(age)s WHERE {recent}", rows)


def test_reviewers_see_what_was_really_sent_and_no_one_else_does(anna: TransactionalCustomer) -> None:
    anna.send(data={**anna.order().data, "first_name": "Wilhelmine"})
    page = desk().page(f"transactional/versions/{anna.version_id}/")
    assert "What was really sent" in page and "Hello Wilhelmine" in page
    assert browser(anna.customer.owner).get(f"/desk/transactional/versions/{anna.version_id}/").status_code == 404
    with tenancy.account(anna.account_id):
        assert "Wilhelmine" not in TransactionalMessage.objects.latest("id").data_sealed
