"""Templates for replies that the desk often writes, in the recipient's language. A person reads each one first."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

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
        gettext_lazy("We're looking into it"),
        gettext_lazy(
            "Thank you for your report about the email %(mailing_id)s from %(sender)s.\n\n"
            "We've asked the sender to show how they got your consent. Until this is settled, you won't receive "
            "anything from them. We'll write to you again."
        ),
    ),
    (
        gettext_lazy("Stopped: no consent"),
        gettext_lazy(
            "Thank you for your report about the email %(mailing_id)s from %(sender)s.\n\n"
            "The sender couldn't show that you asked for it. We've taken action against them, and none of our "
            "customers can email you any longer.\n\n"
            "We're sorry for the trouble."
        ),
    ),
    (
        gettext_lazy("Consent verified"),
        gettext_lazy(
            "Thank you for your report about the email %(mailing_id)s from %(sender)s.\n\n"
            "We have a sign-up with your address on record that was confirmed from your mailbox. To see what is "
            "stored about you, open the “Your data” link at the bottom of any of these emails.\n\n"
            "Your complaint counts all the same: you won't receive anything else from this sender."
        ),
    ),
    (
        gettext_lazy("Unsubscribed"),
        gettext_lazy(
            "We've removed you from all lists of %(sender)s, effective immediately and permanently. An email that "
            "was already on its way may still arrive today.\n\n"
            "Only a new sign-up that you confirm yourself can change that."
        ),
    ),
    (
        gettext_lazy("We need the full email"),
        gettext_lazy(
            "Thank you for your report. With the information we have, we can't tell which email it is about.\n\n"
            "Reply to this message and attach the email you received as a file (.eml or .msg), or send us its "
            "mailing ID. You'll find it at the bottom of the email, for example 4K7Q-92XD-8."
        ),
    ),
    (
        gettext_lazy("Not sent through us"),
        gettext_lazy(
            "Thank you for your report. We've looked at the email: it wasn't sent through us, and we don't know "
            "the sender.\n\n"
            "The “Received:” lines in its headers name the server it came from. Contact the abuse address of that "
            "server's operator."
        ),
    ),
)
TO_CUSTOMER: Texts = (
    (
        gettext_lazy("Proof of consent"),
        gettext_lazy(
            "A recipient of this campaign says they never asked for it. Show us how the people on this list signed "
            "up:\n\n"
            "- the page and the wording they agreed to,\n"
            "- the time and IP address of the sign-up and the confirmation,\n"
            "- the confirmation email as it was at that time."
        ),
    ),
    (
        gettext_lazy("Where the list comes from"),
        gettext_lazy(
            "Several addresses on this list don't look as if people signed up themselves. Tell us where the list "
            "comes from, when and how people signed up, and what they have been sent so far."
        ),
    ),
    (
        gettext_lazy("Emailed after unsubscribing"),
        gettext_lazy(
            "A recipient of this campaign says they had already unsubscribed. Tell us whether people can also "
            "unsubscribe in other ways, for example by replying to you, and how those requests reach your lists "
            "here."
        ),
    ),
    (
        gettext_lazy("About the content"),
        gettext_lazy(
            "We've received a complaint about the content of this campaign. Tell us what it offers, on whose "
            "behalf you sent it, and what its claims are based on."
        ),
    ),
)


def message_templates(view: CaseView) -> list[dict[str, Any]]:
    return _in_words(TO_REPORTER, {report.language for report in view.reports if report.reporter}, _facts(view))


def questions(view: CaseView) -> list[dict[str, Any]]:
    return _in_words(TO_CUSTOMER, {view.sender.account.language}, _facts(view)) if view.sender else []


def _facts(view: CaseView) -> dict[str, str]:
    return {
        "mailing_id": view.about.campaign.mailing_id if view.about else "–",
        "sender": view.sender.account.name if view.sender else load_settings().service_name,
    }


def _in_words(texts: Texts, languages: Iterable[str], facts: Mapping[str, str]) -> list[dict[str, Any]]:
    names, several = dict(settings.LANGUAGES), sorted(set(languages))
    templates = []
    for language in several:
        name = str(names.get(language, language)) if len(several) > 1 else ""
        for label, text in texts:
            heading = str(label)
            with translation.override(language):
                templates.append({"label": heading, "text": str(text) % facts, "language": name})
    return templates
