"""RSA-2048 signatures eight at a time, by Intel's multi-buffer library (AVX-512; Debian: `libcrypto-mb11`, Apache-2.0),
in the time of two and a half; slower without it. Its results are not trusted: a key is used only after eight of its
signatures equaled OpenSSL's, and every signature is verified before it is returned, because one faulty CRT signature
gives away the key (Boneh, DeMillo, Lipton 1997). OpenSSL signs what doesn't pass, and after `MOST_FAULTS` all. Keys are
wiped from our buffers with their object, intermediate values after each batch.
"""

import ctypes
import hashlib
import platform
import threading
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from mailflatrate.mail.signing.rsa_key import DigestSigner, OpenSslSigner, RsaKey, SigningTask

LIBRARY: Final = "libcrypto_mb.so.11"
LANES: Final = 8
KEY_BITS: Final = 2048
MOST_FAULTS: Final = 3
LEAST_TASKS: Final = 3
"""A batch takes as long as two and a half signatures of OpenSSL, however few of its lanes are used."""

_PUBLIC_EXPONENT: Final = 65537  # the only one that the library has a function for
_OCTETS: Final = KEY_BITS // 8
_HALF: Final = _OCTETS // 2
_DIGEST_OCTETS: Final = 32
_ALGORITHM_RSA_2K: Final = 1  # MBX_ALGO_RSA_2K
# EMSA-PKCS1-v1_5 with SHA-256, RFC 8017 section 9.2: everything before the digest.
_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
_ENCODED_HEAD: Final = (
    b"\x00\x01" + b"\xff" * (_OCTETS - 3 - len(_DIGEST_INFO) - _DIGEST_OCTETS) + b"\x00" + _DIGEST_INFO
)

_Pointers = ctypes.c_void_p * LANES
_Buffer = ctypes.Array[ctypes.c_char]


class LibraryMissing(Exception):
    """The library can't be used here; the message says why."""


class MultiBuffer(Protocol):
    scratch_octets: int
    version: str

    def private(self, given: object, results: object, key: "Sequence[object]", scratch: object) -> int: ...

    def public(self, given: object, results: object, moduli: object, scratch: object) -> int: ...


class CryptoMb:
    """The library itself. Raises `LibraryMissing` if it doesn't exist or this processor can't run it."""

    def __init__(self) -> None:
        if not _processor_has_ifma():  # before any of the library's code runs
            raise LibraryMissing("this processor has no AVX-512 IFMA")
        try:
            library = ctypes.CDLL(LIBRARY)
            tail = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
            self._private = _bound(library, "mbx_rsa_private_crt_mb8", ctypes.c_uint32, *[ctypes.c_void_p] * 7, *tail)
            self._public = _bound(library, "mbx_rsa_public_mb8", ctypes.c_uint32, *[ctypes.c_void_p] * 3, *tail)
            self._private_method = _bound(library, "mbx_RSA2K_private_crt_Method", ctypes.c_void_p)()
            self._public_method = _bound(library, "mbx_RSA2K_pub65537_Method", ctypes.c_void_p)()
            size = _bound(library, "mbx_RSA_Method_BufSize", ctypes.c_int, ctypes.c_void_p)
            widths = _bound(library, "mbx_get_algo_info", ctypes.c_uint64, ctypes.c_int)(_ALGORITHM_RSA_2K)
            applicable = _bound(library, "mbx_is_crypto_mb_applicable", ctypes.c_int, ctypes.c_uint64)(0)
            version = _bound(library, "mbx_getversion", ctypes.POINTER(_Version))().contents
        except OSError:
            raise LibraryMissing(f"{LIBRARY} isn't installed (Debian: libcrypto-mb11, optional)") from None
        except (AttributeError, ValueError) as problem:
            raise LibraryMissing(f"{LIBRARY} isn't a supported version of the library: {problem}") from problem
        if not applicable or not widths & LANES:
            raise LibraryMissing(f"{LIBRARY} can't use this processor")
        self.scratch_octets = max(int(size(self._private_method)), int(size(self._public_method)))
        self.version = f"{version.major}.{version.minor}.{version.revision}"

    def private(self, given: object, results: object, key: Sequence[object], scratch: object) -> int:
        return int(self._private(given, results, *key, KEY_BITS, self._private_method, scratch))

    def public(self, given: object, results: object, moduli: object, scratch: object) -> int:
        return int(self._public(given, results, moduli, KEY_BITS, self._public_method, scratch))


