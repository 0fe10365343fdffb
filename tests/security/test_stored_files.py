"""Attacks on stored files: another customer's, by name and by raw SQL, and an upload that another host reads."""

import io
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client
from PIL import Image

from copies import Copies
from mailflatrate.apps.campaigns.actions.media import upload_media
from mailflatrate.apps.campaigns.errors import MediaRefused
from mailflatrate.apps.campaigns.media import WHOLE, media_url
from mailflatrate.apps.campaigns.models import Media
from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.actions import imports
from mailflatrate.apps.intake.jobs import sweep_uploads
from mailflatrate.apps.intake.models import Import, ImportState
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.base import clock, tenancy
from mailflatrate.base.storage import files
from mailflatrate.base.storage.directory import DirectoryFiles
from mailflatrate.settings.roles import app_login
from mailflatrate.settings.schema import load_settings
from support.contact_files import HEADER
from support.customers import customer_with_list

pytestmark = pytest.mark.usefixtures("database")
NAME = "uploads/annas-file"
ROW = "dora@kunde-1.de;Dora;D;2026-10-01T09:00:00Z;192.0.2.1;2026-10-01T09:05:00Z;https://a.example/;Kiel"


def test_a_stranger_gets_no_file_whatever_she_calls_it() -> None:
    anna, carla = customer_with_list("Anna"), customer_with_list("Carla")
    with tenancy.account(anna.account_id):
        files.put_bytes(NAME, b"annas customers")
    with tenancy.account(carla.account_id):
        assert not files.exists(NAME)
        with pytest.raises(files.NotStored):
            files.get(NAME)
        files.delete(NAME)
        for name in (f"{anna.account_id}/{NAME}", f"../{anna.account_id}/{NAME}", f"uploads/../../{anna.account_id}"):
            for act in (files.get, files.exists, files.delete):
                with pytest.raises(files.NameRefused):
                    act(name)
            with pytest.raises(files.NameRefused):
                files.put_bytes(name, b"carlas")
    with tenancy.account(anna.account_id):
        assert files.get(NAME) == b"annas customers"
    with pytest.raises(tenancy.NoAccount):
        files.get(NAME)


def test_raw_sql_of_an_account_sees_and_changes_its_own_files_only() -> None:
    anna, carla = customer_with_list("Anna"), customer_with_list("Carla")
    with tenancy.account(anna.account_id):
        files.put_bytes(NAME, b"annas customers")
    with tenancy.account(carla.account_id), connection.cursor() as cursor:
        for table in ("stored_file", "stored_chunk"):
            cursor.execute(f"SELECT count(*) FROM {table} WHERE account_id = %s", [anna.account_id])
            assert cursor.fetchone() == (0,)
            cursor.execute(f"DELETE FROM {table} WHERE account_id = %s", [anna.account_id])
            assert cursor.rowcount == 0
    with (
        pytest.raises(Exception, match="row-level security"),
        tenancy.account(carla.account_id),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO stored_file (account_id, name, octets, created_at) VALUES (%s, 'uploads/x', 0, now())",
            [anna.account_id],
        )


def test_a_row_of_carla_that_names_a_file_of_another_place_opens_nothing(tmp_path: Path) -> None:
    """The column is the customer's own row: SQL of an attacker may write a path of the host into it."""
    carla = customer_with_list("Carla")
    secret = tmp_path / "secrets.json"
    secret.write_text("winterzwiebeln")
    with tenancy.account(carla.account_id):
        for name in (str(secret), "../secrets.json", "uploads/../../secrets.json"):
            with pytest.raises(FileNotFoundError), uploads.opened(name):
                raise AssertionError("opened")
            uploads.forget(name)
            assert not uploads.is_kept(name)
    assert secret.exists()


WORKER = """
import sys
from mailflatrate.entrypoints.boot import boot
boot()
from mailflatrate.apps.intake.runner import run_import
run_import(int(sys.argv[1]), int(sys.argv[2]))
"""


