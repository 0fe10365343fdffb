"""The builder of automations in a browser: by keyboard only, by dragging, on a phone, and in both languages."""

import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Visitor
from support.browsers import chosen, settle, source_of, wait_for_message
from support.waiting import wait_until

pytestmark = pytest.mark.browser
VISIT = Callable[..., AbstractContextManager[Visitor]]
ANNA = "anna@lindenhof.example"
INBOX = "/studio/test-inbox/"
DORA = f"Dora{os.getpid()}"
EMAIL = f"{DORA.lower()}@briefkasten.example"
SUBJECT = f"Good to have you here, {DORA}"


def begin(anna: Visitor, name: str) -> Page:
    """Create an automation; return its page, the flow."""
    anna.sign_in(ANNA)
    anna.go("/studio/automations/new/")
    anna.page.fill("main input[name=name]", f"{name} {os.getpid()}")
    lists = anna.page.locator("select[name=mailing_list]")
    if not lists.input_value():
        lists.select_option(index=1)
    anna.page.locator("main form .btn-primary").click()
    anna.page.wait_for_url(re.compile(r"/automations/\d+/flow/"))
    return anna.page


def press_on(page: Page, selector: str, key: str = "Enter") -> None:
    """Press a key on an element, as people do who use no mouse."""
    page.locator(selector).first.focus()
    page.keyboard.press(key)


def add(page: Page, kind: str, place: str) -> str:
    """Insert a step by keyboard; return its key once its panel has the focus."""
    steps = page.locator(".flow-step[data-key]")
    before = steps.count()
    press_on(page, f"[id='add-{place}']")
    press_on(page, f"#add-step button[value={kind}]")
    expect(steps).to_have_count(before + 1)
    expect(page.locator("#side-title")).to_be_focused()
    settle(page)
    return str(page.locator("#side").get_attribute("data-step"))


def save(page: Page) -> None:
    """Save the panel by keyboard, and wait until it was drawn again."""
    press_on(page, "#side-form .btn-primary")
    expect(page.locator("#side[data-unsaved]")).to_have_count(0)
    settle(page)


OWN_WORDS = """() => {
    const source = document.querySelector("[name=content]");
    source.value = source.value.replace("das ist neu.", "wir haben dreihundert Tulpen gepflanzt.");
    source.dispatchEvent(new Event("change", { bubbles: true }));
}"""
"""Writes over the sample text of a new message."""


def order(page: Page) -> list[str]:
    keys = page.locator(".flow-step[data-key]").evaluate_all("all => all.map(one => one.dataset.key)")
    return [str(key) for key in keys]


def test_a_branch_a_split_and_a_goal_are_built_by_keyboard_and_reach_a_person(visitor: VISIT, otto: Visitor) -> None:
    """From the builder over the policy tick and the review to the message in the test inbox and its figure."""
    with visitor("en", "letter", False, guarded=True) as anna:
        page = begin(anna, "By keyboard")
        here = str(page.evaluate("location.pathname")).removesuffix("flow/")
        branch = add(page, "branch", "top:0")
        page.locator("[name='0-field']").select_option("first_name")
        value = page.locator("[name='0-value']")
        expect(value).to_be_visible()
        settle(page)
        value.fill(DORA)
        save(page)
        expect(page.locator("#flow")).to_contain_text(DORA)
        wait = add(page, "wait", f"{branch}.else:0")
        page.locator("#id_step-days").fill("4")
        save(page)
        expect(page.locator(f"[id='step-{wait}']")).to_have_text("Wait 4 days")
        split = add(page, "split", f"{branch}.then:0")
        page.locator("#share-A").fill("30")
        page.locator("#share-B").fill("70")
        save(page)
        expect(page.locator(f"[id='step-{split}']")).to_contain_text("30% / 70%")
        send = add(page, "send", f"{branch}.then:1")
        press_on(page, "#flow-close")
        expect(page.locator("#side[data-step]")).to_have_count(0)
        settle(page)  # it gives the focus to the flow
        press_on(page, "#side a[href*='step=goal']")
        expect(page.locator("#side-title")).to_have_text("Goal")
        settle(page)
        page.locator("[name='0-field']").select_option("last_name")
        expect(page.locator("[name='0-value']")).to_be_visible()
        settle(page)
        page.locator("[name='0-value']").fill("Done")
        save(page)
        expect(page.locator("#flow")).to_contain_text("Goal:")
        anna.shoot("automation-built")
        assert anna.violations() == []
        write_message(anna, f"{here}flow/?step={send}")
        release(anna, otto, here)
        receive(anna)
        anna.go(here)
        expect(page.locator(f".flow-card:has([id='step-{send}']) .flow-figures")).to_contain_text("1 sent")
        anna.shoot("automation-figures")
        assert anna.problems == []


def write_message(anna: Visitor, step: str) -> None:
    anna.go(step)
    anna.page.locator("#side a[href*='/campaigns/']").click()
    anna.page.wait_for_url(re.compile(r"/campaigns/\d+/edit/"))
    anna.page.wait_for_selector(".blocks[data-ready]")
    anna.page.evaluate(OWN_WORDS)
    with anna.page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith("/edit/")):
        anna.page.fill("[name=subject]", SUBJECT)
    settle(anna.page)


