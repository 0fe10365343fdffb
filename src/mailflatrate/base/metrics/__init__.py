"""The counters of each process about its own work. `names` has the series, `sharing` passes them to the one exporter
per host.

A process writes its series to a file in the data folder every few seconds; the exporter of the host (the pages, or
`mailflatrate exporter` where there are none) reads the files of all running processes
(docs/features/metrics.md). So a sender needs no port of its own, and outsiders cannot reach it.
"""
