"""Time stamps by an authority of the test's own: openssl behind HTTP on loopback."""

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg
import pytest
from cryptography import x509

from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.consent.models import ConsentStamp
from mailflatrate.apps.consent.verification import FaultKind
from mailflatrate.apps.privacy.certificate.build import build_certificate
from mailflatrate.rules.proof.certificate import check_certificate
from mailflatrate.rules.proof.elements import SINCE_FORM_3
from mailflatrate.rules.proof.record import UNSIGNED_CERTIFICATE_FORM
from mailflatrate.rules.proof.stamps import StampRefused, check_stamp, read_certificates
from mailflatrate.rules.proof.verdict import Anchors, CertificateVerdict
from mailflatrate.settings import schema
from support.ledger import LedgerCustomer, customer_with_ledger, faults_of, looked_at, tampering
from support.scope import rows, within

CONFIGURATION = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa_section]
default_tsa = tsa1
[tsa1]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Authority:
    """A time-stamping authority with a certificate of its own root."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name
        self.folder.mkdir()
        (self.folder / "tsa.cnf").write_text(CONFIGURATION)
        (self.folder / "serial").write_text("01\n")
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "tsa.cnf"]
        self._openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", f"/CN={name} root",
                      "-extensions", "ca")  # fmt: skip
        self._openssl("req", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", f"/CN={name} TSA")
        self._openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                      "-out", "tsa.pem", "-extfile", "tsa.cnf", "-extensions", "tsa")  # fmt: skip
        self.root = self.folder / "ca.pem"

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        self._openssl("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa1", "-queryfile", "query",
                      "-inkey", "tsa.key", "-signer", "tsa.pem", "-out", "answer")  # fmt: skip
        return (self.folder / "answer").read_bytes()

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"), "Good")


@pytest.fixture
def served(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            body = authority.answer(query)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings = schema.load_settings().model_copy(
        update={"tsa_url": f"http://127.0.0.1:{server.server_port}/tsa", "tsa_certificates": authority.root}
    )
    monkeypatch.setattr(ledger_seals, "load_settings", lambda: settings)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sealed() -> LedgerCustomer:
    made = customer_with_ledger(events=2)
    ledger_seals.seal_ledger()
    return made


def test_the_newest_seal_is_stamped_once(
    database: str, sealed: LedgerCustomer, served: HTTPServer, authority: Authority, tmp_path: Path
) -> None:
    stamp = ledger_seals.stamp_newest()
    assert stamp
    assert "Good TSA" in stamp.authority
    assert stamp.seal_id == sealed.seal_of(sealed.events[-1])
    assert ledger_seals.stamp_newest() is None, "it has one"
    with psycopg.connect(database) as owner:
        report = looked_at(owner)
        assert report.stamps >= 1
        assert faults_of(report, sealed.account_id) == []
    with tampering(database) as owner:
        flipped = "set_byte(answer, 90, 255 - get_byte(answer, 90))"
        owner.execute(f"UPDATE consent_stamp SET answer = {flipped} WHERE id = %s", [stamp.id])
        assert (FaultKind.STAMP_REFUSED, stamp.seal_id) in {(f.kind, f.seal) for f in looked_at(owner).faults}
    stranger = Authority(tmp_path, "Strange")
    answer, seal_hash = bytes(stamp.answer), bytes(stamp.seal.seal_hash)
    assert check_stamp(answer, seal_hash, read_certificates(authority.root.read_bytes())).at == stamp.stamped_at
    with pytest.raises(StampRefused):
        check_stamp(answer, seal_hash, read_certificates(stranger.root.read_bytes()))
    with pytest.raises(StampRefused):
        check_stamp(answer, bytes(32), read_certificates(authority.root.read_bytes()))
    with pytest.raises(StampRefused):
        check_stamp(answer, seal_hash, read_certificates(authority.root.read_bytes()), nonce=1)
    with pytest.raises(StampRefused):
        check_stamp(b"nothing", seal_hash, read_certificates(authority.root.read_bytes()))


def test_an_authority_that_is_silent_is_asked_again(
    sealed: LedgerCustomer, served: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = ledger_seals.load_settings()
    monkeypatch.setattr(
        ledger_seals, "load_settings", lambda: good.model_copy(update={"tsa_url": "http://127.0.0.1:9/"})
    )
    assert ledger_seals.stamp_newest() is None
    number = sealed.seal_of(sealed.events[-1])
    assert not rows(sealed, ConsentStamp).filter(seal_id=number).exists()
    monkeypatch.setattr(ledger_seals, "load_settings", lambda: good)
    stamp = ledger_seals.stamp_newest()
    assert stamp
    assert stamp.seal_id == number


def test_a_certificate_holds_by_the_authority_that_the_verifier_names(
    sealed: LedgerCustomer, served: HTTPServer, authority: Authority, tmp_path: Path
) -> None:
    assert ledger_seals.stamp_newest()
    made = within(sealed, build_certificate, sealed.contact_id, sealed.list_id, language="en")

    def verdict(authorities: list[x509.Certificate] | None) -> CertificateVerdict:
        return check_certificate(made, Anchors(authorities=authorities)).verdict

    assert verdict(read_certificates(authority.root.read_bytes())) is CertificateVerdict.HOLDS
    assert verdict(None) is CertificateVerdict.CONSISTENT, "the root in the file vouches for nothing"
    stranger = Authority(tmp_path, "Strange")
    assert verdict(read_certificates(stranger.root.read_bytes())) is CertificateVerdict.REFUSED
    made |= {"time_stamps": [], "signature": None, "format": UNSIGNED_CERTIFICATE_FORM}
    made["elements"] = [each for each in made["elements"] if each["key"] not in SINCE_FORM_3]
    assert check_certificate(made).verdict is CertificateVerdict.CONSISTENT
