"""The doctor says how messages are marked, and why."""

import psycopg
import pytest

from mailflatrate.apps.delivery.recovery import sender_processes
from mailflatrate.entrypoints.cli.doctor.processes import mark_lines
from mailflatrate.settings.schema import MarkMode, load_settings


@pytest.fixture(autouse=True)
def alone(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DELETE FROM sender_process")


def test_one_mark_a_chunk_unless_something_speaks_for_more() -> None:
    settings = load_settings()
    (line,) = mark_lines(settings)
    assert "once a chunk: the database is on this machine" in line.text
    (line,) = mark_lines(settings.model_copy(update={"sender_marks": MarkMode.EACH}))
    assert line.text.endswith("message by message: MAILFLATRATE_SENDER_MARKS=each")
    sender_processes.note_seen("elsewhere.1.a.b")
    (line,) = mark_lines(settings)
    assert line.text.endswith("message by message: another host sends, too")
