"""The compiler's part in a child process (`base.child`): third-party parsers read customer input there, so a source
that makes one slow, too large or crash ends only a child, and is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

from mailflatrate.mail.content.campaign import (
    CompileContext,
    CompiledContent,
    ContentSource,
    SourceFormat,
    compile_content,
    compiled_text,
    find_merge_errors,
    mjml_as_html,
)
from mailflatrate.mail.content.facts import CompiledContentFacts, lint_parts
from mailflatrate.mail.html.applied_styles import with_styles_applied
from mailflatrate.mail.html.imprint import FooterImprint
from mailflatrate.mail.html.links import ContentLink
from mailflatrate.mail.html.theme import markdown_as_html
from mailflatrate.mail.html.tokens import TokenKind, tokenise, write
from mailflatrate.mail.liquid import LiquidTemplate, RenderRefused
from mailflatrate.mail.liquid.protect import LITERAL_BRACE, protect
from mailflatrate.mail.liquid.work_limit import work_done
from mailflatrate.mail.source_errors import SourceError

UNSUBSCRIBE_SLOT = re.compile(r"\{\{-?\s*unsubscribe_url\s*-?\}\}")


def lint_compiled(compiled: CompiledContent) -> CompiledContentFacts:
    return lint_sources(compiled.html.source, compiled.text.source, compiled.links, compiled.imprint)


def lint_sources(
    html_source: str, text_source: str, links: tuple[ContentLink, ...], imprint: FooterImprint
) -> CompiledContentFacts:
    required = [line.value for line in imprint.lines] + [imprint.mailing_id]
    without_html = _without_liquid(html_source)
    without_text = _without_liquid(text_source)
    targets = {link.number: link.url for link in links}
    seen = lint_parts(
        with_styles_applied(without_html),
        without_text,
        required=required,
        unsubscribe_in_html=bool(UNSUBSCRIBE_SLOT.search(html_source)),
        unsubscribe_in_text=bool(UNSUBSCRIBE_SLOT.search(text_source)),
        sizes=(len(html_source.encode()), len(text_source.encode())),
        targets=targets.values(),
    )
    return replace(seen, images_without_source=_images_without_source(html_source))


def _images_without_source(source: str) -> int:
    tokens = tokenise(protect(source, entities=False).text)
    images = [token for token in tokens if token.kind is TokenKind.START and token.name == "img"]
    return sum(not (image.attributes.get("src") or "").strip() for image in images)


def _without_liquid(source: str) -> str:
    protected = protect(source, entities=False)
    return protected.word.sub(
        lambda match: "{" if protected.tags[int(match[1])] == LITERAL_BRACE else "", protected.text
    )


@dataclass(frozen=True, slots=True)
class CompiledSources:
    """Three sources in Liquid, which only a child or a sender parses; the web targets by number; hosts."""

    subject: str
    html: str
    text: str
    links: tuple[ContentLink, ...]
    own_hosts: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class WrittenParts:
    subject: str = ""
    html: str = ""
    text: str = ""
    missing: tuple[str, ...] = ()
    problem: SourceError | None = None


@dataclass(frozen=True, slots=True)
class MissingValues:
    """For each reader checked, the names without a value that may be sent; `work` is that of all together."""

    names: tuple[tuple[str, ...], ...]
    work: int


@dataclass(frozen=True, slots=True)
class NumberedUrls:
    """Writes a placeholder for each link. Keys stay outside the child, so it cannot seal a link's token."""

    beginning: str

    def __call__(self, number: int, _target: str) -> str:
        return f"{self.beginning}{number}_"


def compile_sources(source: ContentSource, context: CompileContext) -> CompiledSources:
    """Raises SourceRefused with every mistake and its line."""
    compiled = compile_content(source, context)
    parts = (compiled.subject.source, compiled.html.source, compiled.text.source)
    return CompiledSources(*parts, compiled.links, context.own_hosts)


def merge_errors(source: ContentSource, known_variables: frozenset[str]) -> tuple[SourceError, ...]:
    return tuple(find_merge_errors(source, known_variables))


def facts(sources: CompiledSources, imprint: FooterImprint) -> CompiledContentFacts:
    return lint_sources(sources.html, sources.text, sources.links, imprint)


def _templates(sources: CompiledSources) -> tuple[LiquidTemplate, LiquidTemplate, LiquidTemplate]:
    parse = partial(LiquidTemplate.parse_checked, own_hosts=sources.own_hosts)
    return (
        parse(sources.subject, autoescape=False, single_line=True),
        parse(sources.html, autoescape=True),
        parse(sources.text, autoescape=False),
    )


def write_parts(sources: CompiledSources, values: dict[str, object]) -> WrittenParts:
    parts = _templates(sources)
    missing = tuple(dict.fromkeys(name for part in parts for name in part.missing(values)))
    if missing:
        return WrittenParts(missing=missing)
    try:
        subject, html, text = (part.render(values) for part in parts)
    except RenderRefused as refused:
        return WrittenParts(problem=refused.error)
    return WrittenParts(subject, html, text)


def write_page(html: str, values: dict[str, object], own_hosts: frozenset[str] | None) -> WrittenParts:
    try:
        page = LiquidTemplate.parse_checked(html, autoescape=True, own_hosts=own_hosts)
        return WrittenParts(html=page.render(values))
    except RenderRefused as refused:
        return WrittenParts(problem=refused.error)


def variables(sources: CompiledSources) -> frozenset[str]:
    return frozenset().union(*(part.variables() for part in _templates(sources)))


def missing_values(sources: CompiledSources, readers: tuple[dict[str, object], ...], most_work: int) -> MissingValues:
    """Return the values each reader lacks, or which lead to hosts of others, until `most_work` is done."""
    parts, done, missing = _templates(sources), 0, []
    for values in readers:
        if done > most_work:
            break
        names: dict[str, None] = {}
        for part in parts:
            names |= dict.fromkeys(part.unfit(values))
            done += work_done()
        missing.append(tuple(names))
    return MissingValues(tuple(missing), done)


def work(sources: CompiledSources, values: dict[str, object]) -> int:
    """Return the cost of rendering for one reader (`liquid.work_limit`)."""
    return sum(part.work(values) for part in _templates(sources))


def as_html(text: str, kind: SourceFormat) -> str:
    """Liquid stays unchanged. Raises SourceRefused."""
    return markdown_as_html(text) if kind is SourceFormat.MARKDOWN else mjml_as_html(text)


def as_body(text: str, kind: SourceFormat) -> str:
    html = markdown_as_html(text) if kind is SourceFormat.MARKDOWN else text
    tokens = tokenise(html)
    begins = [at for at, token in enumerate(tokens) if token.kind is TokenKind.START and token.name == "body"]
    ends = [at for at, token in enumerate(tokens) if token.kind is TokenKind.END and token.name == "body"]
    whole = begins and ends and begins[0] < ends[-1]
    return (write(tokens[begins[0] + 1 : ends[-1]]) if whole else html).strip()


def as_text(text: str, kind: SourceFormat) -> str:
    """Liquid stays unchanged. Raises SourceRefused."""
    return compiled_text(text, as_mjml=kind is SourceFormat.MJML)
