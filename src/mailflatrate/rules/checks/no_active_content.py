"""R-50: nothing in a mailing runs: no scripts, no forms, no frames, no executable attachments."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, Severity, Words

_EXECUTABLE = (
    *(".exe", ".com", ".scr", ".bat", ".cmd", ".msi", ".js", ".jse", ".vbs", ".vbe", ".wsf", ".ps1", ".jar"),
    *(".hta", ".lnk", ".iso", ".img", ".apk", ".dll", ".cpl", ".reg", ".docm", ".xlsm", ".pptm", ".html", ".htm"),
    *(".svg", ".zip", ".rar", ".7z", ".gz", ".ace", ".one", ".url"),
)


def _hits(facts: HasContent) -> Params | None:
    content = facts.content
    files = tuple(name for name in content.attachments if name.lower().endswith(_EXECUTABLE))
    found = (*content.active_elements, *files)
    return {"found": found} if found else None


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="no-active-content",
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Validity Certification: no attachments of executable kind; mail programs drop active elements",
    hits=_hits,
    en=Words(
        title="Nothing that runs",
        sentence="The mailing contains what mail programs do not let in: {found}.",
        why="Scripts, forms, frames and programs are how malware travels.",
        mend="Take it out and link to a page of yours instead.",
    ),
    de=Words(
        title="Nichts, was ausgeführt wird",
        sentence="Das Mailing enthält, was Mailprogramme nicht zulassen: {found}.",
        why="Skripte, Formulare, Rahmen und Programme sind der Weg von Schadsoftware.",
        mend="Nehmen Sie es heraus und verlinken Sie stattdessen eine Seite von Ihnen.",
    ),
)
