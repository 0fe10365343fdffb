"""The Merkle tree of RFC 6962 section 2.1. Leaves and inner nodes are hashed (SHA-256) under different first octets, so
that no leaf passes for a node.
"""

from collections.abc import Sequence
from hashlib import sha256

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
HASH_OCTETS = 32


def leaf_hash(entry: bytes) -> bytes:
    return sha256(LEAF_PREFIX + entry).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Raises ValueError without leaves: an empty set is never sealed. A node without a neighbor moves up unchanged,
    which gives RFC 6962's tree: each left part is the largest power of two.
    """
    if not leaves:
        raise ValueError("a tree has at least one leaf")
    level = leaves
    while len(level) > 1:
        level = _parents(level)
    return level[0]


def _parents(level: Sequence[bytes]) -> list[bytes]:
    hashed, prefix = sha256, NODE_PREFIX
    above = [hashed(prefix + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
    if len(level) % 2:
        above.append(level[-1])
    return above


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes from leaf `index` up to the root (RFC 6962 section 2.1.1). Raises IndexError."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"there is no leaf {index} among {len(leaves)}")
    path: list[bytes] = []
    level = leaves
    while len(level) > 1:
        neighbour = index ^ 1
        if neighbour < len(level):
            path.append(level[neighbour])
        level = _parents(level)
        index //= 2
    return path


def root_of_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return None if the path does not fit the tree (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return None
    position, last, value = index, size - 1, leaf
    for step in path:
        if last == 0:
            return None
        if position % 2 or position == last:
            value = sha256(NODE_PREFIX + step + value).digest()
            while position % 2 == 0 and position != 0:
                position //= 2
                last //= 2
        else:
            value = sha256(NODE_PREFIX + value + step).digest()
        position //= 2
        last //= 2
    return value if last == 0 else None
