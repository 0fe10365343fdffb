"""The embedded server on a host with other users: its socket is nobody else's, and nobody is trusted by name."""

import os
import pwd
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailflatrate.settings.postgres import BINARIES, DatabaseFailed, EmbeddedPostgres

LONG = "a-folder-with-a-very-long-name-" * 3


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """One whose socket lies in the system's temporary folder. Its data is not below pytest's folder, which other runs
    shut for the server's user."""
    with tempfile.TemporaryDirectory(prefix="mailflatrate-test-") as place:
        folder = Path(place) / LONG
        folder.mkdir()
        found = EmbeddedPostgres(folder)
        with found.owned():
            yield found


def test_socket_and_folder_are_closed_to_others(server: EmbeddedPostgres) -> None:
    assert server.socket_dir != server.folder
    assert stat.S_IMODE(server.socket_dir.lstat().st_mode) == 0o700
    (socket,) = [path for path in server.socket_dir.iterdir() if path.is_socket()]
    assert stat.S_IMODE(socket.lstat().st_mode) & 0o077 == 0


def test_nobody_is_trusted(server: EmbeddedPostgres) -> None:
    rules = (server.folder / "pg_hba.conf").read_text().split("\n")
    assert [line for line in rules if line and not line.startswith("#")] == ["local all all peer map=mailflatrate"]
    assert server.running, "we come in"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try it as another user")
def test_another_user_does_not_come_in(server: EmbeddedPostgres) -> None:
    """This holds even with folder and socket opened to everyone."""
    nobody = pwd.getpwnam("nobody")

    def tried() -> str:
        command = [str(BINARIES / "psql"), server.url, "-c", "SELECT current_user"]
        done = subprocess.run(command, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], capture_output=True,
                              text=True, cwd="/", check=False)  # fmt: skip
        assert done.returncode != 0
        return done.stderr

    assert "ermission denied" in tried()
    (socket,) = [path for path in server.socket_dir.iterdir() if path.is_socket()]
    server.socket_dir.chmod(0o755)
    socket.chmod(0o777)
    try:
        assert "Peer authentication failed" in tried()
    finally:
        server.socket_dir.chmod(0o700)
        socket.chmod(0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_a_folder_that_somebody_made_before_is_refused(tmp_path: Path) -> None:
    (tmp_path / LONG).mkdir()
    mine = EmbeddedPostgres(tmp_path / LONG)
    mine.socket_dir.mkdir()
    try:
        os.chown(mine.socket_dir, pwd.getpwnam("nobody").pw_uid, 0)
        with pytest.raises(DatabaseFailed, match="another user"):
            mine.start()
    finally:
        mine.socket_dir.rmdir()
    mine.socket_dir.symlink_to("/tmp")
    try:
        with pytest.raises(DatabaseFailed, match="another user"):
            mine.start()
    finally:
        mine.socket_dir.unlink()
