"""Compile real newsletters: how long it takes, and whether every link still leads where it led.

    python bench/compile.py [--show]

Prints one JSON object. The corpus is not ours to publish: its folder is named by MAILFLATRATE_CORPUS or lies at
../shared/corpus beside the repository; without it the benchmark says so and measures nothing. Links are compared
by another parser (selectolax).
"""

import json
import os
import re
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from mailflatrate.mail.content.campaign import (
    CompileContext,
    CompiledContent,
    ContentSource,
    SourceFormat,
    compile_content,
)
from mailflatrate.mail.content.compiler import lint_compiled
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine
from mailflatrate.mail.liquid import SourceRefused

TARGET_MS = 150
_REDIRECT = "https://links.example/c/"
_CONDITIONAL = re.compile(r"<!--\[if[^\]]*\]>(?:(?!-->).)*?<!\[endif\]-->", re.DOTALL | re.IGNORECASE)
_WEB_HREF = re.compile(r"<(?!link\b)[a-z:]+\b[^>]*?\shref\s*=\s*[\"']?\s*https?://", re.IGNORECASE)
_IMPRINT = FooterImprint(
    lines=(FooterLine("", "Muster Feinkost GmbH"), FooterLine("Register", "Amtsgericht Bonn, HRB 12345")),
    reason="You get this letter because you signed up for {{ list.name }}.",
    mailing_id="7XK2-9QPM",
    language="en",
    privacy_url="https://muster.example/privacy",
)
# Some newsletters of the corpus are longer than a customer's may be.
_CONTEXT = CompileContext(_IMPRINT, link_url=lambda number, _url: f"{_REDIRECT}{number}", most_octets=1_000_000)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One newsletter.

    Milliseconds, web links in it, links that got lost or lead elsewhere, whether it came with foreign merge
    tags.
    """

    name: str
    milliseconds: float
    links: int
    wrong_links: int
    foreign_tags: bool


def corpus_folder() -> Path | None:
    """Return the folder of newsletters, or None where there is none."""
    named = os.environ.get("MAILFLATRATE_CORPUS")
    root = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "corpus"
    folder = root / "newsletters_html"
    return folder if folder.is_dir() else None


def main() -> int:
    folder = corpus_folder()
    if folder is None:
        print(json.dumps({"skipped": "no corpus: set MAILFLATRATE_CORPUS to a folder that holds newsletters_html/"}))
        return 0
    outcomes = [measure(path) for path in sorted(folder.glob("*.html"))]
    times = sorted(outcome.milliseconds for outcome in outcomes)
    wrong = [outcome.name for outcome in outcomes if outcome.wrong_links]
    median = round(statistics.median(times), 1)
    result = {
        "newsletters": len(outcomes),
        "with_foreign_merge_tags": sum(outcome.foreign_tags for outcome in outcomes),
        "web_links": sum(outcome.links for outcome in outcomes),
        "wrong_links": sum(outcome.wrong_links for outcome in outcomes),
        "wrong_in": wrong,
        "median_ms": median,
        "p90_ms": round(times[int(len(times) * 0.9)], 1),
        "max_ms": round(times[-1], 1),
        "target_median_ms": TARGET_MS,
    }
    print(json.dumps(result))
    if "--show" in sys.argv:
        for outcome in outcomes:
            print(outcome, file=sys.stderr)
    return 1 if wrong or median > TARGET_MS else 0


def measure(path: Path, rounds: int = 3) -> Outcome:
    """Compile one newsletter `rounds` times (the middle counts) and compare its links."""
    text = path.read_bytes().decode("utf-8", "replace")
    source = ContentSource(SourceFormat.HTML, text, "A newsletter")
    foreign = False
    try:
        compile_content(source, _CONTEXT)
    except SourceRefused:
        # Merge tags of another system; an author would replace them, here they stay as plain text.
        foreign = True
        text = text.replace("{{", "&#123;&#123;").replace("{%", "&#123;%")
        source = ContentSource(SourceFormat.HTML, text, "A newsletter")
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        compiled = compile_content(source, _CONTEXT)
        times.append(1000 * (time.perf_counter() - start))
    wanted, got = web_links(text), compiled_links(compiled)
    wrong = sum(a != b for a, b in zip(wanted, got, strict=False)) + abs(len(wanted) - len(got))
    wrong += count_in_conditions(text) != compiled_in_conditions(compiled)
    facts = lint_compiled(compiled)
    assert not facts.missing_imprint_html and not facts.missing_imprint_text, path.name
    assert not facts.forbidden_elements, path.name
    return Outcome(path.name, statistics.median(times), len(wanted), wrong, foreign)


def web_links(document: str) -> list[str]:
    """Return the web targets of a document as an independent parser sees them, in order."""
    found = []
    for node in LexborHTMLParser(document).css("a[href], area[href]"):
        href = (node.attributes.get("href") or "").strip()
        if href.lower().startswith(("http://", "https://")):
            found.append(href)
    return found


def compiled_links(compiled: CompiledContent) -> list[str]:
    """Return where the links of the compiled letter lead, the redirector followed, the service's own left out."""
    targets = {f"{_REDIRECT}{link.number}": link.url for link in compiled.links}
    own = {_IMPRINT.privacy_url}
    return [targets.get(url, f"not rewritten: {url}") for url in web_links(compiled.html.source) if url not in own]


def count_in_conditions(document: str) -> int:
    """Return how many web links are in Outlook's conditional comments."""
    return sum(len(_WEB_HREF.findall(block)) for block in _CONDITIONAL.findall(document))


def compiled_in_conditions(compiled: CompiledContent) -> int:
    """Return how many of the redirector's links are in conditional comments."""
    return sum(len(re.findall(re.escape(_REDIRECT), block)) for block in _CONDITIONAL.findall(compiled.html.source))


if __name__ == "__main__":
    sys.exit(main())
