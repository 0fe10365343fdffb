"""Counts what a person has to get through in the browser: pages and inputs.

A page is every document that loads in the person's window: a link, a form and what it leads to, a link from a mail. A
redirect counts once, with the page it ends on, and so does a page that loads itself again while the person waits and
touches nothing. Pages that only the operator or a mail program shows don't count.

An input is every field that the person fills in, chooses or ticks, once per page, however often it changes: what is
prefilled and left as it is doesn't count, and neither do buttons and links. A file is an input, too.
"""

from dataclasses import dataclass, field
from typing import Any

LISTENER = """(() => {
  const note = (event) => {
    const box = event.target;
    if (!box?.name || box.type === "hidden" || box.type === "submit") return;
    const many = box.type === "checkbox" || box.type === "radio";
    window.countInput(`${location.pathname} ${box.name}${many ? "=" + box.value : ""}`);
  };
  for (const kind of ["input", "change"]) document.addEventListener(kind, note, true);
  for (const kind of ["click", "submit"]) document.addEventListener(kind, () => window.countAction(), true);
})()"""


@dataclass
class StepCounter:
    """What one person has seen and filled in."""

    pages: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    _touched: bool = True

    def watch(self, page: Any) -> None:
        """Count on this page of the browser from now on."""
        page.expose_function("countInput", self._filled)
        page.expose_function("countAction", self._acted)
        page.add_init_script(LISTENER)
        page.on("load", lambda loaded: self._loaded(loaded.url.partition("?")[0]))

    def _acted(self) -> None:
        self._touched = True

    def _loaded(self, address: str) -> None:
        if self._touched or self.pages[-1:] != [address]:
            self.pages.append(address)
        self._touched = False

    def _filled(self, name: str) -> None:
        if name not in self.inputs:
            self.inputs.append(name)

    def report(self) -> str:
        """Return both lists, for the message of a failed test."""
        pages = "\n".join(f"  {number}. {page}" for number, page in enumerate(self.pages, 1))
        inputs = "\n".join(f"  {number}. {name}" for number, name in enumerate(self.inputs, 1))
        return f"{len(self.pages)} pages\n{pages}\n{len(self.inputs)} inputs\n{inputs}"
