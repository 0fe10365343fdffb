"""The codes that customers embed: a script, a frame, or plain HTML. All of them post to one address of ours."""

from collections.abc import Mapping
from html import escape
from math import ceil

from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.entrypoints.presenters.signup.form_inputs import MAX_VALUE_CHARACTERS, Input, inputs
from mailflatrate.rules.fields.field_type import FieldDefinition
from mailflatrate.rules.forms import Font, FrozenForm
from mailflatrate.settings.schema import load_settings

FACES = {
    Font.SANS: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
    Font.SERIF: 'Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif',
    Font.ROUND: 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Comfortaa, Manjari, system-ui, sans-serif',
}
_LINE_CHARACTERS = 31  # that a line of the narrowest phone holds


def form_url(code: str) -> str:
    return f"{load_settings().public_url}/f/{code}/"


def move_in_url(code: str, move: str) -> str:
    return f"{form_url(code)}move-in/{move}/"


def stand_url(code: str) -> str:
    return f"{load_settings().public_url}/stand/{code}/"


def script_snippet(code: str, form: FrozenForm, language: str, typed: Mapping[str, FieldDefinition]) -> str:
    """Return a placeholder with the height of the form, so that the page doesn't jump, and the script that fills it."""
    return (
        f'<div data-mailflatrate="{code}" style="min-height:{height_of(form, language, typed)}px"></div>\n'
        f"{overlay_snippet(code, language)}"
    )


def overlay_snippet(code: str, language: str) -> str:
    return f'<script async src="{form_url(code)}form.js?language={language}"></script>'


def frame_snippet(code: str, form: FrozenForm, language: str, typed: Mapping[str, FieldDefinition]) -> str:
    address = f"{form_url(code)}?frame=1&amp;language={language}"
    return (
        f'<iframe src="{address}" title="{escape(form.texts(language).title)}" width="100%" '
        f'height="{height_of(form, language, typed) + 40}" style="border:0;max-width:30rem" loading="lazy"></iframe>'
    )


def html_snippet(code: str, number: int, form: FrozenForm, language: str, typed: Mapping[str, FieldDefinition]) -> str:
    """Return the form as plain HTML that posts without a script; the page's own styles decide how it looks."""
    texts, lines = form.texts(language), []
    with translation.override(language):
        optional, privacy, trap = _("optional"), _("Privacy"), _("Leave this field empty")
    for field in inputs(form, language, typed):
        lines.append(_plain_input(field, "" if field.required else f" <small>{escape(optional)}</small>"))
    return "\n".join(
        [
            f'<form method="post" action="{form_url(code)}" accept-charset="utf-8">',
            f"  <h2>{escape(texts.title)}</h2>",
            *([f"  <p>{escape(texts.intro)}</p>"] if texts.intro else []),
            *lines,
            *_plain_consents(form, language),
            *_plain_tracking(form.frozen[language].tracking, optional),
            f'  <p hidden aria-hidden="true"><label>{escape(trap)} <input name="topic_note" tabindex="-1" '
            'autocomplete="off"></label></p>',
            f'  <input type="hidden" name="version" value="{number}">',
            f'  <input type="hidden" name="language" value="{language}">',
            f'  <p><button type="submit">{escape(texts.button)}</button></p>',
            f'  <p><a href="{escape(form.privacy_url)}">{escape(privacy)}</a></p>',
            "</form>",
        ]
    )


def _plain_consents(form: FrozenForm, language: str) -> list[str]:
    frozen = form.frozen[language]
    is_only = not frozen.further
    name = "" if is_only else f"<strong>{escape(form.list_name)}</strong>: "
    lines = [
        f'  <p><input id="mf-consent" type="checkbox" name="consent" value="yes"{" required" if is_only else ""}>',
        f'    <label for="mf-consent">{name}{escape(frozen.wording)}</label></p>',
    ]
    for offer in frozen.further:
        box = f"mf-further-{offer.list_id}"
        lines += [
            f'  <p><input id="{box}" type="checkbox" name="further" value="{offer.list_id}">',
            f'    <label for="{box}"><strong>{escape(offer.name)}</strong>: {escape(offer.wording)}</label></p>',
        ]
    return lines


def _plain_tracking(wording: str, optional: str) -> list[str]:
    if not wording:
        return []
    return [
        '  <p><input id="mf-tracking" type="checkbox" name="tracking" value="yes">',
        f'    <label for="mf-tracking">{escape(wording)} <small>{escape(optional)}</small></label></p>',
    ]


def _plain_input(field: Input, hint: str) -> str:
    if field.type == "hidden":
        return f'  <input type="hidden" name="{field.key}" value="">'
    required = " required" if field.required else ""
    if field.is_several:
        boxes = "".join(
            f'<br>\n    <label><input type="checkbox" name="{field.key}" value="{escape(value)}">'
            f" {escape(word)}</label>"
            for value, word in field.options
        )
        return f"  <fieldset><legend>{escape(field.label)}{hint}</legend>{boxes}</fieldset>"
    complete = f' autocomplete="{field.autocomplete}"' if field.autocomplete else ""
    label = f'  <p><label for="mf-{field.key}">{escape(field.label)}{hint}</label><br>\n'
    if field.options:
        options = "".join(
            f'<option value="{escape(value)}">{escape(word)}</option>' for value, word in (("", "–"), *field.options)
        )
        return f'{label}    <select id="mf-{field.key}" name="{field.key}"{complete}{required}>{options}</select></p>'
    mode = f' inputmode="{field.mode}"' if field.mode else ""
    return (
        f'{label}    <input id="mf-{field.key}" type="{field.type}" name="{field.key}"'
        f' maxlength="{MAX_VALUE_CHARACTERS}"{mode}{complete}{required}></p>'
    )


def height_of(form: FrozenForm, language: str, typed: Mapping[str, FieldDefinition]) -> int:
    """Return the height in pixels the form needs on the narrowest phone; wider ones need no extra."""
    texts, wording = form.texts(language), form.frozen[language].wording
    pixels = 42.0 + 44 + 14 + 20 + 14 + 20  # padding; button; summary; links
    pixels += 28 * ceil(len(texts.title) / 22) + 14
    if texts.intro:
        pixels += 24 * ceil(len(texts.intro) / _LINE_CHARACTERS) + 14
    steps = [0.0] * len(form.content.steps())
    for field in inputs(form, language, typed):
        if field.type != "hidden":
            steps[field.step] += 64 + 14 + (28 * len(field.options) - 40) * field.is_several
    further = [f"{offer.name} {offer.wording}" for offer in form.frozen[language].further]
    for box in filter(None, (wording, *further, form.frozen[language].tracking)):
        steps[-1] += 20 * ceil(len(box) / _LINE_CHARACTERS) + 14
    if len(steps) > 1:
        pixels += 24 + 14 + 44 + 14  # progress; the second button
    return int(pixels + max(steps))


def _channel(byte: int) -> float:
    part = byte / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def readable_on(colour: str) -> str:
    """Return `#ffffff` or `#16181d`, whichever contrasts more with `colour` (`#rrggbb`, WCAG 2.2)."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    luminance = 0.2126 * _channel(red) + 0.7152 * _channel(green) + 0.0722 * _channel(blue)
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.0587 else "#16181d"
