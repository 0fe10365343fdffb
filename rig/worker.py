"""One worker process for benchmarks and fault runs: the product's own, and with --unsigned one that leaves DKIM out.

    python rig/worker.py send [--concurrency 2] [--unsigned]

No setting of the product turns signing off; here the function that loads the keys is put out of action from outside.
"""

from __future__ import annotations

import argparse
import sys

# structlog loads these for its tracebacks where they are installed, 4 MB in all. Only development installs them.
sys.modules.update(dict.fromkeys(("rich", "greenlet")))  # type: ignore[arg-type]  # None: not to be found

from mailflatrate.entrypoints.boot import boot  # noqa: E402
from mailflatrate.settings.links import ProcessPurpose  # noqa: E402


def main() -> None:
    """Work off the named queues until a signal says stop."""
    parser = argparse.ArgumentParser(description="worker for benchmarks")
    parser.add_argument("queues", nargs="+")
    parser.add_argument("--concurrency", type=int, default=2)
    parser.add_argument("--unsigned", action="store_true")
    options = parser.parse_args()
    boot(ProcessPurpose.SENDING if options.queues == ["send"] else ProcessPurpose.JOBS)
    from mailflatrate.apps.delivery.planning import editions
    from mailflatrate.entrypoints.workers.worker import run_worker

    if options.unsigned:
        editions.load_signers = lambda domain: ()  # type: ignore[attr-defined]
    run_worker(options.queues, options.concurrency, "bench")


if __name__ == "__main__":
    main()
