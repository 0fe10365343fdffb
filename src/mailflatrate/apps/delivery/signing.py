"""Selects the fastest signing code that the host supports and the operator allows."""

from functools import lru_cache

import structlog

from mailflatrate.mail.signing.rsa_batch import find_signer
from mailflatrate.mail.signing.rsa_key import DigestSigner
from mailflatrate.settings.schema import Settings

log = structlog.get_logger(__name__)


def digest_signer(settings: Settings) -> DigestSigner:
    return _found(settings.batch_signing)


@lru_cache
def _found(enabled: bool) -> DigestSigner:
    signer = find_signer(enabled=enabled, on_fault=lambda what: log.error("signature_fault", problem=what))
    log.info("signer_found", signer=signer.name)
    return signer
