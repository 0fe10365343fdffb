"""Bring the catalogs up to date with the source: `make messages`, without the gettext tools.

Unused entries are dropped, and new messages are added without a translation: all of them to a language in which
everything is translated, only those that recipients read to every other.
"""

import sys

from mailflatrate.locale.catalogues import Catalogue, catalogue_of
from mailflatrate.locale.extraction import all_messages
from mailflatrate.locale.formats import formats_of
from mailflatrate.locale.recipients import recipient_messages
from mailflatrate.locale.texts import ENGLISH, languages


def updated_catalogues() -> list[tuple[str, Catalogue]]:
    """Return the updated catalog of each language, not yet written."""
    found = all_messages()
    for_recipients = recipient_messages(found)
    catalogues = []
    for language in languages():
        if language != ENGLISH:
            catalogue = catalogue_of(language)
            catalogue.update(found, found if formats_of(language).is_complete else for_recipients)
            catalogues.append((language, catalogue))
    return catalogues


def main() -> None:
    """Write the catalogs and print how many messages need a translation."""
    for language, catalogue in updated_catalogues():
        catalogue.path.write_text(catalogue.text(), encoding="utf-8")
        waiting = catalogue.untranslated(catalogue.entries)
        sys.stdout.write(f"{language}: {len(catalogue.entries)} messages, {len(waiting)} without a translation\n")
        sys.stdout.writelines(f"  {message.message!r}\n" for message in waiting)


if __name__ == "__main__":
    main()
