"""The certificate of one subscription (R-29, R-30): `build` collects it, `pdf` prints it, `pack` bundles all files.

`rules.proof.certificate` verifies one from the file alone.
"""

from mailflatrate.apps.privacy.certificate.build import build_certificate, form_versions
from mailflatrate.apps.privacy.certificate.pack import evidence_pack
from mailflatrate.apps.privacy.certificate.pdf import certificate_json, certificate_pdf

__all__ = ["build_certificate", "certificate_json", "certificate_pdf", "evidence_pack", "form_versions"]
