"""The keys that verify portable consent: this installation's, and those its operator trusts."""

import structlog
from django.utils.translation import gettext as _

from mailflatrate.apps.consent.signing_keys import published_keys
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.rules.proof.record import MalformedRecord
from mailflatrate.rules.proof.signature import PublishedKey, read_keys
from mailflatrate.settings.schema import load_settings

log = structlog.get_logger(__name__)


def trusted_keys() -> dict[str, PublishedKey]:
    """By id. Raises MalformedRecord or OSError if the operator's file can't be read."""
    keys = {key.id: key for key in published_keys()}
    place = load_settings().trusted_proof_keys
    if place is None:
        return keys
    for path in sorted(place.glob("*.json")) if place.is_dir() else [place]:
        # Our own history wins: a file must not lengthen the period of one of our keys.
        keys = {**read_keys(path.read_bytes()), **keys}
    return keys


def keys_for_import(account_id: int) -> dict[str, PublishedKey]:
    """By id. Raises ImportProblem if they can't be read, which is logged with the account."""
    try:
        return trusted_keys()
    except (OSError, MalformedRecord):
        log.exception("the keys of other installations can't be read", account_id=account_id)
        raise ImportProblem(_("the operator's file of trusted installations can't be read; tell support")) from None
