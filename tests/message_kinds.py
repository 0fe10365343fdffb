"""One message of every kind that leaves this service, made by the code that makes them all, for judges of others."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from typing import NamedTuple

from mailflatrate.apps.campaigns.content.campaign_content import reason_text
from mailflatrate.apps.campaigns.content.personalization import recipient_values
from mailflatrate.apps.campaigns.content.starting_content import starter
from mailflatrate.apps.campaigns.gallery import LANGUAGES, gallery_template, source
from mailflatrate.mail.content.campaign import CompileContext, ContentSource, SourceFormat, compile_content
from mailflatrate.mail.headers import NamedAddress
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine
from mailflatrate.mail.html.markdown_themes import THEMES
from mailflatrate.mail.identifiers.tokens import KeyRing
from mailflatrate.mail.message.compose import Composer, MessageDraft, sign_drafts
from mailflatrate.mail.message.confirmation import (
    ConfirmationOccasion,
    ConfirmationText,
    confirmation_content,
    confirmation_values,
)
from mailflatrate.mail.message.edition import CampaignStream, EditionContent, NoticeStream, Recipient, ServiceIdentity
from mailflatrate.mail.message.service_text import notice_content
from mailflatrate.mail.signing.dkim import Signer, generate_key
from mailflatrate.mail.signing.rsa_batch import find_signer

CUSTOMER, SERVICE = "lindenhof.example", "mailflatrate.example"
SENDER_IP = "203.0.113.9"
SUBJECTS = {"de": "Grüße aus der Gärtnerei 🌷", "en": "A word from the nursery", "fr": "Un mot de la pépinière"}
GALLERY = ("announcement", "launch", "agency", "sale", "restaurant", "volunteers", "survey", "advice")
"""Templates of ours that have every family and every kind of part between them; `test_gallery` reads all thirty."""
_RING = KeyRing.parse("k:" + "5e" * 32)
_KEYS = {domain: generate_key() for domain in (CUSTOMER, SERVICE)}
_SIGNERS = {domain: Signer(domain, "s1", pem) for domain, (pem, _) in _KEYS.items()}
RECORDS = {f"s1._domainkey.{domain}": record for domain, (_, record) in _KEYS.items()}
_IDENTITY = ServiceIdentity(SERVICE, "https://u.mailflatrate.example", "lindenhof")
_LINES = ("Gärtnerei Lindenhof GmbH", "Lindenstraße 4", "53111 Bonn", "post@lindenhof.example")


@dataclass(frozen=True)
class Message:
    """A finished message. `kind` says which; `domain` signs it; `language` is that of its content."""

    kind: str
    domain: str
    language: str
    raw: bytes
    envelope_from: str

    @property
    def parsed(self) -> EmailMessage:
        found = message_from_bytes(self.raw, policy=policy.SMTP)
        assert isinstance(found, EmailMessage)
        return found

    def part(self, subtype: str) -> str:
        found = self.parsed.get_body((subtype,))
        assert isinstance(found, EmailMessage), self.kind
        return str(found.get_content())


class Drafted(NamedTuple):
    """A message that lacks only its signature."""

    kind: str
    domain: str
    language: str
    draft: MessageDraft


@cache
def messages() -> tuple[Message, ...]:
    """All kinds, signed just now: together, with the keys of both domains, as a sender signs them on this host."""
    drafted = [*_campaigns(), *_confirmations(), *_notices()]
    letters = sign_drafts([each.draft for each in drafted], find_signer())
    return tuple(
        Message(each.kind, each.domain, each.language, letter.content, letter.envelope_from)
        for each, letter in zip(drafted, letters, strict=True)
    )


def zone() -> dict[str, dict[str, list[str]]]:
    """A zone of our own in which both domains are published strictly."""
    found: dict[str, dict[str, list[str]]] = {name: {"TXT": [record]} for name, record in RECORDS.items()}
    for domain in (CUSTOMER, SERVICE):
        found[f"_dmarc.{domain}"] = {"TXT": ["v=DMARC1; p=reject; adkim=s; aspf=r"]}
        found[f"bounce.{domain}"] = {"TXT": [f"v=spf1 ip4:{SENDER_IP} -all"]}
    return found


_THEMED = f"""# News of the garden

