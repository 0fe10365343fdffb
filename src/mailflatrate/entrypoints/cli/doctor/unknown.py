"""Unknown results: how many campaigns have them, and which hosts' journals would settle them."""

from collections.abc import Iterator

from mailflatrate.apps.delivery.unknown import all_unknown
from mailflatrate.entrypoints.boot.doctor_report import Line, ok, warning

MOST_HOSTS = 20


def unknown_lines() -> Iterator[Line]:
    """Yield the numbers of unknown results and the missing hosts. Reads only."""
    found = all_unknown()
    hosts = found.hosts
    for host in hosts[:MOST_HOSTS]:
        yield warning(
            "results",
            f"the journal of the lost host {host.name} has been missing since {host.since:%Y-%m-%d %H:%M} UTC. It "
            f"would settle unknown results: {host.results}, in campaigns: {host.campaigns}",
            f"Start {host.name} with its data folder so that a sender reads the journal, or rescue the folder and "
            "run `mailflatrate journal replay DIR`. If the journal is lost for good, the results stay unknown.",
        )
    if len(hosts) > MOST_HOSTS:
        yield warning("results", f"{len(hosts) - MOST_HOSTS} more lost hosts", "Recover the hosts listed above first.")
    if not found.campaigns and not found.results:
        yield ok("results", "every message has a known result")
    elif hosts:
        yield ok("results", f"unknown: {found.results}, in campaigns: {found.campaigns}")
    else:
        yield ok(
            "results",
            f"unknown: {found.results}, in campaigns: {found.campaigns}; there is no missing journal that could "
            "settle them",
        )
