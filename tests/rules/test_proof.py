"""The tree, and the texts that are hashed."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.proof import merkle
from mailflatrate.rules.proof.record import EventRecord, MalformedRecord, SealRecord

# RFC 6962 section 2.1 on the entries of its section 2.1.3 example, as Certificate Transparency's own test vectors do.
ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def by_definition(leaves: list[bytes]) -> bytes:
    """The recursion of RFC 6962 section 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


@pytest.mark.parametrize("size", ROOTS)
def test_roots_of_certificate_transparency(size: int) -> None:
    assert merkle.root([merkle.leaf_hash(entry) for entry in ENTRIES[:size]]).hex() == ROOTS[size]


@given(st.integers(1, 200), st.data())
def test_every_leaf_is_proved_and_no_other(size: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(str(n).encode()) for n in range(size)]
    root = merkle.root(leaves)
    assert root == by_definition(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(leaves, index)
    assert merkle.root_of_path(leaves[index], index, size, path) == root
    assert merkle.root_of_path(merkle.leaf_hash(b"x"), index, size, path) != root
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert merkle.root_of_path(leaves[index], other, size, path) != root
    assert merkle.root_of_path(leaves[index], index, size, [*path, root]) is None
    if path:
        assert merkle.root_of_path(leaves[index], index, size, path[:-1]) is None
        flipped = bytes([path[0][0] ^ 1]) + path[0][1:]
        assert merkle.root_of_path(leaves[index], index, size, [flipped, *path[1:]]) != root


def test_a_node_is_no_leaf() -> None:
    """The second preimage that the prefixes are there against: two leaves in the place of their parent."""
    one, two = merkle.leaf_hash(b"1"), merkle.leaf_hash(b"2")
    assert merkle.root([one, two]) != merkle.leaf_hash(one + two)
    with pytest.raises(ValueError, match="at least one leaf"):
        merkle.root([])


EVENT = EventRecord(
    7, 1, 2, None, "confirmed", "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:01.000000Z", None, "ab"
)


def test_each_field_counts() -> None:
    changed = [
        {"id": 8}, {"account": 2}, {"contact": 3}, {"list": 1}, {"kind": "withdrawn"}, {"import": 4},
        {"occurred_at": "2026-01-02T00:00:00.000000Z"}, {"recorded_at": "2026-01-02T00:00:00.000000Z"},
        {"commitment": "ac"},
    ]  # fmt: skip
    leaves = {EventRecord.from_json(EVENT.as_json() | change).leaf() for change in ({}, *changed)}
    assert len(leaves) == len(changed) + 1
    with pytest.raises(MalformedRecord):
        EventRecord.from_json(EVENT.as_json() | {"kind": "a|b"}).leaf()
    with pytest.raises(MalformedRecord):
        EventRecord.from_json({"id": 1})


def test_each_field_of_a_seal_counts() -> None:
    seal = SealRecord(2, "2026-01-01T00:00:00.000000Z", 3, 9, 6, b"r" * 32, b"p" * 32)
    changed = [
        {"number": 3},
        {"sealed_at": "2027-01-01T00:00:00.000000Z"},
        {"after_id": 4},
        {"up_to_id": 8},
        {"events": 5},
        {"root": "00" * 32},
        {"previous": "00" * 32},
    ]
    hashes = {SealRecord.from_json(seal.as_json() | change).hash() for change in ({}, *changed)}
    assert len(hashes) == len(changed) + 1
    assert SealRecord.from_json(seal.as_json() | {"hash": "00"}).hash() == seal.hash(), "a stated hash is not believed"
