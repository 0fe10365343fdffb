"""Renders the shaping table for Postfix, which opens the connections to providers: ours to the relay carry messages for
all of them. Each provider has a delivery service, whose processes are its connections; its domains share it.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from mailflatrate.rules.sending.providers import domains_by_provider
from mailflatrate.rules.sending.relays import RelayPool
from mailflatrate.rules.sending.shaping import POOL_PERCENT, SHAPES, Shape

CONNECTION_SECONDS = 300
PREFIX = "mfr-"
"""Begins the name of each service, so that ours are told from the operator's own."""


@dataclass(frozen=True, slots=True)
class ServiceLimit:
    shape: Shape
    connections: int

    @property
    def name(self) -> str:
        return PREFIX + self.shape.provider.replace("_", "-")

    @property
    def entry(self) -> str:
        reuse = f"-o smtp_connection_reuse_count_limit={self.shape.per_connection - 1}"  # after the first message
        lifetime = f"-o smtp_connection_reuse_time_limit={CONNECTION_SECONDS}s"
        return f"{self.name} unix - - n - {self.connections} smtp {reuse} {lifetime} -o syslog_name=postfix/{self.name}"

    @property
    def parameters(self) -> dict[str, str]:
        """Lines of main.cf: each domain starts slowly, and deliveries to it stop early if it fails."""
        return {
            f"{self.name}_initial_destination_concurrency": str(min(2, self.connections)),
            f"{self.name}_destination_concurrency_limit": str(self.connections),
        }


def service_limits(pool: RelayPool, relays: int) -> list[ServiceLimit]:
    """For one of `relays` that share a pool's limits. Raises ValueError below one."""
    if relays < 1:
        raise ValueError("a pool must have at least one relay")
    return [ServiceLimit(shape, max(1, shape.connections * POOL_PERCENT[pool] // 100 // relays)) for shape in SHAPES]


def transport_map(limits: list[ServiceLimit]) -> str:
    names = {limit.shape.provider: limit.name for limit in limits}
    return "".join(f"{domain} {names[key]}:\n" for domain, key in sorted(domains_by_provider().items()))


def as_script(limits: list[ServiceLimit], directory: str) -> str:
    """Return a re-runnable shell script that sets these limits with Postfix's own tools."""
    return "\n".join([*_script(limits, directory), ""])


def _script(limits: list[ServiceLimit], directory: str) -> Iterator[str]:
    here, table = shlex.quote(directory), shlex.quote(f"{directory}/mailflatrate_transport")
    yield "#!/bin/sh"
    yield "# Connections and messages per connection by provider, from mailflatrate's shaping table. Run it as root."
    yield "set -eu"
    yield f"cat > {table} <<'END'"
    yield transport_map(limits) + "END"
    for limit in limits:
        yield f"postconf -c {here} -M '{limit.name}/unix={limit.entry}'"
        for name, value in limit.parameters.items():
            yield f"postconf -c {here} -e '{name}={value}'"
    yield f"maps=$(postconf -c {here} -h transport_maps)"
    yield f'case "$maps" in *{table}*) ;; *) postconf -c {here} -e "transport_maps=$maps texthash:{table}" ;; esac'
    yield f"postfix -c {here} check"
    yield f"if postfix -c {here} status 2>/dev/null; then postfix -c {here} reload; fi"


def differences(limits: list[ServiceLimit], services: str, parameters: str, transport: str) -> list[str]:
    """Compare with `postconf -M`, `postconf -n` and the transport map."""
    by_name = {line.split()[0]: " ".join(line.split()) for line in services.splitlines() if line.strip()}
    lines = (line.partition("=") for line in parameters.splitlines())
    values = {name.strip(): value.strip() for name, _, value in lines}
    problems = []
    for limit in limits:
        if by_name.get(limit.name) != limit.entry:
            problems.append(f"{limit.name}: the service in master.cf is missing or differs")
        for name, value in limit.parameters.items():
            if values.get(name) != value:
                problems.append(f"{name} is {values.get(name, 'not set')}, not {value}")
    missing = set(transport_map(limits).splitlines()) - {" ".join(line.split()) for line in transport.splitlines()}
    if missing:
        problems.append(f"{len(missing)} domains are missing in the transport map, such as {min(missing).split()[0]}")
    return problems
