"""What the benchmarks measure with: processor time and memory of processes, the signing limit, the machine."""

from __future__ import annotations

import multiprocessing
import os
import platform
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, its reaped children included; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(field) for field in fields[11:15]) / TICKS


def peak_rss_mb(pid: int) -> float:
    """The most memory a process ever had."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return round(int(line.split()[1]) / 1024, 1)
    raise ValueError("no VmHWM")


def family(pid: int) -> list[int]:
    """A process and its present children."""
    children = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == pid:
                children.append(int(entry.name))
    return [pid, *children]


def _sign(seconds: float, results: multiprocessing.Queue[int]) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    scheme, digest, count = padding.PKCS1v15(), Prehashed(hashes.SHA256()), 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for _ in range(50):
            key.sign(b"x" * 32, scheme, digest)
        count += 50
    results.put(count)


def signing_limit(seconds: float = 3.0) -> float:
    """RSA-2048 signatures a second of the `cryptography` package on all cores at once."""
    results: multiprocessing.Queue[int] = multiprocessing.Queue()
    processes = [multiprocessing.Process(target=_sign, args=(seconds, results)) for _ in range(os.cpu_count() or 1)]
    for process in processes:
        process.start()
    total = sum(results.get() for _ in processes)
    for process in processes:
        process.join()
    return total / seconds


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    memory_kb = int(Path("/proc/meminfo").read_text().split()[1])
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gb": round(memory_kb / 1024**2, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
