"""One real PostgreSQL for the whole run, Django set up once, and the application role under row-level security.

Tests isolate themselves by account: each takes fresh accounts from the `cast`, nothing is rolled back or flushed.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from prepared_database import copy_cluster, write_secrets

gc.disable()  # until all tests are collected: a search for garbage goes through all of them, and finds none
DATA_DIR = Path(os.environ.get("MAILFLATRATE_TEST_DATA_DIR") or tempfile.mkdtemp(prefix="mailflatrate-test-"))
for name in [name for name in os.environ if name.startswith("MAILFLATRATE_") or name == "DATABASE_URL"]:
    del os.environ[name]
(DATA_DIR / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise warns about a folder that is missing
write_secrets(DATA_DIR)
os.environ["MAILFLATRATE_DATA_DIR"] = str(DATA_DIR)
os.environ["DJANGO_SETTINGS_MODULE"] = "mailflatrate.settings.django"

import django  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from django.contrib.auth.hashers import PBKDF2PasswordHasher  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from copies import Copies  # noqa: E402
from mailflatrate.locale.build import build as build_catalogues  # noqa: E402
from mailflatrate.settings.database_memory import SENDERS, SERVICES  # noqa: E402
from support import page_context, page_text, static_files  # noqa: E402
from support.demo import Demo, running_demo  # noqa: E402

build_catalogues(changed_only=True)
django.setup()
setup_test_environment()
page_context.note_no_contexts()
page_text.install()
static_files.install()
# What would cost every test processor time, and is not what it looks at: a million rounds for each password, and
# checking the primes of a key that was read before.
PBKDF2PasswordHasher.iterations = 1000
serialization.load_pem_private_key = lru_cache(maxsize=100)(serialization.load_pem_private_key)  # type: ignore[assignment]


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """URL of the owner of a migrated database."""
    from django.db import connections

    from mailflatrate.entrypoints.cli.setup import bring_up_to_date
    from mailflatrate.settings.postgres import EmbeddedPostgres
    from mailflatrate.settings.schema import load_settings

    copy_cluster(DATA_DIR)
    server = EmbeddedPostgres(DATA_DIR)
    with server.owned():
        bring_up_to_date(load_settings())
        _mailboxes_exist_at("briefkasten-lindenhof.de")
        yield server.url
        connections.close_all()
    shutil.rmtree(DATA_DIR, ignore_errors=True)


def _mailboxes_exist_at(domain: str) -> None:
    """Where people of the tests have their mailboxes: remembered, so that no test asks the world's DNS about it."""
    from mailflatrate.apps.domains.models import MailDomain
    from mailflatrate.base import clock

    MailDomain.objects.create(domain=domain, resolves=True, null_mx=False, checked_at=clock.now())


@pytest.fixture(autouse=True)
def first_day() -> None:
    """Each test is the first day of its host: what it remembers of the database is another test's."""
    for name in (SENDERS, SERVICES):
        (DATA_DIR / "journal" / name).unlink(missing_ok=True)


@pytest.fixture(scope="session")
def copies() -> Iterator[Copies]:
    """Where commands of the product start as copies of one process, with the settings of the tests."""
    with Copies() as found:
        yield found


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """One demonstration for all tests that look at a whole run.

    Its folder is not one of pytest's: every run that begins beside this one shuts those to other users, and with them
    to the database's.
    """
    folder = Path(tempfile.mkdtemp(prefix="mailflatrate-demo-"))
    if "DEMO_AT" not in os.environ:
        write_secrets(folder)
        copy_cluster(folder)
    with running_demo(folder) as found:
        yield found
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that use the demo, so that `make test` can run the others beside them; it looks for them in two
    folders, because collecting all tests takes long. Whole stories and runs of several hosts are slow. The browser's
    tests come last: Playwright keeps an event loop running, in which no other could be started.
    """
    for item in items:
        if item.path.parent.name in ("story", "hosts"):
            item.add_marker("slow")
        if "demo" in getattr(item, "fixturenames", ()):
            assert item.path.parent.name in ("browser", "story"), (
                f"{item.nodeid} belongs into tests/browser or tests/story"
            )
            item.add_marker("demo")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_collection_finish() -> None:
    """Spare the modules and tests, which stay, from every search for garbage; and search less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()
