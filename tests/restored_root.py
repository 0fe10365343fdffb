"""Run in the second root of `story/test_backup.py`: what a restored installation shows and sends, as JSON."""

import asyncio
import hashlib
import json
import sys
from typing import Any

from mailflatrate.entrypoints.boot import boot

SETTINGS = boot()

from mailflatrate.apps.campaigns.models import MediaFile  # noqa: E402
from mailflatrate.apps.delivery import fence  # noqa: E402
from mailflatrate.apps.delivery.models import Chunk, ChunkState, Delivery  # noqa: E402
from mailflatrate.apps.delivery.send.journal import host_name  # noqa: E402
from mailflatrate.apps.delivery.send.replay import replay  # noqa: E402
from mailflatrate.apps.delivery.send.sender import Sender  # noqa: E402
from mailflatrate.apps.lists.models import Contact, Subscription  # noqa: E402
from mailflatrate.apps.suppression.models import Suppression  # noqa: E402
from mailflatrate.base import tenancy  # noqa: E402
from mailflatrate.base.storage import files  # noqa: E402
from mailflatrate.entrypoints.cli.doctor.database import store_lines  # noqa: E402
from mailflatrate.entrypoints.cli.doctor.files import storage_lines  # noqa: E402
from support.fake_relay import FakeRelay  # noqa: E402  # Django is set up first


def send_ready(account_id: int) -> list[str]:
    """A sender of this root takes every chunk that is ready; who got something."""
    with tenancy.account(account_id):
        chunks = list(Chunk.objects.filter(state=ChunkState.READY).order_by("id").values_list("id", flat=True))

    async def work() -> list[str]:
        async with FakeRelay() as relay:
            sender = Sender(SETTINGS.model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port}))
            try:
                for chunk_id in chunks:
                    await sender.work_chunk(account_id, chunk_id)
            finally:
                await sender.close()
            return [letter.recipient for letter in relay.received]

    return asyncio.run(work())


def look(account_id: int) -> dict[str, Any]:
    with tenancy.account(account_id):
        return {
            "people": sorted(Contact.objects.values_list("email", flat=True)),
            "confirmed": sorted(Subscription.objects.filter(state="confirmed").values_list("contact_id", flat=True)),
            "suppressed": sorted(Suppression.objects.values_list("reason", flat=True)),
            "results": {
                campaign: sorted(Delivery.objects.filter(campaign_id=campaign).values_list("state", flat=True))
                for campaign in set(Delivery.objects.exclude(campaign=None).values_list("campaign_id", flat=True))
            },
            "chunks": sorted(Chunk.objects.values_list("campaign_id", "state")),
            "pictures": [hashlib.sha256(files.get(each.stored_name)).hexdigest() for each in MediaFile.objects.all()],
        }


def replay_own_journals() -> None:
    """What the sender processes of this root do while sending is held."""
    folder = SETTINGS.data_dir / "journal"
    hold = fence.current_hold()
    assert hold is not None
    for name in hold.waits_for:
        assert name.startswith(host_name(folder)), "no sender of the first root lived at the time of the backup"
        fence.note_replayed(name, replay(folder).missing)


def main() -> None:
    account_id = int(sys.argv[1])
    hold = fence.current_hold()
    held = {
        "cause": hold.cause.value if hold else None,
        "doctor": [line.as_json() for line in (*store_lines(SETTINGS), *storage_lines(SETTINGS))],
        "seen": look(account_id),
        "sent": send_ready(account_id),
    }
    replay_own_journals()
    fence.resume_all(set())
    sent = send_ready(account_id)
    print(json.dumps({"held": held, "resumed": {"sent": sent, "seen": look(account_id)}}))


main()
