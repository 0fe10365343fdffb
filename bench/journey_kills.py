"""Kills in the middle of a journey: kill -9 of workers and senders while people go through two messages.

    python bench/journey_kills.py [--enrolments 100000] [--kills 12]

Everyone arrives at once and goes through: a message, a split, a wait of a minute, a second message. The workers that
advance them and the senders are processes of the product; now one, now the other is killed. In the end each person is
compared with what a recording sink received: one enrolment in exactly one state, each step passed once, each message
planned once, nothing twice at the sink, nothing lost, and unknown results for no more than the connections that were
open at the kills. Prints one JSON object; exits 1 when something of that does not hold.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from estate import build_estate, workspace
from faults import CONNECTIONS, SENDERS, Stage, patience
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
WORKERS = ("plan", "house")
OPEN = ("pending", "deferred", "sending")
_PEOPLE = """
SELECT c.email, count(DISTINCT e.id), min(e.state), count(DISTINCT p.step), count(p.id)
FROM contact c JOIN subscription s ON s.contact_id = c.id AND s.account_id = c.account_id
LEFT JOIN enrolment e ON e.contact_id = c.id AND e.account_id = c.account_id
LEFT JOIN enrolment_passage p ON p.enrolment_id = e.id AND p.account_id = e.account_id
WHERE s.mailing_list_id = %s GROUP BY 1
"""
_MESSAGES = """
SELECT c.email, d.campaign_id, d.state FROM delivery d JOIN contact c ON c.id = d.contact_id
    AND c.account_id = d.account_id
"""
_OPEN = """
SELECT (SELECT count(*) FROM automation_arrival)
    + (SELECT count(*) FROM enrolment WHERE state = 'active')
    + (SELECT count(*) FROM delivery WHERE state = ANY(%s))
"""


def rows(stage: Stage, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Read with the account's scope."""
    from django.db import connection

    from mailflatrate.base import tenancy

    with tenancy.account(stage.estate.account_id), connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return list(cursor.fetchall())


def wait_for(stage: Stage, there: Callable[[], bool], what: str) -> None:
    """Return when a condition holds. Raises TimeoutError."""
    end = time.monotonic() + stage.seconds
    while not there():
        if time.monotonic() > end:
            raise TimeoutError(f"no {what}; {stage.received()} messages at the sink")
        time.sleep(0.1)


def kill_in_turns(stage: Stage, people: int, kills: int) -> None:
    """Kill a worker, a sender, a worker and so on, spread over all messages; each is replaced at once."""
    for number in range(kills):
        share = people * MESSAGES * (number + 1) // (kills + 2)
        wait_for(stage, lambda share=share: stage.received() >= share, f"{share} messages")  # type: ignore[misc]
        if number % 2 == 0:
            victim, stage.others[0] = stage.others[0], stage.start_worker(*WORKERS)
        else:
            victim = stage.senders[number // 2 % SENDERS]
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        if victim in stage.senders:
            stage.start_sender(number // 2 % SENDERS)


def compare(stage: Stage, people: int, sender_kills: int) -> dict[str, object]:
    """What the tables say about each person against what the sink received."""
    at_sink = Counter(line.split()[1] for line in stage.record.read_text().splitlines())
    found = rows(stage, _PEOPLE, stage.estate.list_id)
    messages = rows(stage, _MESSAGES)
    sent = Counter(email for email, _campaign, state in messages if state == "sent")
    unknown = Counter(email for email, _campaign, state in messages if state == "in_doubt")
    states = Counter(state for _email, _campaign, state in messages)
    emails = {email for email, *_rest in found}
    problems = {
        "someone is missing": len(found) != people,
        "someone is in no state, or in two": any(count != 1 or state != "finished" for _, count, state, *_ in found),
        "someone passed a step not once": any((steps, all_) != (len(STEPS), len(STEPS)) for *_, steps, all_ in found),
        "a message is planned not once": len(messages) != people * MESSAGES
        or len({each[:2] for each in messages}) != people * MESSAGES,
        "someone got more than was sent": any(at_sink[each] > sent[each] + unknown[each] for each in emails),
        "someone is sent and did not get it": any(at_sink[each] < sent[each] for each in emails),
        "a message has no result": bool(states.keys() - {"sent", "in_doubt"}),
        "too many unknown results": states["in_doubt"] > CONNECTIONS * sender_kills,
    }
    return {
        "people": len(found),
        "messages": dict(states),
        "at_sink": sum(at_sink[each] for each in emails),
        "problems": [name for name, wrong in problems.items() if wrong],
    }


def main() -> None:
    """Begin, kill, wait for the end, compare and print."""
    parser = argparse.ArgumentParser(description="kills in the middle of a journey")
    parser.add_argument("--enrolments", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=12)
    options = parser.parse_args()
    port = free_port()
    settings = {
        "relay_host": "127.0.0.1", "relay_port": str(port), "relay_tls": "never", "canary_wait_seconds": "0",
        "retry_first_seconds": "2", "relay_pause_max_seconds": "2", "sender_connections": str(CONNECTIONS),
        "chunk_size": str(max(25, min(1000, options.enrolments // 20))), "log_level": "WARNING",
    }  # fmt: skip
    with workspace(**settings) as folder:
        stage = Stage(folder, build_estate(options.enrolments), port, patience(options.enrolments), run="journey")
        stage.mode("ok")
        stage.start_sink()
        automation_id = begin(stage.estate, STEPS)
        for number in range(SENDERS):
            stage.start_sender(number)
        stage.others.append(stage.start_worker(*WORKERS))
        try:
            began = time.monotonic()
            arrive(stage.estate, automation_id)
            kill_in_turns(stage, options.enrolments, options.kills)
            wait_for(stage, lambda: rows(stage, _OPEN, list(OPEN))[0][0] == 0, "end of the journey")
            result = compare(stage, options.enrolments, options.kills // 2)
            result["seconds"] = round(time.monotonic() - began, 1)
        except TimeoutError as problem:
            result = {"problems": [str(problem)], "open": rows(stage, _OPEN, list(OPEN))[0][0]}
        finally:
            for process in [*stage.senders, *stage.others]:
                process.kill()
                process.wait()
            stage.stop_sink()
    print(json.dumps({"enrolments": options.enrolments, "kills": options.kills, **result, "machine": machine()}))
    sys.exit(1 if result["problems"] else 0)


if __name__ == "__main__":
    main()
