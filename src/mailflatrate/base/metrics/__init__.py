"""The counters of each process about its own work. `names` has the series, `sharing` puts them where one exporter per
host finds them.

A process writes its series to a file in the data folder every few seconds; the exporter of the host (the pages, or
`mailflatrate exporter` where there are none) reads the files of all living processes (ADR 0024). So a sender needs no
port of its own, and outsiders cannot reach it.
"""
