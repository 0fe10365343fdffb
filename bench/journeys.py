"""How fast people who are due at the message of an automation become planned deliveries; and whether kills lose anyone.

    python bench/journeys.py [--enrolments 1000000]
    python bench/journeys.py --scattered                         # people became due in no order
    python bench/journeys.py --enrolments 100000 --kills 20      # kill -9 the workers that advance them
    python bench/journeys.py --events 1000000                    # and events in and out, by their own benches

Prints one JSON object with advanced_per_second; with --events also events_in_per_second (`events_in.py`) and
events_out_per_second (`events.py`). With --kills the exit status is 1 unless everyone ends in exactly one
state, with exactly one delivery.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from estate import Estate, build_estate, workspace
from measure import machine
from pages import owner_browser

STEPS: list[dict[str, Any]] = [
    {"id": "w", "do": "wait", "for": {"days": 1}},  # longer than it takes a million people to enter
    {"id": "a", "do": "send", "campaign": None},
    {"id": "z", "do": "wait", "for": {"days": 30}},
]
_WORKER = """
import sys
import django
django.setup()
from mailflatrate.apps.automations.engine.advance import advance_account
while advance_account(int(sys.argv[1])):
    pass
"""


def main() -> None:
    """Enroll, advance, and print."""
    parser = argparse.ArgumentParser(description="the speed of automations")
    parser.add_argument("--enrolments", type=int, default=1_000_000)
    parser.add_argument("--scattered", action="store_true", help="let people become due in no order, as birthdays do")
    parser.add_argument("--kills", type=int, default=0, help="kill the worker this often while it advances them")
    parser.add_argument("--events", type=int, default=0, help="measure so many events out, and events in")
    options = parser.parse_args()
    rates = event_rates(options.events) if options.events else {}
    with workspace(log_level="ERROR"):
        estate = build_estate(options.enrolments)
        automation_id = begin(estate, STEPS)
        entered = enroll(estate, automation_id)
        make_due(estate, scattered=options.scattered)
        kills = 0
        begun = time.perf_counter()
        if options.kills:
            kills = advance_with_kills(estate.account_id, options.kills)
        else:
            from mailflatrate.apps.automations.engine.advance import advance_account

            while advance_account(estate.account_id):
                pass
        seconds = time.perf_counter() - begun
        found = outcome(estate, automation_id)
        page = page_seconds(estate, automation_id)
        pages = page_milliseconds(estate, automation_id)
    whole = found == {
        "people": options.enrolments,
        "passed": options.enrolments,
        "planned": options.enrolments,
        "twice": 0,
    }
    result: dict[str, Any] = {
        "enrolments": options.enrolments,
        "scattered": options.scattered,
        "entered_per_second": round(options.enrolments / entered),
        "advanced_per_second": round(options.enrolments / seconds),
        **rates,
        "seconds": round(seconds, 2),
        "figures_seconds": round(page, 4),
        "pages_ms": pages,
        "kills": kills,
        "outcome": found,
        "whole": whole,
    }
    print(json.dumps({**result, "machine": machine()}))
    sys.exit(0 if whole else 1)


def event_rates(events: int) -> dict[str, float]:
    """Run the benches of events one after the other, each in a workspace of its own; return their rates."""
    found = {}
    for script, arguments in (("events_in.py", []), ("events.py", ["--events", str(events)])):
        command = [sys.executable, str(Path(__file__).with_name(script)), *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        found.update(json.loads(done.stdout))
    return {name: found[name] for name in ("events_in_per_second", "events_out_per_second")}


def begin(estate: Estate, steps: list[dict[str, Any]]) -> int:
    """Create an automation and begin it, each message with a decision of the bench's own; return its id."""
    from mailflatrate.apps.automations.actions import drafts, release
    from mailflatrate.apps.automations.graphs import EMPTY, graph_of, version_hash
    from mailflatrate.apps.automations.models import AutomationStep, VersionState
    from mailflatrate.apps.delivery.planning.plan import plan_campaign
    from mailflatrate.base import clock, tenancy
    from mailflatrate.rules.automations.compiling import compile_graph

    with tenancy.account(estate.account_id):
        automation = drafts.create_automation("Welcome", estate.list_id, by=estate.owner)
        values = {"subject": "Welcome", "sender_id": estate.sender_id, "content": "[Shop](https://shop.example/)"}
        made = {
            step["id"]: drafts.create_message(automation.id, step["id"], by=estate.owner, values=values).id
            for step in steps
            if step["do"] == "send"
        }
        steps = [step | ({"campaign": made[step["id"]]} if step["id"] in made else {}) for step in steps]
        drafts.save_graph(automation.id, EMPTY | {"steps": steps}, based_on=1, by=estate.owner)
        version = drafts.draft_of(automation.id)
        for step in compile_graph(graph_of(version)):
            AutomationStep.objects.create(
                version=version,
                key=step.key,
                number=step.number,
                kind=step.kind,
                parameters=step.parameters,
                targets=list(step.targets),
                campaign_id=step.parameters.get("campaign"),
            )
        version.content_hash = version.policy_hash = version_hash(version)
        version.policy_ticked_at = version.released_at = clock.now()
        version.state = VersionState.RELEASING
        version.save()
        allowed = {message_id: _allow(estate, message_id) for message_id in made.values()}
    for message_id, (edition_id, decision_id) in allowed.items():
        plan_campaign(estate.account_id, message_id, edition_id, decision_id)
    with tenancy.account(estate.account_id):
        if not release.complete_release(automation.id):
            raise SystemExit("the automation didn't begin")
    return int(automation.id)