class MultiBufferSigner:
    """Signs up to eight digests at once. Safe to share between threads."""

    width = LANES

    def __init__(self, library: MultiBuffer, on_fault: Callable[[str], None] = lambda _: None) -> None:
        self._library = library
        self._on_fault = on_fault
        self._openssl = OpenSslSigner()
        self._loaded: weakref.WeakKeyDictionary[RsaKey, _LoadedKey | None] = weakref.WeakKeyDictionary()
        self._own = threading.local()
        self.faults = 0

    @property
    def name(self) -> str:
        if self.faults >= MOST_FAULTS:
            return f"OpenSSL: the multi-buffer library computed {self.faults} wrong signatures in this process"
        return f"multi-buffer library {self._library.version}, up to {LANES} signatures at once, each verified"

    def sign(self, tasks: Sequence[SigningTask]) -> list[bytes]:
        if len(tasks) < LEAST_TASKS:
            return self._openssl.sign(tasks)
        signatures: list[bytes | None] = [None] * len(tasks)
        fitting: list[tuple[int, bytes, _LoadedKey]] = []
        last: RsaKey | None = None
        loaded: _LoadedKey | None = None
        for place, (key, digest) in enumerate(tasks):
            if key is not last:
                last, loaded = key, self._load(key)
            if loaded is not None:
                fitting.append((place, digest, loaded))
        for start in range(0, len(fitting), LANES):
            batch = fitting[start : start + LANES]
            if len(batch) < LEAST_TASKS or self.faults >= MOST_FAULTS:
                break
            batch_signatures = self._compute([task[1] for task in batch], [task[2] for task in batch])
            for (place, _, _), signature in zip(batch, batch_signatures, strict=True):
                signatures[place] = signature
                if signature is None:
                    self._note_fault("a signature didn't verify and was made again by OpenSSL")
        return [
            tasks[place][0].sign(tasks[place][1]) if signature is None else signature
            for place, signature in enumerate(signatures)
        ]

    def _load(self, key: RsaKey) -> "_LoadedKey | None":
        try:
            return self._loaded[key]
        except KeyError:
            pass
        numbers = key.numbers() if key.bits == KEY_BITS else None
        loaded = None
        if numbers is not None and numbers.public_numbers.e == _PUBLIC_EXPONENT and _halves_fit(numbers.p, numbers.q):
            public = numbers.public_numbers.n
            loaded = _LoadedKey((numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp), public)
            digests = [hashlib.sha256(b"self-test %d" % lane).digest() for lane in range(LANES)]
            if self._compute(digests, [loaded] * LANES) != [key.sign(digest) for digest in digests]:
                loaded = None
                self._note_fault("a key failed its self-test and is used by OpenSSL alone")
        self._loaded[key] = loaded
        return loaded

    def _compute(self, digests: Sequence[bytes], keys: "Sequence[_LoadedKey]") -> list[bytes | None]:
        place = self._workspace()
        first, count = keys[0], len(digests)
        same = all(key is first for key in keys)
        lanes = first.pointers if same else _mixed([*keys, *[first] * (LANES - count)])
        place.put(digests)
        self._library.private(place.encoded_at, place.signed_at, lanes[:-1], place.scratch)
        self._library.public(place.signed_at, place.checked_at, lanes[-1], place.scratch)
        return place.verified(keys)

    def _workspace(self) -> "_Workspace":
        try:
            place: _Workspace = self._own.workspace
        except AttributeError:
            place = self._own.workspace = _Workspace(self._library.scratch_octets)
        return place

    def _note_fault(self, what: str) -> None:
        self.faults += 1
        self._on_fault(what)


