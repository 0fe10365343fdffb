"""Kills in the middle of a journey: kill -9 of workers and senders while people go through two messages.

    python bench/journey_kills.py [--enrolments 100000] [--kills 12] [--copies]

Everyone arrives at once and goes through: a message, a split, a wait of a minute, a second message. Two workers advance
them and two senders send, all processes of the product. One after the other they are killed at work: a worker while it
runs the job that advances, a sender while it runs a chunk. Each is replaced at once.

In the end every person and message is compared with what a recording sink received, by recipient and mailing ID. One
enrolment in exactly one state, each step passed once, each message planned once. A message that is `sent` was received
once. A sender notes in its journal when it begins a content and when the reply comes, so a kill between the relay's 250
and the row loses nothing: its successor reads the reply there (ADR 0002). If the reply wasn't noted either, the result
is unknown: received once or not at all, listed, and never sent again. There may be as many of these as the killed
senders had connections, and no more. Prints one JSON object; exits 1 when something of that does not hold.
"""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

from copies import Copies
from estate import build_estate, workspace
from faults import CONNECTIONS, SENDERS, Stage, Worker, patience
from free_ports import free_port
from journeys import arrive, begin
from measure import machine

STEPS: list[dict[str, Any]] = [
    {"id": "a", "do": "send", "campaign": None},
    {"id": "s", "do": "split", "arms": [{"share": 50, "steps": []}, {"share": 50, "steps": []}]},
    {"id": "w", "do": "wait", "for": {"minutes": 1}},
    {"id": "b", "do": "send", "campaign": None},
]
MESSAGES = 2
WORKERS = 2
QUEUES = ("plan", "house")
OPEN = ("pending", "deferred", "sending")
_PEOPLE = """
SELECT c.email, count(DISTINCT e.id), min(e.state), count(DISTINCT p.step), count(p.id)
FROM contact c JOIN subscription s ON s.contact_id = c.id AND s.account_id = c.account_id
LEFT JOIN enrolment e ON e.contact_id = c.id AND e.account_id = c.account_id
LEFT JOIN enrolment_passage p ON p.enrolment_id = e.id AND p.account_id = e.account_id
WHERE s.mailing_list_id = %s GROUP BY 1
"""
_MESSAGES = """
SELECT c.email, m.mailing_id, d.state, d.campaign_id
FROM delivery d JOIN contact c ON c.id = d.contact_id AND c.account_id = d.account_id
JOIN campaign m ON m.id = d.campaign_id AND m.account_id = d.account_id
"""
_OPEN = """
SELECT (SELECT count(*) FROM automation_arrival)
    + (SELECT count(*) FROM enrolment WHERE state = 'active')
    + (SELECT count(*) FROM delivery WHERE state = ANY(%s))
"""
_PASSED = "SELECT count(*) FROM enrolment_passage"
_BUSY = """
SELECT p.pid FROM procrastinate_jobs j JOIN worker_process p ON p.worker_id = j.worker_id
WHERE j.task_name = %s AND j.status = 'doing'
"""
ADVANCE, SEND = "automations.advance", "delivery.send_chunk"
IDLE_SECONDS = 2
Found = TypeVar("Found")


