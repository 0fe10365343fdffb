"""How fast a campaign is planned: from subscriptions to one delivery row with its permit a recipient.

    python bench/plan.py [--recipients 1000000]

Prints one JSON object with rows_per_second.
"""

from __future__ import annotations

import argparse
import json
import time

from estate import build_estate, release, workspace
from measure import machine


def main() -> None:
    """Plan once and print."""
    parser = argparse.ArgumentParser(description="the speed of planning")
    parser.add_argument("--recipients", type=int, default=1_000_000)
    options = parser.parse_args()
    with workspace(log_level="ERROR") as _:
        estate = build_estate(options.recipients)
        begin = time.perf_counter()
        campaign_id = release(estate)
        seconds = time.perf_counter() - begin
        from mailflatrate.apps.campaigns.models import Campaign
        from mailflatrate.base import tenancy

        with tenancy.account(estate.account_id):
            planned = Campaign.objects.get(id=campaign_id).planned_count
    if planned != options.recipients:
        raise SystemExit(f"planned {planned} of {options.recipients}")
    result = {"rows_per_second": round(planned / seconds), "seconds": round(seconds, 2), "recipients": planned}
    print(json.dumps({**result, "machine": machine()}))


if __name__ == "__main__":
    main()