def _allow(estate: Estate, campaign_id: int) -> tuple[int, int]:
    """Freeze a message and allow it, as the gate would; return its edition and the decision."""
    from mailflatrate.apps.campaigns.actions import drafts
    from mailflatrate.apps.campaigns.content.campaign_content import content_hash
    from mailflatrate.apps.campaigns.models import CampaignState
    from mailflatrate.apps.campaigns.queries import newest_imprint
    from mailflatrate.apps.campaigns.states import locked, move
    from mailflatrate.apps.gate.models import Chain, GateDecision
    from mailflatrate.base import clock, tenancy
    from mailflatrate.rules.campaigns.campaign_states import CampaignMover
    from mailflatrate.rules.gate.judge import RULES_VERSION

    campaign = locked(campaign_id)
    drafts.tick_policy(campaign_id, by=estate.owner, shown_hash=content_hash(campaign, newest_imprint()))
    campaign = locked(campaign_id)
    edition = drafts.make_edition(campaign)
    with tenancy.deciding():
        decision = GateDecision.objects.create(
            chain=Chain.CAMPAIGN,
            campaign=campaign,
            edition=edition,
            allowed=True,
            rules_version=RULES_VERSION,
            findings=[{"key": "bench", "severity": "block", "passed": True}],
            decided_at=clock.now(),
        )
    move(campaign, CampaignState.PLANNING, CampaignMover.MACHINE)
    return edition.id, decision.id


def arrive(estate: Estate, automation_id: int) -> None:
    """Note everyone on the list as an arrival, as a trigger would."""
    from django.db import connection

    from mailflatrate.base import tenancy

    with tenancy.account(estate.account_id), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO automation_arrival (account_id, automation_id, contact_id)"
            " SELECT account_id, %s, contact_id FROM subscription WHERE mailing_list_id = %s",
            [automation_id, estate.list_id],
        )


def enroll(estate: Estate, automation_id: int) -> float:
    """Let everyone on the list arrive and enter; return the seconds that entering takes."""
    from mailflatrate.apps.automations.engine.advance import advance_account

    arrive(estate, automation_id)
    begun = time.perf_counter()
    while advance_account(estate.account_id):
        pass
    return time.perf_counter() - begun


def make_due(estate: Estate, *, scattered: bool) -> None:
    """Let the wait be over for everyone and the message be due, as a day later, when autovacuum has been there: since
    one moment, or scattered over the last day.
    """
    import psycopg
    from django.db import connection

    from mailflatrate.base import tenancy
    from mailflatrate.settings import load_settings
    from mailflatrate.settings.roles import owner_url

    with tenancy.account(estate.account_id), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrolment SET step = 'a', due_at = now() - CASE WHEN %s THEN random() ELSE 0 END * interval '1 day'"
            " WHERE account_id = %s",
            [scattered, estate.account_id],
        )
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE enrolment, enrolment_passage")


def advance_with_kills(account_id: int, kills: int) -> int:
    """Advance in a process that is killed again and again, and let the last one finish; return the number of kills."""
    done = 0
    for _round in range(kills):
        worker = _worker(account_id)
        try:
            worker.wait(timeout=1.5 + random.random() * 2)
        except subprocess.TimeoutExpired:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
            done += 1
    _worker(account_id).wait()
    return done


def _worker(account_id: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "mailflatrate.settings.django"}
    return subprocess.Popen(
        [sys.executable, "-c", _WORKER, str(account_id)], env=environment, cwd=Path(__file__).parent
    )


def outcome(estate: Estate, automation_id: int) -> dict[str, int]:
    """Return how many people there are, passed the message, have a delivery, and have more than one."""
    from django.db import connection

    from mailflatrate.base import tenancy

    with tenancy.account(estate.account_id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE step = 'z' AND state = 'active') FROM enrolment"
            " WHERE automation_id = %s",
            [automation_id],
        )
        people, passed = cursor.fetchone()
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE n > 1) FROM (SELECT enrolment_id, count(*) AS n FROM delivery"
            " WHERE enrolment_id IS NOT NULL GROUP BY 1) each"
        )
        planned, twice = cursor.fetchone()
    return {"people": people, "passed": passed, "planned": planned, "twice": twice}


def page_seconds(estate: Estate, automation_id: int) -> float:
    """Return how long the figures of a version take."""
    from mailflatrate.apps.automations.figures import version_figures
    from mailflatrate.apps.automations.queries import versions_of
    from mailflatrate.base import tenancy

    with tenancy.account(estate.account_id):
        version = versions_of(automation_id).current
        begun = time.perf_counter()
        version_figures(version.id if version else 0)
        return time.perf_counter() - begun


def page_milliseconds(estate: Estate, automation_id: int) -> dict[str, float]:
    """Return the median of what each page of the automation takes, of five requests."""
    from mailflatrate.apps.automations.models import Enrolment
    from mailflatrate.base import tenancy

    with tenancy.account(estate.account_id):
        email = Enrolment.objects.filter(automation_id=automation_id).select_related("contact")[0].contact.email
    here, client, found = f"/studio/automations/{automation_id}/", owner_browser(estate), {}
    for name, page in {
        "overview": here,
        "people at a step": f"{here}people/?version=1&step=z",
        "one contact's path": f"{here}people/?address={email}",
        "rehearsal": f"{here}test/?address={email}",
        "list": "/studio/automations/",
    }.items():
        taken = []
        for _turn in range(5):
            begun = time.perf_counter()
            answer = client.get(page)
            taken.append(1000 * (time.perf_counter() - begun))
            if answer.status_code != 200:
                raise SystemExit(f"{page}: {answer.status_code}")
        found[name] = round(statistics.median(taken), 1)
    return found


if __name__ == "__main__":
    main()
