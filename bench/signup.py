"""How many sign-ups a second the public form takes, through the real HTTP stack into a stored request with its queued
email; and what an attack on one victim does to it.

    python bench/signup.py [--seconds 20] [--web-workers 2] [--connections 16] [--only sign_ups,attack]

`sign_ups`: browsers that have done their proof of work post one address each, on connections that are kept open,
from many networks (the load comes through a trusted proxy). It counts the rows of `signup_request` that wait for
their email and compares them with the responses. No sender runs meanwhile; afterwards one sender process works off
the queue into our own sink, and its rate is reported as well. `attack`: 10,000 posts for one victim from as many
addresses, within a minute, while honest people sign up five times a second and the sender runs; every honest one
must have their email at the end, and the victim no more than the cap.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from estate import Estate, build_estate, workspace
from free_ports import free_port, wait_for
from measure import cpu_seconds, family, machine, peak_rss_mb
from send import running

RIG = Path(__file__).parents[1] / "rig"
VICTIM = "victim@briefkasten-lindenhof.de"
ATTACKS, ATTACK_SECONDS = 10_000, 55.0
HONEST_A_SECOND = 5


@dataclass
class Load:
    """The responses: one latency a post, by status."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    def note(self, status: int, milliseconds: float) -> None:
        """One answer."""
        self.milliseconds.append(milliseconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def summary(self) -> dict[str, object]:
        """Median and tail."""
        cuts = statistics.quantiles(self.milliseconds, n=100)
        return {
            "answers": len(self.milliseconds),
            "statuses": self.statuses,
            "median_ms": round(cuts[49], 1),
            "p95_ms": round(cuts[94], 1),
            "p99_ms": round(cuts[98], 1),
            "worst_ms": round(max(self.milliseconds), 1),
        }


class Connection:
    """One HTTP/1.1 connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes, ip: str) -> int:
        """Post a form as JSON-speaking script or plain page; the status."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(
            b"POST %b HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nUser-Agent: bench\r\n"
            b"X-Forwarded-For: %b\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%b"
            % (path.encode(), ip.encode(), len(body), body)
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        )
        await reader.readexactly(length)
        return int(head[9:12])


def wait_for_pages(port: int) -> None:
    """Return when the pages are served; Django takes a few seconds to start."""
    for _attempt in range(20):
        try:
            wait_for(port)
        except ConnectionError:
            continue
        time.sleep(1)
        return
    raise ConnectionError("the pages did not start")


def network() -> str:
    """Return a made-up visitor's IP address."""
    return f"{random.randint(11, 99)}.{random.randint(0, 255)}.{random.randint(0, 255)}.{random.randint(1, 254)}"


def published_form(estate: Estate) -> tuple[str, bytes]:
    """A form of the customer's, published by its actions; its code and the constant part of a submission."""
    from dataclasses import replace

    from mailflatrate.apps.accounts.actions import agreements
    from mailflatrate.apps.forms.actions import form_edits
    from mailflatrate.base import tenancy
    from mailflatrate.rules.forms import content_from_json

    imprint = IMPRINT | {"privacy_url": "https://shop.example/privacy"}
    agreements.save_imprint(estate.account_id, country="DE", fields=imprint, by=estate.owner)
    with tenancy.account(estate.account_id):
        form = form_edits.create_form("Website", estate.list_id, by=None, sender_id=estate.sender_id)
        draft = content_from_json(form.draft)
        language = draft.languages[0]
        texts = replace(draft.texts[language], topics="news and offers", frequency="once a week")
        form_edits.save_draft(
            form.id,
            name=form.name,
            list_id=estate.list_id,
            sender_id=estate.sender_id,
            content=replace(draft, texts={language: texts}),
        )
        verdict = form_edits.publish_form(form.id, by=None)
        assert verdict.allowed, verdict.blocked_by
        return form.code, urlencode({"consent": "yes", "version": "1", "language": language}).encode()


def solved_tasks(code: str, count: int) -> list[bytes]:
    """Tasks as browsers hand them back. Made with a known solution: finding it is the browser's work."""
    import altcha

    from mailflatrate.apps.forms import defence
    from mailflatrate.base import clock

    tasks = []
    for _task in range(count):
        number = random.randint(0, defence.TASK_MOST)
        options = altcha.ChallengeOptions(
            max_number=defence.TASK_MOST,
            number=number,
            hmac_key=defence._task_key(),
            expires=clock.now() + defence.TASK_VALID,
            params={"form": code},
        )
        challenge = altcha.create_challenge(options)
        payload = altcha.Payload(challenge.algorithm, challenge.challenge, number, challenge.salt, challenge.signature)
        tasks.append(urlencode({"altcha": payload.to_base64()}).encode())
    return tasks


