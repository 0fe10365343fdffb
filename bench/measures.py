"""Campaigns that must stop automatically: real senders, the test inbox as the world, the real inbound listener.

    python bench/measures.py [--recipients 20000] [--only dead,complaints,one_provider,forged] [--copies]

`dead`: 6 % of the addresses do not exist; half of them are refused at once, half come back as reports; the campaign
must stop at its canary (R-88). `complaints`: 0.4 % of the recipients report it while it runs, without a canary
before it; no message may leave later than ten seconds after the report that crosses the line (R-86).
`one_provider`: as before, with all reports from the one provider that sends any, which holds half of the recipients
(R-85). `forged`: reports with a made-up token, with a genuine token from an unknown reporter, and one that is
genuine; the campaign is sent to the end and the account stays as it was (R-87). Prints one JSON object; exits 1
when something does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from copies import Copies, Copy
from estate import Estate, build_estate, plain_address, release, worker_command, workspace
from free_ports import free_port, wait_for
from inbound import Client, Returned
from measure import machine

if TYPE_CHECKING:
    from mailflatrate.apps.inbound.intake import Arrival

CLI = [sys.executable, "-m", "mailflatrate.entrypoints.cli.main"]
READING, AT_ONCE = ("plan", "house", "inbound"), 4
MOST_SECONDS = 10.0
RUN_SECONDS = 600
QUIET_SECONDS = 3.0
STRANGER = "127.0.0.9"
LOOP = "127.0.0.2"
SMALL, SMALL_SHARE = 10_000, 0.012
FORGED_AMONG = 1000
"""Recipients of the campaign that forged reports are about, when the others are small as well."""
NO_CANARY = {"MAILFLATRATE_CANARY_SIZE": "100000000"}
TOKEN = re.compile(rb"[0-9a-f]{40}")


def one_of(number: int, share: float) -> bool:
    """Whether the recipient is among `share` of all, evenly spread."""
    return int((number + 1) * share) > int(number * share)


def partly_dead(account_id: int, number: int) -> str:
    """Return an address; 6 % do not exist: every second one is refused at once, the others bounce later."""
    if not one_of(number, 0.06):
        return plain_address(account_id, number)
    kind = "x-550" if one_of(number, 0.03) else "x-bounce"
    return f"{kind}-{account_id}x{number}@people.example"


def complaining(account_id: int, number: int, *, share: float = 0.004) -> str:
    """Return an address; 0.4 % of them report the campaign."""
    if one_of(number, share):
        return f"x-complain-{account_id}x{number}@people.example"
    return plain_address(account_id, number)


def complaining_at_one(account_id: int, number: int, *, share: float = 0.004) -> str:
    """Return an address: half at a provider that never reports; 0.4 % of the rest, at one that does, report."""
    if number % 2:
        return f"dora{account_id}x{number}@gmail.com"
    kind = "x-complain-" if one_of(number // 2, share) else "dora"
    return f"{kind}{account_id}x{number}@outlook.com"


@dataclass
class Stage:
    """One campaign and what is measured."""

    estate: Estate
    people: int
    inbound_port: int
    campaign_id: int = 0
    notes: dict[str, object] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def expect(self, holds: bool, problem: str) -> None:
        """Note what does not hold."""
        if not holds:
            self.problems.append(problem)

    def state(self) -> str:
        """The campaign's state."""
        from mailflatrate.apps.campaigns.models import Campaign
        from mailflatrate.base import tenancy

        with tenancy.account(self.estate.account_id):
            return str(Campaign.objects.values_list("state", flat=True).get(id=self.campaign_id))

    def status(self) -> str:
        """The account's standing."""
        from mailflatrate.apps.accounts.models import Account
        from mailflatrate.base import tenancy
        from mailflatrate.base.tenancy import PlatformReason

        with tenancy.platform(PlatformReason.METRICS):
            return str(Account.objects.get(id=self.estate.account_id).status)

    def arrived(self) -> int:
        """How many messages of the campaign reached the world."""
        from mailflatrate.apps.inbound.models import InboxMessage
        from mailflatrate.base import tenancy
        from mailflatrate.base.tenancy import PlatformReason

        with tenancy.platform(PlatformReason.METRICS):
            return InboxMessage.objects.filter(account_id=self.estate.account_id, mailing_id=self.mailing_id()).count()

    def arrivals(self) -> list[datetime]:
        """When each message of the campaign reached the world, in order."""
        from mailflatrate.apps.inbound.models import InboxMessage
        from mailflatrate.base import tenancy
        from mailflatrate.base.tenancy import PlatformReason

        with tenancy.platform(PlatformReason.METRICS):
            found = InboxMessage.objects.filter(account_id=self.estate.account_id, mailing_id=self.mailing_id())
            return list(found.order_by("received_at").values_list("received_at", flat=True))

    def mailing_id(self) -> str:
        """The campaign's public name."""
        from mailflatrate.apps.campaigns.models import Campaign
        from mailflatrate.base import tenancy

        with tenancy.account(self.estate.account_id):
            return str(Campaign.objects.get(id=self.campaign_id).mailing_id)

    def measures(self) -> list[str]:
        """The actions taken automatically: `scope cause level`."""
        from mailflatrate.apps.stats.models import Measure
        from mailflatrate.base import tenancy
        from mailflatrate.rules.feedback.measures import MeasureLevel

        with tenancy.account(self.estate.account_id):
            rows = Measure.objects.order_by("id").values_list("scope", "cause", "level", "events", "base")
            return [
                f"{scope} {cause} {MeasureLevel(level).name} {events}/{base}"
                for scope, cause, level, events, base in rows
            ]

    def wait_state(self, *wanted: str) -> None:
        """Return when the campaign is in one of these states and the world has been quiet. Raises TimeoutError."""
        end = time.monotonic() + RUN_SECONDS
        while self.state() not in wanted:
            if time.monotonic() > end:
                raise TimeoutError(f"still {self.state()}: {self.measures()}")
            time.sleep(0.2)
        seen, since = self.arrived(), time.monotonic()
        while time.monotonic() - since < QUIET_SECONDS:
            time.sleep(0.2)
            if (now := self.arrived()) != seen:
                seen, since = now, time.monotonic()


