"""Our Domain Connect template, which operators register with DNS providers, and the key of our links; no database."""

from functools import cache
from typing import Any, Final

from mailflatrate.settings.schema import Settings, SettingsError, load_settings
from mailflatrate.wire.domain_connect import KeyUnusable, LinkSigner, TemplateName

SERVICE_ID: Final = "campaigns"
TEMPLATE_VERSION: Final = 1
TTL_SECONDS: Final = 3600
SELECTOR_BEGINS: Final = "mf"
DKIM_BEGINS: Final = "v=DKIM1; k=rsa; p="
LARGEST_KEY_FILE_OCTETS: Final = 65_536


def template_name(settings: Settings) -> TemplateName:
    return TemplateName(settings.service_domain, SERVICE_ID, TEMPLATE_VERSION)


def service_template(settings: Settings) -> dict[str, Any]:
    """Only the DKIM key and selector are variables; a DMARC policy replaces no other unless the link asks for it."""
    service = settings.service_domain
    return {
        "providerId": service,
        "providerName": settings.service_name,
        "serviceId": SERVICE_ID,
        "serviceName": "Email campaigns",
        "version": TEMPLATE_VERSION,
        "description": "Lets the service send email from a domain: DKIM key, return path and DMARC policy.",
        "variableDescription": "selector: what follows mf in the DKIM selector; dkimkey: the DKIM public key (Base64)",
        "syncBlock": False,
        "syncPubKeyDomain": service,
        "syncRedirectDomain": settings.public_host,
        "records": [
            {
                "type": "TXT",
                "groupId": "dkim",
                "host": f"{SELECTOR_BEGINS}%selector%._domainkey",
                "data": f"{DKIM_BEGINS}%dkimkey%",
                "ttl": TTL_SECONDS,
                "txtConflictMatchingMode": "All",
            },
            {"type": "SPFM", "groupId": "bounce", "host": "bounce", "spfRules": f"include:spf.{service}"},
            {
                "type": "MX",
                "groupId": "bounce",
                "host": "bounce",
                "pointsTo": f"mx.{service}",
                "priority": 10,
                "ttl": TTL_SECONDS,
            },
            {
                "type": "TXT",
                "groupId": "dmarc",
                "host": "_dmarc",
                "data": f"v=DMARC1; p=none; rua=mailto:dmarc@{service}",
                "ttl": TTL_SECONDS,
                "txtConflictMatchingMode": "Prefix",
                "txtConflictMatchingPrefix": "v=DMARC1",
                "essential": "OnApply",
            },
        ],
    }


@cache
def link_signer() -> LinkSigner | None:
    """Return the signer of our links; None if the operator has not switched Domain Connect on. Raises SettingsError."""
    path = load_settings().domain_connect_key
    if path is None:
        return None
    try:
        with path.open("rb") as opened:
            return LinkSigner(opened.read(LARGEST_KEY_FILE_OCTETS))
    except (OSError, KeyUnusable) as problem:
        raise SettingsError(f"MAILFLATRATE_DOMAIN_CONNECT_KEY: can't use {path} ({problem})") from problem


def key_records(settings: Settings) -> tuple[str, list[str]]:
    """Return the host and the TXT records that publish the key of our links. Raises SettingsError without a key."""
    signer = link_signer()
    if signer is None:
        raise SettingsError("MAILFLATRATE_DOMAIN_CONNECT_KEY is not set")
    return f"{signer.label}.{settings.service_domain}", list(signer.records)
