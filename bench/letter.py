"""How long one message takes to compose and to sign, against the bare RSA-2048 signature on the same core.

    .venv/bin/python bench/letter.py [--seconds 3]

The message is a multipart of about 6 kB with 4 merge fields in each part and 5 tracked links: the same for everyone
(the default, R-108), and once with a token for each recipient and link. All are measured in turns, in slices of
about 50 ms, so that a change of the core's clock or a busy neighbor affects them alike; the figure is the CPU time
of the fastest quarter of the slices. Prints one JSON object.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from mailflatrate.mail.headers import NamedAddress
from mailflatrate.mail.identifiers.tokens import KeyRing, TokenPurpose
from mailflatrate.mail.links import LinkKind, ServiceLink, link_prefix
from mailflatrate.mail.message.compose import Composer
from mailflatrate.mail.message.edition import (
    CampaignStream,
    EditionContent,
    EditionPart,
    Recipient,
    ServiceIdentity,
    Values,
)
from mailflatrate.mail.segments import Dynamic, Segment, Static
from mailflatrate.mail.signing.dkim import Signer, generate_key

BASE_URL = "https://u.example.net"
RING = KeyRing.parse("k:" + "5e" * 32)
FIELDS = ("first_name", "last_name", "city", "points")
PARAGRAPH = (
    '<p style="margin:0 0 16px;font-family:Arial,sans-serif;font-size:16px">In this week\'s letter:'
    " what ripened, what is in the boxes and where to find us on Saturday. Grüße from the farm, see you soon.</p>\n"
)


def merge_fields(values: Values) -> Sequence[str]:
    return [str(values[name]) for name in FIELDS]


def edition(*, personal_links: bool) -> EditionContent:
    def body(paragraph: str, count: int) -> tuple[Segment | ServiceLink, ...]:
        segments: list[Segment | ServiceLink] = [Static("Dear ")]
        for index in range(len(FIELDS)):
            segments += [Dynamic(index), Static(" " + paragraph * count)]
        for number in range(5):
            fixed = Static(link_prefix(BASE_URL, LinkKind.CLICK) + RING.seal(TokenPurpose.CLICK, 7, 1, number))
            link = ServiceLink(LinkKind.PERSONAL_CLICK, number) if personal_links else fixed
            segments += [Static('<a href="'), link, Static('">read on</a>\n')]
        return (
            *segments,
            Static("Unsubscribe: "),
            ServiceLink(LinkKind.UNSUBSCRIBE),
            Static("\nFarm, Main Street 1\n"),
        )

    return EditionContent(
        subject=EditionPart((Static("News from the farm, "), Dynamic(0)), merge_fields),
        html=EditionPart(body(PARAGRAPH, 3), merge_fields),
        text=EditionPart(body("In this week's letter: what ripened and where to find us.\n", 4), merge_fields),
        rendered_links=frozenset(),
    )


def composer(signers: Sequence[Signer], *, personal_links: bool = False) -> Composer:
    stream = CampaignStream(
        account_id=7,
        account_label="a7",
        mailing_id="4K7Q-92XD-E",
        sender=NamedAddress("news@news.example.org", "The Farm"),
        reply_to=NamedAddress("anna@example.org", "Anna"),
        bounce_domain="bounce.news.example.org",
        list_identifier="l12.a7.list.example.net",
        list_name="Farm news",
        feedback_domain="bounce.news.example.org",
    )
    service = ServiceIdentity("mail.example.net", BASE_URL, "flatrate")
    return Composer(edition(personal_links=personal_links), stream, service, RING, signers)


def recipients(count: int) -> list[Recipient]:
    return [
        Recipient(
            delivery_id=number,
            address=f"dora{number}@example.net",
            display_name="Dora Müller" if number % 4 == 0 else f"Dora Number{number}",
            values={"first_name": f"Dora{number}", "last_name": "Müller", "city": "Köln am Rhein", "points": number},
        )
        for number in range(count)
    ]


def microseconds_per_call(actions: dict[str, Callable[[int], object]], seconds: float) -> dict[str, float]:
    samples: dict[str, list[float]] = {name: [] for name in actions}
    repeats = dict.fromkeys(actions, 100)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, action in actions.items():
            start = time.process_time_ns()
            for number in range(repeats[name]):
                action(number)
            each = (time.process_time_ns() - start) / repeats[name] / 1000
            samples[name].append(each)
            repeats[name] = max(10, int(50_000 / each))
    fastest = {name: sorted(values)[: max(1, len(values) // 4)] for name, values in samples.items()}
    return {name: sum(values) / len(values) for name, values in fastest.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    pem, _ = generate_key()
    signer = Signer("news.example.org", "s1", pem)
    digest = sha256(b"").digest()
    people = recipients(1000)
    at = datetime.now(tz=UTC)
    unsigned, signed = composer([]), composer([signer])
    personal = composer([], personal_links=True)
    figures = microseconds_per_call(
        {
            "unsigned": lambda number: unsigned.compose(people[number % 1000], at),
            "personal": lambda number: personal.compose(people[number % 1000], at),
            "signed": lambda number: signed.compose(people[number % 1000], at),
            "bare_signature": lambda number: signer.key.sign(digest),
        },
        seconds,
    )
    print(
        json.dumps(
            {
                "message_octets": signed.compose(people[0], at).size,
                "unsigned_us": round(figures["unsigned"], 1),
                "unsigned_with_personal_links_us": round(figures["personal"], 1),
                "signed_us": round(figures["signed"], 1),
                "bare_signature_us": round(figures["bare_signature"], 1),
                "signed_beyond_signature_us": round(figures["signed"] - figures["bare_signature"], 1),
                "of_signing_limit": round(figures["bare_signature"] / figures["signed"], 3),
            }
        )
    )


if __name__ == "__main__":
    main()
