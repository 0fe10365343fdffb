"""Runs a command of the product on a host whose clock is ten minutes behind: python bench/late_clock.py worker ..."""

from __future__ import annotations

import time
from datetime import timedelta

from mailflatrate.base import clock
from mailflatrate.entrypoints.cli.main import main

BEHIND = timedelta(minutes=10)

_now, _time, _time_ns = clock.now, time.time, time.time_ns
clock.now = lambda: _now() - BEHIND
time.time = lambda: _time() - BEHIND.total_seconds()
time.time_ns = lambda: _time_ns() - round(BEHIND.total_seconds()) * 1_000_000_000

if __name__ == "__main__":
    main()