def rows(stage: Stage, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Read with the account's scope."""
    from django.db import connection

    from mailflatrate.base import tenancy

    with tenancy.account(stage.estate.account_id), connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return list(cursor.fetchall())


def at_work(task: str, processes: list[Worker]) -> list[int]:
    """Return the places in the list of the processes that run such a job right now."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_BUSY, [task])
        found = {pid for (pid,) in cursor.fetchall()}
    return [place for place, process in enumerate(processes) if process.pid in found]


def wait_for(stage: Stage, there: Callable[[], Found | None], what: str) -> Found:
    """Return what is there as soon as it is true. Raises TimeoutError."""
    end = time.monotonic() + stage.seconds
    while not (found := there()):
        if time.monotonic() > end:
            raise TimeoutError(f"no {what}; {stage.received()} messages at the sink")
        time.sleep(0.05)
    return found


def kill_in_turns(stage: Stage, people: int, kills: int) -> dict[str, int]:
    """Kill workers and senders, spread over all steps and all messages; return how many, and how many of them at work.

    Workers are due by the steps passed, senders by the messages received. Work on a few hundred people is over before
    one can look: then one that waits is killed.
    """
    whole = [people * len(STEPS), people * MESSAGES]
    planned = [(kills + 1) // 2, kills // 2]
    killed, hit = [0, 0], [0, 0]
    due_since = [math.inf, math.inf]

    def victim() -> tuple[int, int, bool] | None:
        done = [rows(stage, _PASSED)[0][0], stage.received()]
        for kind, (task, processes) in enumerate(((ADVANCE, stage.others), (SEND, stage.senders))):
            next_at = whole[kind] * (killed[kind] + 1) / (planned[kind] + 2)
            if killed[kind] == planned[kind] or done[kind] < next_at:
                continue
            due_since[kind] = min(due_since[kind], time.monotonic())
            places = at_work(task, processes)
            if places or time.monotonic() > due_since[kind] + IDLE_SECONDS:
                return kind, places[0] if places else killed[kind] % len(processes), bool(places)
        return None

    while killed != planned:
        kind, place, was_at_work = wait_for(stage, victim, "process to kill")
        process = (stage.others, stage.senders)[kind][place]
        process.send_signal(signal.SIGKILL)
        process.wait()
        if kind == 0:
            stage.others[place] = stage.start_worker(*QUEUES)
        else:
            stage.start_sender(place)
        killed[kind] += 1
        hit[kind] += was_at_work
        due_since[kind] = math.inf
    return {
        "workers_killed": killed[0],
        "workers_at_work": hit[0],
        "senders_killed": killed[1],
        "senders_at_work": hit[1],
    }


def compare(stage: Stage, people: int, sender_kills: int) -> dict[str, object]:
    """What the tables say about each person and message against what the sink received."""
    from mailflatrate.apps.delivery.models import DeliveryState
    from mailflatrate.apps.delivery.planning.recipients import RecipientFilter, recipients
    from mailflatrate.base import tenancy

    lines = [line.split() for line in stage.record.read_text().splitlines()]
    at_sink = Counter((recipient, mailing_id) for _at, recipient, mailing_id in lines)
    found = rows(stage, _PEOPLE, stage.estate.list_id)
    messages = rows(stage, _MESSAGES)
    state_of = {(email, mailing_id): state for email, mailing_id, state, _campaign in messages}
    states = Counter(state_of.values())
    unknown = {message for message, state in state_of.items() if state == "in_doubt"}
    with tenancy.account(stage.estate.account_id):
        doubted = RecipientFilter(DeliveryState.IN_DOUBT)
        listed = sum(len(recipients(each, doubted)) for each in {campaign_id for *_message, campaign_id in messages})
    addresses = {email for email, *_rest in found}
    strangers = {message for message in at_sink if message[0] in addresses} - state_of.keys()
    problems = {
        "someone is missing": len(found) != people,
        "someone is in no state, or in two": any(count != 1 or state != "finished" for _, count, state, *_ in found),
        "someone passed a step not once": any((steps, all_) != (len(STEPS), len(STEPS)) for *_, steps, all_ in found),
        "a message is planned not once": not len(messages) == len(state_of) == people * MESSAGES,
        "a message has no result": bool(states.keys() - {"sent", "in_doubt"}),
        "a message came twice": any(count > 1 for count in at_sink.values()),
        "a message is sent and did not come": any(not at_sink[each] for each in state_of.keys() - unknown),
        "a message came that was not planned": bool(strangers),
        "too many unknown results": len(unknown) > CONNECTIONS * sender_kills,
        "an unknown result is not listed": listed != len(unknown),
    }
    return {
        "people": len(found),
        "messages": dict(states),
        "at_sink": sum(at_sink[each] for each in state_of),
        "unknown_that_came": sum(at_sink[each] for each in unknown),
        "problems": [name for name, wrong in problems.items() if wrong],
    }


def run(stage: Stage, people: int, kills: int) -> dict[str, object]:
    """Let everyone go through under kills, and compare; a run that gets stuck is a problem too."""
    automation_id = begin(stage.estate, STEPS)
    for number in range(SENDERS):
        stage.start_sender(number)
    stage.others.extend(stage.start_worker(*QUEUES) for _number in range(WORKERS))
    try:
        began = time.monotonic()
        arrive(stage.estate, automation_id)
        killed = kill_in_turns(stage, people, kills)
        wait_for(stage, lambda: rows(stage, _OPEN, list(OPEN))[0][0] == 0, "end of the journey")
        seconds = round(time.monotonic() - began, 1)
        return {**killed, "seconds": seconds, **compare(stage, people, killed["senders_killed"])}
    except TimeoutError as problem:
        return {"problems": [str(problem)], "open": rows(stage, _OPEN, list(OPEN))[0][0]}
    finally:
        for process in [*stage.senders, *stage.others]:
            process.kill()
            process.wait()


def main() -> None:
    """Begin, kill, wait for the end, compare and print."""
    parser = argparse.ArgumentParser(description="kills in the middle of a journey")
    parser.add_argument("--enrolments", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--copies", action="store_true", help="start workers as copies of one process (`copies.py`)")
    options = parser.parse_args()
    port = free_port()
    settings = {
        "relay_host": "127.0.0.1", "relay_port": str(port), "relay_tls": "never", "canary_wait_seconds": "0",
        "retry_first_seconds": "2", "relay_pause_max_seconds": "2", "sender_connections": str(CONNECTIONS),
        "chunk_size": str(max(25, min(1000, options.enrolments // 20))), "log_level": "WARNING",
    }  # fmt: skip
    with workspace(**settings) as folder, Copies() if options.copies else nullcontext() as copies:
        estate = build_estate(options.enrolments)
        stage = Stage(folder, estate, port, patience(options.enrolments), copies, run="journey")
        stage.mode("ok")
        stage.start_sink()
        try:
            result = run(stage, options.enrolments, options.kills)
        finally:
            stage.stop_sink()
    print(json.dumps({"enrolments": options.enrolments, **result, "machine": machine()}))
    sys.exit(1 if result["problems"] else 0)


if __name__ == "__main__":
    main()
