"""The counters of each process about its own work (docs/features/metrics.md). It writes them to a file in the data
folder every few seconds, which the host's exporter reads, so that a sender needs no port that outsiders could
reach.
"""
