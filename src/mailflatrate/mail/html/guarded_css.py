"""An author's style sheet without what could hide, move or cover the imprint. A rule that names no class, id or other
element could reach it, and keeps only properties that change looks, in whatever media query. No negative margins: they
could pull the imprint off the page. Sheets load from font services only: any other server could send other rules after
the approval.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any, Final
from urllib.parse import urlsplit

import tinycss2

from mailflatrate.mail.html.scoped_css import url_of

PAGE: Final = frozenset({"html", "body"})
_FONT_SERVICES: Final = frozenset({"fonts.googleapis.com", "fonts.bunny.net", "use.typekit.net"})
_REACHED: Final = PAGE | {"div", "a", "strong", "br"}
_GROUPS: Final = frozenset({"media", "supports", "layer", "container", "scope", "document", "-moz-document"})
_LOOKS: Final = re.compile(
    r"(?:background|text-decoration|border|padding|margin|mso|-ms|list-style)(?:-[a-z-]+)?|color|color-scheme|cursor"
    r"|font(?:-(?:family|size|style|weight|variant))?|(?:-webkit-|-moz-)?(?:text-size-adjust|hyphens)|(?:min-)?height"
    r"|(?:max-)?width|visibility|line-height|text-(?:align|rendering|transform)|box-sizing|vertical-align"
    r"|supported-color-schemes|(?:-webkit-|-moz-osx-)font-smoothing|word-(?:break|wrap)|overflow-wrap|white-space"
)
_PLAIN: Final = frozenset({"rgb", "rgba", "hsl", "hsla"})
_OWN_FONTS: Final = re.compile(r"arial|helvetica|sans-serif|\\", re.IGNORECASE)
_MAY_PULL: Final = re.compile(r"margin[^:;]*:[^;]*(?:-|\(|[a-z]{9})|\\|/\*", re.IGNORECASE)
_SIGNED: Final = re.compile(r"(?<!\w)-[\d.]|calc|clamp|m(?:in|ax)\(", re.IGNORECASE)
_MOST_GROUPS: Final = 6
_PARTS: Final = re.compile(r"::|:(?:first-l|before|after)", re.IGNORECASE)
_ASIDE: Final = re.compile(r"/\*.*?\*/|\([^()]*\)|\[[^\[\]]*\]", re.DOTALL)


def is_font_sheet(url: str) -> bool:
    return url.startswith("https://") and urlsplit(url).netloc in _FONT_SERVICES


def guarded_css(css: str, names: Set[str], word: re.Pattern[str]) -> str:
    """`names` are the page's own classes and ids, `word` matches protected Liquid. Never raises."""
    try:
        return "".join(_rules(tinycss2.parse_stylesheet(css), names, word))
    except (RecursionError, ValueError):
        return ""


def guarded_style(style: str, word: re.Pattern[str], *, page: bool) -> str:
    """`page`: of `html` or `body`. Pictures stay. Never raises."""
    try:
        if page:
            return _declarations(tinycss2.parse_component_value_list(style), page=True)
        return _unpulled(style, style, word)
    except (RecursionError, ValueError):
        return ""


def _rules(rules: Iterable[Any], names: Set[str], word: re.Pattern[str], depth: int = 0) -> Iterator[str]:
    for rule in rules:
        if rule.type == "at-rule":
            yield _at_rule(rule, names, word, depth)
        elif rule.type != "qualified-rule":
            yield "" if rule.type == "error" else rule.serialize()
        elif not any(token.type == "{} block" for token in rule.content):  # nested rules reach out of their own
            selectors = tinycss2.serialize(rule.prelude)
            if not (word.search(selectors) or _reach(selectors, names)):
                yield f"{selectors}{{{_unpulled(tinycss2.serialize(rule.content), rule.content, word)}}}"
            elif not _PARTS.search(selectors):
                yield f"{selectors}{{{_declarations(rule.content)}}}"


