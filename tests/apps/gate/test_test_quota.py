"""How many test messages an account sends a day, also when several people send at the same time."""

import threading

import pytest
from django.db import connection

from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.gate import test_quota
from mailflatrate.apps.gate.test_quota import TestContent, keep_within_the_day, queue_test
from mailflatrate.base import tenancy
from support.customers import Customer
from support.scope import rows


def test_one_address_gets_so_many_a_day_also_when_two_people_send_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_quota, "MOST_TO_ONE_A_DAY", 1)
    anna, refused = Customer.vetted(), []
    to = anna.owner.email

    def send_another() -> None:
        try:
            with tenancy.account(anna.account_id):
                keep_within_the_day([to])
                queue_test(to, TestContent())
        except CampaignError as problem:
            refused.append(str(problem))
        finally:
            connection.close()

    other = threading.Thread(target=send_another)
    with tenancy.account(anna.account_id):
        keep_within_the_day([to])
        queue_test(to, TestContent())
        other.start()
        other.join(0.5)
        assert other.is_alive(), "it waits until the first one is counted"
    other.join()
    assert refused == [f"{to} can get up to 1 test messages in 24 hours. Continue tomorrow."]
    assert rows(anna, Notice).filter(kind=NoticeKind.TEST).count() == 1
