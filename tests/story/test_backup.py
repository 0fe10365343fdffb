"""A backup from one root restored into another: no duplicates, every opt-out holds, nothing is sent automatically."""

import asyncio
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
from click.testing import CliRunner
from PIL import Image

from copies import Copies
from estate import Estate, build_estate, release
from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status
from mailflatrate.apps.accounts.actions.people import create_user
from mailflatrate.apps.accounts.models import AccountStatus
from mailflatrate.apps.campaigns.actions.media import upload_media
from mailflatrate.apps.campaigns.models import MediaFile
from mailflatrate.apps.delivery.models import Chunk, ChunkState
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.lists.actions import consent, feedback
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.jobs import log_withdrawals
from mailflatrate.apps.privacy.withdrawals.catch_up import readers_of
from mailflatrate.base import clock, tenancy
from mailflatrate.base.storage import backends, files
from mailflatrate.base.storage.directory import DirectoryFiles
from mailflatrate.entrypoints.cli.backup import create, restore
from mailflatrate.entrypoints.cli.backup.manifest import read_manifest
from mailflatrate.entrypoints.cli.main import cli
from mailflatrate.mail.bounce_text.verdict import judge
from mailflatrate.rules.feedback.bounces import Bounce
from mailflatrate.settings.schema import StorageKind, load_settings
from support.fake_relay import FakeRelay

PEOPLE = 12
TESTS = Path(__file__).parents[1]


@dataclass
class Story:
    """What happened in the first root, and what the second one says."""

    estate: Estate
    eve: Estate
    backup: Path
    root: Path
    url: str
    first: int
    second: int
    sent_before: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)
    said: str = ""
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]),
            "DATABASE_URL": self.url,
            "MAILFLATRATE_DATA_DIR": str(self.root),
        }


def send(account_id: int, campaign_id: int) -> list[str]:
    with tenancy.account(account_id):
        ready = Chunk.objects.filter(campaign_id=campaign_id, state=ChunkState.READY)
        chunks = list(ready.values_list("id", flat=True))

    async def work() -> list[str]:
        async with FakeRelay() as relay:
            settings = load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port})
            sender = Sender(settings)
            try:
                for chunk_id in chunks:
                    await sender.work_chunk(account_id, chunk_id)
            finally:
                await sender.close()
            return [letter.recipient for letter in relay.received]

    return asyncio.run(work())


def say_no(story: Story) -> None:
    """After the backup four people say no in four ways, and the desk stops Eve."""
    with tenancy.account(story.estate.account_id):
        people = list(Contact.objects.order_by("id")[:4])
        left, erased, bounced, complained = people
        consent.unsubscribe(left.id, list_id=story.estate.list_id, by="link", source="test")
        feedback.record_bounces(
            [Bounce(bounced.id, None, judge("550 5.1.1 user unknown", "5.1.1", final=True), clock.now(), "test")]
        )
        feedback.record_complaint(complained.id, source="test", evidence={}, at=clock.now())
        erase_for_customer(erased.id, by=story.estate.owner)
    names = ("unsubscribed", "erased", "bounced", "complained")
    story.left = {name: person.email for name, person in zip(names, people, strict=True)}
    otto = create_user("otto@service.example", name="Otto", password=None, is_staff=True)
    change_account_status(
        story.eve.account_id, AccountStatus.SUSPENDED, Reasons("spam", text="She sent spam."), by=otto
    )