@pytest.mark.slow
def test_an_upload_taken_by_one_host_is_imported_by_another(database: str, copies: Copies, tmp_path: Path) -> None:
    anna = customer_with_list("Anna")
    with tenancy.account(anna.account_id):
        data = f"{HEADER}\n{ROW}\n".encode()
        job = imports.start_import(anna.list_id, io.BytesIO(data), "people.csv", {}, enqueue=False)
    keys = json.loads((load_settings().data_dir / "secrets.json").read_text())
    other = tmp_path / "other-host"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "MAILFLATRATE_DATA_DIR": str(other),
        "MAILFLATRATE_APP_DATABASE_URL": app_login(load_settings()),
        "MAILFLATRATE_SECRET_KEY": keys["secret_key"],
        "MAILFLATRATE_TOKEN_KEYS": keys["token_keys"],
    }
    worker = tmp_path / "worker.py"
    worker.write_text(WORKER)
    copies.run(worker, str(anna.account_id), str(job.id), environment=environment).check_returncode()
    with tenancy.account(anna.account_id):
        done = Import.objects.get(id=job.id)
        assert (done.state, done.accepted) == (ImportState.DONE, 1), done.problem
        assert not files.exists(job.file_path)
    assert not [path for path in other.rglob("*") if path.is_file() and b"dora@" in path.read_bytes()]
    with psycopg.connect(database) as owner:
        row = owner.execute("SELECT count(*) FROM stored_file WHERE name = %s", [job.file_path]).fetchone()
    assert row == (0,)


def test_a_file_whose_process_died_is_swept_and_one_in_use_is_not() -> None:
    anna = customer_with_list("Anna")
    with tenancy.account(anna.account_id):
        job = imports.start_import(anna.list_id, io.BytesIO(f"{HEADER}\n{ROW}\n".encode()), "a.csv", {}, enqueue=False)
        files.put_bytes("uploads/orphan", b"dora@kunde-1.de")
        files.put_bytes("pictures/1-0", b"a picture")
    sweep_uploads(0)
    with tenancy.account(anna.account_id):
        assert files.exists("uploads/orphan"), "it may be on its way"
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        sweep_uploads(0)
    with tenancy.account(anna.account_id):
        assert [files.exists(name) for name in ("uploads/orphan", job.file_path, "pictures/1-0")] == [False, True, True]


@pytest.fixture
def broken_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A storage that takes and gives nothing, as while its service is away."""
    (tmp_path / "file").write_text("")
    broken = DirectoryFiles(tmp_path / "file")
    monkeypatch.setattr(files, "active", lambda: broken)
    monkeypatch.setattr(files, "readable", lambda: (broken,))
    yield


def test_while_the_storage_is_away_people_are_told_so_and_nothing_is_lost(
    broken_storage: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = customer_with_list("Anna")
    data = f"{HEADER}\n{ROW}\n".encode()
    with tenancy.account(anna.account_id):
        with pytest.raises(ImportProblem, match="Upload it again in a few minutes"):
            imports.upload_import(anna.list_id, io.BytesIO(data), "a.csv")
        with pytest.raises(MediaRefused), transaction.atomic():
            upload_media(picture(), name="a.png", alt="a", decorative=False, by=None)
        assert not Import.objects.exists()
        assert not Media.objects.exists()
    monkeypatch.undo()
    with tenancy.account(anna.account_id):
        job = imports.start_import(anna.list_id, io.BytesIO(data), "a.csv", {}, enqueue=False)
        media = upload_media(picture(), name="a.png", alt="a", decorative=False, by=None)
        url = media_url(media, WHOLE, "png")
    path = url.removeprefix(load_settings().public_url)
    served = Client().get(path)
    assert (served.status_code, served["X-Content-Type-Options"]) == (200, "nosniff")
    away = DirectoryFiles(Path("/proc/version"))
    monkeypatch.setattr(files, "readable", lambda: (away,))
    assert Client().get(path).status_code == 503
    with pytest.raises(files.StorageFailed):
        run_import(anna.account_id, job.id)
    monkeypatch.undo()
    run_import(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        assert Import.objects.get(id=job.id).state == ImportState.DONE


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "green").save(out, "PNG")
    return out.getvalue()
