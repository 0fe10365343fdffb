"""Hostile drafts and request bodies by class for `hostile.py`: what a customer, a stolen key or a stranger may send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from hostile_files import MB, repeated

FORM = "application/x-www-form-urlencoded"
SIZE = 195_000
Draft = dict[str, str]


def _full(piece: str, size: int = SIZE) -> str:
    return piece * (size // len(piece.encode()))


def _html(content: str) -> Draft:
    return {"content_kind": "html", "content": content}


def _markdown(content: str) -> Draft:
    return {"content_kind": "markdown", "content": content}


def _mjml(body: str, head: str = "") -> Draft:
    return {"content_kind": "mjml", "content": f"<mjml>{head}<mj-body>{body}</mj-body></mjml>"}


def _css(rules: str, body: str = "<p>x</p>") -> Draft:
    return _html(f"<style>{rules}</style>{body}")


_COLUMN = "<mj-section><mj-column>{}</mj-column></mj-section>"
_BRANCHES = '{% if contact.email == "a" %}' + '{% elsif contact.email == "b" %}x' * 3_500 + "{% endif %}"
_SUMS = "{% for i in (1..900) %}{{ i | plus: 1 | times: 2 | size }}{% endfor %}"

LIQUID: Mapping[str, str] = {
    "braces": "{{" * 90_000,
    "outputs": _full("{{ contact.email }}"),
    "outputs with a default": _full('{{ contact.city | default: "x" }}'),
    "branches": _BRANCHES,
    "cases": "{% case contact.email %}" + '{% when "a","b","c" %}x' * 4_000 + "{% endcase %}",
    "deep conditions": "{% if contact.email %}" * 2_400 + "x" + "{% endif %}" * 2_400,
    "filters": '{{ "a"' + ' | append: "b"' * 13_000 + " }}",
    "or": "{% if " + " or ".join(['contact.email == "x"'] * 6_000) + " %}y{% endif %}",
    "doubling": '{% assign a = "aaaaaaaaaa" %}' + "{% assign a = a | append: a %}" * 4_900,
    "assignments": '{% assign a = "aaaaaaaaaa" %}' + '{% assign a = a | upcase | append: "x" | downcase %}' * 3_500,
    "loops": "{% for i in (1..1000000000) %}{% for j in (1..1000000000) %}{% endfor %}{% endfor %}",
    "sums": _SUMS * 3,
    "replacing": '{% assign a = "a" %}' + '{% assign a = a | replace: "a", "aa" %}' * 300 + '{{ a | replace: "", a }}',
    "dates": '{% for i in (1..5000) %}{{ "now" | date: "%9999999Y" }}{% endfor %}',
    "index": "{{ contact" + '["email"]' * 20_000 + " }}",
    "large number": "{{ 9" + "9" * 190_000 + " }}",
    "large fraction": "{{ 1." + "9" * 190_000 + " | times: 1.9 }}",
    "raw": _full("{% raw %}{% endraw %}"),
    "open raw": _full("{% raw %}"),
    "comments": _full("{% comment %}{% endcomment %}"),
    "captures": _full("{% capture a %}{{ a }}x{% endcapture %}"),
    "quotes": "{{ '" + "a'" * 90_000,
    "unknown": "".join(f"{{{{ contact.x{at} }}}}" for at in range(9_000)),
}
HTML: Mapping[str, Callable[[], Draft]] = {
    "deep boxes": lambda: _html(_full("<div>")),
    "deep tables": lambda: _html(_full("<table><tr><td>")),
    "formatting": lambda: _html(_full("<b><i><font><nobr><p>")),
    "copied formatting": lambda: _html("<p>" + "".join(f"<b a{at}>" for at in range(200)) + "<p>x" * 7_000),
    "selects": lambda: _html(_full("<select><optgroup><option>")),
    "svg in math": lambda: _html(_full("<svg><math><mtext><mglyph>")),
    "templates": lambda: _html(_full("<template>")),
    "attributes": lambda: _html("<p " + " ".join(f"a{at}" for at in range(30_000)) + ">x</p>"),
    "attributes everywhere": lambda: _html(_full("<p a b c d e f g h i j k l m n>x")),
    "open tags": lambda: _html(_full("<a ")),
    "open comments": lambda: _html(_full("<!--")),
    "conditional comments": lambda: _html(_full("<!--[if mso]><![endif]-->")),
    "conditions of a comment": lambda: _html("<!--[if " + _full("(mso)|") + "]>x<![endif]-->"),
    "entities": lambda: _html(_full("&notin;&NotEqualTilde;")),
    "frameset": lambda: _html("\n<html><frameset><frame src=x></frameset></html>"),
    "noscript": lambda: _html("\n<noscript><p title='</noscript>'>"),
    "declarations": lambda: _css("p{" + "".join(f"a{at}:b;" for at in range(9_000)) + "}", "<p>" * 7_000),
    "selectors": lambda: _css(_full("a b c d e f g>h~i+j:not(k){color:red}", 90_000), _full("<b><i><u>x", 90_000)),
    "counting selectors": lambda: _css(
        "".join(f":nth-child({at}n+1) *:not([x='{at}']) ~ *{{color:#{at:04d}}}" for at in range(1_500)),
        _full("<p>x", 90_000),
    ),
    "selectors with :has": lambda: _css(
        "".join(f"*:has(*:has(*:nth-last-child({at}))){{color:red}}" for at in range(1_500)),
        _full("<div>", 1_000) + _full("<p>x</p>", 60_000),
    ),
    "variables": lambda: _css(
        ":root{"
        + "".join(f"--a{at}:var(--a{at - 1})var(--a{at - 1});" for at in range(1, 3_000))
        + "}p{color:var(--a2999)}"
    ),
    "nested media": lambda: _css(_full("@media all{")),
    "long style": lambda: _html('<p style="' + _full("font-family:a,b;") + '">x</p>'),
    "styles everywhere": lambda: _html(_full('<p style="a:b;c:d;color:red;background:url(x)">x</p>')),
    "links": lambda: _html("".join(f'<a href="https://a.example/{at}">x</a>' for at in range(3_000))),
    "long link": lambda: _html('<a href="https://a.example/' + "%61" * 60_000 + '">x</a>'),
    "picture inside": lambda: _html('<img src="data:image/png;base64,' + "A" * 190_000 + '">'),
    "phrases": lambda: _html("<p>" + _full("free free act now last chance only today 100 % 1.000,00 € ")),
    "one word": lambda: _html("l" + "q" * 190_000),
    "blanks": lambda: _html("<p>" + _full(" \u00a0\t\n")),
    "accents": lambda: _html("<p>a" + "\u0301" * 90_000),
    "direction": lambda: _html("<p>" + "\u202e\u2066" * 30_000),
}
MARKDOWN: Mapping[str, Callable[[], Draft]] = {
    "links": lambda: _markdown(_full("[a](b")),
    "references": lambda: _markdown(_full("[a]: b\n") + "[a]"),
    "used references": lambda: _markdown(
        "".join(f"[{at}]: http://x.y/{at}\n" for at in range(4_000)) + "".join(f"[{at}]" for at in range(4_000))
    ),
    "long reference": lambda: _markdown("[a]: http://x.y/" + "a" * 90_000 + "\n" + _full("[a]", 100_000)),
    "quotes": lambda: _markdown(_full(">") + "x"),
    "deep lists": lambda: _markdown("\n".join("  " * at + "- x" for at in range(430))),
    "stars": lambda: _markdown(_full("*a **b _c __d ")),
    "code": lambda: _markdown("".join("`" * at + " " for at in range(1, 620))),
    "wide table": lambda: _markdown("|" + "a|" * 1_000 + "\n|" + "-|" * 1_000 + "\n" + _full("|\n", 190_000)),
    "html": lambda: _markdown(_full("<a><?x><!A")),
    "addresses": lambda: _markdown(_full("<a@b.c")),
    "bare addresses": lambda: _markdown(_full("http://a.b.c.d.e.f/?x=")),
}
MJML: Mapping[str, Callable[[], Draft]] = {
    "wrappers": lambda: _mjml(_full("<mj-wrapper>", 100_000)),
    "open texts": lambda: _mjml(_full("<mj-text ")),
    "sections": lambda: _mjml(_COLUMN.format("<mj-text>x</mj-text>") * 2_500),
    "networks": lambda: _mjml(
        _COLUMN.format('<mj-social><mj-social-element name="facebook"/></mj-social>' * 3_000)),
    "classes": lambda: _mjml(
        _COLUMN.format(('<mj-text mj-class="' + " ".join(f"c{at}" for at in range(300)) + '">x</mj-text>') * 40),
        "<mj-head><mj-attributes>" + "".join(f'<mj-class name="c{at}" color="red"/>' for at in range(2_500))
        + "</mj-attributes></mj-head>"),
    "include": lambda: _mjml('<mj-include path="/etc/passwd"/>'),
    "entities": lambda: {
        "content_kind": "mjml", "content": '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "' + "&a;" * 1_000
        + '">]><mjml><mj-body><mj-raw>' + "&b;" * 1_000 + "</mj-raw></mj-body></mjml>"},
    "raw": lambda: _mjml("<mj-raw>" + _full("<table><tr>", 150_000) + "</mj-raw>"),
    "deep blocks": lambda: {
        "content_kind": "blocks",
        "content": "<mjml><mj-body>" + _full("<mj-section><mj-column>", 100_000) + "</mj-body></mjml>"},
    "blocks of Liquid": lambda: {
        "content_kind": "blocks",
        "content": "<mjml><mj-body>" + _COLUMN.format("<mj-text>{{ contact.email }}</mj-text>" * 3_000)
        + "</mj-body></mjml>"},
}  # fmt: skip


def drafts() -> dict[str, Callable[[], Draft]]:
    """Every draft by its class: what is written where the usual draft has something harmless."""
    found: dict[str, Callable[[], Draft]] = {}
    for kind, makers in (("HTML", HTML), ("Markdown", MARKDOWN), ("MJML", MJML)):
        found |= {f"{kind}: {name}": make for name, make in makers.items()}
    for name, source in LIQUID.items():
        found[f"Liquid: {name}"] = partial(_html, f"<p>{source}</p>")
        found[f"Liquid in the text part: {name}"] = partial(dict, text_override=source)
    for name in ("braces", "outputs", "filters", "dates", "index", "loops"):
        short = LIQUID[name][:240]
        found[f"Liquid in subject and preheader: {name}"] = partial(dict, subject=short, preheader=short)
    return found


def public_bodies(sign_up: str) -> dict[str, tuple[str, bytes, str]]:
    """Return bodies for pages that anyone may request: path, octets, content type."""
    parts, report = "multipart/form-data; boundary=b", "/report/"
    named = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n'
    return {
        "fields": (report, repeated("a=b&", 5 * MB), FORM),
        "escapes": (report, b"about=" + repeated("%41", 5 * MB), FORM),
        "parts": (report, repeated(named, 5 * MB) + b"--b--\r\n", parts),
        "a part's header": (
            report,
            part[:-5] + repeated("a;filename*=utf-8''x", 5 * MB) + b'"\r\n\r\nx\r\n--b--',
            parts,
        ),
        "half boundaries": (report, repeated("\r\n--", 5 * MB), "multipart/form-data; boundary=" + "-" * 60 + "b"),
        "base64 of blanks": (report, part + b"Content-Transfer-Encoding: base64\r\n\r\n" + b" " * 5 * MB, parts),
        "fields of a form": (sign_up, repeated("a=b&", 60_000), FORM),
        "a value of a form": (sign_up, b"email=" + b"a" * 60_000, FORM),
        "an address of dots": (sign_up, b"email=" + b"a." * 20_000 + b"@" + b"x." * 10_000 + b"de", FORM),
        "work that nobody did": (sign_up, b"altcha=" + b"eyJ" * 20_000, FORM),
        "too much for a form": (sign_up, b"a" * 200_000, FORM),
        "a password": ("/login/", b"login=a%40b.de&password=" + b"x" * 60_000, FORM),
        "an unsubscribe": ("/u/" + "x" * 3_000, b"List-Unsubscribe=One-Click", FORM),
    }


OBJECTS: Mapping[str, bytes] = {
    "deep": b"[" * 10 * MB,
    "deep objects": repeated('{"a":', 10 * MB),
    "many": b"[" + b"{}," * 3 * MB + b"{}]",
    "large number": b'{"name":' + b"9" * 5 * MB + b"}",
    "one name": b'{"' + b"a" * 10 * MB + b'":1}',
    "names": b"{" + b",".join(b'"a%d":1' % at for at in range(700_000)) + b"}",
    "escapes": b'{"name":"' + repeated(b"\\u0041", 10 * MB) + b'"}',
    "quotes": b'{"name":"' + repeated(rb"\"", 8 * MB),
}
"""JSON for the API."""
