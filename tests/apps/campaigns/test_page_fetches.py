"""Foreign pages that an account has us fetch are counted by day, and the count only grows."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from mailflatrate.apps.campaigns import jobs as campaign_jobs
from mailflatrate.apps.campaigns.actions.brand import request_lookup
from mailflatrate.apps.campaigns.actions.link_visits import request_visits
from mailflatrate.apps.campaigns.actions.message_copies import request_copy
from mailflatrate.apps.campaigns.content.page_fetches import COUNTS_KEPT, fetch_counted, is_used_up
from mailflatrate.apps.campaigns.models import PageFetchCount
from mailflatrate.base import clock, tenancy
from mailflatrate.rules import limits
from mailflatrate.wire.dns import DnsResolver
from mailflatrate.wire.web import Want
from support.customers import sending_customer
from support.scope import rows, within


def test_the_day_of_an_account_ends_and_another_one_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits._TIGHTENED, "page_fetches_day", 2)
    anna, carla = sending_customer(people=0), sending_customer(people=0)
    nowhere = DnsResolver(["127.0.0.1:9"], timeout_seconds=0.1)

    def fetched(account_id: int) -> bool:
        return fetch_counted(account_id, "ftp://no.web.example/", nowhere, Want()) is not None

    today = clock.now()
    with clock.frozen_at(today):
        assert [fetched(anna.account_id) for _ in range(3)] == [True, True, False]
        assert fetched(carla.account_id)
        assert within(anna, is_used_up)
    with clock.frozen_at(today + timedelta(days=1)):
        assert fetched(anna.account_id)
    with tenancy.account(anna.account_id):
        counts = list(PageFetchCount.objects.order_by("day").values_list("fetched", flat=True))
        assert counts == [2, 1], "what was refused isn't counted"
        for change in ("UPDATE page_fetch_count SET fetched = 0", "DELETE FROM page_fetch_count"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)


def test_counts_of_days_long_past_are_forgotten() -> None:
    anna, today = sending_customer(people=0), clock.now().date()
    with tenancy.account(anna.account_id):
        for age in (timedelta(0), COUNTS_KEPT + timedelta(days=1)):
            PageFetchCount.objects.create(day=today - age, fetched=1)
    campaign_jobs.forget_fetches(0)
    assert list(rows(anna, PageFetchCount).values_list("day", flat=True)) == [today]


def test_jobs_have_a_queue_of_their_own_and_one_turn_for_each_account() -> None:
    anna = sending_customer(people=0)
    with tenancy.account(anna.account_id):
        request_lookup("https://lindenhof.example/")
        request_copy(name="", url="https://lindenhof.example/", file=b"", by=anna.owner)
        request_visits(anna.draft().id)
        jobs = ProcrastinateJob.objects.filter(args__account_id=anna.account_id, queue_name="fetch")
        found = list(jobs.order_by("task_name").values_list("task_name", flat=True))
        assert found == ["campaigns.copy_message", "campaigns.look_up_brand", "campaigns.visit_links"]
        assert set(jobs.values_list("lock", flat=True)) == {f"page-fetches-{anna.account_id}"}
