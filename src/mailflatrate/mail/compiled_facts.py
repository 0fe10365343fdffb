"""Facts about one of our compiled campaigns, independent of recipients (`content_facts` covers finished parts)."""

from __future__ import annotations

import re
from dataclasses import replace

from mailflatrate.mail.content import CompiledContent
from mailflatrate.mail.content_facts import CompiledContentFacts, lint_parts
from mailflatrate.mail.html.applied_styles import with_styles_applied
from mailflatrate.mail.html.imprint import FooterImprint
from mailflatrate.mail.html.links import ContentLink
from mailflatrate.mail.html.tokens import TokenKind, tokenise
from mailflatrate.mail.liquid.protect import LITERAL_BRACE, protect

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
