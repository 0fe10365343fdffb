"""The process that writes every email and every command's help: `python -m golden.mails FOLDER`, to `mails.json`."""

import asyncio
import json
import os
import re
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from golden import fixed
from golden.commands import all_helps
from golden.django_ready import set_up

LANGUAGES = ("en", "de", "fr")
_CHUNKS = "SELECT account_id, id, campaign_id FROM chunk WHERE state = 'ready' ORDER BY id"


def main() -> None:
    folder = Path(sys.argv[1])
    settings = set_up(folder)
    fixed.CLOCK.stop()

    from django.db import connections

    from mailflatrate.settings.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(folder)
    with server.owned():
        world = json.loads((folder / "world.json").read_text())
        found = {f"service/{name}": text for name, text in service_mails().items()}
        add_mails(world)
        found |= {f"recipients/{name}": text for name, text in recipients_mails(server.url, settings).items()}
        found = {"mails/" + re.sub(r"[^\w/-]+", "-", name): text for name, text in found.items()}
        found["commands"] = all_helps()
        (folder / "mails.json").write_text(json.dumps(found, ensure_ascii=False))
        connections.close_all()


def service_mails() -> dict[str, str]:
    from apps.accounts.test_service_mail import composed
    from mailflatrate.apps.accounts.service_mail import write_mail
    from service_mail_cases import CASES, FRENCH

    found = {}
    for name, case in CASES.items():
        languages = LANGUAGES if name in FRENCH else LANGUAGES[:2]
        texts = [f"=== {language}\n{shown(composed(write_mail(*case, language)))}" for language in languages]
        found[name] = "\n".join(texts)
    return found


def add_mails(world: dict[str, Any]) -> None:
    """Let Anna send a campaign in each language and a transactional message, and people sign up."""
    from django.test import Client

    from mailflatrate.apps.accounts.models import User
    from support.customers import Customer
    from support.transactional import DATA

    anna = world["anna"]
    owner = User.objects.get(id=anna["owner"])
    customer = Customer(anna["account"], anna["list"], anna["sender"], {"owner": owner})
    for language in LANGUAGES:
        draft = customer.draft(f"In {language}", language=language, subject=f"Bulbs in {language}")
        customer.sending_of(draft)
    order = {"template": "shipped", "recipient": "ida@briefkasten-lindenhof.de", "data": DATA}
    order["reference"] = {"kind": "order", "number": "A-4711"}
    key = {"Authorization": f"Bearer {world['keys']['key']}"}
    done = Client().post("/api/v1/messages", json.dumps(order), content_type="application/json", headers=key)
    assert done.status_code in (201, 202), done.content
    for path in world["objects"]["/f/<>"]:
        for language in LANGUAGES:
            fields = {"email": f"{path[3:6]}-{language}@briefkasten-lindenhof.de", "consent": "yes", "version": "1"}
            Client().post(f"{path}/", {**fields, "language": language})


def recipients_mails(owner_url: str, settings: Any) -> dict[str, str]:
    """Send what is ready; return one message of each subject."""
    import psycopg

    from mailflatrate.apps.delivery.send.sender import Sender
    from support.fake_relay import FakeRelay

    with psycopg.connect(owner_url) as owner:
        chunks = owner.execute(_CHUNKS).fetchall()

    async def work() -> list[bytes]:
        async with FakeRelay() as relay:
            where = {"relay_host": "127.0.0.1", "relay_port": relay.port, "test_inbox_port": relay.port}
            sender = Sender(settings.model_copy(update=where))
            try:
                for account, chunk, campaign in chunks:
                    send = sender.work_chunk if campaign else sender.work_transactional
                    await send(account, chunk)
                for account in sorted({account for account, *_rest in chunks}):
                    await sender.work_confirmations(account)
            finally:
                await sender.close()
            return [message.content for message in sorted(relay.received, key=lambda each: each.recipient)]

    found: dict[str, str] = {}
    for content in asyncio.run(work()):
        message = message_from_bytes(content, policy=policy.SMTP)
        assert isinstance(message, EmailMessage)
        found.setdefault(f"{message['Subject']} {message['Content-Language'] or ''}".strip(), shown(message))
    return found


LEFT_OUT = ("dkim-signature", "content-transfer-encoding", "mime-version")


def shown(message: EmailMessage) -> str:
    """Return a message as lines: headers that mean something, and both parts."""
    from golden.neutral import neutral
    from golden.page_lines import page_lines

    lines = [
        f"{name}: {' '.join(str(value).split())}" for name, value in message.items() if name.lower() not in LEFT_OUT
    ]
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        if part is not None:
            text = str(part.get_content())
            lines += [f"--- {kind}", *(text.splitlines() if kind == "plain" else page_lines(text).lines)]
    boundary = message.get_boundary() or "none"
    return neutral("\n".join(line.rstrip().replace(boundary, "‹boundary›") for line in lines)) + "\n"


if __name__ == "__main__":
    main()
    os._exit(0)
