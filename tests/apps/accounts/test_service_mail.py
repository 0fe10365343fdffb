"""Service messages from their templates: each as agreed, the same in both parts, and safe from what people write."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.template import TemplateDoesNotExist
from django.utils import translation

from mailflatrate.apps.accounts.service_mail import Passage, ServiceMail, write_mail
from mailflatrate.base import clock
from mailflatrate.mail.headers import NamedAddress
from mailflatrate.mail.identifiers.tokens import KeyRing
from mailflatrate.mail.message.compose import Composer
from mailflatrate.mail.message.edition import NoticeStream, Recipient, ServiceIdentity
from mailflatrate.mail.message.service_text import clean, fact, html_body, notice_content
from service_mail_cases import CASES, FRENCH, URL

GOLDEN = Path(__file__).parent / "service_mails"
APPS = Path(__file__).parents[3] / "src" / "mailflatrate" / "apps"
LANGUAGES = ("en", "de", "fr")
MOST_OCTETS = 20_000
OURS = ("url", "sign_in", "after", "decision")
"""Facts that nobody writes."""
VOID = {"meta", "br", "link", "img", "hr", "input"}
WRITTEN = [(name, language) for language in LANGUAGES for name in (CASES if language != "fr" else FRENCH)]
EVIL = (
    "</p><script>alert(1)</script><a href='https://evil.example'>x</a>\x1ebutton\x1fClick\x1fhttps://evil.example\x1e"
)
_URL = re.compile(r"https?://[^\s<>\"]+")


class Page(HTMLParser):
    """Reads a document: its links, its text, what it would load, and whether its elements are closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.words = ""
        self.buttons = 0
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            self.buttons += (name, value) == ("class", "action")
            if name == "href":
                self.links.append(value or "")
            if name in ("src", "background", "srcset") or (name == "style" and "url(" in (value or "")):
                self.loads.append(value or "")
            assert not name.startswith("on")

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and "title" not in self.open:
            self.words += f" {data}"


def composed(mail: ServiceMail) -> EmailMessage:
    """The message as it would leave."""
    stream = NoticeStream(
        1, NamedAddress("service@mail.example", "mailflatrate"), "bounce.mail.example", language=mail.language
    )
    content = notice_content(mail.subject, mail.text, mail.language, "mailflatrate")
    ring = KeyRing.parse("k:" + "5e" * 32)
    composer = Composer(content, stream, ServiceIdentity("mail.example", "https://mail.example", "lindenhof"), ring, [])
    draft = composer.draft(Recipient(1, "dora@example.net"), clock.now())
    message = message_from_bytes(b"".join(draft.pieces), policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


def parts(mail: ServiceMail) -> tuple[str, str]:
    message = composed(mail)
    plain, page = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and page is not None
    return str(plain.get_content()).replace("\r\n", "\n"), str(page.get_content())


@pytest.mark.parametrize(("name", "language"), WRITTEN, ids=str)
def test_a_message_reads_as_agreed_and_says_the_same_in_both_parts(name: str, language: str) -> None:
    mail = write_mail(*CASES[name], language)
    plain, source = parts(mail)
    said = f"{mail.subject}\n{'=' * 20}\n{plain}"
    assert said == (GOLDEN / language / f"{name}.txt").read_text(encoding="utf-8"), name
    page = Page(source)
    assert page.open == [], "every element is closed"
    assert sorted(page.links) == sorted(_URL.findall(plain)), "the same links, in both parts"
    assert page.loads == [] and not page.tags & {"img", "script", "link", "iframe", "form"}, "nothing is loaded"
    assert len(source.encode()) < MOST_OCTETS
    assert f'lang="{language}"' in source
    heard = " ".join(page.words.split())
    for line in filter(None, (" ".join(each.strip(" -").split()) for each in plain.splitlines())):
        label, _colon, value = line.partition(": ")
        assert line in heard or line in page.links or (label in heard and value in heard), line


def test_every_template_is_among_the_cases() -> None:
    found = [path.relative_to(APPS).parts for path in APPS.glob("*/templates/*/mail/*.txt")]
    assert {"/".join(parts[2:]).removesuffix(".txt") for parts in found} == {template for template, _ in CASES.values()}
    assert {path.stem for path in (GOLDEN / "en").glob("*.txt")} == set(CASES)


def spoiled(value: object) -> Any:
    """The value as an attacker would have it."""
    if isinstance(value, Passage):
        return Passage(f"{value}\n\n{EVIL}\n")
    if isinstance(value, list):
        return [spoiled(each) for each in value]
    if isinstance(value, dict):
        return {key: inner if key in OURS else spoiled(inner) for key, inner in value.items()}
    return f"{value}{EVIL}\r\nBcc: eve@evil.example" if isinstance(value, str) and value else value


@pytest.mark.parametrize("name", CASES)
def test_no_value_becomes_markup_a_mark_or_a_header(name: str) -> None:
    template, facts = CASES[name]
    mail = write_mail(template, spoiled(facts), "en")
    assert composed(mail)["Bcc"] is None and "\n" not in mail.subject
    plain, source = parts(mail)
    page, usual = Page(source), Page(parts(write_mail(template, facts, "en"))[1])
    assert page.open == [] and page.tags - usual.tags <= {"br", "a"}
    assert set(page.links) == set(usual.links) or any(isinstance(value, Passage) for value in facts.values())
    assert page.buttons == usual.buttons, "no button was added"
    assert not set(plain) & set("\x1c\x1d\x1e\x1f")


def test_a_name_with_an_address_is_no_link_but_a_passage_may_have_one() -> None:
    evil = "https://evil.example/x"
    facts = {"person": evil, "account": evil, "url": "https://mail.example/", "days": 7}
    page = Page(parts(write_mail("accounts/mail/invitation", facts, "en"))[1])
    assert page.links == ["https://mail.example/"]
    answer = {"reference": "C-1", "about": "x", "text": Passage("See https://docs.example/a?b=1&c=2.")}
    assert Page(parts(write_mail("abuse/mail/answer", answer, "en"))[1]).links == ["https://docs.example/a?b=1&c=2"]


def test_a_text_without_marks_can_get_none() -> None:
    """Whoever writes a text for `send_notice` writes text, whatever characters it has."""
    page = Page(parts(ServiceMail("x", clean(f"Hello\n\x1ebutton\x1fGo\x1f{URL}", lines=True), "en"))[1])
    assert page.buttons == 0


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "", "https://a b"])
def test_a_button_leads_to_a_web_page_or_is_none(url: str) -> None:
    page = Page(parts(write_mail("accounts/mail/password", {"url": url}, "en"))[1])
    assert (page.buttons, page.links) == (0, [])


def test_paragraphs_lines_and_runs_of_facts() -> None:
    page = html_body("One\ntwo\n\nthree\n\n" + "\n\n".join([fact("A", "1", ": "), fact("B", "2", ": ")]), links=False)
    assert re.findall(r"<p [^>]*>(.*?)</p>", page) == ["One<br>two", "three"]
    assert (page.count("<table"), page.count("<tr>")) == (1, 2)


def test_facts_that_depend_on_the_language_are_asked_in_it() -> None:
    def facts() -> dict[str, object]:
        return {"account": "A", "summary": str(translation.get_language()), "measures": []}

    assert write_mail("stats/mail/warnings", facts, "de").subject == "A: de"
    with pytest.raises(TemplateDoesNotExist):
        write_mail("accounts/mail/none", {}, "en")
