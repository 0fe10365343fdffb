"""The part of the compiler that runs in a child process (`base.child`): sources in, plain frozen values out.

Customer input goes through third-party parsers of Markdown, MJML, HTML and CSS. If a source makes one of them slow, too
large or crash, only a child process ends, and the source is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

from mailflatrate.mail.content import (
    CompileContext,
    CompiledContent,
    ContentSource,
    SourceFormat,
    compile_content,
    compiled_text,
    find_merge_errors,
    mjml_as_html,
)
from mailflatrate.mail.content_facts import CompiledContentFacts, lint_parts
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
    """Return the facts about one of our campaigns, independent of recipients."""
    return lint_sources(compiled.html.source, compiled.text.source, compiled.links, compiled.imprint)


def lint_sources(
    html_source: str, text_source: str, links: tuple[ContentLink, ...], imprint: FooterImprint
) -> CompiledContentFacts:
    """Return the same facts as `lint_compiled`, for parts that are still Liquid source."""
    wanted = [line.value for line in imprint.lines] + [imprint.mailing_id]
    without_html = _without_liquid(html_source)
    without_text = _without_liquid(text_source)
    targets = {link.number: link.url for link in links}
    seen = lint_parts(
        with_styles_applied(without_html),
        without_text,
        wanted=wanted,
        unsubscribe_in_html=bool(UNSUBSCRIBE_SLOT.search(html_source)),
        unsubscribe_in_text=bool(UNSUBSCRIBE_SLOT.search(text_source)),
        sizes=(len(html_source.encode()), len(text_source.encode())),
        targets=targets.values(),
    )
    return replace(seen, images_without_source=_images_without_source(html_source))


def _images_without_source(source: str) -> int:
    """Count images that have no address at all; a Liquid output counts as an address."""
    tokens = tokenise(protect(source, entities=False).text)
    images = [token for token in tokens if token.kind is TokenKind.START and token.name == "img"]
    return sum(not (image.attributes.get("src") or "").strip() for image in images)


def _without_liquid(source: str) -> str:
    """Return a part independent of any recipient: Liquid output is left out, a literal brace stays."""
    protected = protect(source, entities=False)
    return protected.word.sub(
        lambda found: "{" if protected.tags[int(found[1])] == LITERAL_BRACE else "", protected.text
    )


@dataclass(frozen=True, slots=True)
class CompiledSources:
    """A compiled campaign as text: three sources in Liquid, which only a child or a sender parses, the web targets
    by number, and the hosts of `CompileContext`.
    """

    subject: str
    html: str
    text: str
    links: tuple[ContentLink, ...]
    own_hosts: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class WrittenParts:
    """The three parts for one reader; empty where values are `missing` or there is a `problem`."""

    subject: str = ""
    html: str = ""
    text: str = ""
    missing: tuple[str, ...] = ()
    problem: SourceError | None = None


@dataclass(frozen=True, slots=True)
class MissingValues:
    """For each reader checked, the names without a value that may be sent, and the work of all of them together."""

    names: tuple[tuple[str, ...], ...]
    work: int


@dataclass(frozen=True, slots=True)
class NumberedUrls:
    """Writes a placeholder for each link. Keys stay outside the child, so it cannot seal a link's token."""

    beginning: str

    def __call__(self, number: int, _target: str) -> str:
        return f"{self.beginning}{number}_"


def compile_sources(source: ContentSource, context: CompileContext) -> CompiledSources:
    """Compile one campaign. Raises SourceRefused with every mistake and its line."""
    compiled = compile_content(source, context)
    parts = (compiled.subject.source, compiled.html.source, compiled.text.source)
    return CompiledSources(*parts, compiled.links, context.own_hosts)


def merge_errors(source: ContentSource, known_variables: frozenset[str]) -> tuple[SourceError, ...]:
    """Return the mistakes of all parts, for the editor."""
    return tuple(find_merge_errors(source, known_variables))


def facts(sources: CompiledSources, imprint: FooterImprint) -> CompiledContentFacts:
    """Return the visible facts of a compiled campaign."""
    return lint_sources(sources.html, sources.text, sources.links, imprint)


def _templates(sources: CompiledSources) -> tuple[LiquidTemplate, LiquidTemplate, LiquidTemplate]:
    parse = partial(LiquidTemplate.parse_checked, own_hosts=sources.own_hosts)
    return (
        parse(sources.subject, autoescape=False, single_line=True),
        parse(sources.html, autoescape=True),
        parse(sources.text, autoescape=False),
    )


def write_parts(sources: CompiledSources, values: dict[str, object]) -> WrittenParts:
    """Render a compiled campaign for one reader."""
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
    """Render the HTML part of a frozen edition for one reader."""
    try:
        page = LiquidTemplate.parse_checked(html, autoescape=True, own_hosts=own_hosts)
        return WrittenParts(html=page.render(values))
    except RenderRefused as refused:
        return WrittenParts(problem=refused.error)


def variables(sources: CompiledSources) -> frozenset[str]:
    """Return the names that the parts use, each with its prefixes."""
    return frozenset().union(*(part.variables() for part in _templates(sources)))


def missing_values(sources: CompiledSources, readers: tuple[dict[str, object], ...], most_work: int) -> MissingValues:
    """Return which values each reader lacks, or which lead to hosts of others, until `most_work` is done
    (`liquid.work_limit`).
    """
    parts, done, found = _templates(sources), 0, []
    for values in readers:
        if done > most_work:
            break
        names: dict[str, None] = {}
        for part in parts:
            names |= dict.fromkeys(part.unfit(values))
            done += work_done()
        found.append(tuple(names))
    return MissingValues(tuple(found), done)


def work(sources: CompiledSources, values: dict[str, object]) -> int:
    """Return the cost of rendering a compiled campaign for one reader (`liquid.work_limit`)."""
    return sum(part.work(values) for part in _templates(sources))


def as_html(text: str, kind: SourceFormat) -> str:
    """Return MJML or Markdown as HTML with its Liquid unchanged. Raises SourceRefused."""
    return markdown_as_html(text) if kind is SourceFormat.MARKDOWN else mjml_as_html(text)


def as_body(text: str, kind: SourceFormat) -> str:
    """Return the body content of Markdown or HTML as HTML with its Liquid unchanged."""
    html = markdown_as_html(text) if kind is SourceFormat.MARKDOWN else text
    tokens = tokenise(html)
    begins = [at for at, token in enumerate(tokens) if token.kind is TokenKind.START and token.name == "body"]
    ends = [at for at, token in enumerate(tokens) if token.kind is TokenKind.END and token.name == "body"]
    whole = begins and ends and begins[0] < ends[-1]
    return (write(tokens[begins[0] + 1 : ends[-1]]) if whole else html).strip()


def as_text(text: str, kind: SourceFormat) -> str:
    """Return MJML or HTML as plain text with its Liquid unchanged. Raises SourceRefused."""
    return compiled_text(text, as_mjml=kind is SourceFormat.MJML)
