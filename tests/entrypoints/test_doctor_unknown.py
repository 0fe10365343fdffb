"""The doctor names the hosts whose journals would settle unknown results."""

import psycopg
import pytest
from django.db import connection

from estate import Estate, build_estate, release
from mailflatrate.apps.delivery.actions import lost_host
from mailflatrate.apps.delivery.models import Begun, Chunk, ChunkState, Delivery, LostClaim
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.boot.doctor_report import Level
from mailflatrate.entrypoints.cli.doctor.processes import unknown_lines


@pytest.fixture
def estate(database: str) -> Estate:
    with psycopg.connect(database, autocommit=True) as owner:  # of other tests
        owner.execute("UPDATE lost_claim SET settled_at = now()")
        owner.execute("UPDATE tally SET count = 0 WHERE state = 'in_doubt'")
    return build_estate(12)


def lose(estate: Estate, name: str, under_way: int) -> int:
    """A campaign whose sender's host died with so many messages on its connections."""
    campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        chunk = Chunk.objects.get(campaign_id=campaign_id)
        Chunk.objects.filter(id=chunk.id).update(state=ChunkState.SENDING, claimed_by=name)
        ids = list(Delivery.objects.filter(chunk=chunk).order_by("id").values_list("id", flat=True))
        with connection.cursor() as cursor:
            cursor.execute("SELECT public.server_run()")
            (run,) = cursor.fetchone()
        marked = {"begun_to": ids[under_way - 1], "under_way": ids[:under_way], "unsent": [], "server_run": run}
        Begun.objects.create(chunk=chunk, claimed_by=name, **marked)
    lost_host.abandon_chunk(estate.account_id, chunk.id, name)
    return campaign_id


@pytest.mark.slow
def test_hosts_are_named_until_their_journals_are_back(estate: Estate) -> None:
    (line,) = unknown_lines()
    assert (line.level, line.text) == (Level.OK, "every message has a known result")
    lose(estate, "mail-2.7.a.b", 3)
    lose(estate, "mail-2.8.a.b", 2)
    lose(estate, "mail-5.1.a.b", 1)
    second, fifth, total = unknown_lines()
    assert second.level is fifth.level is Level.WARNING
    assert "lost host mail-2 " in second.text and "settle unknown results: 5, in campaigns: 2" in second.text
    assert "lost host mail-5 " in fifth.text and "settle unknown results: 1, in campaigns: 1" in fifth.text
    assert "mailflatrate journal replay" in second.fix
    assert total.text == "unknown: 6, in campaigns: 3"
    with tenancy.account(estate.account_id):
        LostClaim.objects.update(settled_at=clock.now())
    (line,) = unknown_lines()
    assert line.level is Level.OK
    assert "unknown: 6, in campaigns: 3; there is no missing journal" in line.text