# -- the runs ----------------------------------------------------------------------------------------------------------


def dead(stage: Stage) -> None:
    """It stops at the canary, and nobody after the canary got anything."""
    from mailflatrate.apps.delivery.models import Plan
    from mailflatrate.base import tenancy

    stage.wait_state("paused", "sent")
    with tenancy.account(stage.estate.account_id):
        plan = Plan.objects.get(campaign_id=stage.campaign_id)
    arrived = stage.arrived()
    stage.notes |= {"canary": plan.canary_size, "arrived": arrived}
    stage.expect(stage.state() == "paused", "it was sent")
    stage.expect(0 < arrived <= plan.canary_size, f"{arrived} messages left, the canary has {plan.canary_size}")
    stage.expect(any("hard_bounces" in line for line in stage.measures()), "no measure was taken")


def complaints(stage: Stage) -> None:
    """It stops in the middle, within ten seconds of the report that crosses the line."""
    stage.wait_state("paused", "sent")
    crossing, arrivals = crossed_at(stage), stage.arrivals()
    stage.notes |= {"arrived": len(arrivals)}
    stage.expect(stage.state() == "paused", "it was sent to the end")
    stage.expect(stage.status() in ("paused", "suspended"), f"the account is {stage.status()}")
    stage.expect(crossing is not None, "no report crossed the line")
    if crossing is not None and arrivals:
        later = max(0.0, (arrivals[-1] - crossing).total_seconds())
        stage.notes |= {"seconds_from_crossing_to_last_message": round(later, 2)}
        stage.expect(later <= MOST_SECONDS, f"the last message left {later:.1f} s after the line was crossed")


def crossed_at(stage: Stage) -> datetime | None:
    """When the report arrived with which the figures first asked for a stop, by the rule and the rows themselves."""
    from mailflatrate.apps.delivery.models import Delivery
    from mailflatrate.apps.inbound.models import RawMail
    from mailflatrate.base import tenancy
    from mailflatrate.base.tenancy import PlatformReason
    from mailflatrate.rules.feedback.measures import Counts, FigureScope, MeasureLevel, judge
    from mailflatrate.rules.sending.providers import REPORTING, provider_of

    with tenancy.account(stage.estate.account_id):
        rows = Delivery.objects.filter(campaign_id=stage.campaign_id, state="sent").select_related("contact")
        sent = [(row.settled_at, provider_of(str(row.contact and row.contact.email).split("@")[1])) for row in rows]
    with tenancy.platform(PlatformReason.METRICS):
        mails = RawMail.objects.filter(account_id=stage.estate.account_id, kind="complaint").order_by("received_at")
        arrived = list(mails.values_list("received_at", flat=True))
    some_report = any(provider in REPORTING for _, provider in sent)
    for number, at in enumerate(arrived, start=1):
        before = [provider for settled_at, provider in sent if settled_at and settled_at <= at]
        reporting = sum(provider in REPORTING for provider in before) if some_report else len(before)
        counts = Counts(settled=len(before), delivered=len(before), reporting=reporting, complaints=number)
        if any(need.level >= MeasureLevel.PAUSE_CAMPAIGN for need in judge(counts, FigureScope.CAMPAIGN)):
            return at
    return None


