"""Run as another installation, with a database and keys of its own: take an export of proof in, and tell as JSON who is
mailable, who is suppressed, and whether its certificates verify.

Arguments: the export, the company of both accounts, and the addresses to look up. `MAILFLATRATE_TRUSTED_PROOF_KEYS`
names the keys of the first.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from mailflatrate.entrypoints.boot import database


def take_in(export: bytes, company: str, everyone: list[str]) -> dict[str, Any]:
    from mailflatrate.apps.consent import seals as ledger_seals
    from mailflatrate.apps.consent.signing_keys import rotate_signing_key
    from mailflatrate.apps.lists.models import Contact, Subscription
    from mailflatrate.apps.privacy.certificate.build import build_certificate
    from mailflatrate.apps.privacy.certificate.pdf import certificate_json
    from mailflatrate.apps.suppression.queries import is_suppressed
    from mailflatrate.base import tenancy
    from mailflatrate.base.ids import canonical_address_key
    from mailflatrate.mail.address import canonical_key
    from mailflatrate.rules.proof.certificate import read_certificate
    from support.certificates import keys_file, verified
    from support.customers import customer_with_list, vetted_as

    rotate_signing_key()  # the prepared cluster has the same one everywhere
    place = vetted_as(customer_with_list("Other installation"), company)
    with tenancy.account(place.account_id):
        empty = not Contact.objects.exists()
    job = place.bring(export)
    ledger_seals.seal_ledger()
    with tenancy.account(place.account_id), tempfile.TemporaryDirectory() as folder:
        confirmed = Subscription.objects.filter(state="confirmed").select_related("contact").order_by("contact__email")
        certificates = {
            row.contact.email: read_certificate(
                certificate_json(build_certificate(row.contact_id, place.list_id, language="en"))
            )
            for row in confirmed
        }
        keys = keys_file(Path(folder))
        results = {
            email: verified(certificate, Path(folder), "--service-keys", str(keys)).exit_code
            for email, certificate in certificates.items()
        }
        return {
            "was_empty": empty,
            "state": job.state,
            "problem": job.problem,
            "refused": job.refused,
            "mailable": [row.contact.email for row in confirmed],
            "left": sorted(Subscription.objects.filter(state="unsubscribed").values_list("contact__email", flat=True)),
            "suppressed": sorted(
                email for email in everyone if is_suppressed(canonical_address_key(canonical_key(email)))
            ),
            "verified": results,
            "certificates": certificates,
            "keys": json.loads(keys.read_text()),
        }


if __name__ == "__main__":
    with database():
        print(json.dumps(take_in(Path(sys.argv[1]).read_bytes(), sys.argv[2], sys.argv[3:])))
