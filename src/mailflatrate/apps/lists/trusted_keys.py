"""The keys by which this installation accepts portable consent: its own, and those of installations it was told of."""

from mailflatrate.apps.lists.signing_keys import published_keys
from mailflatrate.rules.proof.signature import PublishedKey, read_keys
from mailflatrate.settings.schema import load_settings


def trusted_keys() -> dict[str, PublishedKey]:
    """Return the keys by id. Raises MalformedRecord or OSError if the operator's file can't be read."""
    keys = {key.id: key for key in published_keys()}
    place = load_settings().trusted_proof_keys
    if place is None:
        return keys
    for path in sorted(place.glob("*.json")) if place.is_dir() else [place]:
        # Our own history wins: a file must not lengthen the period of one of our keys.
        keys = {**read_keys(path.read_bytes()), **keys}
    return keys
