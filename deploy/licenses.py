"""List the license of every dependency, Python's and npm's: `make licenses`. It fails on a shipped one that would
force a license on this project, or that isn't known.
"""

import importlib.metadata
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHIPPED_FILES = ("main.txt", "s3.txt", "traces.txt")
FREE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|0BSD|MPL|Mozilla|PSF|Python|Unlicense|Zlib|OFL|CC0|BlueOak)\b|BSD-like",
    re.IGNORECASE,
)
"""Licenses that ask for a notice, or for the source of their own files if those are changed."""
USED_AS_LIBRARY = re.compile(r"\bLGPL|Lesser General Public", re.IGNORECASE)
"""Free to use as an unchanged library that its user can replace, as Python packages are."""
READ_BY_HAND = {
    "mrml": "MIT",  # in the bill of materials in its wheel
    "htmx-ext-sse": "0BSD",  # in its LICENSE
}


@dataclass(frozen=True)
class Dependency:
    """A package and its license: an SPDX expression, or the names that its metadata give."""

    registry: str
    name: str
    version: str
    license: str
    is_shipped: bool

    @property
    def is_free(self) -> bool:
        """Whether one of its alternatives leaves the license of this project open."""
        ways = re.split(r"\bOR\b|\|", self.license)
        return any(all(map(_leaves_free, re.split(r"\bAND\b", way))) for way in ways)


def main() -> int:
    """Print every dependency; return 1 if a shipped one isn't free."""
    dependencies = [*python_packages(), *npm_packages()]
    for each in sorted(dependencies, key=lambda each: (not each.is_shipped, each.registry, each.name.lower())):
        use = "shipped" if each.is_shipped else "test or build only"
        print(f"{use:20}{each.registry:8}{each.name:45}{each.version:14}{each.license or 'unknown'}")
    forcing = [each for each in dependencies if each.is_shipped and not each.is_free]
    for each in forcing:
        print(
            f"{each.name} {each.version} is shipped, and its license isn't free: {each.license or 'unknown'}",
            file=sys.stderr,
        )
    return 1 if forcing else 0


def python_packages() -> Iterator[Dependency]:
    """Yield what is installed in the environment that runs this."""
    shipped = {name for file in SHIPPED_FILES for name in _locked(ROOT / "requirements" / file)}
    for package in importlib.metadata.distributions():
        name = package.metadata["Name"]
        if name == "mailflatrate":
            continue
        words = _first_line(package, "License-Expression") or " | ".join(_classifiers(package))
        words = words or _first_line(package, "License") or READ_BY_HAND.get(name, "")
        yield Dependency("python", name, package.version, words, _normal(name) in shipped)


def npm_packages() -> Iterator[Dependency]:
    """Yield what the lock file of the front end names. Shipped is what the build bundles."""
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    for path, package in lock["packages"].items():
        if not path:
            continue
        name = path.rpartition("node_modules/")[2]
        words = package.get("license") or READ_BY_HAND.get(name, "")
        yield Dependency("npm", name, package["version"], words, not package.get("dev", False))


def _leaves_free(words: str) -> bool:
    return bool(FREE.search(words) or USED_AS_LIBRARY.search(words))


def _classifiers(package: importlib.metadata.Distribution) -> list[str]:
    return [
        line.rpartition("::")[2].strip()
        for line in package.metadata.get_all("Classifier", [])
        if line.startswith("License ::") and not line.endswith(("OSI Approved", "Other/Proprietary License"))
    ]


def _first_line(package: importlib.metadata.Distribution, field: str) -> str:
    # Metadata is an email message: a field that's missing is None, whatever its type says.
    values: list[str] = package.metadata.get_all(field) or [""]
    return values[0].partition("\n")[0]


def _locked(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if name := re.match(r"[A-Za-z0-9][\w.-]*", line):
            yield _normal(name[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
