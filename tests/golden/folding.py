"""Answers as files that read well in a diff: one for each pattern, roles and samples folded together."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

COMMON = 12
"""As many patterns give an answer that gets a name."""
LEAST_ALIKE = 0.6
SHORT = 8
MOST_SEEN = 6
Lines = list[str]


@dataclass(frozen=True)
class Seen:
    """An answer that others are compared to."""

    whose: str
    lines: Lines


class Folder:
    """Writes the files of all pages."""

    def __init__(self, pages: dict[str, list[dict[str, Any]]], roles: dict[str, list[str]]) -> None:
        self._pages = pages
        self._roles = roles
        self._named = _named(pages)

    def files(self) -> dict[str, str]:
        found = {f"pages/{_file_name(pattern)}.txt": self._page(pattern) for pattern in self._pages}
        common = [f"=== {name}\n" + text + "\n" for text, name in sorted(self._named.items(), key=_name)]
        return found | {"common.txt": "\n".join(common)}

    def _page(self, pattern: str) -> str:
        written = [pattern]
        seen: dict[str, list[Seen]] = {"en": [], "de": []}
        for sample in self._pages[pattern]:
            for language in ("en", "de"):
                if sample[language]:
                    written += ["", self._head(sample, language)]
                    written += self._groups(sample, language, seen)
        return "\n".join(written) + "\n"

    def _head(self, sample: dict[str, Any], language: str) -> str:
        return f"=== {sample['method']} {sample['path']}{' in German' if language == 'de' else ''}"

    def _groups(self, sample: dict[str, Any], language: str, seen: dict[str, list[Seen]]) -> Iterator[str]:
        for roles, lines in sample[language]:
            yield f"--- {self._who(roles, sample, language)}"
            name = self._named.get("\n".join(lines))
            if name:
                yield f"common: {name}"
                continue
            yield from _shown(lines, seen[language] + (seen["en"][:1] if language == "de" else []))
            if len(lines) > SHORT and len(seen[language]) < MOST_SEEN:
                seen[language].append(Seen(f"{roles[0]} ({sample['method']} {sample['path']})", lines))

    def _who(self, roles: list[str], sample: dict[str, Any], language: str) -> str:
        everyone = self._roles["keys" if sample["path"].startswith("/api/") else "people"]
        return "everyone" if roles == everyone and language == "en" else ", ".join(roles)


def _named(pages: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Return the answers that many patterns give, with their names."""
    given: Counter[str] = Counter()
    for samples in pages.values():
        given.update({"\n".join(g[1]) for s in samples for language in ("en", "de") for g in s[language]})
    names: dict[str, list[str]] = defaultdict(list)
    for text, count in sorted(given.items(), key=lambda pair: (-pair[1], pair[0])):
        if count >= COMMON and text.count("\n") > 3:
            names[_title(text)].append(text)
    return {
        text: name if not number else f"{name} ({number + 1})"
        for name, texts in names.items()
        for number, text in enumerate(texts)
    }


def _title(text: str) -> str:
    title = re.search(r"^title: (.*)$|\"title\": \"(.*)\"", text, re.MULTILINE)
    return f"{text.partition(chr(10))[0]} {(title and (title[1] or title[2])) or ''}".strip()


def _name(pair: tuple[str, str]) -> str:
    return pair[1]


def _shown(lines: Lines, seen: list[Seen]) -> Lines:
    """Return an answer, or how it differs from the one among those seen that is most like it."""
    best, alike = None, LEAST_ALIKE
    for each in seen if len(lines) > SHORT else []:
        matcher = SequenceMatcher(None, each.lines, lines)
        if matcher.real_quick_ratio() > alike and matcher.quick_ratio() > alike and matcher.ratio() > alike:
            best, alike = each, matcher.ratio()
    if best is None:
        return lines
    if best.lines == lines:
        return [f"as {best.whose}"]
    return [f"as {best.whose}, but", *_differences(best.lines, lines)]


def _differences(before: Lines, lines: Lines) -> Iterator[str]:
    for kind, begin, end, new_begin, new_end in SequenceMatcher(None, before, lines).get_opcodes():
        if kind != "equal":
            yield f"@ after: {before[begin - 1][:60]}" if begin else "@ first"
            yield from (f"- {line}" for line in before[begin:end])
            yield from (f"+ {line}" for line in lines[new_begin:new_end])


def frames_text(frames: dict[str, dict[str, list[str]]]) -> str:
    """Return all menus and footers: for each role and language its most frequent ones whole, and where others are."""
    written = []
    for whose in sorted(frames):
        for text, where in sorted(frames[whose].items(), key=lambda pair: (-len(pair[1]), pair[0])):
            places = sorted(set(where))
            written += [f"=== {whose}: " + (f"{'many pages' if len(places) > 20 else ', '.join(places)}"), text, ""]
    return "\n".join(written)


def _file_name(pattern: str) -> str:
    """Return a name for a pattern: the first part is a folder."""
    first, _slash, rest = pattern.strip("/").partition("/")
    name = rest.replace("<>", "@").strip("/") or "index"
    return f"{_plain(first) or 'root'}/{_plain(name)}"


def _plain(text: str) -> str:
    return re.sub(r"[^\w@.-]+", ".", text).strip(".") or "index"