def _at_rule(rule: Any, names: Set[str], word: re.Pattern[str], depth: int) -> str:
    written: str = rule.serialize()
    match rule.lower_at_keyword:
        case "import":
            sheet = next((token for token in rule.prelude if token.type not in ("whitespace", "comment")), None)
            url = sheet.value if sheet is not None and sheet.type == "string" else sheet and url_of(sheet)
            return written if url and is_font_sheet(url) else ""
        case "font-face":
            return "" if _OWN_FONTS.search(written) else written
        case name if name in _GROUPS and rule.content is not None:
            if depth == _MOST_GROUPS:
                return ""
            inner = "".join(_rules(tinycss2.parse_rule_list(rule.content), names, word, depth + 1))
            return f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}"
    return written


def _reach(selectors: str, names: Set[str]) -> bool:
    selectors = re.sub(r"\\[^0-9a-fA-F\n]", "_", selectors)
    while selectors != (selectors := _ASIDE.sub("", selectors)):
        pass
    return "\\" in selectors or any(
        _reaches(re.findall(r"[>+~]|[^\s>+~]+", selector), names) for selector in selectors.split(",")
    )


def _reaches(parts: Sequence[str], names: Set[str]) -> bool:
    for part in reversed(parts):
        if part in ("+", "~"):
            return True  # beside the imprint there is any element
        named, kind = re.findall(r"[.#]([\w-]+)", part), re.match(r"[a-z][a-z0-9]*(?![\w|-])", part.lower())
        is_other = names.isdisjoint(named) if named else kind is not None and kind.group() not in _REACHED
        if part != ">" and is_other:
            return False
    return True


def _unpulled(written: str, content: str | Iterable[Any], word: re.Pattern[str]) -> str:
    """Keep declarations as written if no margin pulls; none where Liquid could put together a margin's name or sign."""
    if word.search(written):
        in_name = re.search(rf"(?:^|;)[^:;]*[\w-]{word.pattern}[^:;]*:", written)
        if in_name is not None or _SIGNED.search(word.sub("0", written)) is not None:
            return ""
    if _MAY_PULL.search(written) is None:
        return written
    declarations = tinycss2.parse_declaration_list(content)
    pulls = [declaration for declaration in declarations if declaration.type == "declaration" and _pulls(declaration)]
    return (
        tinycss2.serialize([declaration for declaration in declarations if declaration not in pulls])
        if pulls
        else written
    )


def _declarations(content: Iterable[Any], *, page: bool = False) -> str:
    kept = []
    for declaration in tinycss2.parse_declaration_list(content, skip_comments=True, skip_whitespace=True):
        if declaration.type != "declaration" or not _LOOKS.fullmatch(declaration.lower_name) or _pulls(declaration):
            continue
        paints = any(map(_calls, declaration.value)) and not (page and declaration.lower_name.startswith("background"))
        if not paints and not any(_is_far(declaration.lower_name, token) for token in declaration.value):
            important = "!important" if declaration.important else ""
            kept.append(f"{declaration.name}:{tinycss2.serialize(declaration.value)}{important}")
    return ";".join(kept)


def _pulls(declaration: Any) -> bool:
    return declaration.lower_name.startswith("margin") and not all(
        token.type in ("whitespace", "comment")
        or (token.type == "ident" and token.lower_value in ("auto", "inherit", "initial", "unset"))
        or (token.type in ("number", "dimension", "percentage") and token.value >= 0)
        for token in declaration.value
    )


def _is_far(name: str, token: Any) -> bool:
    if token.type not in ("dimension", "percentage") or not name.startswith(("padding", "margin", "border", "width")):
        return False
    wide = token.type == "dimension" and token.lower_unit == "px"
    most = (2000 if wide else 100) if name == "width" else (100 if wide else 20)
    return bool(token.value > most)


def _calls(token: Any) -> bool:
    return token.type == "url" or (token.type == "function" and token.lower_name not in _PLAIN)
