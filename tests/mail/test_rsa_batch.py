"""Signatures computed several at a time: the same as OpenSSL's, each verified, and never a wrong one."""

import copy
import ctypes
import hashlib
import pickle
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from math import gcd
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.mail.signing import rsa_batch
from mailflatrate.mail.signing.rsa_batch import (
    LANES,
    MOST_FAULTS,
    CryptoMb,
    LibraryMissing,
    MultiBuffer,
    MultiBufferSigner,
    find_signer,
)
from mailflatrate.mail.signing.rsa_key import OpenSslSigner, RsaKey, SigningTask

OCTETS = 256


def new_key(bits: int = 2048, exponent: int = 65537) -> RsaKey:
    return RsaKey(rsa.generate_private_key(public_exponent=exponent, key_size=bits))


KEYS = [new_key() for _ in range(3)]


def tasks(count: int, keys: Sequence[RsaKey] = KEYS) -> list[SigningTask]:
    return [(keys[number % len(keys)], hashlib.sha256(b"%d" % number).digest()) for number in range(count)]


def by_openssl(of: Sequence[SigningTask]) -> list[bytes]:
    return [key.sign(digest) for key, digest in of]


@pytest.fixture(scope="module")
def library() -> CryptoMb:
    try:
        return CryptoMb()
    except LibraryMissing as missing:
        pytest.skip(f"make tools, on a processor with AVX-512 IFMA: {missing}")


class Disturbed:
    """The real library, and a fault behind it while `disturb` is set. `disturb` gets the octets of the results."""

    def __init__(self, library: MultiBuffer) -> None:
        self.scratch_octets, self.version = library.scratch_octets, library.version
        self.disturb: Callable[[ctypes.Array[ctypes.c_ubyte]], None] | None = None
        self.skip = False
        self.calls = 0
        self._library = library

    def private(self, given: object, results: object, key: Sequence[object], scratch: object) -> int:
        self.calls += 1
        if self.skip:
            return 0
        status = self._library.private(given, results, key, scratch)
        if self.disturb is not None:
            assert isinstance(results, ctypes.Array)
            self.disturb((ctypes.c_ubyte * (OCTETS * LANES)).from_address(results[0]))
        return status

    def public(self, given: object, results: object, moduli: object, scratch: object) -> int:
        return self._library.public(given, results, moduli, scratch)


def disturbed(library: CryptoMb) -> tuple[MultiBufferSigner, Disturbed, list[str]]:
    """A signer that knows all keys already, its library, and what it reports."""
    told: list[str] = []
    weak = Disturbed(library)
    signer = MultiBufferSigner(weak, told.append)
    assert signer.sign(tasks(8)) == by_openssl(tasks(8))
    return signer, weak, told


@given(st.lists(st.tuples(st.integers(0, 2), st.binary(min_size=32, max_size=32)), max_size=20))
@settings(max_examples=15)
def test_every_batch_is_signed_as_openssl_signs_it(library: CryptoMb, wanted: list[tuple[int, bytes]]) -> None:
    """Of any length, with keys of several domains in one batch."""
    of = [(KEYS[number], digest) for number, digest in wanted]
    assert MultiBufferSigner(library).sign(of) == by_openssl(of)


@pytest.mark.parametrize("lane", range(LANES))
def test_a_flipped_bit_in_any_lane_is_caught_and_openssl_signs(library: CryptoMb, lane: int) -> None:
    signer, weak, told = disturbed(library)

    def flip(results: ctypes.Array[ctypes.c_ubyte]) -> None:
        results[OCTETS * lane + 36 * lane] ^= 1 << lane

    weak.disturb = flip
    assert signer.sign(tasks(8)) == by_openssl(tasks(8))
    assert len(told) == signer.faults == 1


def test_a_fault_inside_of_the_computation_never_leaves(library: CryptoMb) -> None:
    """If half of a CRT computation goes wrong, anyone who saw that signature could compute a prime of the key."""
    key = KEYS[0]
    signer, weak, told = disturbed(library)
    loaded = signer._loaded[key]
    assert loaded is not None
    leaked: list[bytes] = []
    weak.disturb = lambda results: leaked.append(bytes(results[:OCTETS]))
    ctypes.c_ubyte.from_address(loaded.addresses[2]).value ^= 2  # the exponent for p
    assert signer.sign(tasks(8, [key])) == by_openssl(tasks(8, [key]))
    assert signer.faults == len(told) == 8
    numbers = key.numbers()
    modulus = numbers.public_numbers.n
    encoded = pow(int.from_bytes(key.sign(tasks(1)[0][1])), 65537, modulus)
    bad = pow(int.from_bytes(leaked[0]), 65537, modulus)
    assert gcd(bad - encoded, modulus) in (numbers.p, numbers.q), "the fault was one that gives the key away"


def test_what_a_library_left_from_before_is_no_signature(library: CryptoMb) -> None:
    signer, weak, told = disturbed(library)
    weak.skip = True
    assert signer.sign(tasks(8)) == by_openssl(tasks(8))
    assert len(told) == 8


