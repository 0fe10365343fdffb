"""Accepted mail comes back from the host that took it if the database has forgotten it (ADR 0095)."""

from pathlib import Path

import pytest

from mailflatrate.apps.inbound import arrival_journal, intake
from mailflatrate.apps.inbound.arrival_replay import restore_arrivals
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings
from support.sql import by_owner


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    mine = load_settings().model_copy(update={"data_dir": tmp_path})
    monkeypatch.setattr(arrival_journal, "load_settings", lambda: mine)
    return tmp_path


@pytest.fixture
def mail(disk: Path) -> intake.Arrival:
    """A person answers "stop" to a message: it may be read only after the database was lost."""
    domain = load_settings().service_domain
    others = (f"postmaster@{domain}",)
    return intake.Arrival("smtp", "192.0.2.9", "dora@kunde-1.de", f"abuse@{domain}", b"stop it", others)


def test_accepted_mail_that_a_promoted_replica_lacks_is_stored_again_once(disk: Path, mail: intake.Arrival) -> None:
    ids = intake.store([mail])
    assert len(ids) == 2
    assert not restore_arrivals().total(), "the database has it"
    by_owner("DELETE FROM raw_mail WHERE id = ANY(%s)", [ids])
    assert restore_arrivals()["mail"] == 1
    assert not restore_arrivals().total()
    with tenancy.platform(PlatformReason.MAIL_IN):
        newest = RawMail.objects.order_by("-id")[:2]
        assert {bytes(row.raw) for row in newest} == {b"stop it", b""}
    written = b"".join(path.read_bytes() for path in (disk / "arrivals").iterdir())
    assert b"dora" not in written
    assert b"stop" not in written