@pytest.fixture(scope="module")
def story(database: str, copies: Copies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    estate, eve = build_estate(PEOPLE), build_estate(1)
    with tenancy.account(estate.account_id):
        out = io.BytesIO()
        Image.new("RGB", (30, 20), "green").save(out, "PNG")
        upload_media(out.getvalue(), name="green.png", alt="green", decorative=False, by=None)
        pictures = [hashlib.sha256(files.get(each.stored_name)).hexdigest() for each in MediaFile.objects.all()]
    first, second = release(estate), release(estate)
    for reader in readers_of(load_settings(), minds_log=True):
        reader.register()  # as processes do that take withdrawals
    folder = tmp_path_factory.mktemp("backups")
    done = CliRunner().invoke(cli, ["backup", "create", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (backup,) = folder.iterdir()
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DROP DATABASE IF EXISTS restored")
        owner.execute("CREATE DATABASE restored")
    url = database.replace("/mailflatrate?", "/restored?")
    story = Story(estate, eve, backup, tmp_path_factory.mktemp("root") / "data", url, first, second, pictures=pictures)
    say_no(story)
    story.sent_before = send(estate.account_id, first)
    log_withdrawals(0)
    here = load_settings().data_dir
    restored = subprocess.run(
        [
            *(sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "restore", str(backup)),
            *("--withdrawals", str(here / "withdrawals"), "--journals", str(here / "journal"), "--keep-unsettled"),
        ],
        env=story.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert restored.returncode == 0, restored.stderr
    story.said = restored.stdout
    told = copies.run(TESTS / "restored_root.py", str(estate.account_id), environment=story.environment)
    assert told.returncode == 0, told.stderr
    story.told = json.loads(told.stdout.splitlines()[-1])
    yield story
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DROP DATABASE restored WITH (FORCE)")


def test_nothing_leaves_until_a_person_says_so(story: Story) -> None:
    held = story.told["held"]
    assert held["cause"] == "restored"
    assert held["sent"] == []
    assert "All sending is on hold" in story.said
    (line,) = [line for line in held["doctor"] if line["topic"] == "sending"]
    assert (line["level"], "restored" in line["text"]) == ("missing", True)


def test_the_doctor_finds_nothing_else_wrong_with_the_restored_root(story: Story) -> None:
    wrong = [line for line in story.told["held"]["doctor"] if line["level"] == "missing" and line["topic"] != "sending"]
    assert wrong == []


def test_nobody_gets_anything_twice_and_nobody_who_may_is_forgotten(story: Story) -> None:
    assert len(story.sent_before) == PEOPLE - 4
    assert sorted(story.told["resumed"]["sent"]) == sorted(story.sent_before), "the second campaign, once to each"
    results = story.told["resumed"]["seen"]["results"]
    assert results[str(story.first)].count("sent") == PEOPLE - 4, "the journals told the first one"
    assert results[str(story.second)].count("sent") == PEOPLE - 4
    assert "pending" not in results[str(story.first)] + results[str(story.second)]


def test_every_no_since_the_backup_holds(story: Story) -> None:
    seen = story.told["held"]["seen"]
    assert story.left["erased"] not in seen["people"]
    assert len(seen["people"]) == PEOPLE - 1
    assert set(seen["suppressed"]) >= {"hard_bounce", "complaint", "erased"}
    assert not set(story.left.values()) & set(story.told["resumed"]["sent"])
    with psycopg.connect(story.url) as owner:
        status = owner.execute("SELECT standing FROM account WHERE id = %s", [story.eve.account_id]).fetchone()
        damaged = owner.execute("SELECT count(*) FROM suppression WHERE account_id IS NOT NULL").fetchone()
    assert status == ("suspended",)
    assert damaged is not None


def test_pictures_and_keys_came_along(story: Story) -> None:
    assert story.told["held"]["seen"]["pictures"] == story.pictures
    keys = story.root / "secrets.json"
    assert json.loads(keys.read_text()) == json.loads((load_settings().data_dir / "secrets.json").read_text())
    assert keys.stat().st_mode & 0o777 == 0o600
    assert not list((story.root).glob("restored-journals-*")), "a copy never becomes this host's journal"


def test_a_database_in_use_is_not_overwritten(story: Story) -> None:
    with psycopg.connect(story.url, autocommit=True) as link:
        for given in (None, "another", "Restored", ""):
            with pytest.raises(click.ClickException, match="Restore into an empty one") as refused:
                restore.demand_empty(link, given)
            assert "--replace-database restored" in refused.value.message
        with psycopg.connect(story.url), pytest.raises(click.ClickException, match="1 other open connections"):
            restore.demand_empty(link, "restored")
        assert link.execute("SELECT count(*) > 0 FROM account").fetchone() == (True,)


def test_a_backup_verifies_until_a_byte_differs(story: Story, tmp_path: Path) -> None:
    def verify(folder: Path) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["backup", "verify", str(folder)])
        return done.exit_code, done.output

    code, said = verify(story.backup)
    assert (code, "Complete: 3 parts" in said) == (0, True)
    assert {path.name: path.stat().st_mode & 0o077 for path in story.backup.iterdir()} == dict.fromkeys(
        ("manifest.json", "database.dump", "secrets.json", "journals.tar"), 0
    ), "for its owner alone"
    for name in ("database.dump", "secrets.json", "journals.tar"):
        copy = tmp_path / name.replace(".", "-")
        shutil.copytree(story.backup, copy)
        data = bytearray((copy / name).read_bytes())
        data[len(data) // 2] ^= 1
        (copy / name).write_bytes(data)
        code, said = verify(copy)
        assert (code, f"the checksum of {name} doesn't match" in said) == (1, True)
        (copy / name).unlink()
        assert f"{name} is missing" in verify(copy)[1]
    assert verify(tmp_path)[0] == 1, "a folder without a manifest"


def test_keys_of_another_installation_are_refused_before_anything_is_changed(story: Story, tmp_path: Path) -> None:
    kept = tmp_path / "secrets.json"
    kept.write_text(json.dumps({"secret_key": "x" * 40, "token_keys": "a:" + "0" * 64}))
    here = load_settings().model_copy(update={"data_dir": tmp_path})
    manifest = read_manifest(story.backup)
    with pytest.raises(click.ClickException, match="don't match the backup's") as refused:
        restore.place_keys(here, story.backup, manifest)
    assert "x" * 40 not in refused.value.message
    kept.unlink()
    with pytest.raises(click.ClickException, match="contains no keys"):
        restore.place_keys(here, tmp_path, manifest)
    assert not kept.exists()


def test_a_backup_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pg_dump that is too old, and no other: as on a host with the wrong packages."""
    fake = tmp_path / "bin" / "pg_dump"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.3'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent))
    for name in ("BINARIES", "_SYSTEM"):
        monkeypatch.setattr(f"mailflatrate.entrypoints.cli.backup.tools.{name}", tmp_path)
    done = CliRunner().invoke(cli, ["backup", "create", str(tmp_path / "backups")])
    assert done.exit_code == 1
    assert "This needs pg_dump from PostgreSQL 18 or newer; found only version 12" in done.output
    assert list((tmp_path / "backups").iterdir()) == []


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectoryFiles]:
    """An installation whose uploads and pictures are outside of the database."""
    changed = {"storage": StorageKind.DIRECTORY, "storage_dir": tmp_path / "files"}
    monkeypatch.setattr(backends, "load_settings", lambda: load_settings().model_copy(update=changed))
    for known in (backends.active, backends.readable):
        known.cache_clear()
    yield DirectoryFiles(tmp_path / "files")
    for known in (backends.active, backends.readable):
        known.cache_clear()


@pytest.mark.usefixtures("database")
def test_files_outside_of_the_database_are_packed_and_put_back(directory: DirectoryFiles, tmp_path: Path) -> None:
    content = {"pictures/1-0": b"a picture", "uploads/x": bytes(3_000_000)}
    for name, data in content.items():
        directory.put(7, name, io.BytesIO(data).read)
    create.pack_files(tmp_path / "files.tar", str)
    shutil.rmtree(tmp_path / "files")
    assert restore.restore_files(tmp_path) == 2
    for name, data in content.items():
        got = io.BytesIO()
        directory.read_into(7, name, got.write)
        assert got.getvalue() == data


@pytest.mark.parametrize("name", ["../x", "7/../../x", "/etc/x", "7/uploads/../../../x", "x/uploads/y", "7/uploads/Y"])
def test_an_archive_that_was_tampered_with_writes_nowhere_else(
    directory: DirectoryFiles, tmp_path: Path, name: str
) -> None:
    with tarfile.open(tmp_path / "files.tar", "w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(click.ClickException, match="which doesn't belong in a backup"):
        restore.restore_files(tmp_path)
    assert list(directory.list_files()) == []
    assert {path.name for path in tmp_path.iterdir()} <= {"files.tar", "files"}
