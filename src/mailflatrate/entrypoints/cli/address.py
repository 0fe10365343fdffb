"""`mailflatrate address check`: the rules' decision about addresses. Loads neither Django nor the database."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice

import click

from mailflatrate.mail.address import domain_of
from mailflatrate.rules.addresses import AddressVerdict, ResolverFacts, check_lines, decide_address
from mailflatrate.rules.addresses.domains import RESERVED_ENDINGS

_LINES_AT_ONCE = 1000


@click.group()
def address_command() -> None:
    """Check addresses the way forms, the API and imports do."""


@address_command.command("check")
@click.option("--offline", is_flag=True, help="Skip DNS lookups. Whether a domain accepts mail is not checked.")
def check_command(offline: bool) -> None:
    """Read one address per line from standard input and print one JSON object for each.

    Keys: address, verdict (accept, refuse, hold), rule, reason, suggestion. An address is never refused because DNS
    doesn't answer.
    """
    if offline:
        print_judged(check_lines(_text(sys.stdin.buffer)))
    else:
        print_judged(_check_online(_text(sys.stdin.buffer)))


def _text(lines: Iterable[bytes]) -> Iterator[str]:
    """Decode lines of UTF-8; broken octets become U+FFFD, which no address contains."""
    return (line.decode("utf-8", "replace") for line in lines)


def print_judged(answers: Iterable[dict[str, str | None]]) -> None:
    encode = json.JSONEncoder(ensure_ascii=False).encode
    waiting: list[str] = []
    for judged in answers:
        waiting.append(encode(judged))
        if len(waiting) == _LINES_AT_ONCE:
            sys.stdout.write("\n".join(waiting) + "\n")
            waiting.clear()
    if waiting:
        sys.stdout.write("\n".join(waiting) + "\n")


def _check_online(lines: Iterator[str]) -> Iterator[dict[str, str | None]]:
    """Make the same decision with each domain's DNS answer, queried once (R-18)."""
    from mailflatrate.settings.schema import load_settings
    from mailflatrate.wire.dns import DnsResolver, ask_domains

    settings = load_settings()
    servers = [server.strip() for server in settings.dns_servers.split(",") if server.strip()]
    resolver = DnsResolver(servers or None, timeout_seconds=settings.dns_timeout_seconds)
    facts: dict[str, ResolverFacts | None] = {}
    texts = (line.rstrip("\r\n") for line in lines if line.strip())
    while part := list(islice(texts, _LINES_AT_ONCE)):
        domains = [_domain_to_ask(text) for text in part]
        new = sorted({domain for domain in domains if domain and domain not in facts})
        answers = ask_domains(new, resolver)
        facts |= dict.fromkeys(new)
        for domain, seen in answers.items():
            resolves = bool(seen.can_receive) or seen.is_null
            facts[domain] = ResolverFacts(resolves=resolves, null_mx=seen.is_null)
        for text, domain in zip(part, domains, strict=True):
            yield decide_address(text, resolver_facts=facts.get(domain)).as_json()


def _domain_to_ask(text: str) -> str:
    """Return the domain whose answer could change the decision; empty if none could."""
    decision = decide_address(text)
    domain = domain_of(decision.address)
    settled = decision.verdict is AddressVerdict.REFUSE or domain.rpartition(".")[2] in RESERVED_ENDINGS
    return "" if settled else domain
