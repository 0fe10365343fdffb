"""Bring the catalogs up to date with the source: `make messages`. A language for recipients alone gets only the
messages that they read.
"""

import sys

from mailflatrate.locale.catalogues import Catalogue, catalogue_of
from mailflatrate.locale.extraction import all_messages
from mailflatrate.locale.formats import formats_of
from mailflatrate.locale.recipients import recipient_messages
from mailflatrate.locale.texts import ENGLISH, languages


def updated_catalogues() -> list[tuple[str, Catalogue]]:
    messages = all_messages()
    for_recipients = recipient_messages(messages)
    catalogues = []
    for language in languages():
        if language != ENGLISH:
            catalogue = catalogue_of(language)
            catalogue.update(messages, messages if formats_of(language).is_complete else for_recipients)
            catalogues.append((language, catalogue))
    return catalogues


def main() -> None:
    for language, catalogue in updated_catalogues():
        catalogue.path.write_text(catalogue.text(), encoding="utf-8")
        waiting = catalogue.untranslated(catalogue.entries)
        sys.stdout.write(f"{language}: {len(catalogue.entries)} messages, {len(waiting)} without a translation\n")
        sys.stdout.writelines(f"  {message.message!r}\n" for message in waiting)


if __name__ == "__main__":
    main()