def forged(stage: Stage) -> None:
    """Send reports during the campaign, the last of them genuine: it still runs to its end."""
    from mailflatrate.apps.inbound.models import Feedback
    from mailflatrate.apps.suppression.models import Suppression
    from mailflatrate.base import tenancy

    first, second = first_letters(stage)
    hand_in(stage.inbound_port, forged_token(first), LOOP)
    hand_in(stage.inbound_port, report(first), STRANGER)
    wait_read(2)
    with tenancy.account(stage.estate.account_id):
        stage.expect(not Feedback.objects.exists(), "a forged report counts")
        stage.expect(
            not Suppression.objects.filter(account_id=stage.estate.account_id).exists(), "somebody is shut out"
        )
    hand_in(stage.inbound_port, report(second), LOOP)
    wait_read(3)
    stage.wait_state("paused", "sent")
    with tenancy.account(stage.estate.account_id):
        counted = Feedback.objects.filter(kind="complaint").count()
    arrived = stage.arrived()
    stage.notes |= {"arrived": arrived, "reports_counted": counted}
    stage.expect(counted == 1, f"{counted} reports count")
    stage.expect(stage.state() == "sent", f"the mailing is {stage.state()}")
    stage.expect(stage.status() == "active", f"the account is {stage.status()}")
    stage.expect(arrived == stage.people, f"{arrived} of {stage.people} got it")
    stage.expect(not [line for line in stage.measures() if "WARN" not in line], "more than a warning was given")


def first_letters(stage: Stage) -> tuple[Arrival, Arrival]:
    """Two letters that arrived, as soon as they did."""
    from mailflatrate.apps.inbound.intake import Arrival
    from mailflatrate.apps.inbound.models import InboxMessage
    from mailflatrate.base import tenancy
    from mailflatrate.base.tenancy import PlatformReason

    found: list[InboxMessage] = []
    while len(found) < 2:
        time.sleep(0.05)
        with tenancy.platform(PlatformReason.METRICS):
            rows = InboxMessage.objects.filter(account_id=stage.estate.account_id).exclude(mailing_id="")
            found = list(rows.order_by("id")[:2])
    one, two = (Arrival("test_inbox", "127.0.0.1", row.envelope_from, row.envelope_to, bytes(row.raw)) for row in found)
    return one, two


def report(letter: Arrival) -> Returned:
    """Return what a feedback loop would send about a message."""
    from mailflatrate.entrypoints.smtpd.simulated_world import feedback_report

    named = re.search(rb"^CFBL-Address: ([^;\r\n]+)", letter.raw, re.M)
    assert named
    address = named[1].decode().strip()
    return Returned(0, address, feedback_report(letter, address))


def forged_token(letter: Arrival) -> Returned:
    """Return the same from someone who only heard of the campaign: its ID is right, every token is made up."""
    head = letter.raw.partition(b"\r\n\r\n")[0]
    path, raw = TOKEN.sub(_wrong, letter.envelope_from.encode()).decode(), TOKEN.sub(_wrong, head)
    return report(replace(letter, envelope_from=path, raw=raw + b"\r\n\r\nHello.\r\n"))


def _wrong(token: re.Match[bytes]) -> bytes:
    return token[0][:-1] + (b"b" if token[0].endswith(b"a") else b"a")


def hand_in(port: int, returned: Returned, source: str) -> None:
    """Say it to the inbound listener, from an address of one's own."""
    client = Client(port, source)
    client.send(returned)
    client.close()


