"""Every write of this app; one transaction each.

`proof` hands out certificates, `requests` accepts data requests and carries them out, `address_change` changes an
address, `erasure` erases, `retention` deletes what is past its period (R-95).
"""

from mailflatrate.apps.privacy.actions.address_change import can_undo, note_move, undo_move
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer, erase_person
from mailflatrate.apps.privacy.actions.proof import MEDIA_TYPES, Download, ProofFormat, export_person, export_proof
from mailflatrate.apps.privacy.actions.requests import ask, carry_out, confirm, expire_requests
from mailflatrate.apps.privacy.actions.retention import delete_expired

__all__ = [
    "MEDIA_TYPES",
    "Download",
    "ProofFormat",
    "ask",
    "can_undo",
    "carry_out",
    "confirm",
    "delete_expired",
    "erase_for_customer",
    "erase_person",
    "expire_requests",
    "export_person",
    "export_proof",
    "note_move",
    "undo_move",
]
