"""List missing translations: `python -m mailflatrate.locale.missing fr` (or `--all`). Exits with 1 if there are any."""

import argparse
import sys

from mailflatrate.locale.catalogues import catalogue_of
from mailflatrate.locale.extraction import MessageId, Place, all_messages
from mailflatrate.locale.formats import formats_of
from mailflatrate.locale.recipients import recipient_messages
from mailflatrate.locale.texts import ENGLISH, languages


def missing_messages(language: str, *, whole: bool) -> dict[MessageId, list[Place]]:
    """Return those that recipients read, or with `whole` all, with their places."""
    places = all_messages()
    selected = places if whole else recipient_messages(places)
    return {message: places[message] for message in catalogue_of(language).untranslated(selected)}


def main() -> int:
    parser = argparse.ArgumentParser(description="List what a language lacks.")
    parser.add_argument("language", choices=[code for code in languages() if code != ENGLISH])
    parser.add_argument("--all", action="store_true", help="the studio's and the operator's pages too")
    given = parser.parse_args()
    missing = missing_messages(given.language, whole=given.all or formats_of(given.language).is_complete)
    for message, places in missing.items():
        sys.stdout.write(f"{places[0]}: {message.message!r}\n")
    sys.stdout.write(f"{len(missing)} messages without a translation\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
