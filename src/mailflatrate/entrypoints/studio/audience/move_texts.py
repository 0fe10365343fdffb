"""The message that a customer sends once from the old system, with the move-in link, in all languages of the studio."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class MoveInText:
    link: str
    language: str
    language_name: str
    subject: str
    body: str
    how: str


def move_in_texts(link: str, list_name: str, company: str, system: str) -> list[MoveInText]:
    here = translation.get_language() or "en"
    how = (
        _(
            "In %(system)s, create a campaign for the contacts without proof, paste this text, and send it once. Don't "
            "send it to anyone who unsubscribed, bounced or complained."
        )
        % {"system": system}
        if system
        else _(
            "In your previous system, create a campaign for the contacts without proof, paste this text, and send it "
            "once. Don't send it to anyone who unsubscribed, bounced or complained."
        )
    )
    codes = [code for code, _name in settings.LANGUAGES if code in ("en", "de")]
    return [_text(link, list_name, company, code, how) for code in sorted(codes, key=lambda code: (code != here, code))]


def _text(link: str, list_name: str, company: str, language: str, how: str) -> MoveInText:
    name = str(dict(settings.LANGUAGES)[language])
    separator = "&" if "?" in link else "?"
    values = {"list": list_name, "company": company, "link": f"{link}{separator}language={language}"}
    with translation.override(language):
        subject = _("Confirm once to keep receiving “%(list)s”") % values
        body = (
            _(
                "Hello,\n\nwe're changing the service that sends “%(list)s”. To keep receiving it, confirm your "
                "subscription once:\n\n%(link)s\n\nEnter your email address there, then click the link in the email "
                "that follows. If you do nothing, you'll no longer receive it.\n\n%(company)s"
            )
            % values
        )
    return MoveInText(values["link"], language, name, subject, body, how)
