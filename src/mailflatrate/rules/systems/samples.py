"""Examples of the systems' exports, with made-up people at reserved domains, as ZIP files for trying out a move."""

import io
import zipfile
from functools import cache
from importlib.resources import files

from mailflatrate.rules.systems.profile import profiles

_MADE_AT = (2026, 1, 1, 0, 0, 0)


def sample_files(system: str) -> dict[str, bytes]:
    """Return the files of a system's example by their names; empty for a system that we don't know."""
    if system not in profiles():
        return {}
    folder = files("mailflatrate.rules.systems") / "examples" / system
    return {entry.name: entry.read_bytes() for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)}


@cache
def sample_zip(system: str) -> bytes | None:
    """Return a system's example as one ZIP with the same bytes each time; None for a system that we don't know."""
    found = sample_files(system)
    if not found:
        return None
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in found.items():
            archive.writestr(zipfile.ZipInfo(name, _MADE_AT), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
