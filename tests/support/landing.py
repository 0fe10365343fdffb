"""Landing pages for tests."""

from mailflatrate.apps.forms.actions.landing_pages import (
    publish_landing_page,
    save_landing_page,
    take_down_landing_page,
)
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.presenters.signup.landing_pages import compile_landing
from mailflatrate.rules.forms.landing import LandingContent
from support.people import operator

SOURCE = "<mjml><mj-body><mj-section><mj-column><mj-text>Tulips</mj-text></mj-column></mj-section></mj-body></mjml>"


def leave_a_landing_page(account_id: int, form_id: int) -> int:
    """Publish a landing page and have an operator take it down; its id."""
    content = LandingContent("en", "Tulips", "News for gardeners.", source=SOURCE)
    with tenancy.account(account_id):
        page_id = save_landing_page(form_id, content).id
        assert publish_landing_page(form_id, content, *compile_landing(content), by=None) == []
    take_down_landing_page(page_id, by=operator(), reason="For a test.")
    return page_id
