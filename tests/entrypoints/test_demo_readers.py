"""What the demonstration's readers request, from the messages that they received."""

from email.message import EmailMessage

from mailflatrate.entrypoints.cli.demo.readers import CLICKING, LEAVERS, SCANNED, links_of, requests_of
from mailflatrate.rules.feedback.clicks import TOO_SOON

LINKS = [f"https://localhost:8443/c/{name}" for name in ("order", "map", "tools")]


def message(number: int) -> bytes:
    """Return a raw message with three tracked links, each in both parts, and the reader's own unsubscribe link."""
    text = " ".join(LINKS) + f" https://localhost:8443/u/reader{number}"
    mail = EmailMessage()
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative("".join(f'<a href="{link}">x</a>' for link in LINKS), subtype="html", cte="quoted-printable")
    return mail.as_bytes()


def test_links_are_found_once_and_in_order() -> None:
    assert links_of(message(7)) == (LINKS, "https://localhost:8443/u/reader7")
    assert links_of(b"no link") == ([], "")


def test_scanners_come_at_once_and_people_later_and_always_the_same() -> None:
    messages = [message(number) for number in range(SCANNED + CLICKING + len(LEAVERS))]
    found = requests_of(messages)
    assert found == requests_of(messages)
    scans = [each for each in found if each.place < SCANNED]
    assert len(scans) == SCANNED * len(LINKS), "a scanner opens every link"
    people = [each for each in found if SCANNED <= each.place < SCANNED + CLICKING]
    assert min(each.seconds for each in people) > TOO_SOON.total_seconds() > max(each.seconds for each in scans)
    assert len({each.place for each in people}) == CLICKING
    counts = [sum(each.url == link for each in people) for link in LINKS]
    assert counts == sorted(counts, reverse=True) and counts[-1] > 0
    assert not any(each.fields for each in (*scans, *people)), "these only click"
    leaving = [each for each in found if each.place >= SCANNED + CLICKING]
    assert [dict(each.fields).get("scope") for each in leaving].count("list") == len(LEAVERS)
    assert {dict(each.fields).get("reason") for each in leaving} == {None, "too_many", "not_relevant"}
