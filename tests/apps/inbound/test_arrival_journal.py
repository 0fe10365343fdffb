"""Accepted mail is on the disk of the host that took it before it is answered, and comes back from there (ADR 0095)."""

from pathlib import Path

import pytest

from mailflatrate.apps.inbound import arrival_journal, intake
from mailflatrate.base import clock
from mailflatrate.settings.schema import load_settings


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


def test_a_damaged_line_of_accepted_mail_is_skipped(disk: Path, mail: intake.Arrival) -> None:
    intake.store([mail])
    (path,) = (disk / "arrivals").iterdir()
    path.write_bytes(b"nonsense\nv1.x.y\n" + path.read_bytes()[:-40] + b"\n" + path.read_bytes())
    assert len(list(arrival_journal.read())) == 1


def test_accepted_mail_is_kept_for_two_hours(disk: Path, mail: intake.Arrival) -> None:
    intake.store([mail])
    arrival_journal.drop_old()
    assert list(arrival_journal.read())
    with clock.frozen_at(clock.now() + 2 * arrival_journal.KEPT):
        arrival_journal.drop_old()
    assert not list(arrival_journal.read())
