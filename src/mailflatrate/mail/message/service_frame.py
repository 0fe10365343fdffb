"""The HTML document around the service's own messages: tables, because Outlook renders nothing else reliably; at most
600 pixels wide, loads nothing, has its own dark mode colors.
"""

import html
from typing import Final

INK: Final = "#1d2430"
SOFT: Final = "#57504a"
PAPER: Final = "#f4f1ec"
SHEET: Final = "#fdfcfa"
LINE: Final = "#d9d4cb"
ACCENT: Final = "#00595a"
FONT: Final = "Arial,Helvetica,sans-serif"
_WRAP: Final = "overflow-wrap:anywhere;word-break:break-word"
PARAGRAPH: Final = f"margin:0 0 16px;{_WRAP}"
TABLE: Final = "margin:0 0 16px"
BUTTON_CELL: Final = "border-radius:8px"
BUTTON: Final = (
    f"display:inline-block;padding:11px 20px;font:bold 16px/1.4 {FONT};color:#ffffff;text-decoration:none;"
    "border-radius:8px"
)
FACT_LABEL: Final = (
    f"padding:8px 12px 8px 0;border-top:1px solid {LINE};color:{SOFT};font:14px/1.5 {FONT};vertical-align:top;width:30%"
)
FACT_VALUE: Final = f"padding:8px 0;border-top:1px solid {LINE};font:16px/1.5 {FONT};vertical-align:top;{_WRAP}"
LIST: Final = f"margin:0 0 16px;padding:0 0 0 22px;{_WRAP}"
HEADING: Final = f"margin:24px 0 4px;font:bold 17px/1.4 {FONT};{_WRAP}"
QUOTE: Final = f"{PARAGRAPH};padding:0 0 0 14px;border-left:3px solid {ACCENT}"
_DARK: Final = (
    ("body,.paper", "background:#101318!important;background-color:#101318!important"),
    ("body,.sheet,.sheet td", "color:#ebe6dc!important"),
    (".sheet", "background:#191d24!important;background-color:#191d24!important;border-color:#363c47!important"),
    (".sheet .soft,.soft,.soft a", "color:#b9b1a3!important;border-color:#363c47!important"),
    (".facts td", "border-color:#363c47!important"),
    (".quote", "border-color:#6cc5c1!important"),
    (".sheet a,.name", "color:#6cc5c1!important"),
    (".action", "background:#6cc5c1!important;background-color:#6cc5c1!important"),
    (".sheet .action a,.sheet a.action", "color:#101318!important"),
)
_STYLE: Final = (
    "@media (max-width:480px){.inside{padding:22px 18px 8px!important}.around{padding:12px 8px!important}}"
    "@media (prefers-color-scheme:dark){" + "".join(f"{names}{{{rules}}}" for names, rules in _DARK) + "}"
)


def framed(body: str, *, language: str, title: str, above: str = "", below: str = "") -> str:
    """`above` and `below` its sheet are HTML. An unknown language is not declared."""
    lang = f' lang="{language}"' if language else ""
    presented = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'
    return (
        f'<!DOCTYPE html><html{lang} dir="ltr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n"
        f'<body style="margin:0;padding:0;background:{PAPER};color:{INK};font:16px/1.5 {FONT}">\n'
        f'<table class="paper" {presented} width="100%" bgcolor="{PAPER}" style="background:{PAPER}"><tr>'
        '<td class="around" align="center" style="padding:24px 12px">\n'
        f'<!--[if mso]><table {presented} width="600"><tr><td><![endif]-->\n'
        f'<div style="max-width:600px;margin:0 auto;text-align:left">\n{above}'
        f'<table class="sheet" {presented} width="100%" bgcolor="{SHEET}" '
        f'style="width:100%;background:{SHEET};border:1px solid {LINE};border-radius:12px;border-collapse:separate">'
        "<tr>"
        f'<td class="inside" style="padding:28px 32px 14px;font:16px/1.5 {FONT};color:{INK};{_WRAP}">\n{body}'
        "</td></tr></table>\n"
        f"{below}</div>\n<!--[if mso]></td></tr></table><![endif]-->\n</td></tr></table></body></html>\n"
    )


def masthead(name: str) -> str:
    if not name:
        return ""
    style = f"margin:0 0 12px;padding:0 4px;font:bold 18px/1.4 {FONT};color:{ACCENT};{_WRAP}"
    return f'<div class="name" style="{style}">{html.escape(name)}</div>\n'


def small_print(text: str) -> str:
    if not text:
        return ""
    style = f"margin:12px 0 0;padding:0 4px;font:13px/1.5 {FONT};color:{SOFT};{_WRAP}"
    return f'<p class="soft" style="{style}">{html.escape(text)}</p>\n'
