"""The script that builds a form into another website's page: one file, with the form's markup and its settings."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.entrypoints.presenters.signup.embeds import FACES, form_url, readable_on
from mailflatrate.entrypoints.presenters.signup.form_css import script_css
from mailflatrate.entrypoints.presenters.signup.form_inputs import filled_in, in_parts, inputs
from mailflatrate.entrypoints.public.signup.visit import FormVisit, offered_boxes
from mailflatrate.rules.forms.placement import OVERLAYS
from mailflatrate.rules.limits import value

_EXPORTS = re.compile(r"export\s*\{[^}]*\};?\s*$")
_BETWEEN_TAGS = re.compile(r">\s+<")
_SPACE = re.compile(r"\s+")


def script_of(visit: FormVisit) -> str:
    # In a script file `</` is harmless, but U+2028 and U+2029 end a line for older readers.
    config = json.dumps(_config(visit), separators=(",", ":"), ensure_ascii=False)
    config = config.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return (
        "(function(){const MAILFLATRATE_SCRIPT=document.currentScript;"
        f"const MAILFLATRATE_FORM={config};\n{_built_script()}\n}})();\n"
    )


@cache
def _built_script() -> str:
    """The built `frontend/src/signup.js` as a plain script: its exports are for the modules of our own pages."""
    folder = settings.STATIC_ROOT / "dist"
    built = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["src/signup.js"]["file"]
    return _EXPORTS.sub("", Path(folder / built).read_text(encoding="utf-8"))


def _config(visit: FormVisit) -> dict[str, Any]:
    form, language = visit.form, visit.language
    frozen = visit.version.frozen
    texts, style = frozen.texts(language), frozen.content.style
    offered = offered_boxes(form, visit.version, language)
    drawn = inputs(frozen, language, form.typed)
    compared = _compared(visit)
    with translation.override(language):
        context = {
            "action": form_url(form.code),
            "texts": texts,
            "frozen": frozen.frozen[language],
            "offered": offered,
            "parts": in_parts(filled_in(drawn, {}, {})),
            "list_name": frozen.list_name,
            "privacy_url": frozen.privacy_url,
            "version": visit.version.number,
            "form_language": language,
            "compared": compared,
        }
        one_box = _("Select the box to agree. Without your consent, we can't email you.")
        words = {
            "tick": _("Select at least one box. Without your consent, we can't email you.") if offered else one_box,
            "fill": _("This field is required."),
            "close": _("Close"),
        }
        html = render_to_string("public/signup/embedded.html", context)
    return {
        "code": form.code,
        "action": form_url(form.code),
        "language": language,
        "html": _SPACE.sub(" ", _BETWEEN_TAGS.sub("><", html)).strip(),
        "words": words,
        "title": texts.title or texts.button,
        "button": texts.button,
        **({"compared": compared} if compared else {}),
        "fields": [field.key for field in drawn],
        "pause": int(1000 * value("sign_up_least_seconds")) + 200,
        "placement": form.placement.as_json(),
        "css": script_css(style),
        "look": {"colour": style.colour, "ink": readable_on(style.colour), "face": FACES[style.font]},
    }


def _compared(visit: FormVisit) -> list[list[str]]:
    if visit.form.placement.kind not in OVERLAYS:
        return []
    texts = visit.version.frozen.content.compared()
    kept = [text for text in texts if text.key == visit.form.placement.text]
    return [[text.key, *text.said(visit.language).values()] for text in kept or texts]
