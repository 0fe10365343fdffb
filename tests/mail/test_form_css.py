"""A customer's style sheet for a form: what gets through, what is left out, and that nothing hides, covers or loads."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.form_css.sheet import CLOSE, MAX_CHARACTERS, PARTS, CssFault, form_css
from mailflatrate.mail.form_css.values import PROPERTIES
from mailflatrate.mail.html.contrast import MINIMUM_CONTRAST, contrast

RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
WORDS = r""".form .title button .page .bar .checkbox .consent * input[value^=a] :hover ::after { } ; : , ( ) background
    background-color color --mf-ink position opacity font-size box-shadow font-family #fff #777777 linear-gradient( 1px
    -999px 9999rem 1e400px url(//evil.example/x) @import @font-face content attr(value) </style> < \ \3c " ' /* */
    !important var(--x) fixed none calc(1px*0) Georgia 🌱"""
PIECES = [*WORDS.split(), "rgb(0 0 0 / 0)", "to right", "@media (max-width: 40rem)", "\n", "\0"]


def test_parts_states_and_media_get_through_with_a_readable_text_color() -> None:
    sheet = form_css(
        ".form { background: #fdf6ec; padding: 2rem 24px !important }\n"
        "button:hover, .back { background-color: linear-gradient(1deg, red, blue); border-radius: 999px }\n"
        "@media (max-width: 40rem) and (prefers-color-scheme: dark) { .form { background: #101010; color: #eee } }"
    )
    assert sheet.css == (
        ".mf-form{background:#fdf6ec;padding:2rem 24px;color:#16181d;--mf-ink:#16181d;color-scheme:light}"
        f"{CLOSE}{{--mf-ink:#16181d}}"
        ".mf-button:hover{border-radius:999px}.mf-back{border-radius:999px}"
        "@media (max-width:40rem) and (prefers-color-scheme:dark){"
        ".mf-form{background:#101010;color:#eeeeee;--mf-ink:#ffffff;color-scheme:dark}"
        f"{CLOSE}{{--mf-ink:#ffffff}}}}"
    )
    assert [(found.line, found.fault) for found in sheet.findings] == [(2, CssFault.VALUE)], "no gradient is a color"


@pytest.mark.parametrize(
    ("css", "fault"),
    [
        ('input[value^="a"]{background:#fff}', CssFault.SELECTOR),
        (".form .title{color:#000}", CssFault.SELECTOR),
        (".consent{color:#000}", CssFault.SELECTOR),
        (".mf-kept{color:#000}", CssFault.SELECTOR),
        (".title::after{color:#000}", CssFault.SELECTOR),
        (".button{background:url(https://evil.example/)}", CssFault.FILE),
        ("@import 'https://evil.example/';", CssFault.AT_RULE),
        ("@font-face{font-family:x;src:url(//evil.example)}", CssFault.AT_RULE),
        ("@media print{.form{padding:0}}", CssFault.MEDIA),
        (".form{position:fixed}", CssFault.PROPERTY),
        (".form{opacity:0}", CssFault.PROPERTY),
        (".form{--mf-ink:#fff}", CssFault.PROPERTY),
        (".checkbox{background:#fff}", CssFault.PROPERTY),
        (".page{padding:0}", CssFault.PROPERTY),
        (".form{font-size:2px}", CssFault.VALUE),
        (".form{margin:-999px}", CssFault.VALUE),
        (".form{background:#ffffff00}", CssFault.VALUE),
        (".button{box-shadow:0 -300px 0 300px #fff}", CssFault.VALUE),
        (".form{text-decoration:line-through}", CssFault.VALUE),
        (".form{color:var(--x)}", CssFault.VALUE),
        (".form{background:linear-gradient(#000,#fff)}", CssFault.BACKGROUND),
        (".form{color red}", CssFault.SYNTAX),
        (".title{color:#333333}", CssFault.DARK),
        ("{" * 9_000, CssFault.SELECTOR),
        ("(" * 9_000, CssFault.SYNTAX),
        (".form{padding:" + "9" * 5_000 + "px}", CssFault.SYNTAX),
        ("a" * (MAX_CHARACTERS + 1), CssFault.TOO_LONG),
    ],
)
def test_what_could_hide_cover_or_load_is_left_out_and_found(css: str, fault: CssFault) -> None:
    sheet = form_css(css)
    assert [found.fault for found in sheet.findings] == [fault]
    assert bool(sheet.css) == (fault is CssFault.DARK)


def test_text_in_the_color_of_its_background_gets_a_readable_one() -> None:
    sheet = form_css("\n.form { background: #fff; color: #fefefe }")
    assert [(found.line, found.fault, found.text) for found in sheet.findings] == [(2, CssFault.CONTRAST, "#fefefe")]
    assert "color:#16181d;--mf-ink:#16181d" in sheet.css


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join) | st.text(max_size=200))
def test_whatever_is_written_only_known_rules_come_out(css: str) -> None:
    out = form_css(css).css
    assert not re.search(r"[<\\@]|url|//|!", out.replace("@media (", ""))
    for selector, body in RULE.findall(re.sub(r"@media [^{]+\{((?:[^{}]+\{[^{}]*\})*)\}", r"\1", out)):
        name = re.fullmatch(r"\.mf-([a-z]+)(?::[a-z-]+)*", selector)
        assert selector == CLOSE or (name is not None and name[1] in PARTS)
        said = dict(each.split(":", 1) for each in body.split(";"))
        assert set(said) <= {*PROPERTIES, "--mf-ink", "color-scheme"}
        if "background" in said:
            colors = re.findall("#[0-9a-f]{6}", said["background"])
            assert colors and all(contrast(said["--mf-ink"], color) >= MINIMUM_CONTRAST for color in colors)
