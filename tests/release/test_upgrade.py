"""A database of each release, with customers and results in it, is upgraded by today's `migrate`, and works.

`tests/release/make_database.py` keeps one for each release.
"""

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from copies import Copies
from mailflatrate.settings.postgres import BINARIES
from prepared_database import write_secrets
from release.linters import ROOT
from release.schema_state import schema_state

ALL_RELEASES = sorted((Path(__file__).parent / "data").glob("*.sql.gz"))
RELEASES = ALL_RELEASES if os.environ.get("RELEASE_TESTS") else ALL_RELEASES[-1:]
"""The newest, which installations have; the others with RELEASE_TESTS=1, and as `make upgrade`."""
# What `migrate` fills or renews itself.
OWN_ROWS = {
    "role_word", "django_migrations", "django_content_type", "auth_permission", "agreement_document", "sending_fence",
    "lost_claim", "relay",
}  # fmt: skip
# Where a database that grew differs from a new one (ADR 0036), and what other tests of a run leave behind.
DIFFERENT = (
    "ROWS ",
    "TABLE public dkim_key",
    "TABLE public notice",
    "TABLE public import",
    "TABLE public withdrawal_outbox",
    "CHECK CONSTRAINT public import import_has_an_origin",
    "CHECK CONSTRAINT public withdrawal_outbox ",
)
DJANGO_ALONE = """
from contextlib import nullcontext
from mailflatrate.entrypoints.cli import main, migration_models
migration_models.kept_models = nullcontext
main.cli(["migrate"])
"""


@dataclass(frozen=True)
class Upgraded:
    """A restored database after `migrate`: its URL, what it held before, and what today's code read in it."""

    url: str
    rows_before: dict[str, int]
    read: dict[str, Any]


@pytest.fixture(scope="module", params=RELEASES, ids=lambda path: path.name.removesuffix(".sql.gz"))
def upgraded(
    request: pytest.FixtureRequest, database: str, copies: Copies, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    name = "of_an_earlier_release"
    url = make_conninfo(database, dbname=name)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name}")
    try:
        restored = subprocess.run(
            [BINARIES / "psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", url],
            input=gzip.decompress(request.param.read_bytes()),
            capture_output=True,
            check=False,
        )
        assert restored.returncode == 0, restored.stderr.decode()
        before = rows_of(url)
        yield Upgraded(url, before, read(url, copies, tmp_path_factory.mktemp("upgrade")))
    finally:
        with psycopg.connect(database, autocommit=True) as owner:
            owner.execute(f"DROP DATABASE {name} WITH (FORCE)")


def read(url: str, copies: Copies, folder: Path) -> dict[str, Any]:
    """What today's code finds after it has migrated."""
    write_secrets(folder)
    done = copies.run(Path(__file__).with_name("read_database.py"), environment=environment_of(url, folder))
    assert done.returncode == 0, done.stderr[-4000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def environment_of(url: str, folder: Path) -> dict[str, str]:
    """For a process of its own that works on a database."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MAILFLATRATE_", "DATABASE_"))}
    return {**kept, "MAILFLATRATE_DATA_DIR": str(folder), "DATABASE_URL": url, "PYTHONPATH": str(ROOT / "src")}


def rows_of(url: str) -> dict[str, int]:
    """How many rows each table has."""
    with psycopg.connect(url) as owner:
        names = owner.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        ).fetchall()
        counts = {name: owner.execute(f'SELECT count(*) FROM "{name}"').fetchone() for (name,) in names}
    return {str(name): int(row[0]) for name, row in counts.items() if row and name not in OWN_ROWS}


def test_no_row_is_lost(upgraded: Upgraded) -> None:
    assert upgraded.rows_before["delivery"] > 100
    after = rows_of(upgraded.url)
    assert {name: after.get(name) for name in upgraded.rows_before} == upgraded.rows_before


def test_its_schema_is_that_of_a_new_database(upgraded: Upgraded, database: str) -> None:
    old, new = (
        {key: plain(text) for key, text in schema_state(url).items() if compared(key)}
        for url in (upgraded.url, database)
    )
    assert sorted(old) == sorted(new)
    assert {key for key in new if old[key] != new[key]} == set()
    assert upgraded.read["differs"] == [], "every function, trigger, policy and right is as the files say"


@pytest.mark.skipif(not os.environ.get("RELEASE_TESTS"), reason="takes a minute: RELEASE_TESTS=1 runs it")
def test_models_that_stay_rendered_make_the_same_database(database: str, tmp_path: Path) -> None:
    name = "made_by_django_alone"
    url = make_conninfo(database, dbname=name)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name}")
    try:
        write_secrets(tmp_path)
        subprocess.run([sys.executable, "-c", DJANGO_ALONE], env=environment_of(url, tmp_path), check=True)
        alone, new = (
            {key: plain(text) for key, text in schema_state(each).items() if compared(key)} for each in (url, database)
        )
        assert alone == new
    finally:
        with psycopg.connect(database, autocommit=True) as owner:
            owner.execute(f"DROP DATABASE {name} WITH (FORCE)")


def plain(text: str) -> str:
    """Without casts and brackets, which a restore writes in other places; no trigger's or function's mark either."""
    text = re.sub(r"'mailflatrate [0-9a-f]{64}'", "'mark'", text)
    return re.sub(r"::(character varying|text)(\[\])?|[()]", "", text)


def compared(key: str) -> bool:
    """Whether an object of a new database has to be in an upgraded one; not the months that tests archive."""
    is_archive = "delivery_archive_2" in key or "delivery_archive_old" in key
    return not key.startswith(DIFFERENT) and not is_archive


def test_todays_code_reads_it(upgraded: Upgraded) -> None:
    read = upgraded.read
    assert (read["audit damage"], read["ledger faults"]) == (0, 0)
    assert read["audit lines"] > 0
    assert read["consent events"] == upgraded.rows_before["consent_event"] > 100
    sent = [each for each in read["campaigns"] if each["state"] == "sent"]
    assert sent
    for campaign in sent:
        assert campaign["sent"] == campaign["listed"] > 100
        assert campaign["planned"] >= campaign["sent"] + campaign["bounced"]


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE consent_event SET kind = 'confirmed'", "Cannot update rows from consent_event"),
        ("DELETE FROM consent_event", "Cannot delete rows from consent_event"),
        ("UPDATE edition SET content_hash = ''", "Cannot update rows from edition"),
        ("UPDATE audit_entry SET reason = ''", "the audit log is append-only"),
        ("UPDATE delivery SET consent_event_id = NULL, notice_id = 1", "what a delivery rests on never changes"),
        ("UPDATE contact SET email = 'x' || email", "a contact keeps its address"),
        ("UPDATE suppression SET lifted_at = now()", "a suppression is lifted with a reason"),
        (
            "INSERT INTO delivery (account_id, campaign_id, edition_id, mailing_list_id, contact_id, consent_event_id,"
            " decision_id, chunk_id, rules_version, granted_at) SELECT account_id, NULL, edition_id, mailing_list_id,"
            " contact_id, consent_event_id, decision_id, chunk_id, rules_version, now() FROM delivery"
            " WHERE consent_event_id IS NOT NULL LIMIT 1",
            "no delivery without permission",
        ),
    ],
)
def test_its_triggers_hold_for_the_owner_too(upgraded: Upgraded, statement: str, refusal: str) -> None:
    with psycopg.connect(upgraded.url) as owner, pytest.raises(psycopg.Error, match=refusal):
        owner.execute(statement)
