"""A message from the service itself: the subject and text of a notice in both parts."""

import html

from mailflatrate.locale.texts import N_, translate
from mailflatrate.mail.edition import EditionContent, EditionPart
from mailflatrate.mail.service_frame import framed, masthead, small_print
from mailflatrate.mail.service_text import html_body, is_of_template, plain_text

_WHY = N_("This is a service message from {service}. It contains no advertising.")


def notice_content(subject: str, text: str, language: str, service: str = "") -> EditionContent:
    """Return the content of a notice in the name of a service; `text` may have marks (`service_text`).

    The HTML part has the same content and the same links as the text part.
    """
    why = translate(_WHY, language).format(service=service) if service else ""
    # A template says where its links are; in any other text they are found.
    body = html_body(text, links=not is_of_template(text))
    page = framed(body, language=language, title=html.escape(subject), above=masthead(service), below=small_print(why))
    return EditionContent(
        EditionPart.fixed(subject),
        EditionPart.fixed(page),
        EditionPart.fixed(f"{plain_text(text).strip()}\n"),
        frozenset(),
    )
