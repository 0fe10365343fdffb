"""The hosts these tests are made of: a cut cable gives no reset, and a promoted replica holds what was committed."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from network import Network, Postgres, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
ASK = "import psycopg, sys; print(psycopg.connect(sys.argv[1], connect_timeout=2).execute(sys.argv[2]).fetchone()[0])"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user may pass through, which pytest's own are not."""
    made = Path(tempfile.mkdtemp(prefix="mailflatrate-hosts-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_a_replica_is_promoted_after_the_primary_lost_its_cable(folder: Path) -> None:
    with Network() as network:
        first, second, client = network.host("db1"), network.host("db2"), network.host("app")
        primary, replica = Postgres(first, folder / "db1"), Postgres(second, folder / "db2")
        primary.create()
        replica.clone(primary, synchronous=True)
        with primary.connect() as owner:
            owner.execute("CREATE TABLE kept (number int)")
            owner.execute("INSERT INTO kept VALUES (42)")

        def ask(server: Postgres) -> str:
            command = [sys.executable, "-c", ASK, server.url, "SELECT number FROM kept"]
            return str(client.run(*command, capture_output=True, text=True).stdout).strip()

        assert ask(primary) == "42"
        first.cut()
        with pytest.raises(subprocess.CalledProcessError):
            ask(primary)
        with primary.connect() as owner:
            assert owner.execute("SELECT number FROM kept").fetchone() == (42,), "the host lives, only its cable is out"
        replica.promote()
        assert ask(replica) == "42"
        with replica.connect() as owner:
            owner.execute("INSERT INTO kept VALUES (43)")
        first.join()
        assert ask(primary) == "42"
        second.die()
        with pytest.raises(psycopg.OperationalError):
            replica.connect(connect_timeout=2)
    left = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
    assert network.switch not in left, "nothing stays behind"
