"""The manifest of a backup: when it was made, from which database, and the checksum of each part."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

FORM: Final = "mailflatrate backup 1"
FILE: Final = "manifest.json"
DATABASE: Final = "database.dump"
KEYS: Final = "secrets.json"
FILES: Final = "files.tar"
JOURNALS: Final = "journals.tar"
LARGEST_BYTES: Final = 4 * 1024 * 1024
_READ_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BackupFile:
    name: str
    octets: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The database at the time of the snapshot. `migrations` are the applied ones, as `app/name`."""

    made_at: datetime
    server_version: int
    system_identifier: str
    timeline: str
    lsn: str
    migrations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of a whole backup. `key_fingerprints` belong to the keys, which may be kept elsewhere."""

    version: str
    origin: Origin
    key_fingerprints: dict[str, str]
    parts: tuple[BackupFile, ...]

    def part(self, name: str) -> BackupFile | None:
        return next((part for part in self.parts if part.name == name), None)

    def write(self, folder: Path) -> None:
        values = {"form": FORM, **asdict(self)}
        values["origin"]["made_at"] = self.origin.made_at.isoformat()
        path = folder / FILE
        path.write_text(json.dumps(values, indent=1) + "\n")
        path.chmod(0o600)


def read_manifest(folder: Path) -> Manifest:
    path = folder / FILE
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise click.ClickException(f"{path} is too large to be a manifest")
        return _manifest(json.loads(path.read_text()))
    except OSError as problem:
        raise click.ClickException(f"{folder} doesn't contain a finished backup: {problem.strerror}") from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise click.ClickException(f"{path} is damaged or was written by another version") from problem


def _manifest(values: dict[str, Any]) -> Manifest:
    if values["form"] != FORM:
        raise ValueError(values["form"])
    origin = values["origin"]
    parts = tuple(
        BackupFile(str(value["name"]), int(value["octets"]), str(value["sha256"])) for value in values["parts"]
    )
    if any(part.name not in (DATABASE, KEYS, FILES, JOURNALS) for part in parts):
        raise ValueError("unknown part")
    return Manifest(
        version=str(values["version"]),
        origin=Origin(
            made_at=datetime.fromisoformat(origin["made_at"]),
            server_version=int(origin["server_version"]),
            system_identifier=str(origin["system_identifier"]),
            timeline=str(origin["timeline"]),
            lsn=str(origin["lsn"]),
            migrations=tuple(map(str, origin["migrations"])),
        ),
        key_fingerprints=dict(values["key_fingerprints"]),
        parts=parts,
    )


def measure(path: Path) -> BackupFile:
    digest, octets = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            digest.update(chunk)
            octets += len(chunk)
    return BackupFile(path.name, octets, digest.hexdigest())


def verify_parts(folder: Path, manifest: Manifest) -> list[str]:
    problems = []
    for part in manifest.parts:
        path = folder / part.name
        if not path.is_file():
            problems.append(f"{part.name} is missing")
        elif path.stat().st_size != part.octets:
            problems.append(f"{part.name} has {path.stat().st_size} bytes instead of {part.octets}")
        elif measure(path) != part:
            problems.append(f"the checksum of {part.name} doesn't match")
    if manifest.part(DATABASE) is None:
        problems.append("it contains no database")
    return problems
