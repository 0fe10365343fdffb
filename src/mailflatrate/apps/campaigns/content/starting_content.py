"""The starter content of a new campaign, for each content kind."""

from mailflatrate.apps.campaigns.gallery import blank_source, closing, first_heading
from mailflatrate.apps.campaigns.queries import brand_style
from mailflatrate.locale.texts import N_, languages, translate
from mailflatrate.mail.html.brand_style import BrandStyle


def starters(language: str) -> dict[str, str]:
    greeting = translate(N_('Hello {{ contact.first_name | default: "there" }},'), language)
    news, regards = closing(language)
    return {
        "markdown": f"# {first_heading(language)}\n\n{greeting}\n\n{news}\n\n{regards}  \n{{{{ account.name }}}}\n",
        "html": (
            f"<h1>{first_heading(language)}</h1>\n<p>{greeting}</p>\n<p>{news}</p>\n"
            f"<p>{regards}<br>{{{{ account.name }}}}</p>\n"
        ),
    }


def starter(kind: str, language: str, brand: BrandStyle) -> str:
    return starters(language).get(kind) or blank_source(language, brand)


def is_starter(content: str) -> bool:
    text = content.replace("\r\n", "\n").strip()
    if any(text == starter_text.strip() for language in languages() for starter_text in starters(language).values()):
        return True
    return not text or any(text == blank_source(language, brand_style()).strip() for language in languages())
