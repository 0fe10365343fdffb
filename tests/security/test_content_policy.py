"""The content security policy by page: strict everywhere, with exceptions where a message is shown and nowhere else."""

import re
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

import mailflatrate
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.ui.content_policy import (
    ContentPolicy,
    Nonce,
    allow,
    allow_picture,
    policy_of,
    with_vite,
)
from mailflatrate.rules.forms.content import Font, FormStyle
from mailflatrate.settings import load_settings
from support.customers import Customer
from support.desk import Desk
from support.forms import customer_with_form

TEMPLATES = Path(mailflatrate.__file__).parent / "entrypoints" / "ui" / "templates"
PAPERS = {
    "desk/cases/month.html",
    "layouts/paper.html",
    "public/signup/poster.html",
    "studio/campaigns/report_paper.html",
    "studio/trust/compliance_paper.html",
}
"""Become PDF files; no browser reads them."""
FRAMED = {"public/signup/landing_blocks.html"}
"""The document of a sandboxed frame, whose two pages allow inline styles; its own policy allows nothing but them."""
PLAIN = {
    "/login/", "/studio/", "/studio/campaigns/", "/studio/lists/", "/studio/media/", "/studio/brand/",
    "/studio/templates/", "/studio/settings/keys/", "/api/v1/docs", "/desk/", "/nowhere/",
}  # fmt: skip


def policy(answer: HttpResponse) -> dict[str, str]:
    pairs = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, _space, sources in pairs}


@pytest.mark.parametrize("path", sorted(PLAIN))
def test_a_page_takes_no_inline_style_and_no_picture_from_elsewhere(anna: Customer, otto: Desk, path: str) -> None:
    said = policy((otto if path.startswith("/desk/") else anna).client.get(path))
    assert (said["style-src"], said["script-src"], said["img-src"]) == ("'self'", "'self'", "'self' data:")
    assert (said["object-src"], said["base-uri"], said["form-action"]) == ("'none'", "'none'", "'self'")


def test_the_compose_page_shows_the_message_with_its_styles_and_pictures(anna: Customer) -> None:
    said = policy(anna.client.get(f"/studio/campaigns/{anna.draft().id}/edit/"))
    assert said["style-src"] == "'self' 'unsafe-inline'"
    assert said["img-src"] == "'self' data: https:"
    assert said["script-src"] == "'self'"


def test_the_desk_shows_a_mailing_with_its_styles_and_asks_no_other_host(anna: Customer, otto: Desk) -> None:
    campaign = anna.draft("Spring bulbs")
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(state="review")
    said = policy(otto.client.get(f"/desk/campaigns/{campaign.id}/"))
    assert said["style-src"] == "'self' 'unsafe-inline'"
    assert said["img-src"] == "'self' data:"


def test_a_form_shows_the_customer_s_color_and_the_logo_s_host_only(database: str) -> None:
    assert database
    form = customer_with_form(style=FormStyle("#045f47", "https://pictures.lindenhof.example/logo.png", Font.SANS))
    answer = Client().get(f"{form.url}?frame=1")
    said = policy(answer)
    nonce = re.search(r'<style nonce="([\w-]{20,})">', answer.content.decode())
    assert nonce is not None
    assert said["style-src"] == f"'self' 'nonce-{nonce[1]}'"
    assert said["img-src"] == "'self' data: https://pictures.lindenhof.example"
    assert said["frame-ancestors"] == "*"
    again = Client().get(form.url)
    assert nonce[1] not in again.headers["Content-Security-Policy"], "a nonce is for one answer"


@pytest.mark.parametrize(
    "url",
    ["http://pictures.example/a.png", "data:image/png;base64,AA", "/m/a.png", "https:///a.png", "", "javascript:x"],
)
def test_only_a_picture_s_https_host_is_let_in(url: str) -> None:
    request = HttpRequest()
    allow_picture(request, url)
    assert policy_of(request) == ContentPolicy()


def test_exceptions_of_one_page_add_up_and_a_nonce_is_made_when_it_is_used() -> None:
    request, nonce = HttpRequest(), Nonce()
    allow_picture(request, "https://pictures.example/a.png")
    allow(request, frame_ancestors="*")
    header = policy_of(request).header(nonce.value)
    assert "img-src 'self' data: https://pictures.example;" in header
    assert "frame-ancestors *;" in header
    assert "nonce" not in header
    first = str(nonce)
    assert first == str(nonce)
    assert f"style-src 'self' 'nonce-{first}';" in policy_of(request).header(nonce.value)


def test_vite_s_server_is_let_in_where_debugging_is_on_and_nowhere_else() -> None:
    header, settings = ContentPolicy().header(), load_settings()
    for changes in ({}, {"debug": True}, {"vite_port": 5173}):
        assert with_vite(header, settings.model_copy(update=changes)) == header
    loose = with_vite(header, settings.model_copy(update={"debug": True, "vite_port": 5173}))
    assert "script-src http://localhost:5173 'self';" in loose
    assert "ws://localhost:5173" in loose


def test_no_template_needs_more_than_its_policy_gives() -> None:
    """A style attribute, a style element without our nonce, an inline script or handler would be dead on the page."""
    inline = re.compile(
        r"\sstyle=|\son(?:blur|change|click|error|focus|input|key\w+|load|mouse\w+|submit)="
        r"|<style(?! nonce=)|<script(?![^>]*(?:src=|application/json))"
    )
    found = {
        name: inline.findall(path.read_text(encoding="utf-8"))
        for path in TEMPLATES.rglob("*.html")
        if (name := str(path.relative_to(TEMPLATES))) not in PAPERS | FRAMED
    }
    assert {name: marks for name, marks in found.items() if marks} == {}
