"""Counted limits of drafts: what would take a library long is refused before it begins, with words on how to fix it."""

from __future__ import annotations

import time

import pytest

from mailflatrate.apps.campaigns.content.child_compiler import compile_in_child
from mailflatrate.base import child
from mailflatrate.mail.content.campaign import (
    CompileContext,
    CompiledContent,
    ContentSource,
    SourceFormat,
    compile_content,
)
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine
from mailflatrate.mail.html.inline import MAX_ELEMENTS
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.mail.liquid.marks import MAX_MARKS

CONTEXT = CompileContext(FooterImprint((FooterLine("", "Muster GmbH"),), "You signed up.", "7XK2-9QPM", "en"))
HTML, MARKDOWN, MJML = SourceFormat.HTML, SourceFormat.MARKDOWN, SourceFormat.MJML


def styled(selector: str, rules: int, elements: int) -> str:
    """A document with so many rules and paragraphs."""
    css = "".join(selector.replace("N", str(number + 1)) + "{color:red}" for number in range(rules))
    return f"<style>{css}</style>" + "<p>x</p>" * elements


def sections(count: int) -> str:
    """MJML that becomes much more HTML."""
    section = "<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>"
    return f"<mjml><mj-body>{section * count}</mj-body></mjml>"


REFUSED: dict[str, tuple[SourceFormat, str, str]] = {
    "elsif": (HTML, "{% if a %}" + "{% elsif contact.email == 'b' %}" * 4900 + "{% endif %}", "too-many-marks"),
    "when": (MARKDOWN, "{% case a %}" + "{% when 'a' %}" * 4900 + "{% endcase %}", "too-many-marks"),
    "assign": (MJML, "{% assign a = 'a' %}" * 3500, "too-many-marks"),
    "output": (HTML, "{{ contact.email }}" * (MAX_MARKS + 1), "too-many-marks"),
    "elements": (HTML, "<p>x" * (MAX_ELEMENTS + 1), "too-many-elements"),
    "void elements": (HTML, "<br>" * 40_000, "too-many-elements"),
    "sections": (MJML, sections(2_500), "too-many-elements"),
    "links": (MARKDOWN, "[a](http://b.example) " * 8_500, "too-many-elements"),
    "rules": (HTML, styled(".cN p", 2_000, 4_000), "too-much-css"),
    "a list of selectors": (HTML, styled(".c" + ",p" * 2_000, 1, 4_000), "too-much-css"),
    "siblings": (HTML, styled(":nth-child(Nn+1) *:not([x]) ~ *", 300, 4_000), "too-much-css"),
    "descendants": (HTML, styled("*:has(*:has(*:nth-last-child(N)))", 300, 4_000), "too-much-css"),
    "a nested no": (HTML, styled("p:not(:not(.xN *) *)", 300, 4_000), "too-much-css"),
    "in a medium": (HTML, styled("@media all{p ~ .cN", 300, 4_000), "too-much-css"),
    "a wide table": (MARKDOWN, "|" + "a|" * 1_000 + "\n|" + "-|" * 1_000 + "\n" + "|\n" * 9_000, "too-many-cells"),
    "a table in a quote": (
        MARKDOWN,
        "> |" + "a|" * 99 + "\n> |" + "-|" * 99 + "\n" + "> |\n" * 900,
        "too-many-cells",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_before_the_work_begins(name: str) -> None:
    kind, body, code = REFUSED[name]
    begin = time.process_time()
    with pytest.raises(SourceRefused) as refused:
        compile_content(ContentSource(kind, body, "s"), CONTEXT)
    assert time.process_time() - begin < 1.5
    assert {error.code for error in refused.value.errors} == {code}
    assert all(error.message for error in refused.value.errors)


@pytest.mark.parametrize("part", ["subject", "preheader", "text"])
def test_every_part_has_its_own_limit_of_tags(part: str) -> None:
    source = ContentSource(HTML, "x", **{"subject": "s", part: "{{ contact.email }}\n" * (MAX_MARKS + 1)})
    with pytest.raises(SourceRefused) as refused:
        compile_content(source, CONTEXT)
    assert [(error.code, error.part, error.line) for error in refused.value.errors] == [
        ("too-many-marks", part, MAX_MARKS + 1)
    ]


ACCEPTED = {
    "tags": (HTML, "{% if contact.email %}x{% endif %}" * (MAX_MARKS // 2)),
    "a long newsletter": (HTML, styled("@media (max-width:600px){.cN td, tr:nth-child(N)}", 150, 3_000)),
    "switches": (HTML, styled("#aN:checked ~ .b ~ .cN", 200, 250)),
    "attributes": (HTML, styled("[class~='xN'] p:not(.a)", 300, 3_000)),
    "a table": (MARKDOWN, "|a|b|c|d|\n|-|-|-|-|\n" + "|1|2|3|4|\n" * 1_000),
    "prose with bars": (MARKDOWN, "a | b | c\n\n" * 3_000),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_long_newsletter_is_below_every_limit(name: str) -> None:
    kind, body = ACCEPTED[name]
    letter = compile_content(ContentSource(kind, body, "s"), CONTEXT)
    assert isinstance(letter, CompiledContent)


def test_all_children_of_one_request_share_their_time() -> None:
    """What one call used is gone for the next; one that never came back leaves nothing."""
    source = ContentSource(HTML, "<p>x</p>" * 2_000, "s")
    with child.budget(1_000) as wide:
        compile_in_child(source, CONTEXT)
        assert 990 < wide.left < 1_000
    with child.budget(1_000) as narrow:
        with pytest.raises(child.ChildTimeout):
            child.call("probe.spin")
        assert narrow.left <= 0
        with pytest.raises(SourceRefused) as refused:
            compile_in_child(source, CONTEXT)
    assert {error.code for error in refused.value.errors} == {"takes-too-long"}
    compile_in_child(source, CONTEXT)


def test_an_inner_budget_does_not_widen_the_outer_one() -> None:
    with child.budget(0.01), child.budget(100), pytest.raises(child.ChildTimeout):
        child.call("probe.spin")