class _LoadedKey:
    __slots__ = ("__weakref__", "addresses", "modulus", "pointers")

    def __init__(self, secret: Sequence[int], modulus: int) -> None:
        buffer = ctypes.create_string_buffer(_HALF * len(secret) + _OCTETS)
        weakref.finalize(self, ctypes.memset, buffer, 0, len(buffer))
        start, self.addresses = ctypes.addressof(buffer), []
        for number, octets in [*((number, _HALF) for number in secret), (modulus, _OCTETS)]:
            ctypes.memmove(start, number.to_bytes(octets, "little"), octets)
            self.addresses.append(start)
            start += octets
        self.modulus = modulus.to_bytes(_OCTETS, "big")
        self.pointers = [_Pointers(*[address] * LANES) for address in self.addresses]


class _Workspace:
    def __init__(self, scratch_octets: int) -> None:
        self.scratch = ctypes.create_string_buffer(scratch_octets + 64)
        self._encoded = ctypes.create_string_buffer((_ENCODED_HEAD + bytes(_DIGEST_OCTETS)) * LANES, _OCTETS * LANES)
        self._signed = ctypes.create_string_buffer(_OCTETS * LANES)
        self._checked = ctypes.create_string_buffer(_OCTETS * LANES)
        self.encoded_at, self.signed_at, self.checked_at = map(_lanes_of, (self._encoded, self._signed, self._checked))
        self._view = memoryview(self._encoded).cast("B")

    def put(self, digests: Sequence[bytes]) -> None:
        """Clear the last results, so that none can pass for a new one. Lanes without a digest keep an older one."""
        end = 0
        for digest in digests:
            end += _OCTETS
            self._view[end - _DIGEST_OCTETS : end] = digest
        ctypes.memset(self._signed, 0, len(self._signed))
        ctypes.memset(self._checked, 0, len(self._checked))

    def verified(self, keys: Sequence[_LoadedKey]) -> list[bytes | None]:
        ctypes.memset(self.scratch, 0, len(self.scratch))
        used = len(keys) * _OCTETS
        signed, checked, encoded = self._signed.raw, self._checked.raw, self._encoded.raw
        all_good = checked[:used] == encoded[:used]
        signatures: list[bytes | None] = []
        for start, key in zip(range(0, used, _OCTETS), keys, strict=True):
            end = start + _OCTETS
            signature = signed[start:end]
            # RFC 8017 section 5.2.2 refuses a number that isn't below the modulus, though it leads to the same digest.
            good = (all_good or checked[start:end] == encoded[start:end]) and signature < key.modulus
            signatures.append(signature if good else None)
        return signatures


def find_signer(*, enabled: bool = True, on_fault: Callable[[str], None] = lambda _: None) -> DigestSigner:
    if not enabled:
        return OpenSslSigner("the multi-buffer library is turned off")
    try:
        return MultiBufferSigner(CryptoMb(), on_fault)
    except LibraryMissing as missing:
        return OpenSslSigner(str(missing))


def _halves_fit(*primes: int) -> bool:
    return all(prime.bit_length() == KEY_BITS // 2 for prime in primes)


def _mixed(keys: Sequence[_LoadedKey]) -> list[ctypes.Array[ctypes.c_void_p]]:
    return [_Pointers(*column) for column in zip(*[key.addresses for key in keys], strict=True)]


def _lanes_of(buffer: _Buffer) -> ctypes.Array[ctypes.c_void_p]:
    start = ctypes.addressof(buffer)
    return _Pointers(*[start + lane * _OCTETS for lane in range(LANES)])


def _processor_has_ifma(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    if platform.machine() != "x86_64":
        return False
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    return {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512ifma"} <= set(flags)


class _Version(ctypes.Structure):
    _fields_ = [("major", ctypes.c_int), ("minor", ctypes.c_int), ("revision", ctypes.c_int)]


def _bound(library: ctypes.CDLL, name: str, result: object, *arguments: object) -> Callable[..., Any]:
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments
    return function  # type: ignore[no-any-return]
