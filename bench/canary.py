"""How often chance stops a sound campaign, and how soon a bad one stops (ADR 0015): the rules alone, no database.

    python bench/canary.py [--mailings 2000]

Addresses are dead independently of each other, and the campaign is judged after each result, as in production.
Prints a line for each share of dead addresses and size of campaign: the percentage that was stopped, that was
stopped by its canary, and the median of addresses mailed by then; first by the rule as R-85 has it, then by ours.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable
from functools import cache

from mailflatrate.rules.feedback.measures import Counts, FigureScope, MeasureLevel, judge, share
from mailflatrate.rules.limits import value

DEAD = (0.3, 0.5, 0.9, 1.5, 3.0, 6.0, 10.0)
SIZES = (400, 1_000, 5_000, 20_000)


def by_the_letter(hard: int, settled: int) -> bool:
    """200 delivered or three events."""
    return hard >= value("rate_sample_events") and share(hard, settled) > value("hard_bounce_pause")


@cache
def by_our_rule(hard: int, settled: int) -> bool:
    """Tell whether our rule stops a campaign."""
    found = judge(Counts(settled=settled, delivered=settled - hard, hard=hard), FigureScope.CAMPAIGN)
    return any(need.level >= MeasureLevel.PAUSE_CAMPAIGN for need in found)


def stops_after(percent: float, size: int, stops: Callable[[int, int], bool], chance: random.Random) -> int | None:
    """Return after how many addresses one campaign stops."""
    hard = 0
    for settled in range(1, size + 1):
        hard += chance.random() * 100 < percent
        if stops(hard, settled):
            return settled
    return None


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description="stopped by chance")
    parser.add_argument("--mailings", type=int, default=2_000)
    mailings = parser.parse_args().mailings
    print("dead %  size   stopped % / canary % / after: R-85 as it reads | ours")
    for percent in DEAD:
        for size in SIZES:
            canary = min(value("canary_recipients"), size * value("canary_percent") / 100)
            line = []
            for rule in (by_the_letter, by_our_rule):
                chance = random.Random(size)
                found = [stops_after(percent, size, rule, chance) for _ in range(mailings)]
                stopped = [after for after in found if after is not None]
                early = sum(after <= canary for after in stopped)
                middle = round(statistics.median(stopped)) if stopped else 0
                line.append(f"{100 * len(stopped) / mailings:5.1f} {100 * early / mailings:5.1f} {middle:4d}")
            print(f"{percent:6}  {size:5}  {' | '.join(line)}")


if __name__ == "__main__":
    main()
