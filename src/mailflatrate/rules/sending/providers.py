"""Which mailbox provider a domain belongs to, and whether it reports complaints to senders (R-81, R-85). `other` counts
as reporting as soon as one report came from there. Gmail never reports individual recipients, so its recipients never
dilute a complaint rate.
"""

from dataclasses import dataclass

from mailflatrate.locale.texts import ENGLISH, N_, translate

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Provider:
    key: str
    name: str
    reports: bool
    domains: tuple[str, ...]


PROVIDERS: tuple[Provider, ...] = (
    Provider("google", "Gmail", False, ("gmail.com", "googlemail.com")),
    Provider(
        "microsoft", "Outlook.com", True,
        ("outlook.com", "outlook.de", "outlook.at", "hotmail.com", "hotmail.de", "hotmail.fr", "hotmail.co.uk",
         "live.com", "live.de", "live.at", "live.fr", "msn.com", "passport.com"),
    ),
    Provider(
        "yahoo", "Yahoo, AOL", True,
        ("yahoo.com", "yahoo.de", "yahoo.fr", "yahoo.it", "yahoo.es", "yahoo.co.uk", "ymail.com", "rocketmail.com",
         "aol.com", "aol.de", "aim.com"),
    ),
    Provider("apple", "iCloud", False, ("icloud.com", "me.com", "mac.com")),
    Provider(
        "united_internet", "GMX, WEB.DE", False,
        ("gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "gmx.info", "web.de", "email.de", "mail.com", "1und1.de"),
    ),
    Provider("telekom", "T-Online", False, ("t-online.de", "magenta.de")),
    Provider("freenet", "freenet", False, ("freenet.de",)),
    Provider("orange", "Orange", True, ("orange.fr", "wanadoo.fr")),
    Provider("sfr", "SFR", True, ("sfr.fr", "neuf.fr", "cegetel.net")),
    Provider("la_poste", "La Poste", True, ("laposte.net",)),
    Provider("comcast", "Comcast", True, ("comcast.net",)),
    Provider("mail_ru", "Mail.ru", True, ("mail.ru", "inbox.ru", "list.ru", "bk.ru")),
)  # fmt: skip

_BY_DOMAIN = {domain: provider.key for provider in PROVIDERS for domain in provider.domains}
_NAMES = {provider.key: provider.name for provider in PROVIDERS}
REPORTING = frozenset(provider.key for provider in PROVIDERS if provider.reports)


def provider_of(domain: str) -> str:
    return _BY_DOMAIN.get(domain.lower(), OTHER)


def provider_name(key: str, language: str = ENGLISH) -> str:
    if key == OTHER:
        return translate(N_("other providers"), language)
    return _NAMES.get(key, key)


def domains_by_provider() -> dict[str, str]:
    return dict(_BY_DOMAIN)
