"""Compiles a campaign once for all recipients: protect Liquid -> MJML or Markdown to HTML -> inline styles -> sanitize,
rewrite links -> text part -> preheader, imprint -> put Liquid back -> parse. Nothing here knows a recipient. The same
source in the same context gives the same bytes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from functools import partial

from mailflatrate.mail.author_mistakes import in_part, mistake
from mailflatrate.mail.content.calendar_links import find_event_errors
from mailflatrate.mail.content.countdown import find_countdown_errors, with_days_left, without_countdowns
from mailflatrate.mail.content.poll_links import find_poll_errors
from mailflatrate.mail.content.text_part import write_text
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.finish import finish
from mailflatrate.mail.html.imprint import FooterImprint, imprint_html, imprint_text, with_dark_colors
from mailflatrate.mail.html.inline import inline_styles, normalise
from mailflatrate.mail.html.link_tags import LinkTags
from mailflatrate.mail.html.links import ContentLink, LinkBook
from mailflatrate.mail.html.mjml import find_mjml_errors, render_mjml
from mailflatrate.mail.html.sanitise import Sanitizer
from mailflatrate.mail.html.theme import Theme, render_markdown, with_theme
from mailflatrate.mail.html.tokens import MarkupFault, Token, TokenKind, find_fault, scan, tokenise, write
from mailflatrate.mail.liquid import KNOWN_VARIABLES, LiquidTemplate, SourceError, SourceRefused, find_liquid_errors
from mailflatrate.mail.liquid.marks import MAX_MARKS, first_of_too_many
from mailflatrate.mail.liquid.protect import ProtectedText, protect, unescape_tags
from mailflatrate.mail.liquid.sandbox import SAFE_STYLE_FILTER, SAFE_URL_FILTER
from mailflatrate.mail.source_errors import Lines

MAX_CONTENT = 200_000
"""Octets that each part of a campaign may have, as its author wrote it."""
MAX_LINKS = 1_000
"""Different web targets of one campaign."""
MAX_FINISHED = 1_000_000
"""Characters of the finished HTML part. Mail programs cut a message off at a tenth of that."""


class SourceFormat(Enum):
    MJML = "mjml"
    HTML = "html"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class ContentSource:
    """`text` replaces the generated text part, still without the imprint, which is always added. `sent_on` is the day
    that countdowns count from, if there is one. `theme` is one of `THEMES`, for Markdown only.
    """

    kind: SourceFormat
    body: str
    subject: str
    preheader: str = ""
    text: str | None = None
    sent_on: date | None = None
    theme: str = ""


@dataclass(frozen=True, slots=True)
class CompileContext:
    """`known_variables` are dotted names. `link_url(number, url)` gives the redirector's URL, without any contact in it
    (R-108), or is None: no click tracking. `untracked` are further targets that stay. `tags` are added to links of the
    customer's domains, `own_hosts`, to which recipients' values may lead (None: anywhere). No `language`: the
    imprint's.
    """

    imprint: FooterImprint
    known_variables: frozenset[str] = KNOWN_VARIABLES
    link_url: Callable[[int, str], str] | None = None
    untracked: frozenset[str] = frozenset()
    social_icon_origin: str | None = None
    brand: BrandStyle = field(default_factory=BrandStyle)
    most_octets: int = MAX_CONTENT
    language: str = ""
    tags: LinkTags | None = None
    own_hosts: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class CompiledContent:
    subject: LiquidTemplate
    html: LiquidTemplate
    text: LiquidTemplate
    links: tuple[ContentLink, ...]
    imprint: FooterImprint = field(repr=False)


def compile_content(source: ContentSource, context: CompileContext) -> CompiledContent:
    """Raises SourceRefused with every mistake and its line in what the author wrote."""
    if errors := find_merge_errors(source, context.known_variables, most_octets=context.most_octets):
        raise SourceRefused(tuple(errors))
    source = _with_days_left(source, context.language or context.imprint.language)
    protected = protect(source.body, entities=source.kind is not SourceFormat.MARKDOWN)
    protected, theme = with_theme(protected, source.theme if source.kind is SourceFormat.MARKDOWN else "")
    untracked = context.untracked | {context.imprint.privacy_url or ""}
    book = LinkBook(context.link_url, untracked, context.tags)
    sanitiser = Sanitizer(protected, book)
    tokens = finish(
        sanitiser.document(tokenise(_document(source, protected, context, theme))),
        language=context.language or context.imprint.language,
        title=_title(source),
        wraps=source.kind is SourceFormat.HTML,
        word=protected.word,
    )
    imprint = with_dark_colors(tokens, context.imprint)
    change = _output_guard(protected, sanitiser.url_words, sanitiser.style_words)
    html_source = _assemble_html(tokens, protected, change, source, imprint)
    if len(html_source) > MAX_FINISHED:
        raise SourceRefused((mistake(1, "becomes-too-long", str(MAX_FINISHED // 1000)),))
    if source.text is None:
        plain = protected.restore_text(write_text(tokens, protected, book), change)
    else:
        plain = book.in_text(source.text, _LIQUID_MARK)
    if len(book.links()) > MAX_LINKS:
        raise SourceRefused((mistake(1, "too-many-links", str(MAX_LINKS)),))
    parse = partial(LiquidTemplate.parse, known_variables=context.known_variables, own_hosts=context.own_hosts)
    return CompiledContent(
        subject=parse(source.subject, autoescape=False, single_line=True),
        html=parse(html_source, autoescape=True),
        text=parse(f"{plain.rstrip()}\n\n{imprint_text(context.imprint)}", autoescape=False),
        links=book.links(),
        imprint=context.imprint,
    )


def _with_days_left(source: ContentSource, language: str) -> ContentSource:
    def words(text: str) -> str:
        return with_days_left(text, source.sent_on, language)

    return replace(
        source,
        body=words(source.body),
        subject=words(source.subject),
        preheader=words(source.preheader),
        text=None if source.text is None else words(source.text),
    )


_LIQUID_MARK = re.compile(r"\{\{|\{%|%\}|\}\}")


def _document(source: ContentSource, protected: ProtectedText, context: CompileContext, theme: Theme | None) -> str:
    if source.kind is SourceFormat.MARKDOWN:
        language = context.language or context.imprint.language
        written = render_markdown(protected, title=_title(source), language=language, brand=context.brand, theme=theme)
        return inline_styles(written)
    text = block_tags_to_comments(protected)
    if source.kind is SourceFormat.HTML:
        return inline_styles(whole_document(text))
    # mrml has inlined what the author marked so; inlining its resets as well would only bloat every cell.
    return normalise(render_mjml(text, social_icon_origin=context.social_icon_origin))


def _title(source: ContentSource) -> str:
    """The subject without Liquid output: filters distrust a title that differs from it. Punctuation around an output
    goes too: "{{ contact.first_name }}, your order" becomes "Your order".
    """
    subject = protect(source.subject, entities=False)
    word, text = subject.word.pattern, subject.text.strip()
    text, at_start = re.subn(rf"^(?:{word}[\s,;:.!?]*)+", "", text)
    text = re.sub(rf"[\s,;:]*{word}(?=\s*(?:[,;:.!?]|$))", "", text)
    text = " ".join(subject.word.sub("", text).split())
    return text[:1].upper() + text[1:] if at_start else text


def mjml_as_html(source: str) -> str:
    """Liquid stays unchanged. Raises SourceRefused."""
    _refuse_unreadable(source)
    protected = protect(source, entities=True)
    return protected.restore_html(render_mjml(block_tags_to_comments(protected)), lambda tag: tag)


def compiled_text(source: str, *, as_mjml: bool) -> str:
    """Liquid stays unchanged. Raises SourceRefused."""
    _refuse_unreadable(source)
    protected = protect(source, entities=True)
    text = block_tags_to_comments(protected)
    document = normalise(render_mjml(text) if as_mjml else whole_document(text))
    book = LinkBook(None, frozenset())
    tokens = Sanitizer(protected, book).document(tokenise(document))
    return protected.restore_text(write_text(tokens, protected, book), lambda tag: tag)


def _refuse_unreadable(source: str) -> None:
    errors = _too_long(ContentSource(SourceFormat.HTML, source, ""), MAX_CONTENT)
    if not errors:
        errors = [mistake(fault.line, fault.code, *fault.facts)] if (fault := _fault(source)) else []
    if errors:
        raise SourceRefused(tuple(errors))


def _fault(source: str) -> MarkupFault | None:
    return find_fault(protect(source, entities=True, keep_lines=True).text)


def whole_document(text: str) -> str:
    """A parser would wrap it too, but leave a leading comment outside, and with it the beginning of a condition."""
    if re.search(r"<(?:html|head|body|frameset)\b", text, re.IGNORECASE):
        return text
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>{text}</body></html>'


def block_tags_to_comments(protected: ProtectedText) -> str:
    """Block tags in running text become comments, which no parser moves out of a table."""

    def mark(match: re.Match[str]) -> str:
        return match.group() if protected.is_output(int(match[1])) else f"<!--{match.group()}-->"

    tokens = tokenise(protected.text)
    raw = ""
    for token in tokens:
        if token.kind is TokenKind.START and token.name in {"mj-style", "mj-title", "mj-preview"}:
            raw = "" if token.self_closing else token.name
        elif token.kind is TokenKind.END and token.name == raw:
            raw = ""
        elif token.kind is TokenKind.TEXT and not raw:
            token.text = protected.word.sub(mark, token.text)
        if token.kind is TokenKind.START and any(map(protected.word.search, token.attributes)):
            token.text = _set_apart(token.text, protected)
    return write(_with_explicit_bodies(tokens, protected))


def _with_explicit_bodies(tokens: list[Token], protected: ProtectedText) -> list[Token]:
    result: list[Token] = []
    for at, token in enumerate(tokens):
        result.append(token)
        if token.kind is TokenKind.START and token.name in {"table", "mj-table"} and at + 2 < len(tokens):
            between, row = tokens[at + 1], tokens[at + 2]
            rest = re.sub(rf"<!--{protected.word.pattern}-->|\s", "", between.text)
            if between.kind is TokenKind.TEXT and between.text.strip() and not rest and row.name == "tr":
                result.append(Token(TokenKind.START, "<tbody>", "tbody"))
    return result


def _set_apart(tag: str, protected: ProtectedText) -> str:
    word = protected.word.pattern
    values = r"\"[^\"]*\"|'[^']*'|=\s*[^\s\"'>]+"
    return re.sub(rf"{values}|{word}", lambda match: f" {match.group()} " if match[1] else match.group(), tag)


def _output_guard(protected: ProtectedText, urls: set[int], styles: set[int]) -> Callable[[str], str]:
    """What `restore` does to a tag: outputs that begin a URL or are CSS are checked when rendered. The service's own
    URLs need no check, which keeps them fast.
    """
    filters = {protected.tags[number]: SAFE_STYLE_FILTER for number in styles}
    filters |= {protected.tags[number]: SAFE_URL_FILTER for number in urls}
    filters = {tag: name for tag, name in filters.items() if not _OWN_URL.fullmatch(tag)}

    def change(tag: str) -> str:
        if tag not in filters:
            return tag
        end = -3 if tag.endswith("-}}") else -2
        return f"{tag[:end].rstrip()} | {filters[tag]} {tag[end:]}"

    return change


_OWN_URL = re.compile(r"\{\{-?\s*(?:unsubscribe_url|preferences_url|web_url|poll_url)\s*-?\}\}")


def _assemble_html(
    tokens: list[Token],
    protected: ProtectedText,
    change: Callable[[str], str],
    source: ContentSource,
    imprint: FooterImprint,
) -> str:
    """Refuse a condition that reaches past the end, and a document without a body."""
    begins = [at for at, token in enumerate(tokens) if token.kind is TokenKind.START and token.name == "body"]
    ends = [at for at, token in enumerate(tokens) if token.kind is TokenKind.END and token.name == "body"]
    if not begins or not ends or ends[-1] <= begins[0]:
        raise SourceRefused((_without_body(source.body),))
    start, end = begins[0] + 1, ends[-1]
    before, body, after = (write(part) for part in (tokens[:start], tokens[start:end], tokens[end:]))
    for part in (before, body):
        if sum(protected.depth_change(int(match[1])) for match in protected.word.finditer(part)):
            raise SourceRefused((mistake(1, "liquid-crosses-body"),))
    restored = [protected.restore_html(part, change) for part in (before, body, after)]
    return restored[0] + _preheader(source.preheader) + restored[1] + imprint_html(imprint) + restored[2]


def _without_body(body: str) -> SourceError:
    lines = Lines(body)
    begun: list[tuple[str, int]] = []
    for end, token in scan(body):
        if token.name not in _HIDE_BODY or token.kind not in (TokenKind.START, TokenKind.END):
            continue
        if token.name == "frameset":
            return mistake(lines.at(end - len(token.text)), "no-frames")
        if token.kind is TokenKind.START:
            begun.append((token.name, lines.at(end - len(token.text))))
        elif begun and begun[-1][0] == token.name:
            begun.pop()
    return mistake(begun[0][1], "element-open", begun[0][0]) if begun else mistake(1, "no-body")


_HIDE_BODY = frozenset(
    {"frameset", "noscript", "noframes", "template", "textarea", "title", "select", "plaintext", "xmp"}
)


def _preheader(preheader: str) -> str:
    if not preheader.strip():
        return ""
    parts = protect(preheader, entities=False)
    return (
        '<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;'
        f'mso-hide:all">{parts.restore_html(html.escape(parts.text))}</div>'
    )


def _too_long(source: ContentSource, most: int) -> list[SourceError]:
    parts = ((None, source.body), ("subject", source.subject), ("preheader", source.preheader), ("text", source.text))
    errors = []
    for name, text in parts:
        if text is not None and len(text.encode(errors="surrogatepass")) > most:
            error = mistake(1, "too-long", str(most // 1000))
            errors.append(in_part(error, name) if name else error)
    return errors


def _too_many_marks(source: ContentSource) -> list[SourceError]:
    parts = ((None, source.body), ("subject", source.subject), ("preheader", source.preheader), ("text", source.text))
    errors = []
    for name, text in parts:
        if text is not None and (at := first_of_too_many(text)) is not None:
            error = mistake(Lines(text).at(at), "too-many-marks", str(MAX_MARKS))
            errors.append(in_part(error, name) if name else error)
    return errors


def find_markup_errors(source: str, *, as_mjml: bool) -> list[SourceError]:
    """Sorted by line. An unclosed mark is returned alone, because it hides everything after it."""
    if fault := _fault(source):
        return [mistake(fault.line, fault.code, *fault.facts)]
    if not as_mjml:
        return []
    return find_mjml_errors(block_tags_to_comments(protect(source, entities=True, keep_lines=True)))


def find_merge_errors(
    source: ContentSource, known_variables: frozenset[str] = KNOWN_VARIABLES, *, most_octets: int = MAX_CONTENT
) -> list[SourceError]:
    """Sorted by line. An empty list means that it compiles."""
    if errors := _too_long(source, most_octets) or _too_many_marks(source):
        return errors
    is_markup = source.kind is not SourceFormat.MARKDOWN
    body = without_countdowns(source.body)
    body = unescape_tags(body) if is_markup else body
    errors = list(find_liquid_errors(body, html_part=True, known_variables=known_variables))
    if is_markup and not errors:
        errors = find_markup_errors(source.body, as_mjml=source.kind is SourceFormat.MJML)
    errors += find_event_errors(source.body) + find_poll_errors(source.body)
    errors += find_countdown_errors(source.body, source.sent_on)
    others = (("subject", source.subject), ("preheader", source.preheader), ("text", source.text or ""))
    for name, text in others:
        liquid = find_liquid_errors(without_countdowns(text), html_part=False, known_variables=known_variables)
        errors += [in_part(error, name) for error in (*liquid, *find_countdown_errors(text, source.sent_on))]
    return sorted(errors, key=lambda error: error.line)
