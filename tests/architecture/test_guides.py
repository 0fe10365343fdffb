"""The guides for contributors name files and jobs that exist."""

import re
from pathlib import Path

import pytest
from procrastinate.contrib.django import app

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "mailflatrate"
GUIDES = {"docs/flow.md": PACKAGE, "CONTRIBUTING.md": ROOT, "SECURITY.md": ROOT}
FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")
JOB = re.compile(r"`((?:delivery|inbound|lists|gate|forms)\.[a-z_]+)`")


def files_named(text: str) -> list[str]:
    """Return the paths in backquotes that begin in a folder of ours and have no placeholder."""
    return [found for found in FILE.findall(text) if not found.startswith("LC_MESSAGES/")]


def pages() -> list[Path]:
    """Return the pages that people read, without those that `make docs` makes."""
    made = {"rules.md", "schema.md", "attacks.md"}
    return [path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if path.name not in made]


def headings(path: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    titles = re.findall(r"^#+ (.*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if re.match(r"[a-z]+:|/", link):
            continue
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in headings(target)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("guide", GUIDES)
def test_every_file_that_a_guide_names_exists(guide: str) -> None:
    named = files_named((ROOT / guide).read_text(encoding="utf-8"))
    assert [name for name in named if not (GUIDES[guide] / name).exists() and not (ROOT / name).exists()] == []


def test_every_job_on_the_page_of_the_flow_exists() -> None:
    named = JOB.findall((ROOT / "docs" / "flow.md").read_text(encoding="utf-8"))
    assert len(named) >= 5
    assert set(named) <= set(app.tasks)


def test_every_target_that_a_guide_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) <= targets, "a target without a rule succeeds and does nothing"
    for guide in GUIDES:
        named = re.findall(r"(?:^    |`)make ([a-z-]+)", (ROOT / guide).read_text(encoding="utf-8"), re.MULTILINE)
        assert set(named) <= targets, guide