async def press(port: int, posts: list[tuple[str, bytes]], connections: int, seconds: float) -> tuple[Load, float]:
    """Post over some connections, as fast as is answered; return the responses and the seconds it took."""
    load, waiting, begin = Load(), iter(posts), time.perf_counter()

    async def one() -> None:
        connection = Connection(port)
        for path, body in waiting:
            at = time.perf_counter()
            if at - begin > seconds:
                return
            status = await connection.post(path, body, network())
            load.note(status, 1000 * (time.perf_counter() - at))

    await asyncio.gather(*(one() for _connection in range(connections)))
    return load, time.perf_counter() - begin


def sign_ups(
    estate: Estate, folder: Path, port: int, options: argparse.Namespace, pids: list[int]
) -> dict[str, object]:
    """The rate of honest sign-ups, and of their mails afterwards."""
    from mailflatrate.settings.postgres import EmbeddedPostgres

    mark = f"{time.time_ns():x}"
    posts: list[tuple[str, bytes]] = []
    for _form in range(int(options.seconds)):  # each may ask for a thousand mails an hour
        code, common = published_form(estate)
        email = b"email=dora%d.%b%%40briefkasten-lindenhof.de"
        posts += [
            (f"/f/{code}/", b"&".join([email % (number, mark.encode()), common, task]))
            for number, task in enumerate(solved_tasks(code, 1000), start=len(posts))
        ]
    random.shuffle(posts)
    asyncio.run(press(port, posts[:200], options.connections, 10))
    stored_before = stored(estate.account_id, "queued")
    postgres = family(EmbeddedPostgres(folder).pid or 0)
    groups = {"web": [each for pid in pids for each in family(pid)], "postgres": postgres, "load": [os.getpid()]}
    before = {group: sum(map(cpu_seconds, each)) for group, each in groups.items()}
    load, took = asyncio.run(press(port, posts[200:], options.connections, options.seconds))
    after = {group: sum(map(cpu_seconds, each)) for group, each in groups.items()}
    stored_now = stored(estate.account_id, "queued") - stored_before
    accepted = load.statuses.get(200, 0)
    result: dict[str, object] = {
        "sign_ups_per_second": round(stored_now / took, 1),
        "stored": stored_now,
        "answered_as_taken": accepted,
        "seconds": round(took, 2),
        **load.summary(),
        "cpu_ms_per_sign_up": {
            group: round(1000 * (after[group] - before[group]) / max(1, stored_now), 2) for group in groups
        },
        "web_rss_mb": round(sum(peak_rss_mb(pid) for pid in groups["web"]), 1),
    }
    assert stored_now == accepted, "every taken sign-up is stored with its mail queued, and nothing else"
    return result | folded(estate.account_id, stored_before + stored_now)


def folded(account_id: int, sign_ups: int) -> dict[str, object]:
    """The rows that count the sign-ups by form and day: one each until the hourly job adds them up, none lost."""
    from django.db.models import Count, Sum

    from mailflatrate.apps.forms.actions.form_counts import fold_counts
    from mailflatrate.apps.forms.models import FormCount, FormStep
    from mailflatrate.base import tenancy

    def counted() -> dict[str, int]:
        with tenancy.account(account_id):
            rows = FormCount.objects.filter(what=FormStep.SIGNUP)
            return rows.aggregate(rows=Count("id"), whole=Sum("count"))

    before, started = counted(), time.monotonic()
    fold_counts()
    took, after = time.monotonic() - started, counted()
    assert before["whole"] == after["whole"] == sign_ups, "every sign-up is counted once, before and after"
    return {"count_rows": before["rows"], "count_rows_folded": after["rows"], "fold_seconds": round(took, 2)}


def work_off(estate: Estate, folder: Path, seconds: float) -> dict[str, object]:
    """One sender process takes up what is queued; the rate of mails that the sink took."""
    queued = stored(estate.account_id, "queued")
    begin = time.perf_counter()
    with sender(folder):
        while stored(estate.account_id, "queued") and time.perf_counter() - begin < seconds:
            time.sleep(0.2)
        time.sleep(0.5)
    took = time.perf_counter() - begin
    done = queued - stored(estate.account_id, "queued")
    return {"confirmation_mails_per_second": round(done / took, 1), "taken_up": done}


def sender(folder: Path):  # type: ignore[no-untyped-def]  # a context manager of `running`
    """The product's sender process."""
    return running([sys.executable, str(RIG / "worker.py"), "send"])


def stored(account_id: int, state: str) -> int:
    """Requests of the customer in a state."""
    from mailflatrate.apps.forms.models import SignupRequest
    from mailflatrate.base import tenancy

    with tenancy.account(account_id):
        return SignupRequest.objects.filter(state=state).count()


