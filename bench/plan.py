"""How fast a campaign is planned: from subscriptions to one delivery row with its permit a recipient.

    python bench/plan.py [--recipients 1000000] [--best-hour]
    python bench/plan.py --recipients 200000 --against ../before --rounds 3      # two checkouts, in turns

Prints one JSON object with rows_per_second, and the processor time of PostgreSQL, to which other work on the machine
adds little.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from estate import build_estate, release, workspace
from measure import cpu_seconds, family, machine
from turns import in_turns


def main() -> None:
    """Plan once and print."""
    parser = argparse.ArgumentParser(description="the speed of planning")
    parser.add_argument("--recipients", type=int, default=1_000_000)
    parser.add_argument("--best-hour", action="store_true", help="each recipient at the hour at which they confirmed")
    parser.add_argument("--against", type=Path, help="a checkout of another commit, measured in turns with this one")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each with --against")
    options = parser.parse_args()
    if options.against:
        arguments = ["--recipients", str(options.recipients)]
        print(json.dumps(in_turns("plan.py", arguments, options.against, options.rounds)))
        return
    with workspace(log_level="ERROR") as folder:
        estate = build_estate(options.recipients)
        from mailflatrate.apps.campaigns.models import Campaign
        from mailflatrate.base import tenancy
        from mailflatrate.settings.postgres import EmbeddedPostgres

        server = EmbeddedPostgres(folder).pid or 0
        begin, before = time.perf_counter(), sum(map(cpu_seconds, family(server)))
        campaign_id = release(estate, best_hour=options.best_hour)
        seconds, used = time.perf_counter() - begin, sum(map(cpu_seconds, family(server))) - before

        with tenancy.account(estate.account_id):
            planned = Campaign.objects.get(id=campaign_id).planned_count
    if planned != options.recipients:
        raise SystemExit(f"planned {planned} of {options.recipients}")
    result = {
        "rows_per_second": round(planned / seconds),
        "seconds": round(seconds, 2),
        "recipients": planned,
        "postgres_cpu_us_per_row": round(used / planned * 1e6, 1),
    }
    print(json.dumps({**result, "machine": machine()}))


if __name__ == "__main__":
    main()
