"""What is asked for: every pattern by every role, other samples of it by the role that sees most."""

import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from golden.addresses import Address, addresses
from golden.ask import Asker, Question
from golden.forms import posting_forms
from golden.neutral import neutral

CUSTOMERS = ("owner", "admin", "editor", "author", "viewer", "limited editor", "starter", "newcomer")
OPERATORS = ("operator", "operator without a code")
ROLES = ("anonymous", *CUSTOMERS, *OPERATORS)
KEYS = ("anonymous", "key", "key that reads")
WHO = {"people": list(ROLES), "keys": list(KEYS)}
EMPTY = {"csrfmiddlewaretoken": "none is checked"}
HTMX = (("HX-Request", "true"),)
METHODS = {"people": ("GET", "POST"), "keys": ("GET", "POST", "PUT", "PATCH", "DELETE")}

Groups = list[tuple[list[str], list[str]]]
"""Roles, and the lines that all of them get."""


class Crawl:
    """Asks, and remembers which frames (menus, footers) are beside which pages."""

    def __init__(self, world: dict[str, Any], owner_url: str) -> None:
        self._asker = Asker(world["cookies"], owner_url)
        self._keys: dict[str, str] = world.get("keys", {})
        self._addresses, self.missing, self.superfluous = addresses(world["objects"])
        self._frames: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.asked = 0

    def run(self, share: int, shares: int, only: str = "") -> dict[str, Any]:
        pages = {}
        for address in [each for each in self._addresses if only in each.pattern][share::shares]:
            began = time.perf_counter()
            pages[address.pattern] = self._pattern(address)
            if time.perf_counter() - began > 10:
                print(f"{address.pattern} took {time.perf_counter() - began:.0f} s", file=sys.stderr)
        return {"pages": pages, "frames": self._frames, "asked": self.asked, "roles": WHO} | {
            "missing": self.missing,
            "superfluous": self.superfluous,
        }

    def _pattern(self, address: Address) -> list[dict[str, Any]]:
        first, *others = address.samples
        kind = "keys" if address.pattern.startswith("/api/") else "people"
        roles = [*WHO[kind], *(["applicant"] if address.pattern.startswith("/apply/") else [])]
        found = []
        for method in METHODS[kind]:
            english = self._by_role(address, first, method, roles, "en")
            german = self._by_role(address, first, method, [names[0] for names, _ in english], "de")
            found.append(
                {"path": neutral(first), "method": method, "en": english, "de": [] if german == english else german}
            )
        if kind == "people":
            found += self._by_htmx(first, list(found))
            found += self._submitted(first)
        for path in others:
            for method in METHODS[kind][:2]:
                groups = self._by_role(address, path, method, (_seeing_most(path),), "en")
                found.append({"path": neutral(path), "method": method, "en": groups, "de": []})
        return found

    def _by_htmx(self, path: str, plain: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Ask as a part of a page does, which may get another answer than a browser."""
        role = _seeing_most(path)
        for sample in plain:
            self.asked += 1
            question = Question(
                sample["method"], path, data=EMPTY if sample["method"] == "POST" else None, headers=HTMX
            )
            lines = self._asker.ask(question, role).lines
            if not any(role in names and shown == lines for names, shown in sample["en"]):
                method = f"{sample['method']} by htmx"
                yield {"path": neutral(path), "method": method, "en": [([role], lines)], "de": []}

    def _submitted(self, path: str) -> Iterator[dict[str, Any]]:
        """Submit each form of a page unchanged, as whoever sees most."""
        role = _seeing_most(path)
        for form in posting_forms(self._asker.ask(Question("GET", path), role).page, path):
            self.asked += 1
            reply = self._asker.ask(Question("POST", form.action, data=form.fields), role)
            yield {"path": neutral(form.action), "method": "SUBMIT", "en": [([role], reply.lines)], "de": []}

    def _by_role(self, address: Address, path: str, method: str, roles: Iterable[str], language: str) -> Groups:
        groups: Groups = []
        for role in roles:
            self.asked += 1
            reply = self._asker.ask(self._question(method, path, language, role), role)
            for frame in reply.frames:
                self._frames[f"{role}, {language}"][frame].append(f"{method} {address.pattern}")
            for names, lines in groups:
                if lines == reply.lines:
                    names.append(role)
                    break
            else:
                groups.append(([role], reply.lines))
        return groups

    def _question(self, method: str, path: str, language: str, role: str) -> Question:
        if not path.startswith("/api/"):
            return Question(method, path, language, EMPTY if method == "POST" else None)
        headers = {"Accept-Language": language}
        if role in self._keys:
            headers["Authorization"] = f"Bearer {self._keys[role]}"
        return Question(method, path, language, None if method == "GET" else "{}", tuple(headers.items()))


def _seeing_most(path: str) -> str:
    return {"studio": "owner", "desk": "operator", "api": "key"}.get(path.split("/")[1], "anonymous")
