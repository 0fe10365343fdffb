"""The shipped contacts, with their dates moved so that the consents are never too old (R-13)."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

SHIPPED = Path(__file__).with_name("contacts.csv")
WRITTEN_ON = datetime(2026, 11, 24, tzinfo=UTC)
NEWEST_CONSENT_AGE = timedelta(days=20)
DATES = ("Anmeldung", "Bestätigung")


def contacts_today(now: datetime) -> io.BytesIO:
    """Return the CSV with each date moved by whole days: the newest consent is weeks old, the oldest under a year.

    The shipped dates span twenty months; they are compressed to eleven.
    """
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter=";")
        rows = list(reader)
        names = reader.fieldnames or []
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, delimiter=";")
    writer.writeheader()
    for row in rows:
        for name in DATES:
            if row[name]:
                age = (WRITTEN_ON - datetime.fromisoformat(row[name])) * 0.5 + NEWEST_CONSENT_AGE
                row[name] = (now - age).replace(microsecond=0).isoformat()
        writer.writerow(row)
    return io.BytesIO(out.getvalue().encode())
