"""One of our messages, judged by all: our own lint, dkimpy, and the verifiers and filters that are installed."""

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest

from mailflatrate.apps.delivery.planning.editions import edition_mail
from mailflatrate.apps.domains.models import DkimKey
from mailflatrate.apps.gate.actions import release_campaign
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.extensions.lint.command import OwnLinks
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.message.edition import Recipient
from mailflatrate.rules.gate.lint import LintLookups, judge_message, message_facts, no_key, rewrote_nothing
from mailflatrate.rules.messages.message_chain import Profile
from mailflatrate.settings.schema import load_settings
from support.cast import per_module
from support.customers import sending_customer

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime.now(UTC).replace(microsecond=0)
own = per_module(lambda: letter_of({}))
"""A message to one recipient, from a campaign that passed the gate, written as a sender process writes it."""


@dataclass(frozen=True)
class Own:
    """One signed letter and the key record that goes with it."""

    raw: bytes
    record: str


def letter_of(changes: dict[str, object]) -> Own:
    home = sending_customer(people=1)
    campaign = home.ticked(home.draft(**changes))
    with tenancy.account(home.account_id):
        decision = release_campaign(campaign.id, by=home.owner)
        assert decision.allowed, decision.findings
        assert decision.edition_id is not None
        record = DkimKey.objects.get(selector="one").public_record
    mail = edition_mail(home.account_id, decision.edition_id)
    composer = next(iter(mail.composers.values()))
    values = {
        "contact": {"first_name": "Dora"},
        "account": {"name": "Lindenhof"},
        "list": {"name": "News from Lindenhof"},
        "subscription": {"date": "2026-10-25", "source": "lindenhof.example"},
        "mailing_id": campaign.mailing_id,
    }
    letter = composer.compose(Recipient(1, "reader0@people.example", "Dora Meyer", values), NOW)
    return Own(letter.content, record)


def key_of(own: Own) -> bytes:
    """The public key as DER."""
    return base64.b64decode(re.sub(r".*p=", "", own.record))


def test_it_passes_every_rule_of_lint(own: Own) -> None:
    outside = LintLookups(
        find_key=lambda _selector, _domain: key_of(own), key_bits={("one", "lindenhof.example"): 2048}
    )
    facts = message_facts(own.raw, outside, now=NOW)
    verdict = judge_message(facts, Profile.ALL)
    assert [(finding.key, finding.params) for finding in verdict.failures] == []
    assert [signature.verdict.passed for signature in facts.signatures] == [True]


def test_an_address_that_is_shown_and_counted_is_no_mismatch(database: str) -> None:
    """The link leads to our counter; what it shows was compared with its target before (R-49). Nobody else's is."""
    shown = "[www.lindenhof.example/bulbs](https://www.lindenhof.example/bulbs)"
    tracked = letter_of({"content": f"# Bulbs\n\nThe first bulbs are here: {shown}\n", "track_clicks": True})

    def failed(raw: bytes, rewrote: Callable[[str], bool], *, offline: bool = False) -> list[str]:
        find_key = no_key if offline else lambda _selector, _domain: key_of(tracked)
        outside = LintLookups(find_key=find_key, key_bits={("one", "lindenhof.example"): 2048}, rewrote=rewrote)
        return [finding.key for finding in judge_message(message_facts(raw, outside, now=NOW), Profile.ALL).failures]

    rewrote = OwnLinks().rewrote
    assert failed(tracked.raw, rewrote) == []
    assert "links-truthful" not in failed(tracked.raw, rewrote, offline=True)
    assert failed(tracked.raw, rewrote_nothing) == ["links-truthful"]
    phishing = tracked.raw.replace(b"www.lindenhof.example/bulbs", b"www.sparkasse.example/bulb")
    assert phishing != tracked.raw
    assert "links-truthful" in failed(phishing, rewrote), "somebody changed what the link shows"
    assert "links-truthful" in failed(phishing, rewrote, offline=True), "the body's hash is in the message itself"
    url = f"{load_settings().public_url}/c/{'0' * 40}"
    assert not rewrote(url), "no token of ours"
    genuine = key_ring().seal(TokenPurpose.CLICK, 1, 1, 0)
    assert rewrote(f"{load_settings().public_url}/c/{genuine}")
    assert not rewrote(f"https://elsewhere.example/c/{genuine}")
    assert not rewrote(f"{load_settings().public_url}/k/{genuine}"), "a token of another purpose"


def test_dkimpy_finds_the_signature_good(own: Own) -> None:
    assert dkim.verify(own.raw, dnsfunc=lambda name, timeout=5: own.record.encode())
    assert not dkim.verify(
        own.raw.replace(b"Winter bulbs", b"Winter balls"), dnsfunc=lambda name, timeout=5: own.record.encode()
    )


MAILAUTH = """
const { authenticate } = require(process.argv[1]);
const record = process.argv[2];
const chunks = [];
const resolver = async (name, type) => {
  if (type === 'TXT' && name === 'one._domainkey.lindenhof.example') return [[record]];
  if (type === 'TXT' && name === '_dmarc.lindenhof.example') return [['v=DMARC1; p=reject']];
  throw Object.assign(new Error('none'), { code: 'ENOTFOUND' });
};
process.stdin.on('data', (chunk) => chunks.push(chunk)).on('end', async () => {
  const { dkim, dmarc } = await authenticate(Buffer.concat(chunks), { resolver, trustReceived: false });
  console.log(JSON.stringify({ dkim: dkim.results.map((one) => one.status.result), dmarc: dmarc.status.result }));
});
"""


MAILAUTH_FOLDER = Path(__file__).parents[3] / "frontend" / "node_modules" / "mailauth"
"""Installed with the front end's tools by `make build`, so that this second verifier is always asked."""


def test_mailauth_finds_signature_and_alignment_good(own: Own) -> None:
    command = ["node", "-e", MAILAUTH, str(MAILAUTH_FOLDER), own.record]
    done = subprocess.run(command, input=own.raw, capture_output=True, timeout=60, check=True)
    assert json.loads(done.stdout) == {"dkim": ["pass"], "dmarc": "pass"}


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("spamassassin"), reason="SpamAssassin is not installed: apt install spamassassin")
def test_spamassassin_scores_it_below_two(own: Own, tmp_path: Path) -> None:
    command = ["spamassassin", "--local", "--test-mode", "--cf=use_bayes 0", "--cf=use_auto_whitelist 0"]
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run(command, input=own.raw, env=home, capture_output=True, timeout=120, check=True)
    found = re.search(rb"X-Spam-Status: \w+, score=(-?[\d.]+)", done.stdout)
    assert found, done.stdout[:2000]
    assert float(found[1]) < 2.0, done.stdout.decode(errors="replace")
