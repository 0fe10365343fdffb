"""The consent in the form that a person reads, and the GDPR Art. 13 notice beside it (R-27, R-93)."""

import re

from mailflatrate.locale.texts import N_, translate
from mailflatrate.rules.forms.content import FormTexts
from mailflatrate.rules.imprint import ImprintRecord, imprint_lines

_TRACKING = N_(
    "{company} may record which links in its emails I follow and when, together with my email address, to see what "
    "interests me. I can withdraw this consent at any time with the preferences link in every email. I will receive "
    "the same emails either way."
)
_PLACE = re.compile(r"\{([^{}]*)\}")
_NOTICE = (
    N_("Controller: {controller}. Contact: {contact}."),
    N_(
        "Purpose and legal basis: we send you what you consent to (GDPR Art. 6(1)(a)), and keep the time, IP "
        "address and browser of your sign-up and confirmation as proof (Art. 7(1))."
    ),
    N_("Recipient: {service} processes the data on our behalf (Art. 28). No one else receives it."),
    N_(
        "Retention: without your confirmation, we erase your sign-up after 14 days at the latest. With it, we keep "
        "your data until you withdraw your consent, and the proof until the end of the third year after the last "
        "email."
    ),
    N_(
        "Your rights: you may withdraw your consent at any time without any disadvantage. You may also access, "
        "correct, erase or transfer your data, restrict its use, object to it, and complain to a data protection "
        "authority."
    ),
)


def wording_of(texts: FormTexts, company: str) -> str:
    """Return the wording on one line with its placeholders filled; an unknown placeholder stays as written."""
    values = {"company": company, "topics": texts.topics, "frequency": texts.frequency}
    filled = _PLACE.sub(lambda match: values.get(match.group(1).strip(), match.group()), texts.wording)
    return " ".join(filled.split())


def tracking_wording(company: str, language: str) -> str:
    return translate(_TRACKING, language).format(company=company)


def places_in(wording: str) -> frozenset[str]:
    return frozenset(match.strip() for match in _PLACE.findall(wording))


def privacy_notice(imprint: ImprintRecord, service_name: str, language: str) -> tuple[str, ...]:
    lines = {line.key: line.text for line in imprint_lines(imprint, language)}
    values = {
        "controller": f"{lines.get('legal_name', '')}, {lines.get('address', '')}",
        "contact": ", ".join(filter(None, (imprint.email, imprint.phone))),
        "service": service_name,
    }
    return tuple(translate(paragraph, language).format_map(values) for paragraph in _NOTICE)
