"""Fault runs: a campaign is sent while processes are killed, the database stops, the relay refuses, and every
recipient is then compared with what a recording sink received.

    python bench/faults.py [--recipients 100000] [--only kill,term,...] [--copies]

Invariants of each run: every recipient in exactly one final state; no one twice at the sink; no one lost; everyone
who is `sent` is at the sink; unknown results at most for the open connections at each kill, and each of them listed
by name. With --copies the workers start as copies of one process (`copies.py`), which suits small runs. Prints one
JSON object; exits 1 when an invariant does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from copies import Copies, Copy
from estate import Estate, build_estate, release, worker_command, workspace
from free_ports import free_port, wait_for

RIG = Path(__file__).parents[1] / "rig"
CONNECTIONS = 10
SENDERS = 2
SETTLING_SECONDS = 5
SMALL, LATE = 1000, "50"
"""So few recipients get their messages slowly, so that each fault comes in the middle."""
Worker = subprocess.Popen[bytes] | Copy


@dataclass
class Stage:
    """The processes and files of a run."""

    folder: Path
    estate: Estate
    port: int
    seconds: float
    """How long a run may wait for something: see `patience`."""
    copies: Copies | None = None
    """Where workers start as copies."""
    run: str = ""
    campaign_id: int = 0
    sink: subprocess.Popen[bytes] | None = None
    senders: list[Worker] = field(default_factory=list)
    others: list[Worker] = field(default_factory=list)
    notes: dict[str, object] = field(default_factory=dict)

    @property
    def record(self) -> Path:
        """What the sink received in this run."""
        return self.folder / f"sink-{self.run}.txt"

    @property
    def log(self) -> Path:
        """What the workers log."""
        return self.folder / "workers.log"

    def mode(self, word: str) -> None:
        """Tell the sink how to behave."""
        (self.folder / "mode").write_text(word)

    def start_sink(self) -> None:
        """Start the sink, on the same port each time."""
        script = str(RIG / "sink.py")
        command = [sys.executable, script, "--port", str(self.port), "--record", str(self.record)]
        self.sink = subprocess.Popen([*command, "--mode", str(self.folder / "mode")], stdout=subprocess.DEVNULL)
        wait_for(self.port)

    def stop_sink(self) -> None:
        """Let the relay vanish."""
        assert self.sink is not None
        self.sink.kill()
        self.sink.wait()

    def start_worker(self, *queues: str) -> Worker:
        """Start a worker process for these queues; what it logs goes to a file."""
        if self.copies is not None:
            return self.copies.start_worker(*queues, log=self.log)
        with self.log.open("ab") as log:
            return subprocess.Popen(worker_command(*queues), stderr=log)

    def start_sender(self, number: int) -> None:
        """Start a sender process, in the place of the one with this number."""
        process = self.start_worker("send")
        if number < len(self.senders):
            self.senders[number] = process
        else:
            self.senders.append(process)

    def received(self) -> int:
        """Messages at the sink so far."""
        return sum(1 for _ in self.record.open("rb")) if self.record.exists() else 0

    def wait_senders(self) -> None:
        """Return when every sender handles SIGTERM: one that is still starting would be killed by it."""
        end = time.monotonic() + self.seconds
        for process in self.senders:
            while not _handles_sigterm(process.pid):
                assert process.poll() is None, f"{self.run}: a sender ended with {process.returncode}"
                if time.monotonic() > end:
                    raise TimeoutError(f"{self.run}: a sender does not start")
                time.sleep(0.02)

    def start_missing_senders(self) -> None:
        """Start the senders again that a run with a problem left ended, so that the next one has its own result."""
        for number, process in enumerate(self.senders):
            if process.poll() is not None:
                self.start_sender(number)

    def wait_received(self, count: int) -> None:
        """Return when the sink has `count` messages. Raises TimeoutError."""
        end = time.monotonic() + self.seconds
        while self.received() < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.run}: {self.received()} of {count} messages came")
            time.sleep(0.02)


def patience(people: int) -> float:
    """Return how many seconds a run with so many people may wait: far longer than it takes on a busy machine."""
    return max(180, people / 50)


def _handles_sigterm(process_id: int) -> bool:
    status = Path(f"/proc/{process_id}/status").read_text()
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def progress(stage: Stage) -> tuple[str, str, int]:
    """State, reason and number of recipients without a final state."""
    from mailflatrate.apps.campaigns.models import Campaign
    from mailflatrate.apps.delivery.queries import campaign_progress
    from mailflatrate.base import tenancy

    with tenancy.account(stage.estate.account_id):
        campaign = Campaign.objects.get(id=stage.campaign_id)
        found = campaign_progress(stage.campaign_id)
    return campaign.state, campaign.state_reason, found.pending + found.deferred


def wait_end(stage: Stage) -> None:
    """Return when the campaign is over. Raises TimeoutError."""
    end = time.monotonic() + stage.seconds
    while progress(stage)[0] not in ("sent", "cancelled"):
        if time.monotonic() > end:
            raise TimeoutError(f"{stage.run}: {progress(stage)}")
        time.sleep(0.2)


# -- the faults --------------------------------------------------------------------------------------------------------


def kill_five(stage: Stage, people: int) -> int:
    """kill -9 of a sender, five times; the number of kills."""
    for kill in range(5):
        stage.wait_received(people * (kill + 1) // 7)
        victim = stage.senders[kill % SENDERS]
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        stage.start_sender(kill % SENDERS)
    return 5


def terminate(stage: Stage, people: int) -> int:
    """SIGTERM to both senders: no result is unknown, and they end within ten seconds."""
    stage.wait_received(people // 3)
    stage.wait_senders()
    began = time.monotonic()
    for process in stage.senders:
        process.terminate()
    codes = [process.wait(stage.seconds) for process in stage.senders]
    stage.notes["seconds_to_end"] = round(time.monotonic() - began, 2)
    stage.notes["exit_codes"] = codes
    assert codes == [0] * SENDERS, codes
    for number in range(SENDERS):
        stage.start_sender(number)
    return 0


def database(stage: Stage, people: int) -> int:
    """PostgreSQL is stopped, stays away for three seconds, and is started again."""
    from django.db import connections

    from mailflatrate.settings.postgres import EmbeddedPostgres

    stage.wait_received(people // 3)
    connections.close_all()
    server = EmbeddedPostgres(stage.folder)
    server.stop()
    time.sleep(3)
    server.start()
    # A worker whose connection is dead restarts once or twice; one that keeps restarting can no longer work.
    time.sleep(SETTLING_SECONDS)
    begun_anew = beginnings(stage)
    time.sleep(SETTLING_SECONDS)
    stage.notes["still_beginning_anew"] = beginnings(stage) - begun_anew
    stage.notes["senders_that_ended"] = sum(process.poll() is not None for process in stage.senders)
    assert beginnings(stage) == begun_anew, stage.log.read_text()[-4000:]
    return 0


def wait_scheduled() -> None:
    """Return when the workers have scheduled something, so that all of their connections are open. At most a minute."""
    from procrastinate.contrib.django.models import ProcrastinatePeriodicDefer

    while not ProcrastinatePeriodicDefer.objects.exists():
        time.sleep(0.5)
    time.sleep(1)


def beginnings(stage: Stage) -> int:
    """How often Procrastinate gave a worker up because its database was gone; the process then begins anew."""
    return stage.log.read_text().count("stopping worker")


def relay_at_start(stage: Stage, people: int) -> int:
    """The relay is missing at the start: the campaign waits visibly and resumes automatically."""
    end = time.monotonic() + 60
    while progress(stage)[0] != "waiting":
        if time.monotonic() > end:
            raise TimeoutError("the campaign does not show that it waits")
        time.sleep(0.1)
    stage.notes["waiting_because"] = progress(stage)[1]
    assert progress(stage)[2] == people
    stage.start_sink()
    return 0


def relay_in_the_middle(stage: Stage, people: int) -> int:
    """The relay dies in the middle and is back three seconds later; each sender may lose its connections' replies."""
    stage.wait_received(people // 3)
    stage.stop_sink()
    time.sleep(3)
    stage.notes["state_meanwhile"] = progress(stage)[0]
    stage.start_sink()
    return SENDERS


def every_tenth(stage: Stage, people: int) -> int:
    """450 to every tenth recipient at the first attempt: all of them get it at the second."""
    return 0


def disk_full(stage: Stage, people: int) -> int:
    """The relay's disk is full for two seconds: 452 after the content, for everything."""
    stage.wait_received(people // 3)
    stage.mode("full")
    time.sleep(2)
    stage.mode(mode_of("disk_full", people))
    return 0


def pause(stage: Stage, people: int) -> int:
    """Paused in the middle of a chunk: nothing arrives later than a second after; resumed, all of it does."""
    from mailflatrate.apps.delivery.actions import campaigns
    from mailflatrate.base import tenancy

    stage.wait_received(people // 3)
    with tenancy.account(stage.estate.account_id):
        campaigns.pause_campaign(stage.campaign_id)
    time.sleep(1)
    after_a_second = stage.received()
    time.sleep(2)
    stage.notes["arrived_later_than_a_second_after"] = stage.received() - after_a_second
    assert stage.received() == after_a_second
    with tenancy.account(stage.estate.account_id):
        campaigns.resume_campaign(stage.campaign_id)
    return 0


def unsubscribe(stage: Stage, people: int) -> int:
    """People unsubscribe while the campaign runs: no message to one of them later than a second after."""
    from mailflatrate.apps.delivery.models import Delivery
    from mailflatrate.apps.lists.actions import consent
    from mailflatrate.base import tenancy

    stage.wait_received(people // 8)
    left: dict[str, int] = {}
    with tenancy.account(stage.estate.account_id):
        waiting = Delivery.objects.filter(campaign_id=stage.campaign_id, state="pending").select_related("contact")
        few = max(50, people // 50)  # of those who are about to be sent, and of those who come last
        rows = [
            *waiting.order_by("id")[:few:5],
            *waiting.order_by("-id")[:few:5],
        ]
        targets = list({row.contact_id: row.contact for row in rows if row.contact is not None}.values())
    for contact in targets:
        with tenancy.account(stage.estate.account_id):
            consent.unsubscribe(contact.id, list_id=stage.estate.list_id, by="link", source="fault run")
        left[contact.email] = time.time_ns() // 1_000_000
    wait_end(stage)
    late = [
        int(at) - left[address]
        for at, address, _mailing_id in (line.split() for line in stage.record.read_text().splitlines())
        if address in left and int(at) > left[address] + 1000
    ]
    stage.notes |= {"unsubscribed": len(left), "later_than_a_second": len(late)}
    assert not late, late
    return 0


def trial(stage: Stage, people: int) -> int:
    """A test of three variants: kill -9 of a sender in the test, of everything between test and choice, and of the
    planner while it plans the rest."""
    from mailflatrate.apps.campaigns.models import Campaign
    from mailflatrate.apps.delivery import ab_test
    from mailflatrate.apps.delivery.models import AbTest, Delivery
    from mailflatrate.base import tenancy
    from mailflatrate.rules.campaigns.ab_test import ChoiceBasis, WinnerChoice
    from mailflatrate.rules.verdict import Verdict

    def found() -> AbTest:
        with tenancy.account(stage.estate.account_id):
            return AbTest.objects.get(campaign_id=stage.campaign_id)

    def until(there: Callable[[], bool]) -> None:
        end = time.monotonic() + stage.seconds
        while not there():
            if time.monotonic() > end:
                raise TimeoutError(f"{stage.run}: {progress(stage)}")
            time.sleep(0.02)

    def kill(*processes: Worker) -> None:
        for process in processes:
            process.send_signal(signal.SIGKILL)
            process.wait()

    stage.wait_received(people // 10)
    kill(stage.senders[0])
    stage.start_sender(0)
    until(lambda: found().tested_at is not None)
    tested = stage.received()
    kill(*stage.senders, *stage.others)
    time.sleep(1)
    assert stage.received() == tested, "the rest does not wait for the choice"
    # The estate was released without the gate and has no records that it could look at.
    ab_test.check_campaign = lambda campaign_id: Verdict("bench", ())  # type: ignore[attr-defined]
    with tenancy.account(stage.estate.account_id):
        ab_test.choose_variant(stage.campaign_id, WinnerChoice(1, ChoiceBasis.CLICKS), [])
    for number in range(SENDERS):
        stage.start_sender(number)
    stage.others[:] = [stage.start_worker("plan", "house")]
    time.sleep(1)
    kill(*stage.others)
    stage.others[:] = [stage.start_worker("plan", "house")]
    wait_end(stage)
    with tenancy.account(stage.estate.account_id):
        rows = Delivery.objects.filter(campaign_id=stage.campaign_id).values_list("edition_id", flat=True)
        stage.notes |= {"by_variant": sorted(Counter(rows).values()), "tested": tested}
        assert Campaign.objects.get(id=stage.campaign_id).planned_count == people
    return 1 + SENDERS


FAULTS: dict[str, Callable[[Stage, int], int]] = {
    "kill": kill_five,
    "term": terminate,
    "database": database,
    "relay_start": relay_at_start,
    "relay_middle": relay_in_the_middle,
    "tenth": every_tenth,
    "disk_full": disk_full,
    "pause": pause,
    "trial": trial,
    "unsubscribe": unsubscribe,
}
"""Unsubscribing comes last: nobody puts those people back."""


# -- the comparison ----------------------------------------------------------------------------------------------------


def compare(stage: Stage, people: int, kills: int) -> dict[str, object]:
    """What the tables say against what the sink has; raises AssertionError for what does not hold."""
    from mailflatrate.apps.accounts.models import User
    from mailflatrate.apps.delivery.models import Delivery, DeliveryState
    from mailflatrate.apps.delivery.planning.recipients import RecipientFilter, recipients
    from mailflatrate.apps.delivery.queries import campaign_progress
    from mailflatrate.base import tenancy

    at_sink = Counter(line.split()[1] for line in stage.record.read_text().splitlines())
    with tenancy.account(stage.estate.account_id):
        rows = list(Delivery.objects.filter(campaign_id=stage.campaign_id).values_list("contact__email", "state"))
        doubted = recipients(stage.campaign_id, RecipientFilter(DeliveryState.IN_DOUBT))
        listed = {row.contact.email for row in doubted if row.contact}
        counted = campaign_progress(stage.campaign_id)
    states = Counter(state for _, state in rows)
    twice = [address for address, count in at_sink.items() if count > 1]
    lost = [address for address, state in rows if state == "sent" and not at_sink[address]]
    others = at_sink.keys() - {address for address, _ in rows}  # the account's people get notices
    secret = [address for address, state in rows if state not in ("sent", "in_doubt") and at_sink[address]]
    doubtful = {address for address, state in rows if state == "in_doubt"}
    result: dict[str, object] = {
        "states": dict(states), "at_sink": sum(at_sink.values()), "kills": kills, "twice": len(twice),
        "lost": len(lost), "notices_to": sorted(others), "received_but_not_sent": len(secret), "in_doubt_received": sum(
            1 for address in doubtful if at_sink[address]), **stage.notes,
    }  # fmt: skip
    problems = [
        name
        for name, wrong in {
            "not everybody has a row": len(rows) != people or len({address for address, _ in rows}) != people,
            "somebody has no final state": bool(states.keys() - {"sent", "withheld", "in_doubt", "bounced"}),
            "somebody got it twice": bool(twice),
            "somebody is sent and did not get it": bool(lost),
            "somebody got it who was not planned": bool(others - set(User.objects.values_list("email", flat=True))),
            "somebody got it and is not sent": bool(secret),
            "too many in doubt": len(doubtful) > CONNECTIONS * kills,
            "in doubt and not listed": listed != doubtful,
            "the tallies differ": counted.sent != states["sent"] or counted.in_doubt != len(doubtful),
            "the tallies are open": counted.pending != 0 or counted.deferred != 0,
        }.items()
        if wrong
    ]
    return {**result, "problems": problems}


def mode_of(name: str, people: int) -> str:
    """Return how the sink behaves at first."""
    if name == "tenth":
        return "tenth"
    return LATE if people <= SMALL else "slow" if name == "unsubscribe" else "ok"


def run_fault(stage: Stage, name: str, people: int) -> dict[str, object]:
    """Run one campaign with one fault."""
    stage.run, stage.notes = name, {}
    stage.start_missing_senders()
    stage.mode(mode_of(name, people))
    began = time.monotonic()
    if name == "database":
        wait_scheduled()
    if name != "relay_start":
        stage.start_sink()
    stage.campaign_id = release(stage.estate, variants=3 if name == "trial" else 1)
    try:
        kills = FAULTS[name](stage, people)
        wait_end(stage)
        return {**compare(stage, people, kills), "seconds": round(time.monotonic() - began, 1)}
    except Exception as problem:  # whatever it is, the other runs have their own results
        traceback.print_exc()
        return {"problems": [f"{type(problem).__name__}: {problem}"], **stage.notes}
    finally:
        stage.stop_sink()


def main() -> None:
    """Run the chosen faults one after another and print the results."""
    parser = argparse.ArgumentParser(description="fault runs")
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--only", default=",".join(FAULTS), help="comma-separated: " + ", ".join(FAULTS))
    parser.add_argument("--copies", action="store_true", help="start workers as copies of one process")
    options = parser.parse_args()
    port = free_port()
    settings = {
        "relay_host": "127.0.0.1", "relay_port": str(port), "relay_tls": "never", "canary_wait_seconds": "0",
        "retry_first_seconds": "2", "relay_pause_max_seconds": "2", "sender_connections": str(CONNECTIONS),
        "chunk_size": str(max(50, min(1000, options.recipients // 20))), "log_level": "WARNING",
    }  # fmt: skip
    results: dict[str, object] = {}
    with workspace(**settings) as folder, Copies() if options.copies else nullcontext() as copies:
        stage = Stage(folder, build_estate(options.recipients), port, patience(options.recipients), copies)
        for number in range(SENDERS):
            stage.start_sender(number)
        stage.others.append(stage.start_worker("plan", "house"))
        try:
            for name in options.only.split(","):
                results[name] = run_fault(stage, name, options.recipients)
                print(f"{name}: {json.dumps(results[name])}", file=sys.stderr, flush=True)
        finally:
            for process in [*stage.senders, *stage.others]:
                process.kill()
                process.wait()
    failed = [name for name, result in results.items() if isinstance(result, dict) and result["problems"]]
    print(json.dumps({"recipients": options.recipients, "runs": results, "failed": failed, "host": os.uname().machine}))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
