"""What a new mailing begins with, in each way of writing."""

from typing import Final

STARTERS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "markdown": (
            '# Headline\n\nHello {{ contact.first_name | default: "there" }},\n\n'
            "here is what is new.\n\nKind regards  \n{{ account.name }}\n"
        ),
        "html": (
            '<h1>Headline</h1>\n<p>Hello {{ contact.first_name | default: "there" }},</p>\n'
            "<p>here is what is new.</p>\n<p>Kind regards<br>{{ account.name }}</p>\n"
        ),
        "mjml": (
            "<mjml>\n  <mj-body>\n    <mj-section>\n      <mj-column>\n"
            '        <mj-text font-size="24px">Headline</mj-text>\n'
            '        <mj-text>Hello {{ contact.first_name | default: "there" }},</mj-text>\n'
            "        <mj-text>here is what is new.</mj-text>\n"
            "      </mj-column>\n    </mj-section>\n  </mj-body>\n</mjml>\n"
        ),
    },
    "de": {
        "markdown": (
            '# Überschrift\n\nGuten Tag {{ contact.first_name | default: "" }},\n\n'
            "das ist neu.\n\nMit freundlichen Grüßen  \n{{ account.name }}\n"
        ),
        "html": (
            '<h1>Überschrift</h1>\n<p>Guten Tag {{ contact.first_name | default: "" }},</p>\n'
            "<p>das ist neu.</p>\n<p>Mit freundlichen Grüßen<br>{{ account.name }}</p>\n"
        ),
        "mjml": (
            "<mjml>\n  <mj-body>\n    <mj-section>\n      <mj-column>\n"
            '        <mj-text font-size="24px">Überschrift</mj-text>\n'
            '        <mj-text>Guten Tag {{ contact.first_name | default: "" }},</mj-text>\n'
            "        <mj-text>das ist neu.</mj-text>\n"
            "      </mj-column>\n    </mj-section>\n  </mj-body>\n</mjml>\n"
        ),
    },
}


def is_starter(content: str) -> bool:
    """True where the author has not written anything of his own yet."""
    text = content.replace("\r\n", "\n").strip()
    return not text or any(text == each.strip() for kinds in STARTERS.values() for each in kinds.values())
