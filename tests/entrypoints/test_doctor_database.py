"""What the doctor says of the database server."""

from pathlib import Path

from mailflatrate.entrypoints.boot.doctor_report import Level
from mailflatrate.entrypoints.cli.doctor.database import store_lines
from mailflatrate.settings.roles import app_login
from mailflatrate.settings.schema import load_settings


def test_the_embedded_server_is_known_by_its_socket(database: str, tmp_path: Path) -> None:
    """`up` gives its processes the server's address, and the set-up page runs the doctor below one of them."""
    assert database
    own = load_settings()
    below_up = own.model_copy(update={"app_database_url": app_login(own)})
    texts = [line.text for line in store_lines(below_up)]
    assert "none: the embedded server has no failover" in texts
    assert any("the embedded server" in text and text.startswith("PostgreSQL") for text in texts)
    elsewhere = below_up.model_copy(update={"data_dir": tmp_path})
    replica = next(line for line in store_lines(elsewhere) if line.topic == "replica")
    assert replica.level is Level.WARNING
