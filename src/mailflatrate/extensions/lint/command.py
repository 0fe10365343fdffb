"""`mailflatrate lint`: the gate's checks for any email. Loads neither Django nor the database."""

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from mailflatrate.extensions.lint.report import LintedMessage, as_json, as_sarif, as_text
from mailflatrate.locale.formats import complete_languages
from mailflatrate.mail.identifiers.tokens import TOKEN_PATTERN, KeyRing, KeyRingError, TokenPurpose
from mailflatrate.mail.links import LinkKind
from mailflatrate.rules.gate.causes import find_causes
from mailflatrate.rules.gate.lint import LintLookups, judge_message, lint_from_line, message_facts
from mailflatrate.rules.messages.message import MessageKind
from mailflatrate.rules.messages.message_chain import Profile
from mailflatrate.rules.names.brands import Brands, load_brands

_CLICK = re.compile(rf"(https?://[^/?#]+)/({LinkKind.CLICK.value}|{LinkKind.PERSONAL_CLICK.value})/({TOKEN_PATTERN})")
_PURPOSES = {LinkKind.CLICK.value: TokenPurpose.CLICK, LinkKind.PERSONAL_CLICK.value: TokenPurpose.PERSONAL_CLICK}


class OwnLinks:
    """A check against the installation's key ring, which is loaded for the first link that looks like ours."""

    def __init__(self) -> None:
        self._ring: KeyRing | None = None
        self._base = ""
        self._is_read = False

    def rewrote(self, url: str) -> bool:
        match = _CLICK.fullmatch(url)
        if match is None:
            return False
        if not self._is_read:
            self._read()
        if self._ring is None or match[1].lower() != self._base:
            return False
        return self._ring.open_token(_PURPOSES[match[2]], match[3]) is not None

    def _read(self) -> None:
        """Read the key ring from the environment or the data folder; never create one."""
        from mailflatrate.settings.schema import SettingsError, load_settings
        from mailflatrate.settings.secrets import load_secrets

        self._is_read = True
        try:
            settings = load_settings()
            if settings.token_keys or (settings.data_dir / "secrets.json").exists():
                self._ring, self._base = KeyRing.parse(load_secrets().token_keys), settings.public_url.lower()
        except (SettingsError, KeyRingError, OSError, ValueError):
            self._ring = None


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--json", "form", flag_value="json", help="Print one JSON object per message.")
@click.option("--sarif", "form", flag_value="sarif", help="Print one SARIF 2.1.0 log for all messages.")
@click.option(
    "--profile",
    type=click.Choice([choice.value for choice in Profile]),
    default="all",
    show_default=True,
    help="Whose requirements to check against.",
)
@click.option(
    "--kind",
    type=click.Choice(["auto", *(message_kind.value for message_kind in MessageKind)]),
    default="auto",
    show_default=True,
    help="Kind of message. `auto` detects it from List-*, Precedence, Feedback-ID, In-Reply-To, recipients and text.",
)
@click.option(
    "--offline", is_flag=True, help="Skip DNS lookups. Signatures are checked as far as possible without the key."
)
@click.option(
    "--dns",
    "dns_servers",
    default="",
    envvar="MAILFLATRATE_DNS_SERVERS",
    help="Comma-separated `address:port` of DNS servers. Empty: the system's resolvers.",
)
@click.option(
    "--language",
    type=click.Choice(complete_languages()),
    default="en",
    show_default=True,
)
@click.option("--from-lines", is_flag=True, help="Check only From fields: JSON lines with `raw` on standard input.")
@click.option(
    "--brands",
    "brands_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="MAILFLATRATE_BRANDS_FILE",
    help="Your own brands, in addition to the built-in list.",
)
@click.pass_context
def lint_command(
    context: click.Context, files: tuple[Path, ...], form: str | None, profile: str, kind: str, offline: bool,
    dns_servers: str, language: str, from_lines: bool, brands_file: Path | None,
) -> None:  # fmt: skip
    """Check messages from any system. FILES are whole messages, as sent or as received; - is standard input.

    Only the rules for a message's kind apply. Fields that relays and receivers added don't count against the sender. A
    finding caused by another is listed under it, with the first one to fix at the top. Exits with 1 if a rule blocks,
    with 2 if the arguments are wrong.
    """
    try:
        brands = load_brands(brands_file)
    except ValueError as problem:
        raise click.UsageError(str(problem)) from problem
    if from_lines:
        print_from_lines(sys.stdin.buffer, brands)
        return
    if not files:
        raise click.UsageError("Name a message file, or - for standard input.")
    asked = LintOptions(Profile(profile), None if kind == "auto" else MessageKind(kind), offline)
    judged = [_judge(file, asked, _outside(brands, dns_servers, offline)) for file in files]
    if form == "sarif":
        click.echo(as_sarif(judged, language))
    else:
        for judgment in judged:
            click.echo(as_json(judgment, language) if form == "json" else as_text(judgment, language))
    context.exit(1 if any(judgment.word == "block" for judgment in judged) else 0)


@dataclass(frozen=True, slots=True)
class LintOptions:
    """The options of a run. If `kind` is None, it is derived from each message."""

    profile: Profile
    kind: MessageKind | None
    offline: bool


def _judge(file: Path, asked: LintOptions, outside: LintLookups) -> LintedMessage:
    raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    facts = message_facts(raw, outside, now=datetime.now(UTC), kind=asked.kind)
    verdict = judge_message(facts, asked.profile, offline=asked.offline)
    return LintedMessage(str(file), asked.profile, facts, verdict, find_causes(verdict))


def _outside(brands: Brands, dns_servers: str, offline: bool) -> LintLookups:
    rewrote = OwnLinks().rewrote
    if offline:
        return LintLookups(brands=brands, rewrote=rewrote)
    from mailflatrate.extensions.lint.dns import ask_the_dns

    asked = ask_the_dns(brands, [server.strip() for server in dns_servers.split(",") if server.strip()])
    return replace(asked, rewrote=rewrote)


def print_from_lines(lines: Iterable[bytes], brands: Brands) -> None:
    """Check one JSON object per line: `raw` and its findings. Any other line gives an `error`."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for line in lines:
        if not line.strip():
            continue
        try:
            raw = str(json.loads(line.decode("utf-8", "replace"))["raw"])
        except (ValueError, KeyError, TypeError, RecursionError):
            click.echo(encode({"error": "not a JSON object with `raw`", "findings": [], "verdict": "error"}))
            continue
        click.echo(encode({"raw": raw, **lint_from_line(raw, brands)}).encode("utf-8", "replace"))
