"""axe reads one message of every kind, in light and in dark colors; on a phone none is wider than the screen."""

import pytest
from playwright.sync_api import Browser

from message_kinds import Message, messages

pytestmark = pytest.mark.browser
RULES = {
    "light": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]},
    "dark": {"type": "rule", "values": ["color-contrast"]},
}
NOT_OURS = {"region", "landmark-one-main", "page-has-heading-one"}
"""Landmarks are a page's; confirmation mails and notices are three paragraphs without a heading."""


def one_of_each() -> list[Message]:
    return list({message.kind: message for message in messages()}.values())


@pytest.mark.parametrize("scheme", list(RULES))
def test_axe_finds_nothing_in_any_message(chromium: Browser, axe: str, scheme: str) -> None:
    context = chromium.new_context(
        viewport={"width": 600, "height": 900}, color_scheme="dark" if scheme == "dark" else "light", offline=True
    )
    page = context.new_page()
    found = []
    for message in one_of_each():
        page.set_content(message.part("html"), wait_until="domcontentloaded")
        page.evaluate(axe)
        told = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES[scheme])
        found += [
            f"{message.kind}: {each['id']} {node['target']} {node.get('failureSummary', '')[:200]}"
            for each in told["violations"]
            if each["id"] not in NOT_OURS
            for node in each["nodes"]
        ]
    context.close()
    assert found == []


def test_no_message_is_wider_than_a_phone(chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 900}, offline=True)
    page = context.new_page()
    wide = []
    for message in one_of_each():
        page.set_content(message.part("html"), wait_until="domcontentloaded")
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 1:
            wide.append((message.kind, over))
    context.close()
    assert wide == []
