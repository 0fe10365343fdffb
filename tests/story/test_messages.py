"""The messages of a whole run: signed, whole, parseable, with the imprint and a way out in both parts."""

import email
import re
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from urllib.request import urlopen

import dkim
import psycopg
import pytest

from mailflatrate.entrypoints.cli.demo.story import IMPRINT
from mailflatrate.settings.postgres import EmbeddedPostgres
from support.demo import Demo

TWICE_IS_FINE = {"received"}
IN_THE_IMPRINT = ("legal_name", "representatives", "street", "postcode", "city", "email", "phone", "register_name",
                  "register_number", "vat_id")  # fmt: skip
LINKS_TO_OPEN = 20
VERIFIED, READ = 5, 3
"""Every fifth and every third: to verify or to parse one takes a hundredth of a second, and one code made them all."""


@pytest.fixture(scope="module")
def letters(demo: Demo) -> list[bytes]:
    """Return every message that the demo's campaign put into the test inbox."""
    with psycopg.connect(EmbeddedPostgres(demo.folder).url) as owner:
        rows = owner.execute("SELECT raw FROM postbox_message WHERE mailing_id <> '' ORDER BY id").fetchall()
    assert len(rows) >= demo.numbers["sent"]
    return [bytes(raw) for (raw,) in rows]


def test_messages_verify_with_another_verifier(demo: Demo, letters: list[bytes]) -> None:
    """dkimpy, with the published key."""
    with psycopg.connect(EmbeddedPostgres(demo.folder).url) as owner:
        keys = owner.execute(
            "SELECT k.selector || '._domainkey.' || d.name || '.', k.public_record FROM dkim_key k"
            " JOIN sender_domain d ON d.id = k.domain_id"
        ).fetchall()
    published = {name.encode(): record.encode() for name, record in keys}
    chosen = letters[::VERIFIED]
    unsigned = [raw for raw in chosen if not dkim.verify(raw, dnsfunc=lambda name, timeout=5: published.get(name))]
    assert unsigned == []


def test_every_message_parses_without_defects_and_has_each_header_once(letters: list[bytes]) -> None:
    for raw in letters[::READ]:
        message = email.message_from_bytes(raw, policy=SMTP)
        assert isinstance(message, EmailMessage)
        assert [defect for part in message.walk() for defect in part.defects] == []
        names = [name.lower() for name in message if name.lower() not in TWICE_IS_FINE]
        assert len(names) == len(set(names)), names
        assert all(not header.defects for header in message.values())


def test_both_parts_carry_the_imprint_and_a_way_out(letters: list[bytes]) -> None:
    doors: list[str] = []
    for raw in letters[::READ]:
        message = email.message_from_bytes(raw, policy=SMTP)
        html, text = (message.get_body((kind,)) for kind in ("html", "plain"))
        assert isinstance(html, EmailMessage) and isinstance(text, EmailMessage)
        door = "u" if message["List-Unsubscribe"] else "n"  # a transactional message has "This wasn't me" instead
        for part in (html, text):
            content = part.get_content().replace("&amp;", "&")
            assert [key for key in IN_THE_IMPRINT if IMPRINT[key] not in content] == []
            links = re.findall(rf"https://[^\s\"'<>)]+/{door}/[a-z0-9]+", content)
            assert links, content
        doors.append(links[0])
    assert len(set(doors)) == len(doors), "each has a link of its own"
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the demonstration signs its own certificate
    for link in doors[:: max(1, len(doors) // LINKS_TO_OPEN)]:
        with urlopen(link, context=context, timeout=20) as answer:
            assert answer.status == 200 and b"<form" in answer.read()
