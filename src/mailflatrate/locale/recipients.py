"""The files with messages for recipients, which every language translates. A language may translate nothing else: then
the studio is in English (`Formats.is_complete`).
"""

from collections.abc import Iterable, Mapping
from typing import Final

from mailflatrate.locale.extraction import MessageId, Place

SOURCES: Final = (
    "apps/abuse/actions/correspondence.py",
    "apps/abuse/templates/abuse/mail/answer.txt",
    "apps/abuse/models/reports.py",
    "apps/campaigns/content/campaign_content.py",
    "apps/campaigns/gallery/__init__.py",
    "apps/campaigns/content/starting_content.py",
    "apps/domains/actions/mailboxes.py",
    "apps/domains/templates/domains/mail/mailbox.txt",
    "apps/forms/actions/sign_up.py",
    "apps/delivery/rows.py",
    "apps/inbound/models.py",
    "apps/lists/actions/tracking.py",
    "apps/consent/models.py",
    "apps/lists/models/people.py",
    "apps/privacy/actions/address_change.py",
    "apps/privacy/actions/requests.py",
    "apps/privacy/models.py",
    "apps/privacy/templates/privacy/mail/",
    "apps/suppression/models.py",
    "apps/transactional/compiled.py",
    "entrypoints/desk/cases/templates.py",
    "entrypoints/presenters/abuse_report.py",
    "entrypoints/presenters/signup/embeds.py",
    "entrypoints/presenters/signup/form_inputs.py",
    "entrypoints/public/",
    "entrypoints/ui/templates/400.html",
    "entrypoints/ui/templates/403.html",
    "entrypoints/ui/templates/403_csrf.html",
    "entrypoints/ui/templates/404.html",
    "entrypoints/ui/templates/500.html",
    "entrypoints/ui/templates/cotton/field.html",
    "entrypoints/ui/templates/cotton/form_errors.html",
    "entrypoints/ui/templates/cotton/form_field.html",
    "entrypoints/ui/templates/layouts/base.html",
    "entrypoints/ui/templates/layouts/error.html",
    "entrypoints/ui/templates/layouts/public.html",
    "entrypoints/ui/templates/public/",
    "entrypoints/ui/source_labels.py",
    "locale/",
    "mail/message/confirmation.py",
    "mail/html/imprint.py",
    "mail/html/markdown_themes.py",
    "rules/addresses/decide.py",
    "rules/forms/",
    "rules/imprint/lines.py",
)
"""Files, and folders with a slash at their end, below `src/mailflatrate`."""


def is_for_recipients(place: Place) -> bool:
    return any(place.path == source or (source.endswith("/") and place.path.startswith(source)) for source in SOURCES)


def recipient_messages(messages: Mapping[MessageId, Iterable[Place]]) -> dict[MessageId, Iterable[Place]]:
    return {message: places for message, places in messages.items() if any(map(is_for_recipients, places))}
