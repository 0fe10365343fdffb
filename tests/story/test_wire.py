"""Every kind of message before judges that are not ours: Python's parser, dkimpy, mailauth, html5lib, SpamAssassin."""

import json
import os
import re
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import dkim
import html5lib
import pytest

from message_kinds import RECORDS, SENDER_IP, Message, messages, zone

MAILAUTH = Path(__file__).parents[2] / "frontend" / "node_modules" / "mailauth"
SCRIPT = """
const { authenticate } = require(process.argv[1]);
const { ip, zone, mails } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const resolver = async (name, type) => {
  const found = (zone[name.toLowerCase()] || {})[type];
  if (!found) { const error = new Error('no ' + name); error.code = 'ENOTFOUND'; throw error; }
  return type === 'TXT' ? found.map((one) => [one]) : found;
};
(async () => {
  const said = [];
  for (const mail of mails) {
    const told = await authenticate(Buffer.from(mail.raw, 'base64'), {
      ip, helo: 'mail.mailflatrate.example', sender: mail.sender, mta: 'judge.example', resolver, disableBimi: true,
    });
    said.push([told.dkim.results.map((one) => one.status.result), told.spf.status.result, told.dmarc.status.result]);
  }
  console.log(JSON.stringify(said));
})();
"""
NEVER_OVER = 2.0
"""Points; five are spam. A message of ours has none of its own."""
AVOIDABLE = {"HTML_FONT_LOW_CONTRAST", "TO_IN_SUBJ", "HTML_TITLE_SUBJ_DIFF", "MISSING_HEADERS", "MIME_HTML_ONLY"}


def named(message: Message) -> str:
    return f"{message.kind} {message.language}"


def test_python_reads_each_without_a_defect_and_every_field_once() -> None:
    for message in messages():
        parsed = message.parsed
        assert [defect for part in parsed.walk() for defect in part.defects] == [], named(message)
        assert all(not value.defects for value in parsed.values()), named(message)
        names = [name.lower() for name in parsed]
        assert len(names) == len(set(names)), named(message)
        assert parsed["Content-Language"] == message.language
        assert not re.search(r"\S@\S", str(parsed["Subject"])), named(message)
        bulk = "List-Unsubscribe" in parsed
        assert (parsed["List-Post"] == "NO") is bulk
        assert ("Auto-Submitted" in parsed) is ("X-Auto-Response-Suppress" in parsed) is not bulk


def test_dkimpy_verifies_each() -> None:
    records = {f"{name}.".encode(): record.encode() for name, record in RECORDS.items()}
    for message in messages():
        assert dkim.verify(message.raw, dnsfunc=lambda name, timeout=5: records.get(name)), named(message)


def test_mailauth_finds_dkim_spf_and_dmarc_good() -> None:
    """In a zone of our own, under adkim=s and p=reject."""
    mails = [{"raw": b64encode(each.raw).decode(), "sender": each.envelope_from} for each in messages()]
    asked = json.dumps({"ip": SENDER_IP, "zone": zone(), "mails": mails}).encode()
    done = subprocess.run(
        ["node", "-e", SCRIPT, str(MAILAUTH)], input=asked, capture_output=True, timeout=60, check=True
    )
    told = json.loads(done.stdout)
    assert len(told) == len(mails)
    assert [
        named(each) for each, said in zip(messages(), told, strict=True) if said != [["pass"], "pass", "pass"]
    ] == []


def test_html5lib_reads_each_without_an_error() -> None:
    for message in messages():
        parser = html5lib.HTMLParser()
        document = parser.parse(message.part("html"))
        assert parser.errors == [], named(message)
        spaced = "{http://www.w3.org/1999/xhtml}"
        assert document.attrib["lang"] == message.language, named(message)
        assert document.attrib["dir"] in ("ltr", "rtl")
        metas = [meta.attrib for meta in document.iter(f"{spaced}meta")]
        assert sum("charset" in meta or meta.get("http-equiv") == "Content-Type" for meta in metas) == 1, named(message)
        assert {meta.get("name") for meta in metas} >= {"viewport", "color-scheme"}, named(message)
        if not message.kind.startswith(("notice", "confirmation")):
            assert [each for level in "123" for each in document.iter(f"{spaced}h{level}")], named(message)


def test_both_parts_have_the_same_number_of_links() -> None:
    """rspamd gives a point for an odd number in both together (URI_COUNT_ODD)."""
    for message in messages():
        in_html = re.findall(r'<a [^>]*href="(https?://[^"]+)"', message.part("html"))
        in_text = re.findall(r"https?://[^\s<>)]+", message.part("plain"))
        assert len(set(in_html)) == len(set(in_text)), (named(message), in_html, in_text)


@pytest.mark.skipif(not shutil.which("spamassassin"), reason="SpamAssassin is not installed: make tools")
def test_spamassassin_finds_nothing_that_we_could_avoid(tmp_path: Path) -> None:
    """One process for one message of each way to write; its own rules, without the network."""
    chosen = {"gallery-announcement", "markdown", "html", "confirmation-form", "notice"}
    mails = [each for each in messages() if each.language == "de" and each.kind in chosen]
    assert len(mails) == len(chosen)
    mark = b"From judge@example.net Fri Nov 27 00:00:00 2026\n"
    box = b"".join(mark + each.raw.replace(b"\r\n", b"\n") + b"\n" for each in mails)
    command = ["spamassassin", "--local", "--mbox", "--cf=use_bayes 0", "--cf=use_auto_whitelist 0"]
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run(command, input=box, env=home, capture_output=True, timeout=120, check=True)
    told = done.stdout.replace(b"\n\t", b"").replace(b"\n ", b" ").decode()
    found = re.findall(r"X-Spam-Status: \w+, score=(-?[\d.]+).*? tests=([A-Z0-9_,\s]*)", told)
    assert len(found) == len(mails), told[:3000]
    for each, (score, tests) in zip(mails, found, strict=True):
        names = set(re.split(r"[,\s]+", tests))
        assert not names & AVOIDABLE, (named(each), tests)
        assert float(score) < NEVER_OVER, (named(each), score, tests)
