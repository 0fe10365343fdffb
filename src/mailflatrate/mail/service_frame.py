"""The HTML document around every message that the service itself writes: confirmation messages and notices.

It declares language, charset and viewport, wraps long words, and has its own dark mode colors.
"""

from typing import Final

INK: Final = "#1d2430"
SOFT: Final = "#57504a"
PAPER: Final = "#fdfcfa"
LINE: Final = "#d9d4cb"
ACCENT: Final = "#00595a"
PARAGRAPH: Final = "margin:0 0 16px;overflow-wrap:anywhere;word-break:break-word"
_DARK: Final = (
    "@media (prefers-color-scheme:dark){body{background:#16191f!important;color:#ebe6dc!important}"
    ".soft,.soft a{color:#b9b1a3!important;border-color:#363c47!important}a{color:#6cc5c1!important}"
    ".action{background:#6cc5c1!important;color:#16191f!important}}"
)


def framed(body: str, *, language: str, title: str) -> str:
    """Return the document around `body`; all three are already HTML. An unknown language stays undeclared."""
    lang = f' lang="{language}"' if language else ""
    return (
        f'<!DOCTYPE html><html{lang} dir="ltr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{title}</title><style>{_DARK}</style></head>\n"
        f'<body style="margin:0;padding:24px 12px;background:{PAPER};color:{INK};'
        'font:16px/1.5 Arial,Helvetica,sans-serif">\n'
        f'<div style="max-width:480px;margin:0 auto">\n{body}</div></body></html>\n'
    )
