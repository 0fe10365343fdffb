"""What a host remembers: it refuses an old primary, notices an earlier state, and accepts a successor."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mailflatrate.base.job_database import admission
from mailflatrate.settings import links
from mailflatrate.settings.database_memory import STATE, DatabaseMemory, DatabaseState, MatchKind, found_state
from mailflatrate.settings.links import ProcessPurpose
from mailflatrate.settings.postgres import EmbeddedPostgres
from mailflatrate.settings.schema import load_settings
from prepared_database import copy_cluster, write_secrets

NOW = datetime(2026, 12, 2, 7, tzinfo=UTC)
SEEN = DatabaseState("1/5/9", 2, 5_000, ("a", "b"), NOW, is_synchronous=False)


@pytest.fixture
def memory(tmp_path: Path) -> DatabaseMemory:
    made = DatabaseMemory(tmp_path / "journal" / "database.sender")
    assert made.judge(made.read(), SEEN).match is MatchKind.KNOWN, "a new host accepts what it is given"
    made.accept(SEEN, ["one", "two"])
    return made


@pytest.mark.parametrize(
    ("found", "match"),
    [
        (SEEN, MatchKind.KNOWN),
        (replace(SEEN, position=9_000), MatchKind.KNOWN),
        (replace(SEEN, position=4_999), MatchKind.OLDER),  # a disk snapshot
        (replace(SEEN, timeline=1, position=9_000), MatchKind.REFUSED),  # the old primary, before it was told
        (replace(SEEN, timeline=1, lineage=("a",), position=9_000), MatchKind.REFUSED),  # the old primary
        (replace(SEEN, lineage=("a",), position=9_000), MatchKind.REFUSED),  # another replica of the old primary
        (replace(SEEN, timeline=3), MatchKind.CHANGED),  # promoted
        (replace(SEEN, timeline=3, lineage=("a",)), MatchKind.CHANGED),  # promoted, and behind the last acceptance
        (replace(SEEN, lineage=("a", "b", "c"), timeline=3), MatchKind.CHANGED),  # accepted without this host
        (replace(SEEN, lineage=("a", "b", "c"), timeline=1, position=7), MatchKind.CHANGED),  # a person wants it
        (replace(SEEN, place="2/5/9"), MatchKind.CHANGED),  # a dump elsewhere: its own fence holds it
        (replace(SEEN, place="2/5/9", lineage=("z",), timeline=9), MatchKind.REFUSED),  # a different one
        (None, MatchKind.KNOWN),
    ],
)
def test_a_database_is_judged_by_its_lineage_timeline_and_position(
    memory: DatabaseMemory, found: DatabaseState | None, match: MatchKind
) -> None:
    assert memory.judge(memory.read(), found).match is match


def test_an_old_primary_is_refused_as_soon_as_the_promoted_one_was_seen(memory: DatabaseMemory) -> None:
    assert memory.judge(memory.read(), replace(SEEN, timeline=3)).match is MatchKind.CHANGED
    assert memory.judge(memory.read(), replace(SEEN, position=9_000)).match is MatchKind.REFUSED


def test_a_position_never_goes_back_until_another_state_is_accepted(memory: DatabaseMemory) -> None:
    memory.note_position(8_000)
    memory.note_position(6_000)
    memory.accept(SEEN)
    assert memory.judge(memory.read(), replace(SEEN, position=7_999)).match is MatchKind.OLDER
    memory.accept(replace(SEEN, position=100, lineage=("a", "b", "c")))
    assert memory.judge(memory.read(), replace(SEEN, position=100, lineage=("a", "b", "c"))).match is MatchKind.KNOWN


def test_a_memory_torn_while_it_was_written_is_the_one_before(memory: DatabaseMemory, tmp_path: Path) -> None:
    path = tmp_path / "journal" / "database.sender"
    before = path.read_bytes()
    memory.note_position(8_000)
    after = path.read_bytes()
    torn = next(at for at in range(len(after)) if after[at] != before[at])
    path.write_bytes(after[: torn + 20] + before[torn + 20 :])
    seen = memory.read()
    assert seen is not None
    assert seen.position == 5_000
    memory.note_position(9_000)
    assert (found := memory.read()) and found.position == 9_000


@pytest.fixture
def old_and_promoted(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """The owner's URLs of an old primary, which takes writes again, and of the replica that was promoted meanwhile."""
    for name, value in (("_purpose", ProcessPurpose.PAGES), ("_reached", None), ("_lost", None)):
        monkeypatch.setattr(links, name, value)
    with ExitStack() as stack:
        urls = []
        for name in ("old", "promoted"):
            folder = Path(tempfile.mkdtemp(prefix=f"mailflatrate-{name}-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            write_secrets(folder)
            copy_cluster(folder)
            server = EmbeddedPostgres(folder)
            stack.enter_context(server.owned())
            urls.append(server.url)
        folder = Path(str(conninfo_to_dict(urls[1])["host"]))
        with psycopg.connect(urls[1], autocommit=True) as owner:
            owner.execute("ALTER SYSTEM SET hot_standby = on")
        server.stop()
        (folder / "standby.signal").touch()
        server.start()
        with psycopg.connect(urls[1], autocommit=True) as owner:
            owner.execute("SELECT pg_promote()")
        yield urls[0], urls[1]


def test_a_new_process_prefers_the_promoted_one_and_refuses_the_old_primary_from_then_on(
    old_and_promoted: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, promoted = old_and_promoted
    hosts = ",".join(str(conninfo_to_dict(url)["host"]) for url in (old, promoted))
    both = make_conninfo(old, host=hosts, target_session_attrs="read-write")
    settings = load_settings().model_copy(update={"data_dir": tmp_path})
    monkeypatch.setattr(admission, "load_settings", lambda: settings)
    monkeypatch.setattr(admission, "_noted_at", float("-inf"))
    links.prefer_newest(both, settings)
    assert links.in_order(conninfo_to_dict(both))["host"] == ",".join(reversed(hosts.split(",")))
    with psycopg.connect(promoted) as link:
        admission.admit(link)
        row = link.execute(STATE).fetchone()
        assert (found := found_state(row)) and found.timeline == 2
    with psycopg.connect(old) as link, pytest.raises(admission.DatabaseRefused, match="timeline 1"):
        admission.admit(link)
    assert link.closed
