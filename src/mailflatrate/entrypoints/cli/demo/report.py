"""The table at the end of the demonstration, the check of its numbers, and where to look next."""

from typing import Any

import click

from mailflatrate.entrypoints.cli.demo.story import COLLEAGUE, OPERATOR, OTHER, OWNER, PASSWORD
from mailflatrate.settings.schema import Settings

LABELS = {
    "mailing_id": "Mailing ID", "imported": "Imported with proof", "quarantined": "Quarantined", "refused": "Refused",
    "planned": "Planned", "sent": "Delivered", "withheld": "Skipped", "bounced_hard": "Hard bounces",
    "bounced_soft": "Soft bounces", "complained": "Spam complaints", "unsubscribed": "Unsubscribed",
    "automatic_answers": "Automatic replies", "in_doubt": "Unknown result", "waiting": "Still queued",
}  # fmt: skip
# What contacts.csv must give: 1,949 rows with proof; of the addresses that misbehave, by name:
# hard = 8 x-550 + 6 x-bounce; soft = 4 x-full + 2 x-421 + 1 x-timeout; unsubscribed = 3 x-unsubscribe + 3 x-oneclick.
EXPECTED: dict[str, Any] = {
    "imported": 1949, "planned": 1949, "sent": 1923, "withheld": {"missing_value": 5}, "bounced_hard": 14,
    "bounced_soft": 7, "complained": 2, "unsubscribed": 6, "automatic_answers": 4, "in_doubt": 0, "waiting": 0,
}  # fmt: skip


def table(numbers: dict[str, Any]) -> str:
    """Return the numbers as readable lines."""
    lines = []
    for key, label in LABELS.items():
        value = numbers[key]
        if isinstance(value, dict):
            total = sum(value.values())
            parts = ", ".join(f"{reason.replace('_', ' ')} {number}" for reason, number in sorted(value.items()))
            value = f"{total:,}" + (f"  ({parts})" if parts else "")
        lines.append(f"  {label:<24}{value if isinstance(value, str) else format(value, ',')}")
    return "\n" + "\n".join(lines) + "\n"


def wrong(numbers: dict[str, Any]) -> list[str]:
    """Return sentences about numbers that differ from the expected ones; none if all are right."""
    return [
        f"{LABELS[key]}: {numbers[key]} instead of {wanted}"
        for key, wanted in EXPECTED.items()
        if numbers[key] != wanted
    ]


def print_where(settings: Settings, numbers: dict[str, Any]) -> None:
    """Print addresses and logins."""
    base = f"http://{settings.web_host}:{settings.web_port}"
    click.echo(f"  Pages      {base}/studio/")
    click.echo(f"  Sign-up    {base}/f/{numbers['form_code']}/")
    click.echo(f"  Test inbox {base}/studio/test-inbox/")
    click.echo(f"  Customer   {OWNER}, {COLLEAGUE} (Gärtnerei Lindenhof), {OTHER} (another customer)")
    click.echo(f"  Operations {base}/desk/")
    click.echo(f"  Apply      {base}/apply/ (find the sign-up link in {base}/desk/test-inbox/)")
    click.echo(f"  Operator   {OPERATOR}; the sign-in page shows the two-factor code (demo only)")
    click.echo(f"             (key for an authenticator app: {settings.demo_second_factor})")
    click.echo(f"  Password   {PASSWORD}, for all users\n")
    click.echo("  Press Ctrl-C to end the demo. No email has left this machine.")