def attack(estate: Estate, folder: Path, port: int, record: Path) -> dict[str, object]:
    """10,000 posts for one victim within a minute, honest sign-ups beside it, the sender at work."""
    code, common = published_form(estate)
    other, _common = published_form(estate)
    mark = f"{time.time_ns():x}"
    with sender(folder):
        time.sleep(2)
        fast, honest, took = asyncio.run(_attack(port, (code, other), common, mark))
        time.sleep(3)
    received = [line.split()[1] for line in record.read_text().splitlines()]
    honest_mails = {line for line in received if mark in line}
    return {
        "attack": fast.summary(),
        "honest": honest.summary(),
        "seconds": round(took, 1),
        "mails_to_victim": sum(line.lower() == VICTIM for line in received),
        "honest_sign_ups": len(honest.milliseconds),
        "honest_with_mail": len(honest_mails),
    }


async def _attack(port: int, codes: tuple[str, str], common: bytes, mark: str) -> tuple[Load, Load, float]:
    fast, honest, begin = Load(), Load(), time.perf_counter()
    numbers = iter(range(ATTACKS))

    async def strike() -> None:
        connection = Connection(port)
        for number in numbers:
            await asyncio.sleep(max(0.0, begin + number * ATTACK_SECONDS / ATTACKS - time.perf_counter()))
            body = b"email=%b&%b" % (VICTIM.replace("@", "%40").encode(), common)
            at = time.perf_counter()
            status = await connection.post(f"/f/{codes[number % 2]}/", body, network())
            fast.note(status, 1000 * (time.perf_counter() - at))

    async def sign_up() -> None:
        connection = Connection(port)
        tasks = solved_tasks(codes[0], int(ATTACK_SECONDS * HONEST_A_SECOND))
        for number, task in enumerate(tasks):
            await asyncio.sleep(max(0.0, begin + number / HONEST_A_SECOND - time.perf_counter()))
            body = b"email=dora%d.%b%%40briefkasten-lindenhof.de&%b&%b" % (number, mark.encode(), common, task)
            at = time.perf_counter()
            status = await connection.post(f"/f/{codes[0]}/", body, network())
            honest.note(status, 1000 * (time.perf_counter() - at))

    await asyncio.gather(sign_up(), *(strike() for _connection in range(16)))
    return fast, honest, time.perf_counter() - begin


IMPRINT = {
    "organisation": "company", "legal_form": "GmbH", "legal_name": "Anna's Shop GmbH", "street": "Hauptstraße 1",
    "postcode": "53111", "city": "Bonn", "email": "anna@shop.example", "phone": "+49 228 1234567",
    "representatives": "Anna Anders",
    "register_name": "Amtsgericht Bonn", "register_number": "HRB 12345", "vat_id": "DE123456789",
}  # fmt: skip


def main() -> None:
    """Run both parts; one JSON object on standard output."""
    parser = argparse.ArgumentParser(description="benchmark of sign-ups")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--web-workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", default="sign_ups,attack")
    options = parser.parse_args()
    web_port, relay_port = free_port(), free_port()
    settings = {
        "web_port": str(web_port),
        "web_workers": str(options.web_workers),
        "trusted_proxies": "127.0.0.1",
        "relay_host": "127.0.0.1",
        "relay_port": str(relay_port),
        "relay_tls": "never",
        "public_port": "0",
    }
    result: dict[str, object] = {"machine": machine()}
    from mailflatrate.wire.dns import ZoneServer

    # Our own DNS, in which every domain accepts mail: each new one is queried before its first message.
    with ZoneServer({}, elsewhere={"MX": ["10 mx.people.test"]}) as dns:
        run(options, result, dns.nameserver, settings)
    print(json.dumps(result))


def run(options: argparse.Namespace, result: dict[str, object], nameserver: str, settings: dict[str, str]) -> None:
    """Both parts, with sink and pages beside."""
    web_port, relay_port = int(settings["web_port"]), int(settings["relay_port"])
    with workspace(**settings, dns_servers=nameserver) as folder:
        estate, record = build_estate(10), folder / "received"
        record.touch()
        sink = [sys.executable, str(RIG / "sink.py"), "--port", str(relay_port), "--record",
                str(record)]  # fmt: skip
        web = [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "web"]
        with running(sink), running(web) as pages:
            wait_for(relay_port)
            wait_for_pages(web_port)
            if "sign_ups" in options.only:
                result["sign_ups"] = sign_ups(estate, folder, web_port, options, [pages.pid])
                result["sign_ups"] |= work_off(estate, folder, 15)  # type: ignore[operator]
            if "attack" in options.only:
                result["attack"] = attack(build_estate(10), folder, web_port, record)


if __name__ == "__main__":
    main()
