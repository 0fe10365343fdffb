"""The examples in docs/api.md are run as they are, by a shell and curl, against the service over HTTP."""

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections

from mailflatrate.apps.accounts.actions.keys import REQUESTS_A_MINUTE
from mailflatrate.apps.accounts.models import KeyScope
from support.api import program_of
from support.forms import customer_with_form
from support.origins import approve_origin
from support.transactional import FIELDS, with_approved_template

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
EXAMPLES = [
    "\n".join(line[4:] for line in block.splitlines())
    for block in re.findall(r"(?:^    .*\n)+", TEXT, re.MULTILINE)
    if "curl" in block
]
STRICT = 'set -euo pipefail\ncurl() { command curl --fail-with-body --silent --show-error "$@"; }\n'


class Server(ThreadingMixIn, WSGIServer):
    """Answers several requests at once and ends with the test."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_message(self, *_words: object) -> None:
        """Nothing."""

    def finish(self) -> None:
        """The thread's connection to the database goes with it."""
        super().finish()
        connections.close_all()


@pytest.fixture(scope="module")
def environment(database: str) -> Iterator[dict[str, str]]:
    assert database
    home = customer_with_form()
    approve_origin(home.account_id, home.anna.list_id)
    shipped = "# On its way\n\nHello {{ data.first_name }}, your order left us on {{ data.shipped_on }}."
    sample = {"first_name": "Dora", "shipped_on": "2026-11-28"}
    with_approved_template(home.anna, content=shipped, fields=FIELDS[:2], sample=sample)
    shop = program_of(home.anna)
    draft = home.anna.draft()
    known = shop.get(f"/campaigns/{draft.id}")
    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Server, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {
        "API": f"http://127.0.0.1:{server.server_port}/api/v1",
        "KEY": shop.secret,
        "FORM": str(home.form_id),
        "LIST": str(home.anna.list_id),
        "SENDER": str(home.anna.sender_id),
        "CAMPAIGN": str(draft.id),
        "DRAFT": str(home.anna.draft("Another").id),
        "HASH": known["content_hash"],
        "MAILING_ID": known["mailing_id"],
        "CONTACT": str(shop.get("/contacts")["items"][0]["id"]),
    }
    server.shutdown()
    server.server_close()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("example", EXAMPLES, ids=[re.findall(r"API/(\S+)", each)[-1] for each in EXAMPLES])
def test_an_example_does_what_it_says(environment: dict[str, str], tmp_path: Path, example: str) -> None:
    run = subprocess.run(
        ["bash", "-c", STRICT + example],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(run.stdout)


def test_the_text_names_what_is_there() -> None:
    assert len(EXAMPLES) >= 10
    assert f"{REQUESTS_A_MINUTE} requests a minute" in TEXT
    assert all(f"| `{scope.value}` |" in TEXT for scope in KeyScope)
