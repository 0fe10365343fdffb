"""Dry runs of exports, as the command prints them."""

import json
from datetime import UTC, datetime
from typing import Any

from click.testing import CliRunner

from mailflatrate.base import clock
from mailflatrate.entrypoints.cli.main import cli

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def dry_run(*arguments: str) -> dict[str, Any]:
    """The printed object of a dry run in November 2026."""
    with clock.frozen_at(NOW):
        done = CliRunner().invoke(cli, ["import", "--dry-run", "--json", *arguments])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found
