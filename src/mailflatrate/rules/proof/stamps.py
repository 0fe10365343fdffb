"""Time stamps of a third party (RFC 3161): whole responses in DER, worth as much as the certificate at the end of their
chain, so the caller says which they trust.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding


class StampRefused(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class Stamp:
    authority: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StampRequest:
    octets: bytes
    nonce: int | None


def stamp_request(seal_hash: bytes) -> StampRequest:
    """Build a stamp request for one seal; the authority must include its certificate (section 2.4.1)."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # 2 MB that a sender has no use for

    request = TimestampRequestBuilder().data(seal_hash).hash_algorithm(HashAlgorithm.SHA256).build()
    return StampRequest(request.as_bytes(), request.nonce)


def read_certificates(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates of trusted authorities in a PEM file. Raises StampRefused."""
    try:
        return list(x509.load_pem_x509_certificates(pem))
    except ValueError as problem:
        raise StampRefused(f"no certificate can be read: {problem}") from problem


def certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def check_stamp(
    answer: bytes, seal_hash: bytes, believed: Sequence[x509.Certificate], *, nonce: int | None = None
) -> Stamp:
    """Raises StampRefused for every other response. The chain has to be valid at the time of the stamp, not now: that
    is what a stamp is for.
    """
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    try:
        response = decode_timestamp_response(answer)
    except ValueError as problem:
        raise StampRefused(f"no time stamp can be read: {problem}") from problem
    if response.status != 0:
        raise StampRefused(f"the authority refused: {', '.join(response.status_string) or response.status}")
    builder = VerifierBuilder(roots=list(believed))
    if nonce is not None:
        builder = builder.nonce(nonce)
    try:
        builder.build().verify_message(response, seal_hash)
    except (VerificationError, ValueError) as problem:
        raise StampRefused(str(problem)) from problem
    names = [
        certificate.subject.rfc4514_string()
        for certificate in map(x509.load_der_x509_certificate, response.signed_data.certificates)
        if any(
            certificate.issuer == signer.issuer and certificate.serial_number == signer.serial_number
            for signer in response.signed_data.signer_infos
        )
    ]
    return Stamp(names[0] if names else "", response.tst_info.gen_time)
