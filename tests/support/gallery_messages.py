"""Our templates, compiled once per process for all tests that read them."""

from collections.abc import Iterator
from functools import cache

from mailflatrate.apps.campaigns.gallery import KEYS, LANGUAGES, gallery_template, source
from mailflatrate.mail.content.campaign import (
    CompileContext,
    CompiledContent,
    ContentSource,
    SourceFormat,
    compile_content,
)
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine

IMPRINT = FooterImprint((FooterLine("", "Lindenhof GmbH"),), "Sie haben sich angemeldet.", "7XK2-9QPM", "de")
LOGO = BrandStyle(logo_url="https://media.example/logo.png", logo_width=180)


def written() -> Iterator[tuple[str, str]]:
    for language in LANGUAGES:
        yield from ((key, language) for key in KEYS if gallery_template(key, language).language == language)


def template_source(key: str, language: str, brand: BrandStyle) -> str:
    """Return a template's MJML; its pictures are on another host."""
    return source(gallery_template(key, language), brand, lambda stem: f"https://media.example/{stem}.png")


@cache
def compiled_template(key: str, language: str) -> CompiledContent:
    """Return a template in our own colors as a campaign's compiled content."""
    return compiled(template_source(key, language, BrandStyle()), language)


def compiled(mjml: str, language: str) -> CompiledContent:
    """Return MJML as a campaign's compiled content."""
    return compile_content(ContentSource(SourceFormat.MJML, mjml, "x"), CompileContext(IMPRINT, language=language))
