"""The certificate of the TLS port: the operator's, or a self-signed one for trials."""

import datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailflatrate.base import clock
from mailflatrate.settings.schema import Settings

VALID_DAYS = 825


def certificate(settings: Settings) -> tuple[Path, Path]:
    """Return the paths of certificate and private key; both are created on first start if the settings name none."""
    if settings.tls_certificate and settings.tls_key:
        return settings.tls_certificate, settings.tls_key
    folder = settings.data_dir / "tls"
    cert_path, key_path = folder / "self-signed.pem", folder / "self-signed.key"
    if not cert_path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        host = urlsplit(settings.public_url).hostname or "localhost"
        cert, key = _self_signed(host)
        key_path.write_bytes(key)
        key_path.chmod(0o600)
        cert_path.write_bytes(cert)
    return cert_path, key_path


def _self_signed(host: str) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    start = clock.now() - datetime.timedelta(days=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return built.public_bytes(pem), private
