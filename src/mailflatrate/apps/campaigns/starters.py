"""What a new mailing begins with, in each way of writing."""

from typing import Final

from mailflatrate.apps.campaigns.gallery import HEADLINES, blank_source
from mailflatrate.apps.campaigns.queries import brand_look
from mailflatrate.mail.html.look import Look

STARTERS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "markdown": (
            f"# {HEADLINES['en']}\n\n"
            'Hello {{ contact.first_name | default: "there" }},\n\n'
            "here is what is new.\n\nKind regards  \n{{ account.name }}\n"
        ),
        "html": (
            f"<h1>{HEADLINES['en']}</h1>\n"
            '<p>Hello {{ contact.first_name | default: "there" }},</p>\n'
            "<p>here is what is new.</p>\n<p>Kind regards<br>{{ account.name }}</p>\n"
        ),
    },
    "de": {
        "markdown": (
            f"# {HEADLINES['de']}\n\n"
            'Guten Tag {{ contact.first_name | default: "" }},\n\n'
            "das ist neu.\n\nMit freundlichen Grüßen  \n{{ account.name }}\n"
        ),
        "html": (
            f"<h1>{HEADLINES['de']}</h1>\n"
            '<p>Guten Tag {{ contact.first_name | default: "" }},</p>\n'
            "<p>das ist neu.</p>\n<p>Mit freundlichen Grüßen<br>{{ account.name }}</p>\n"
        ),
    },
}


def starter(kind: str, language: str, look: Look) -> str:
    """What a new mailing begins with in one way of writing; MJML and blocks in the account's look."""
    return STARTERS[language].get(kind) or blank_source(language, look)


def is_starter(content: str) -> bool:
    """True where the author has not written anything of his own yet."""
    text = content.replace("\r\n", "\n").strip()
    if any(text == each.strip() for kinds in STARTERS.values() for each in kinds.values()):
        return True
    return not text or any(text == blank_source(language, brand_look()).strip() for language in STARTERS)