def test_a_signature_beyond_the_modulus_is_none(library: CryptoMb) -> None:
    """It leads to the right digest, but verifiers refuse it (RFC 8017 section 5.2.2)."""
    modulus = KEYS[0].numbers().public_numbers.n
    fitting = next(
        task for task in tasks(4096, KEYS[:1]) if int.from_bytes(task[0].sign(task[1])) + modulus < 1 << 2048
    )
    signer, weak, told = disturbed(library)

    def beyond(results: ctypes.Array[ctypes.c_ubyte]) -> None:
        more = int.from_bytes(bytes(results[:OCTETS])) + modulus
        results[:OCTETS] = list(more.to_bytes(OCTETS))

    weak.disturb = beyond
    of = [fitting, *tasks(7)]
    assert signer.sign(of) == by_openssl(of)
    assert len(told) == 1


def test_after_some_faults_the_process_uses_openssl_alone(library: CryptoMb) -> None:
    signer, weak, told = disturbed(library)
    weak.disturb = lambda results: ctypes.memset(results, 7, 1) and None
    for _ in range(MOST_FAULTS):
        assert signer.sign(tasks(8)) == by_openssl(tasks(8))
    calls = weak.calls
    assert signer.sign(tasks(20)) == by_openssl(tasks(20))
    assert weak.calls == calls and len(told) == MOST_FAULTS
    assert signer.name.startswith("OpenSSL")


def test_a_key_that_fails_its_self_test_is_used_by_openssl_alone(library: CryptoMb) -> None:
    weak = Disturbed(library)
    told: list[str] = []
    signer = MultiBufferSigner(weak, told.append)
    weak.disturb = lambda results: ctypes.memset(results, 7, 1) and None
    for _ in range(2):
        assert signer.sign(tasks(8, KEYS[:1])) == by_openssl(tasks(8, KEYS[:1]))
    assert weak.calls == 1 and len(told) == 1


def test_keys_that_the_library_has_no_function_for_are_signed_by_openssl(library: CryptoMb) -> None:
    mixed = [KEYS[0], new_key(bits=3072), KEYS[1], new_key(exponent=3)]
    weak = Disturbed(library)
    signer = MultiBufferSigner(weak)
    assert signer.sign(tasks(16, mixed)) == by_openssl(tasks(16, mixed))
    assert weak.calls == 3 and signer.faults == 0  # two self-tests, and one batch of the eight that fit


def test_one_or_two_signatures_are_not_worth_a_batch(library: CryptoMb) -> None:
    _, weak, _ = disturbed(library)
    signer, calls = MultiBufferSigner(weak), weak.calls
    assert signer.sign(tasks(2)) == by_openssl(tasks(2))
    assert signer.sign([]) == []
    assert weak.calls == calls


def test_threads_share_a_signer(library: CryptoMb) -> None:
    signer = MultiBufferSigner(library)
    wanted = [tasks(24, KEYS[number:]) for number in range(3)]
    expected = [by_openssl(of) for of in wanted]
    found: list[list[bytes]] = [[], [], []]

    def sign(number: int) -> None:
        for _ in range(10):
            found[number] = signer.sign(wanted[number])

    threads = [threading.Thread(target=sign, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected and signer.faults == 0


def test_other_threads_run_while_a_batch_is_computed(library: CryptoMb) -> None:
    signer = MultiBufferSigner(library)
    signer.sign(tasks(8))
    turns, over = 0, threading.Event()

    def count() -> None:
        nonlocal turns
        while not over.is_set():
            turns += 1
            time.sleep(0)

    before = sys.getswitchinterval()
    sys.setswitchinterval(60)  # nobody takes the interpreter away from a thread that keeps it
    other = threading.Thread(target=count)
    try:
        other.start()
        first = turns
        signer.sign(tasks(400))
        seen = turns - first
    finally:
        over.set()
        other.join()
        sys.setswitchinterval(before)
    assert seen > 0


def test_a_key_is_not_copied_and_shows_nothing() -> None:
    key = KEYS[0]
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            attempt(key)
    assert str(key.numbers().p) not in repr(key)


def test_a_forgotten_key_is_wiped(library: CryptoMb) -> None:
    signer, key = MultiBufferSigner(library), new_key()
    signer.sign(tasks(8, [key]))
    loaded = signer._loaded[key]
    assert loaded is not None
    promised = [each.peek() for each in weakref.finalize._registry]  # type: ignore[attr-defined]
    buffer = next(each[2][0] for each in promised if each and each[0] is loaded)
    assert any(buffer.raw) and ctypes.addressof(buffer) == loaded.addresses[0]
    del key, loaded, promised
    assert not any(buffer.raw)


def test_without_library_or_processor_openssl_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(find_signer(enabled=False), OpenSslSigner)
    with monkeypatch.context() as patch:
        patch.setattr(rsa_batch, "LIBRARY", "libdoes_not_exist.so.1")
        patch.setattr(rsa_batch, "_processor_has_ifma", lambda: True)
        missing = find_signer()
    assert isinstance(missing, OpenSslSigner) and "isn't installed" in missing.name
    with monkeypatch.context() as patch:
        patch.setattr(rsa_batch, "LIBRARY", "libc.so.6")
        patch.setattr(rsa_batch, "_processor_has_ifma", lambda: True)
        foreign = find_signer()
    assert isinstance(foreign, OpenSslSigner) and "isn't a supported version" in foreign.name
    plain = tmp_path / "cpuinfo"
    plain.write_text("processor\t: 0\nflags\t\t: fpu avx2 avx512f avx512dq avx512bw avx512vl\n")
    assert not rsa_batch._processor_has_ifma(plain)
    assert not rsa_batch._processor_has_ifma(tmp_path / "nothing")
    of = tasks(9)
    assert missing.sign(of) == by_openssl(of)
