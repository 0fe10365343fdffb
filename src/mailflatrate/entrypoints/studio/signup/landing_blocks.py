"""The visual editor on a landing page: the campaigns' blocks, without a reader, and the form at the end."""

from html import escape
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.gallery import blank_source
from mailflatrate.apps.campaigns.queries import brand_style
from mailflatrate.apps.forms.models import Form
from mailflatrate.entrypoints.studio.campaigns.blocks import editor_config
from mailflatrate.entrypoints.studio.content.saved_blocks import saved_rows
from mailflatrate.rules.forms import FrozenForm

_OF_MESSAGES = ("poll", "nps")
"""Blocks that count one answer for each message, which a page has none of."""


def landing_blocks(shown: FrozenForm, language: str, zone: str) -> dict[str, Any]:
    """Return the editor's context. Shared rows aren't offered: they follow campaigns, not pages."""
    parts = {
        "conditions": [],
        "fields": [("account.name", _("Your company"))],
        "imprint": _form_sketch(shown, language),
        "zone": zone,
        "saved": {"rows": [row for row in saved_rows() if not row["shared"]], "campaign": 0, "url": ""},
    }
    return editor_config(language, parts, _words(), without=_OF_MESSAGES)


def starting_source(shown: FrozenForm, language: str) -> str:
    brand, texts = brand_style(), shown.texts(language)
    heading = f'<h1 style="margin:0;font-size:28px;line-height:1.25;font-weight:700">{_plain(texts.title)}</h1>'
    body = (
        f'<mj-text mj-class="title">{heading}</mj-text>\n<mj-text>{_plain(texts.intro)}</mj-text>\n'
        f'<mj-button href="#signup">{_plain(texts.button)}</mj-button>'
    )
    return blank_source(language, brand, body)


def _plain(text: str) -> str:
    """Return a text as markup without any Liquid in it."""
    return escape(text).replace("{", "&#123;")


def _words() -> dict[str, str]:
    return {
        "mj-body": _("Page"),
        "mf-imprint": _("Sign-up form and imprint"),
        "canvas": _("Page editor"),
        "nothing_chosen": _("Select a block in the page or in the outline to edit it."),
        "imprint_stays": _(
            "Every landing page ends with its form, your imprint and the link to your privacy notice. You change the "
            "form under Forms."
        ),
        "write_hint": _("Click the selected text in the page to write in it."),
        "markup_hint": _("For what can't be written in the page."),
        "html_only": _("This text has parts that can only be edited as HTML, in the panel beside the page."),
        "page-width": _("Page width (pixels)"),
        "saved_none": _("Rows that you save in a campaign can be inserted here."),
    }


def _form_sketch(shown: FrozenForm, language: str) -> str:
    texts, style = shown.texts(language), shown.content.style
    box = "max-width:360px;margin:16px auto;padding:20px;border:1px solid #d0d4da;border-radius:10px;background:#fff"
    button = f"padding:10px;border-radius:6px;text-align:center;background:{style.colour};color:#fff"
    return (
        f'<div style="{box};font:15px/1.5 system-ui,sans-serif;color:#1f2328"><strong>{escape(texts.title)}</strong>'
        f"<p>{escape(texts.intro)}</p><p>{escape(shown.frozen[language].wording)}</p>"
        f'<div style="{button}">{escape(texts.button)}</div></div>'
    )


def language_of(form: Form, shown: FrozenForm) -> str:
    return shown.language(form.mailing_list.language)
