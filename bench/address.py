"""How many addresses a second one process decides about (to reach: 50,000), offline, as `address check` does.

Run `.venv/bin/python bench/address.py [--count N]`. The mix: 60 % personal addresses at a few providers, 25 % at
domains that each occur about twice, 8 % roles, 3 % throw-away, 2 % mistyped, 1 % international, 1 % broken. Prints
one JSON object; `seconds_to_import` is what a cold start of the rule costs. The median of slices of 500 is the rate
that a busy neighbour on the machine does not spoil.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import time

GIVEN = "anna ben carla dora eva felix greta hans ida jonas klara lukas mia noah olga paul ronja sven tina uwe".split()  # noqa: SIM905
SURNAMES = "huber maier schmidt wagner becker fischer koch richter wolf schulz kaya novak rossi smith jones".split()  # noqa: SIM905
PROVIDERS = ("gmx.de", "web.de", "gmail.com", "t-online.de", "outlook.com", "icloud.com", "bluewin.ch", "gmx.at")
SLICE = 500
ROLES = ("info", "vertrieb", "no-reply", "team.support", "info-kiel", "bewerbung", "rechnung2", "Office")


def make_addresses(count: int, seed: int = 7) -> list[str]:
    """`count` addresses of the mix, always the same ones for the same seed."""
    rng = random.Random(seed)
    kinds = rng.choices(
        ("provider", "firm", "role", "disposable", "typo", "idn", "broken"), (60, 25, 8, 3, 2, 1, 1), k=count
    )
    return [_one(kind, rng, count) for kind in kinds]


def _one(kind: str, rng: random.Random, count: int) -> str:
    person = f"{rng.choice(GIVEN)}.{rng.choice(SURNAMES)}{rng.randrange(100)}"
    firm = f"firma{rng.randrange(max(1, count // 8))}.de"
    match kind:
        case "provider":
            return f"{person}@{rng.choice(PROVIDERS)}"
        case "firm":
            return f"{person}@{firm}"
        case "role":
            return f"{rng.choice(ROLES)}@{firm}"
        case "disposable":
            return f"{person}@mailinator.com"
        case "typo":
            return f"{person}@{rng.choice(('gmial.com', 'hotmal.com', 'webb.de'))}"
        case "idn":
            return f"{person}@bücher{rng.randrange(50)}.de"
    return f"{person}@@{firm}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300_000)
    count = parser.parse_args().count
    lines = make_addresses(count)
    start = time.perf_counter()
    from mailflatrate.rules.addresses import check_lines

    imported = time.perf_counter()
    verdicts: dict[str, int] = {}
    slices: list[float] = []
    for at in range(0, count, SLICE):
        began = time.perf_counter()
        answers = list(check_lines(lines[at : at + SLICE]))
        slices.append((time.perf_counter() - began) / len(answers))
        for answer in answers:
            verdict = str(answer["verdict"])
            verdicts[verdict] = verdicts.get(verdict, 0) + 1
    seconds = time.perf_counter() - imported
    result = {
        "addresses": count,
        "addresses_per_second": round(count / seconds),
        "addresses_per_second_median_slice": round(1 / statistics.median(slices)),
        "seconds_to_import": round(imported - start, 3),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "verdicts": verdicts,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