def release(anna: Visitor, otto: Visitor, here: str) -> None:
    """Read everything, tick the policy and activate; the operator approves, because the account is new."""
    page = anna.page
    anna.go(f"{here}messages/")
    expect(page.locator(".sheet", has_text=SUBJECT).first).to_contain_text("checks passed")
    anna.shoot("automation-messages")
    page.get_by_role("link", name="Review and activate").click()
    page.locator("#confirm").check()
    page.get_by_role("button", name="Activate automation").click()
    expect(page.locator(".notice-title", has_text="Waiting for review")).to_be_visible()
    otto.go(here.replace("/studio/", "/desk/"))
    otto.shoot("desk-automation")
    otto.page.locator("[data-opens=go]").click()
    otto.page.locator("#go .btn-primary").click()
    otto.page.wait_for_url("**/desk/campaigns/")


def receive(anna: Visitor) -> None:
    """A person is added, confirms by the link in their mail, and gets the message."""
    page, seen = anna.page, set[str]()
    anna.go("/studio/contacts/new/")
    page.fill("main [name=email]", EMAIL)
    page.fill("main [name=first_name]", DORA)
    page.fill("main [name=note]", "Asked at the market.")
    page.locator("main form .btn-primary").click()
    link = re.search(r"/confirm/[\w-]+", source_of(anna, wait_for_message(anna, INBOX, EMAIL, seen)))
    assert link is not None
    anna.go(link[0])
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    wait_until(lambda: SUBJECT in source_of(anna, wait_for_message(anna, INBOX, EMAIL, seen)), "the message")


def test_steps_move_by_keys_and_by_dragging_and_are_undone(visitor: VISIT) -> None:
    with visitor("en", "ink", False, guarded=True) as anna:
        page = begin(anna, "Moving")
        first = add(page, "wait", "top:0")
        second = add(page, "end", "top:1")
        press_on(page, f"[id='step-{first}']", "Alt+ArrowDown")
        expect(page.locator(".flow-step[data-key]").first).to_have_attribute("data-key", second)
        settle(page)
        expect(page.locator(f"[id='step-{first}']")).to_be_focused()
        page.keyboard.press("Control+z")
        expect(page.locator(".flow-step[data-key]").first).to_have_attribute("data-key", first)
        settle(page)
        page.locator(f"[id='step-{second}']").drag_to(page.locator("[data-place='top:0']"))
        expect(page.locator(".flow-step[data-key]").first).to_have_attribute("data-key", second)
        settle(page)
        press_on(page, f"[id='step-{second}']", "Delete")
        expect(page.locator(".flow-step[data-key]")).to_have_count(1)
        settle(page)
        press_on(page, "#flow-undo")
        expect(page.locator(".flow-step[data-key]")).to_have_count(2)
        assert order(page) == [second, first]
        assert anna.problems == []


def test_what_was_typed_is_saved_before_another_step_opens(visitor: VISIT) -> None:
    with visitor("en", "letter", False, guarded=True) as anna:
        page = begin(anna, "Typed")
        wait = add(page, "wait", "top:0")
        page.locator("#id_step-days").fill("9")
        page.locator("#step-entry").click()
        expect(page.locator("#side[data-step=entry]")).to_be_visible()
        expect(page.locator(f"[id='step-{wait}']")).to_have_text("Wait 9 days")
        settle(page)
        page.locator(f"[id='step-{wait}']").click()
        expect(page.locator("#id_step-days")).to_have_value("9")
        settle(page)
        page.locator("#id_step-days").fill("99999")
        page.locator("#step-entry").click()
        expect(page.locator("#side .field-error")).to_be_visible()
        expect(page.locator("#id_step-days")).to_have_value("99999")
        assert anna.problems == []


def test_a_message_is_written_in_the_editor_and_leads_back(visitor: VISIT) -> None:
    with visitor("en", "letter", False, guarded=True) as anna:
        page = begin(anna, "Message")
        step = add(page, "send", "top:0")
        page.locator("#id_step-name").fill("Good to have you here")
        save(page)
        expect(page.locator(f"[id='step-{step}']")).to_have_text("Send “Good to have you here”")
        anna.shoot("automation-message")
        page.locator("#side a[href*='/campaigns/']").click()
        page.wait_for_url(re.compile(r"/campaigns/\d+/edit/"))
        expect(page.locator("#audience")).to_have_count(0)
        page.fill("[name=subject]", "Good to have you here")
        expect(page.locator("#saved")).to_be_visible()
        settle(page)
        page.get_by_role("link", name="Back to the automation").click()
        page.wait_for_url(re.compile(rf"/flow/\?step={step}"))
        expect(page.locator("#flow")).to_contain_text("Good to have you here")
        assert anna.problems == []


@pytest.mark.parametrize(("language", "theme", "phone"), chosen(("de", "letter", True), ("de", "ink", False)))
def test_a_nested_flow_fits_and_is_accessible(visitor: VISIT, language: str, theme: str, phone: bool) -> None:
    with visitor(language, theme, phone, guarded=True) as anna:
        page = begin(anna, "Verzweigt")
        branch = add(page, "branch", "top:0")
        split = add(page, "split", f"{branch}.then:0")
        add(page, "send", f"{split}.0:0")
        add(page, "wait", f"{split}.1:0")
        add(page, "set_field", f"{branch}.else:0")
        assert anna.violations() == []
        anna.shoot("automation-panel")
        page.keyboard.press("Escape")
        expect(page.locator("#side[data-step]")).to_have_count(0)
        settle(page)
        assert anna.sideways() <= 0
        assert anna.violations() == []
        anna.shoot("automation-nested")
        anna.go("/studio/automations/")
        anna.shoot("automations")
        assert anna.violations() == []