def wait_read(count: int) -> None:
    """Return when so many messages came in and all of them were read. Raises TimeoutError."""
    from mailflatrate.apps.inbound.models import RawMail
    from mailflatrate.base import tenancy
    from mailflatrate.base.tenancy import PlatformReason

    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        with tenancy.platform(PlatformReason.METRICS):
            states = list(RawMail.objects.order_by("-id").values_list("state", flat=True)[:count])
        if len(states) == count and "new" not in states:
            return
        time.sleep(0.1)
    raise TimeoutError(f"not read: {states}")


# -- all of it ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """A story, who its recipients are, and the settings with which it is planned."""

    story: Callable[[Stage], None]
    address: Callable[[int, int], str] = plain_address
    settings: dict[str, str] = field(default_factory=dict)


RUNS = {
    "dead": Run(dead, partly_dead),
    "complaints": Run(complaints, complaining, NO_CANARY),
    "one_provider": Run(complaints, complaining_at_one, NO_CANARY),
    "forged": Run(forged, plain_address, NO_CANARY),
}


@contextmanager
def processes(*, as_copies: bool) -> Iterator[int]:
    """The listener, a sender, and a worker for everything else, for all runs; the port of the listener."""
    ports = {"inbound_smtp": free_port(), "test_inbox": free_port(), "inbound_lmtp": 0}
    os.environ |= {f"MAILFLATRATE_{name.upper()}_PORT": str(port) for name, port in ports.items()}
    running: list[subprocess.Popen[bytes] | Copy] = []
    with Copies() if as_copies else nullcontext() as copies:
        if copies is None:
            commands = (
                [*CLI, "inbound"],
                worker_command("send"),
                worker_command(*READING, concurrency=AT_ONCE),
            )
            running += [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
        else:
            running += [
                copies.start("inbound", purpose="listening"),
                copies.start_worker("send"),
                copies.start_worker(*READING, concurrency=AT_ONCE),
            ]
        try:
            wait_for(ports["inbound_smtp"])
            wait_for(ports["test_inbox"])
            yield ports["inbound_smtp"]
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(60)


def address_of(run: Run, people: int) -> Callable[[int, int], str]:
    """Return who gets it. A small campaign needs a larger share of complaints: few act only beyond chance (R-85)."""
    if people < SMALL and run.address in (complaining, complaining_at_one):
        return partial(run.address, share=SMALL_SHARE)
    return run.address


def play(name: str, people: int, port: int) -> dict[str, object]:
    """Run one campaign of a fresh account. It is planned here, so its settings are those of this process."""
    from mailflatrate.settings.schema import load_settings

    run, before = RUNS[name], dict(os.environ)
    if run.story is forged and people < SMALL:
        people = min(people, FORGED_AMONG)
    os.environ.update(run.settings)
    load_settings.cache_clear()
    began = time.monotonic()
    try:
        stage = Stage(build_estate(people, address_of(run, people)), people, port)
        stage.campaign_id = release(stage.estate)
        try:
            run.story(stage)
        except TimeoutError as problem:
            stage.problems.append(str(problem))
        return {
            "state": stage.state(),
            "standing": stage.status(),
            "measures": stage.measures(),
            **stage.notes,
            "seconds": round(time.monotonic() - began, 1),
            "problems": stage.problems,
        }
    finally:
        os.environ.clear()
        os.environ.update(before)
        load_settings.cache_clear()


def main() -> None:
    """Play the chosen runs one after another and print the results."""
    parser = argparse.ArgumentParser(description="mailings that must stop by themselves")
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--only", default=",".join(RUNS), help="comma-separated: " + ", ".join(RUNS))
    parser.add_argument("--copies", action="store_true", help="start processes as copies of one (`copies.py`)")
    options = parser.parse_args()
    results: dict[str, dict[str, object]] = {}
    settings = {
        "canary_wait_seconds": "5",
        "test_inbox_limit": "1000000",
        "log_level": "ERROR",
        "chunk_size": str(max(50, min(1000, options.recipients // 20))),
    }
    with workspace(**settings), processes(as_copies=options.copies) as port:
        for name in options.only.split(","):
            results[name] = play(name, options.recipients, port)
            print(f"{name}: {json.dumps(results[name])}", file=sys.stderr, flush=True)
    failed = [name for name, result in results.items() if result["problems"]]
    print(json.dumps({"recipients": options.recipients, "runs": results, "failed": failed, "machine": machine()}))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
