"""Prepare a release, check that it is one, and tag it.

    python deploy/release.py prepare 0.2.0    # writes the version where it is named, and dates the changelog's section
    python deploy/release.py check 0.2.0      # what is still wrong, one line each; exit status 1 if anything is
    python deploy/release.py tag 0.2.0        # check, then an annotated tag v0.2.0 in this repository, not pushed
    python deploy/release.py notes 0.2.0      # the changelog's section
    python deploy/release.py version          # the version of this tree

Needs nothing but Python and git. docs/release.md has the checklist around it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = Path("src/mailflatrate/__init__.py")
CHART = Path("deploy/helm/mailflatrate/Chart.yaml")
CHANGELOG = Path("CHANGELOG.md")
SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(rc|beta|alpha)\.\d+)?")
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""The groups of Keep a Changelog."""


class Refused(Exception):
    """The release cannot be made; the message says why and how to fix it."""


def current_version(root: Path) -> str:
    """Return the version that the source names."""
    found = re.search(r'^__version__: Final = "([^"]+)"$', (root / SOURCE).read_text(encoding="utf-8"), re.MULTILINE)
    if not found:
        raise Refused(f"{SOURCE} has no __version__")
    return found[1]


def sections(changelog: str) -> dict[str, str]:
    """Return the text of each section by its heading, such as `Unreleased` or `0.2.0 - 2026-11-27`."""
    parts = re.split(r"^## (.+)$", changelog, flags=re.MULTILINE)
    return {title.strip(): text.strip() for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def section_of(changelog: str, version: str) -> tuple[str, str] | None:
    """Return heading and text of a version's section."""
    for title, text in sections(changelog).items():
        if title == version or title.startswith(f"{version} - "):
            return title, text
    return None


def grouped(text: str) -> str:
    """Return a section with a group above its entries; entries without one are changes."""
    return text if re.match(r"### ", text) else f"### Changed\n\n{text}"


def prepare(root: Path, version: str, today: str) -> None:
    """Write the version where it is named, and turn `Unreleased` into its section."""
    if not SEMANTIC.fullmatch(version):
        raise Refused(f"{version} is not a version such as 0.2.0 or 0.2.0-rc.1")
    changelog = (root / CHANGELOG).read_text(encoding="utf-8")
    waiting = sections(changelog).get("Unreleased", "")
    if section_of(changelog, version):
        raise Refused(f"{CHANGELOG} has a section {version} already")
    if not waiting:
        raise Refused(f"{CHANGELOG} has nothing under Unreleased")
    head, _, rest = changelog.partition("## Unreleased\n")
    after = rest[rest.index(waiting) + len(waiting) :]
    renewed = f"{head}## Unreleased\n\n## {version} - {today}\n\n{grouped(waiting)}{after}"
    (root / CHANGELOG).write_text(renewed, encoding="utf-8")
    _replace(root / SOURCE, r'^__version__: Final = "[^"]+"$', f'__version__: Final = "{version}"')
    if (root / CHART).exists():
        _replace(root / CHART, r"^version: .*$", f"version: {version}")
        _replace(root / CHART, r"^appVersion: .*$", f'appVersion: "{version}"')


def problems(root: Path, version: str) -> list[str]:
    """Return what keeps this tree from being the release, and how to fix each."""
    found = []
    if not SEMANTIC.fullmatch(version):
        found.append(f"{version} is not a version such as 0.2.0 or 0.2.0-rc.1")
    if git(root, "status", "--porcelain"):
        found.append("the tree is not clean: commit or remove what `git status` shows")
    if current_version(root) != version:
        found.append(f"{SOURCE} says {current_version(root)}: run `python deploy/release.py prepare {version}`")
    chart = (root / CHART).read_text(encoding="utf-8") if (root / CHART).exists() else ""
    if chart and (f"\nversion: {version}\n" not in chart or f'\nappVersion: "{version}"\n' not in chart):
        found.append(f"{CHART} names another version: run `python deploy/release.py prepare {version}`")
    section = section_of((root / CHANGELOG).read_text(encoding="utf-8"), version)
    if section is None:
        found.append(f"{CHANGELOG} has no section {version}: run `python deploy/release.py prepare {version}`")
    else:
        found += _section_problems(*section)
    if git(root, "tag", "--list", f"v{version}"):
        found.append(f"the tag v{version} exists already")
    return found


def _section_problems(title: str, text: str) -> list[str]:
    found = []
    if not re.search(r" - \d{4}-\d{2}-\d{2}$", title):
        found.append(f"the heading `{title}` of {CHANGELOG} needs a date, as in `0.2.0 - 2026-11-27`")
    if not re.search(r"^- ", text, re.MULTILINE):
        found.append(f"the section `{title}` of {CHANGELOG} has no entries")
    unknown = [kind for kind in re.findall(r"^### (.+)$", text, re.MULTILINE) if kind not in KINDS]
    if unknown:
        found.append(f"the section `{title}` of {CHANGELOG} has groups other than {', '.join(KINDS)}: {unknown}")
    return found


def tag(root: Path, version: str) -> None:
    """Make the annotated tag, whose message is the section of the changelog."""
    refused = problems(root, version)
    if refused:
        raise Refused("\n".join(refused))
    # A line that begins with # would be taken for a comment of git's.
    git(root, "tag", "--annotate", "--cleanup=verbatim", f"v{version}", "--message", notes(root, version))


def notes(root: Path, version: str) -> str:
    """Return what the release says about itself."""
    section = section_of((root / CHANGELOG).read_text(encoding="utf-8"), version)
    if section is None:
        raise Refused(f"{CHANGELOG} has no section {version}")
    return f"mailflatrate {section[0]}\n\n{section[1]}\n"


def git(root: Path, *arguments: str) -> str:
    """Return what a git command prints."""
    return subprocess.run(
        ["git", *arguments], cwd=root, check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout.strip()


def _replace(path: Path, pattern: str, line: str) -> None:
    text, count = re.subn(pattern, line, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if count != 1:
        raise Refused(f"{path.name} has {count} lines like {pattern}")
    path.write_text(text, encoding="utf-8")


NEXT = """Tagged v{version} here. Next:
  git push origin HEAD v{version}
  make image && make deb && make chart       # artifacts of this version, in build/
  docs/release.md, "After the tag", has the rest."""


def main(root: Path = ROOT) -> int:
    """Carry out one command."""
    parser = argparse.ArgumentParser(description="releases of mailflatrate")
    parser.add_argument("command", choices=["prepare", "check", "tag", "notes", "version"])
    parser.add_argument("version", nargs="?")
    options = parser.parse_args()
    if options.command != "version" and not options.version:
        parser.error("name the version")
    try:
        if options.command == "version":
            print(current_version(root))
        elif options.command == "notes":
            print(notes(root, options.version))
        elif options.command == "prepare":
            prepare(root, options.version, datetime.now(UTC).date().isoformat())
        elif options.command == "check":
            found = problems(root, options.version)
            print("\n".join(found) or f"{options.version} can be tagged.")
            return bool(found)
        else:
            tag(root, options.version)
            print(NEXT.format(version=options.version))
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
