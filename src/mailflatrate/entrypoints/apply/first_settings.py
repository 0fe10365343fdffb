"""Account settings that can be taken from the application: the imprint, the domain and the first From address."""

import re
from typing import Any

from mailflatrate.apps.accounts.actions import agreements
from mailflatrate.apps.accounts.models import Application, User
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.domains.actions.first_sender import prepare_sender
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.studio.trust.imprint_form import ImprintForm, from_application

ASKED = ("representatives", "privacy_url")
"""Entries of an imprint that no step of the application asks for; the last step does."""
_LEGAL_FORMS = re.compile(
    r"\b(GmbH & Co\. KG|gGmbH|GmbH|AG|UG \(haftungsbeschränkt\)|UG|OHG|KG|e\. ?K\.|e\. ?V\.|eG|SE"
    r"|Ltd|S\.?A\.?|SARL|BV|AB)\.?$"
)


class FirstImprint:
    def __init__(self, application: Application, email: str, data: Any) -> None:
        said = from_application(application)
        name = application.legal_name.strip()
        legal_form = _LEGAL_FORMS.search(name)
        said |= {"email": email, "legal_form": legal_form[1] if legal_form else ""}
        self._asked = data is not None and any(str(data.get(name, "")).strip() for name in ASKED)
        written = {name: str(data.get(name, "")) for name in ASKED} if data is not None else {}
        address = written.get("privacy_url", "").strip()
        if address and "://" not in address:
            written["privacy_url"] = f"https://{address}"
        values = {**said, **written, "country": application.country}
        self.form = ImprintForm(values) if self._asked else ImprintForm(country=application.country, stored=said)
        self.country = application.country

    @property
    def fields(self) -> list[Any]:
        return [self.form[name] for name in ASKED if name in self.form.fields]

    def malformed(self) -> bool:
        """Return whether an entry is invalid; an incomplete imprint is allowed, since the studio can complete it."""
        return self._asked and any(self.form.has_error(name) for name in ASKED if self.form.data.get(name))

    def whole(self) -> dict[str, str] | None:
        """Return the imprint to store; None while it lacks something that the law requires."""
        return self.form.stored() if self._asked and self.form.is_valid() else None


def first_imprint(application: Application, user: User, data: Any) -> FirstImprint:
    return FirstImprint(application, user.email, data)


def prepare(account_id: int, user: User, imprint: FirstImprint) -> None:
    """Save the imprint if it is complete and there is none yet, and add the domain of the person's address."""
    fields = imprint.whole()
    with tenancy.account(account_id):
        if fields is not None and newest_imprint() is None:
            agreements.save_imprint(account_id, country=imprint.country, fields=fields, by=user)
        prepare_sender(user)
