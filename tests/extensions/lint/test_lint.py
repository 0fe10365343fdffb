"""`mailflatrate lint`: what it prints, how it ends, and as a process what it leaves unloaded."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import dkim
import pytest
from click.testing import CliRunner, Result

import mailflatrate
from mailflatrate.entrypoints.cli.main import cli
from mailflatrate.mail.signing.dkim import generate_key
from mailflatrate.rules.gate.lint import LintLookups, judge_message, message_facts
from mailflatrate.wire.dns import ZoneServer
from rules.messages import GOOD, octets


def lint(*arguments: str, stdin: str = "") -> Result:
    """The command without any setting."""
    without = dict.fromkeys(name for name in os.environ if name.startswith("MAILFLATRATE_"))
    return CliRunner().invoke(cli, ["lint", *arguments], input=stdin, env=without)


def lint_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The same as a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    environment["PYTHONPATH"] = str(Path(mailflatrate.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "lint", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_from_lines_are_judged_one_by_one(tmp_path: Path) -> None:
    lines = [{"raw": "Lindenhof <a@lindenhof.example>"}, {"raw": '"help@bank.de" <a@rose.example>'}, {"nothing": 1}]
    done = lint("--from-lines", stdin="\n".join(map(json.dumps, lines)) + "\nno json\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["verdict"] for answer in answers] == ["pass", "block", "error", "error"]
    assert answers[0] == {
        "raw": "Lindenhof <a@lindenhof.example>",
        "name": "Lindenhof",
        "address": "a@lindenhof.example",
        "findings": [],
        "verdict": "pass",
    }
    finding = answers[1]["findings"][0]
    assert {"rule": "R-45", "severity": "block", "where": "From"}.items() <= finding.items()
    assert "help@bank.de" in finding["message"]
    own = tmp_path / "brands.csv"
    own.write_text("Lindenhof;d;elsewhere.example\n", "utf-8")
    done = lint("--from-lines", "--brands", str(own), stdin=json.dumps(lines[0]))
    assert json.loads(done.stdout)["verdict"] == "block"
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("no brand", "utf-8")
    assert "no brand" in lint("--from-lines", "--brands", str(wrong), stdin="").stderr


def test_a_message_is_judged_for_people_and_for_machines(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.eml", tmp_path / "bad.eml"
    good.write_bytes(octets(GOOD))
    bad.write_bytes(octets(GOOD.replace("Subject: W", "Subject: Re: W").replace("Lindenweg 4, ", "")))
    page = lint("--offline", "--profile", "google", str(bad))
    assert page.exit_code == 1
    assert "block  R-47  Subject: The subject line starts with Re:" in page.stdout
    assert f"{bad}: block" in page.stdout
    german = lint("--offline", "--language", "de", str(bad)).stdout
    assert "Der Betreff beginnt mit Re:" in german
    answer = json.loads(lint("--offline", "--json", str(bad)).stdout)
    assert set(answer) >= {"file", "findings", "verdict"}
    subject = next(finding for finding in answer["findings"] if finding["key"] == "subject-honest")
    assert {"rule", "severity", "message", "where", "source"} <= set(subject)
    assert (subject["where"], subject["line"]) == ("Subject", 5)
    log = json.loads(lint("--offline", "--sarif", str(good), str(bad)).stdout)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert {one["id"] for one in run["tool"]["driver"]["rules"]} == {one["ruleId"] for one in run["results"]}
    assert {"error", "warning", "note"} >= {one["level"] for one in run["results"]}
    region = next(one for one in run["results"] if one["ruleId"] == "subject-honest")["locations"][0]
    assert region["physicalLocation"]["region"] == {"startLine": 5}


def test_only_a_blocking_finding_ends_with_one(tmp_path: Path) -> None:
    unsigned, warned = tmp_path / "unsigned.eml", tmp_path / "warned.eml"
    unsigned.write_bytes(octets(GOOD))
    assert lint("--offline", str(unsigned)).exit_code == 1
    key = tmp_path / "key.pem"
    pem, record = generate_key()
    key.write_bytes(pem)
    names = [line.partition(":")[0].encode() for line in GOOD.partition("\n\n")[0].split("\n") if line[0] != " "]
    raw = octets(GOOD.replace("Feedback-ID: abcd:account7:campaign:lindenhof", "Feedback-ID: none"))
    field = dkim.sign(raw, b"s1", b"lindenhof.de", pem, include_headers=[n for n in names if n != b"Return-Path"])
    warned.write_bytes(field + raw)
    assert lint_process("--offline", str(unsigned)).returncode == 1
    done = lint("--offline", str(warned))
    assert (done.exit_code, "warn   R-63" in done.stdout) == (0, True), done.stdout
    with ZoneServer({"s1._domainkey.lindenhof.de": {"TXT": [record]}}) as dns:
        asked = json.loads(lint("--json", "--dns", dns.nameserver, str(warned)).stdout)
    keys = {finding["key"] for finding in asked["findings"]}
    assert "dkim-holds" not in keys
    assert {"domain-dmarc", "domain-spf", "domain-mx"} <= keys
    assert lint("--offline", stdin="").exit_code == 2
    assert lint("--offline", "-", stdin="\0\r\n\x7f").exit_code == 1


def test_it_starts_quickly_and_loads_no_database() -> None:
    code = (
        "import sys; sys.argv = ['mailflatrate', 'lint', '--from-lines']\n"
        "from mailflatrate.entrypoints.cli.main import cli\n"
        "cli(standalone_mode=False)\n"
        "heavy = ('django', 'psycopg', 'procrastinate', 'mrml', 'liquid', 'pydantic')\n"
        "print([name for name in heavy if name in sys.modules])\n"
        "print(len(sys.modules))"
    )
    environment = {"PYTHONPATH": str(Path(mailflatrate.__file__).parents[1]), "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", code], input='{"raw": "a <b@c.de>"}', env=environment,
                          capture_output=True, text=True, timeout=60, check=True)  # fmt: skip
    heavy, modules = done.stdout.splitlines()[-2:]
    assert heavy == "[]"
    assert int(modules) < 600, "all of the product is 3,000"


CORPUS = next((one for one in Path(__file__).parents if (one / "shared" / "corpus").is_dir()), None)


@pytest.mark.slow
@pytest.mark.skipif(CORPUS is None, reason="the shared corpus of real headers is not on this machine")
def test_real_unsubscribe_fields_are_judged_as_the_rfcs_read() -> None:
    assert CORPUS is not None
    lines = (CORPUS / "shared" / "corpus" / "list_unsubscribe.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    head = "From: Lindenhof <news@lindenhof.de>\r\n"
    for case in cases:
        post = f"List-Unsubscribe-Post: {case['post']}\r\n" if case["post"] else ""
        raw = f"{head}List-Unsubscribe: {case['list_unsubscribe']}\r\n{post}\r\n".encode("utf-8", "surrogateescape")
        verdict = judge_message(message_facts(raw, LintLookups(), now=datetime.now(UTC)))
        found = {finding.key for finding in verdict.failures}
        assert ("list-unsubscribe" not in found) == follows_rfc_2369(case["list_unsubscribe"]), case
        assert ("one-click" not in found) == follows_rfc_8058(case["list_unsubscribe"], case["post"]), case
    assert len(cases) > 500


def follows_rfc_2369(value: str) -> bool:
    """Decided from the text of the RFC alone: comments skipped, URIs in brackets, commas between, white space free."""
    items, at, text = [], 0, "".join(char for char in value if char not in "\r\n")
    expect_item = True
    while at < len(text):
        char = text[at]
        if char in " \t":
            at += 1
        elif char == "(":
            at = text.find(")", at) + 1 or len(text)
        elif char == "," and not expect_item:
            expect_item, at = True, at + 1
        elif char == "<" and expect_item:
            end = text.find(">", at)
            if end < 0:
                return False
            items.append("".join(text[at + 1 : end].split()))
            expect_item, at = False, end + 1
        else:
            return False
    return bool(items) and not expect_item and all(map(is_uri, items))


def is_uri(text: str) -> bool:
    """A web address with a host or a mail address, the schemes a mail program can follow (RFC 3986, 6068)."""
    scheme, colon, rest = text.partition(":")
    if not colon or not text.isascii() or not text.isprintable():
        return False
    if scheme.lower() == "mailto":
        return "@" in unquote(rest.split("?")[0].split(",")[0])
    return scheme.lower() in ("http", "https") and rest.startswith("//") and rest[2:3] not in ("", "/", "?", "#")


def follows_rfc_8058(value: str, post: str | None) -> bool:
    """One https URI among those in brackets, and the one value that the other field may have."""
    uris = ["".join(part.partition(">")[0].split()) for part in value.replace("\r\n", "").split("<")[1:] if ">" in part]
    secure = [uri for uri in uris if is_uri(uri) and uri.lower().startswith("https:")]
    return len(secure) == 1 and (post or "").strip() == "List-Unsubscribe=One-Click"