![Tulips in a bed](https://media.lindenhof.example/tulips.png)

> Gardens are never finished.

**[See the program](https://{CUSTOMER}/program)**
"""


def _campaigns() -> Iterator[Drafted]:
    for language in LANGUAGES:
        for key in GALLERY:
            template = gallery_template(key, language)
            if template.language != language:
                continue
            body = source(template, BrandStyle(), lambda stem: f"https://media.lindenhof.example/{stem}.png")
            yield _campaign(f"gallery-{key}", SourceFormat.MJML, body, language, template.subject)
        for kind in SourceFormat:
            yield _campaign(kind.value, kind, starter(kind.value, language, BrandStyle()), language, SUBJECTS[language])
    arabic = "# مرحبا\n\nأهلا بكم في متجرنا.\n\n![قهوة](https://media.lindenhof.example/cup.png)"
    yield _campaign("arabic", SourceFormat.MARKDOWN, arabic, "de", "مرحبا")
    for theme in THEMES:
        yield _campaign(f"markdown-{theme}", SourceFormat.MARKDOWN, _THEMED, "en", "News of the garden", theme)
    long = f"# {'Donaudampfschifffahrt' * 12}\n\nhttps://{CUSTOMER}/{'a' * 400}"
    yield _campaign("long-words", SourceFormat.MARKDOWN, long, "de", "Donaudampfschifffahrt" * 12)


def _campaign(name: str, kind: SourceFormat, body: str, language: str, subject: str, theme: str = "") -> Drafted:
    imprint = FooterImprint(
        (*(FooterLine("", line) for line in _LINES), FooterLine("Website", f"https://{CUSTOMER}")),
        reason_text(language),
        "4K7Q-92XD-E",
        language,
        f"https://{CUSTOMER}/datenschutz",
    )
    made = compile_content(
        ContentSource(kind, body, subject, "Bis Samstag", theme=theme), CompileContext(imprint, language=language)
    )
    stream = CampaignStream(
        account_id=7, account_label=_RING.account_label(7), mailing_id="4K7Q-92XD-E", language=language,
        sender=NamedAddress(f"news@{CUSTOMER}", "Gärtnerei Lindenhof"), reply_to=NamedAddress(f"post@{CUSTOMER}"),
        bounce_domain=f"bounce.{CUSTOMER}", list_identifier=f"l12.{CUSTOMER}", list_name="Newsletter der Gärtnerei",
        feedback_domain=f"bounce.{CUSTOMER}",
    )  # fmt: skip
    values = recipient_values(
        email="dora@example.net", first_name="Dora", last_name="Klein", attributes={}, account_name="Lindenhof",
        list_name="Newsletter", mailing_id="4K7Q-92XD-E", subscribed_at=datetime(2026, 5, 3, tzinfo=UTC),
        source=f"https://{CUSTOMER}/newsletter", language=language,
    )  # fmt: skip
    return _composed(name, EditionContent.of(made.subject, made.html, made.text), stream, language, values)


def _confirmations() -> Iterator[Drafted]:
    now = datetime.now(UTC)
    for language in LANGUAGES:
        for occasion in ConfirmationOccasion:
            said = ConfirmationText(
                language, occasion, "Lindenhof GmbH", "Newsletter", "dora@example.net", now, now + timedelta(days=7),
                "Europe/Berlin", CUSTOMER, "Ja, ich möchte <Neues> & Angebote.", f"https://{SERVICE}/confirm/abc",
                f"https://{CUSTOMER}/datenschutz", _LINES,
            )  # fmt: skip
            box = NamedAddress(f"news@{CUSTOMER}", "Gärtnerei Lindenhof")
            stream = NoticeStream(7, box, f"bounce.{CUSTOMER}", language=language)
            content = confirmation_content(language, occasion)
            yield _composed(f"confirmation-{occasion.value}", content, stream, language, confirmation_values(said))


def _notices() -> Iterator[Drafted]:
    texts = {
        "de": "Guten Tag,\n\nsetzen Sie hier Ihr Passwort:\nhttps://u.mailflatrate.example/password/key\n\nBis bald",
        "en": "Hello,\n\nset your password here:\nhttps://u.mailflatrate.example/password/key?a=1&b=2\n\nKind regards",
    }
    for language, text in texts.items():
        stream = NoticeStream(
            1, NamedAddress(f"service@{SERVICE}", "mailflatrate"), f"bounce.{SERVICE}", language=language
        )
        subject = {"de": "Neues Passwort für mailflatrate", "en": "Set a new password"}[language]
        yield _composed("notice", notice_content(subject, text, language, "mailflatrate"), stream, language, {})


def _composed(
    kind: str, content: EditionContent, stream: CampaignStream | NoticeStream, language: str, values: dict[str, object]
) -> Drafted:
    domain = stream.sender.address.partition("@")[2]
    composer = Composer(content, stream, _IDENTITY, _RING, [_SIGNERS[domain]])
    draft = composer.draft(Recipient(42, "dora@example.net", "Dora", values), datetime.now(UTC))
    return Drafted(kind, domain, language, draft)
