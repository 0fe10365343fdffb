"""Letters that the desk writes again and again, in the language of whoever reads them. Each is read before it goes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy

from mailflatrate.apps.abuse.queries.case import CaseView
from mailflatrate.settings import load_settings

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Texts = tuple[tuple["StrOrPromise", "StrOrPromise"], ...]

TO_REPORTER: Texts = (
    (
        gettext_lazy("We look into it"),
        gettext_lazy(
            "Thank you for your report about the mailing %(mailing)s of %(sender)s.\n\nWe asked the sender to show how"
            " he got your consent. Until that is settled you get nothing from him. You will hear from us again."
        ),
    ),
    (
        gettext_lazy("Stopped, no consent"),
        gettext_lazy(
            "Thank you for your report about the mailing %(mailing)s of %(sender)s.\n\nThe sender could not show that"
            " you asked for it. We have acted against him, and your address gets no mail through us any more, from"
            " nobody.\n\nWe are sorry for the trouble."
        ),
    ),
    (
        gettext_lazy("Consent was proved"),
        gettext_lazy(
            "Thank you for your report about the mailing %(mailing)s of %(sender)s.\n\nThere is a sign-up with your"
            " address that was confirmed from your mailbox. From any of these mails you can see what is stored about"
            " you: open the link for your data at its end.\n\nYour complaint counts all the same: you get nothing from"
            " this sender any more."
        ),
    ),
    (
        gettext_lazy("Unsubscribed"),
        gettext_lazy(
            "You are off all lists of %(sender)s, at once and for good. A mail that had left already may still arrive"
            " today.\n\nOnly a new sign-up that you confirm yourself could change that."
        ),
    ),
    (
        gettext_lazy("The whole mail is needed"),
        gettext_lazy(
            "Thank you for your report. From what we have, we cannot tell which mailing it is.\n\nPlease answer this"
            " mail and attach the one that reached you as a file (.eml or .msg), or send its mailing ID: it stands at"
            " the end of the mail, four, four and one symbol."
        ),
    ),
    (
        gettext_lazy("Not sent through us"),
        gettext_lazy(
            "Thank you for your report. We looked at the mail: it was not sent through us, and nobody whom we know sent"
            " it.\n\nThe lines that begin with “Received:” in its header name the server that handed it over; the abuse"
            " address of whoever runs it is the right one."
        ),
    ),
)
TO_CUSTOMER: Texts = (
    (
        gettext_lazy("Proof of consent"),
        gettext_lazy(
            "A recipient of this mailing says that he never asked for it. Please show how the people on this list"
            " signed up:\n\n- the page and the wording that they agreed to,\n- time and IP address of sign-up and"
            " confirmation,\n- the confirmation mail as it was at that time."
        ),
    ),
    (
        gettext_lazy("Where the list comes from"),
        gettext_lazy(
            "Several addresses of this list are not as people are who signed up themselves. Please tell us where the"
            " list comes from, when and how its people signed up, and what was sent to them before."
        ),
    ),
    (
        gettext_lazy("Still mailed after unsubscribing"),
        gettext_lazy(
            "A recipient of this mailing says that he had unsubscribed before. Please say whether people can"
            " unsubscribe elsewhere too, for instance by an answer to you, and how those wishes reach your lists here."
        ),
    ),
    (
        gettext_lazy("The content"),
        gettext_lazy(
            "The content of this mailing is objected to. Please say what it was meant to offer, on whose behalf, and on"
            " what the claims in it rest."
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Template:
    """One of them, ready to be chosen. `language` names it where the desk may write in several."""

    label: str
    text: str
    language: str


def letters(view: CaseView) -> list[Template]:
    """For the reporters of a case, in each of their languages."""
    return _in_words(TO_REPORTER, {report.language for report in view.reports if report.reporter}, _facts(view))


def questions(view: CaseView) -> list[Template]:
    """For the customer, in his language."""
    return _in_words(TO_CUSTOMER, {view.sender.account.language}, _facts(view)) if view.sender else []


def _facts(view: CaseView) -> dict[str, str]:
    return {
        "mailing": view.mailing.campaign.mailing_id if view.mailing else "–",
        "sender": view.sender.account.name if view.sender else load_settings().service_name,
    }


def _in_words(texts: Texts, languages: Iterable[str], facts: Mapping[str, str]) -> list[Template]:
    names, several = dict(settings.LANGUAGES), sorted(set(languages))
    found = []
    for language in several:
        name = str(names.get(language, language)) if len(several) > 1 else ""
        for label, text in texts:
            said = str(label)
            with translation.override(language):
                found.append(Template(said, str(text) % facts, name))
    return found
