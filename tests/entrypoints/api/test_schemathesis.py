"""An outsider's tool against the running service: schemathesis, all its checks, with a real account and key."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from copies import Copies
from mailflatrate.entrypoints.api.v1.service import ROOT
from mailflatrate.settings.roles import owner_url
from mailflatrate.settings.schema import load_settings
from support.api import program_of
from support.forms import customer_with_form
from support.served import served

SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS", "0"))
"""How long it looks for faults, for a run by hand. Without it, it goes once through all operations."""
PATIENCE_SECONDS = 600
PHASES = os.environ.get("SCHEMATHESIS_PHASES", "examples,fuzzing,stateful")
"""The phase of coverage takes an hour for all operations: for a run by hand."""
CONFIG = Path(__file__).with_name("schemathesis.toml")
KEPT = Path(__file__).parents[3] / ".hypothesis"
"""Where all tests keep the tables of characters, which take seconds to make; what was found is not kept."""
TOOL = Path(sys.executable).with_name("schemathesis")
_ANEW = "UPDATE api_key SET window_count = 0 WHERE account_id = %s AND id = %s"
SEED = int(os.environ.get("SCHEMATHESIS_SEED", "1"))
"""The same requests in each run of CI; others by hand."""
NO_NUL = "--generation-allow-x00 false"
"""The description says that texts hold no NUL, but can't say it of free values inside free values."""
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))
"""Requests for each operation in each turn through all of them; more by hand."""


@contextmanager
def without_rate(account_id: int, key_id: int) -> Iterator[None]:
    """Begin the key's minute anew all the time: its rate is tested elsewhere, and would hide what is looked for."""
    over = threading.Event()

    def begin_anew() -> None:
        with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
            while not over.wait(1):
                owner.execute(
                    "UPDATE api_key SET window_count = 0 WHERE account_id = %s AND id = %s", [account_id, key_id]
                )

    thread = threading.Thread(target=begin_anew)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.slow
@pytest.mark.skipif(not TOOL.exists(), reason="needs schemathesis (requirements/dev.txt)")
def test_schemathesis_finds_no_fault(database: str, copies: Copies, tmp_path: Path) -> None:
    assert database
    home = customer_with_form()
    shop = program_of(home.anna)
    shop.post("/lists", {"name": "Second list", "policy_confirmed": True}, 201)
    with served(copies, tls=False) as running, without_rate(home.account_id, shop.key_id):
        address = f"http://localhost:{running.port}"
        run = f"run {address}{ROOT}/openapi.json --url {address} --checks all --phases {PHASES}"
        options = f"--max-examples {EXAMPLES} --seed {SEED} --request-timeout 30 --warnings off {NO_NUL}"
        if SECONDS:
            options += f" --max-time {SECONDS}"
        key = [
            "--header",
            f"Authorization: Bearer {shop.secret}",
            "--generation-database",
            "none",
            "--continue-on-failure",
        ]
        command = [TOOL, "--no-color", "--config-file", CONFIG, *run.split(), *options.split(), *key]
        patience = SECONDS * 3 + PATIENCE_SECONDS
        environment = os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": str(KEPT)}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=patience, check=False
        )
        report = (done.stdout + done.stderr)[-20_000:]
        assert done.returncode == 0, f"{report}\n{running.log.read_text()[-3000:]}"
