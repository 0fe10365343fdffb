"""What a version's pages begin, carried out by the code of that version: PYTHONPATH names its src and its bench.

    python story.py PEOPLE FOLDER

Prints one JSON object: a released campaign, a queued import, and posts of sign-ups to a published form.
A later version runs the script of this one from its tree, so the command line and the object keep their shape.
"""

import json
import secrets
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

SIGN_UPS = 3


def main(people: int, folder: Path) -> None:
    from mailflatrate.entrypoints.boot import boot

    boot()
    estate = import_module("estate")
    place = estate.build_estate(people)
    campaign_id = estate.release(place, plan_now=False)
    plan(place.account_id, campaign_id)
    print(json.dumps({
        "account": place.account_id, "campaign": campaign_id, **start_import(place, people, folder),
        **published_form(place),
    }))  # fmt: skip


def plan(account_id: int, campaign_id: int) -> None:
    """Leave the planning to a worker, as a release does."""
    from mailflatrate.apps.gate.models import GateDecision
    from mailflatrate.base import jobs, tenancy

    with tenancy.account(account_id):
        decision = GateDecision.objects.get(campaign_id=campaign_id)
        jobs.defer(
            "delivery.plan_campaign",
            jobs.JobQueue.PLAN,
            account_id=account_id,
            campaign_id=campaign_id,
            edition_id=decision.edition_id,
            decision_id=decision.id,
        )


def start_import(place, rows: int, folder: Path) -> dict[str, object]:  # type: ignore[no-untyped-def]
    from mailflatrate.apps.accounts.actions.people import create_user
    from mailflatrate.apps.intake.actions import imports, origins
    from mailflatrate.apps.intake.actions.origin_decisions import OriginDecision, decide_origin
    from mailflatrate.apps.lists.actions import lists
    from mailflatrate.apps.lists.models import EvidenceColumn, OriginKind
    from mailflatrate.base import tenancy

    today, file = datetime.now(UTC).date(), folder / f"people-{secrets.token_hex(4)}.csv"
    kinds = import_module("import").write_file(file, rows)
    declaration = origins.Declaration(
        kind=OriginKind.WEBSITE, form_urls=["https://shop.example/newsletter"], collected_to=None,
        wording="Send me Anna's news, twice a month.", collected_from=today - timedelta(days=900),
        previous_system="Postino", last_mailed_on=today, declared_count=1_000_000, controller="Anna GmbH",
        signatory="Anna", evidence=[EvidenceColumn.SIGNUP_AT], assured=True,
    )  # fmt: skip
    with tenancy.account(place.account_id):
        mailing_list = lists.create_list("Imported")
        origin = origins.declare_origin(mailing_list.id, declaration, by=None)
    otto = create_user(f"otto-{secrets.token_hex(4)}@service.example", name="Otto", password=None, is_staff=True)
    decide_origin(origin.id, OriginDecision.APPROVE, reviewer=otto, reason="Seen.")
    with tenancy.account(place.account_id), file.open("rb") as opened:
        job = imports.start_import(mailing_list.id, opened, "people.csv", {})
    return {"import": job.id, "mailable": kinds["mailable"]}


def published_form(place) -> dict[str, object]:  # type: ignore[no-untyped-def]
    """A form, and what browsers post to it after their proof of work."""
    signup = import_module("signup")
    code, common = signup.published_form(place)
    mark = secrets.token_hex(4)
    addresses = [f"dora{number}.{mark}@briefkasten-lindenhof.de" for number in range(SIGN_UPS)]
    posts = [
        "&".join([f"email={address.replace('@', '%40')}", common.decode(), task.decode()])
        for address, task in zip(addresses, signup.solved_tasks(code, SIGN_UPS), strict=True)
    ]
    return {"form": code, "addresses": addresses, "posts": posts}


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
