"""R-50: nothing in a campaign runs: no scripts, no forms, no frames, no executable attachments."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_EXECUTABLE = (
    *(".exe", ".com", ".scr", ".bat", ".cmd", ".msi", ".msix", ".msp", ".js", ".jse", ".mjs", ".vbs", ".vbe", ".wsf"),
    *(
        ".wsh",
        ".ps1",
        ".psm1",
        ".jar",
        ".hta",
        ".lnk",
        ".pif",
        ".iso",
        ".img",
        ".vhd",
        ".vhdx",
        ".apk",
        ".appx",
        ".dll",
    ),
    *(".cpl", ".reg", ".chm", ".scf", ".inf", ".sh", ".run", ".deb", ".rpm", ".dmg", ".pkg", ".app", ".command"),
    *(".docm", ".dotm", ".xlsm", ".xlsb", ".xltm", ".xlam", ".xll", ".pptm", ".ppam", ".one", ".url", ".webloc"),
    *(".html", ".htm", ".xhtml", ".xht", ".shtml", ".mht", ".mhtml", ".svg", ".swf"),
    *(".zip", ".rar", ".7z", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".ace", ".arj", ".cab", ".z", ".lzh"),
)
_TYPES = frozenset(
    f"application/{kind}"
    for kind in (
        *("x-msdownload", "x-dosexec", "x-msdos-program", "x-executable", "vnd.microsoft.portable-executable", "x-sh"),
        *("javascript", "x-javascript", "x-msi", "java-archive", "zip", "x-zip-compressed", "x-rar-compressed", "gzip"),
        *("x-7z-compressed", "x-bat", "hta", "xhtml+xml", "x-iso9660-image", "vnd.android.package-archive"),
    )
) | {"text/html", "text/javascript", "image/svg+xml"}


def _hits(facts: HasContent) -> Params | None:
    content = facts.content
    files = tuple(name for name in content.attachments if _is_executable(name))
    elements = (*content.active_elements, *files)
    return {"found": elements} if elements else None


def _is_executable(name: str) -> bool:
    """Check its name, or its media type if it has none. Windows drops dots and spaces at the end of a name."""
    return name.lower().rstrip(". ").endswith(_EXECUTABLE) or name.lower() in _TYPES


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="no-active-content",
    places={CheckedChain.CAMPAIGN: 6020},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Validity Certification: no attachments of executable kind; mail programs drop active elements",
    hits=_hits,
    text=RuleText(
        title="No active content",
        sentence="The message contains elements that email clients block: {found}.",
        why="Scripts, forms, frames and programs are how malware spreads.",
        fix="Remove them and link to one of your pages instead.",
    ),
)
