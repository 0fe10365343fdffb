"""Build the .mo files from the .po files, without the gettext tools: `python -m mailflatrate.locale.build`."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent


def build(*, changed_only: bool = False) -> None:
    """Leave fuzzy entries out. A concurrent reader sees the old file or the new one, never an incomplete one."""
    for source in sorted(FOLDER.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if changed_only and target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name)
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        with fresh.open("wb") as file:
            write_mo(file, catalogue)
        fresh.replace(target)


if __name__ == "__main__":
    build()
