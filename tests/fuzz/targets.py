"""Every parser of foreign bytes as one function of bytes, with the errors that it may raise and what must hold.

A target returns quietly or raises AssertionError or an error it does not declare: that is a finding. `run.py` feeds the
targets by coverage (atheris); `tests/security/test_fuzz_corpus.py` feeds them the kept corpus in every run.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from mailflatrate.apps.intake.reading import archive, csv_rows, file_tables, text_tables  # noqa: E402
from mailflatrate.apps.lists.errors import ImportProblem  # noqa: E402
from mailflatrate.mail import address  # noqa: E402
from mailflatrate.mail.content.campaign import CompileContext, ContentSource, SourceFormat, compile_content  # noqa: E402
from mailflatrate.mail.fetched import feed, linked_page  # noqa: E402
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine  # noqa: E402
from mailflatrate.mail.identifiers import mailing_id, verp  # noqa: E402
from mailflatrate.mail.images import pictures  # noqa: E402
from mailflatrate.mail.inspect import inspect_message  # noqa: E402
from mailflatrate.mail.liquid import SourceRefused  # noqa: E402
from mailflatrate.mail.liquid.template import LiquidTemplate  # noqa: E402
from mailflatrate.mail.message import from_line, unsubscribe  # noqa: E402
from mailflatrate.mail.reading import aggregate, forward, mime, outlook, postfix_log, tnef  # noqa: E402
from mailflatrate.mail.signing import dkim_verify  # noqa: E402
from mailflatrate.mail.source_errors import MissingValue, RenderRefused  # noqa: E402
from mailflatrate.mail.writing.answers import read_answer  # noqa: E402
from mailflatrate.mail.writing.mask import AnswerRefused, TextForm, TextRefused, mask, restore  # noqa: E402
from mailflatrate.mail.writing.passages import find_passages, form_of  # noqa: E402
from mailflatrate.mail.writing.questions import WritingTask, question_for  # noqa: E402
from mailflatrate.rules.proof import certificate, signature  # noqa: E402
from mailflatrate.rules.proof.record import MalformedRecord  # noqa: E402

MOST_ROWS = 2_000
NOW = datetime(2026, 11, 27, tzinfo=UTC)
IMPRINT = FooterImprint(
    lines=(FooterLine("", "Lindenhof GmbH"), FooterLine("", "Am Markt 1, 24103 Kiel")),
    reason="You signed up.",
    mailing_id="7XK2-9QPM",
    language="en",
)
CONTEXT = CompileContext(IMPRINT, link_url=lambda number, _url: f"https://go.example/c/{number}")
VALUES = {
    "contact": {"first_name": "Dora <b>", "last_name": "", "email": "dora@example.net"},
    "account": {"name": "Lindenhof"},
    "list": {"name": "News"},
    "subscription": {"date": "1 May 2026", "source": "form"},
    "unsubscribe_url": "https://go.example/u/t",
    "preferences_url": "https://go.example/p/t",
    "web_url": "https://go.example/w/t",
    "mailing_id": "7XK2-9QPM",
}


@dataclass(frozen=True, slots=True)
class Target:
    """One parser. `may_raise` are its declared refusals; `longest_octets` is the largest input it is fed."""

    feed: Callable[[bytes], object]
    may_raise: tuple[type[Exception], ...] = ()
    longest_octets: int = 16_384

    def try_input(self, data: bytes) -> None:
        """Feed one input; undeclared errors propagate."""
        try:
            self.feed(data[: self.longest_octets])
        except self.may_raise:
            return


def text(data: bytes) -> str:
    """Any octets as text, each of them somehow in it."""
    return data.decode("utf-8", "replace")


def _mail(data: bytes) -> None:
    found = inspect_message(data)
    assert found.error is None, found.error
    assert all("\0" not in address for address in found.recipients)


def _aggregate(data: bytes) -> None:
    for report in aggregate.read_aggregates(mime.parse(data)):
        assert report.passed <= report.messages
    aggregate.read_aggregates(mime.parse(b"Content-Type: application/octet-stream\r\n\r\n" + data))


def _compile(kind: SourceFormat) -> Callable[[bytes], object]:
    def compile_source(data: bytes) -> None:
        made = compile_content(ContentSource(kind, text(data), "Subject"), CONTEXT)
        try:
            html = made.html.render(VALUES).lower()
            made.text.render(VALUES)
        except (MissingValue, RenderRefused):
            return
        assert "<script" not in html
        assert 'href="javascript' not in html

    return compile_source


def _liquid(data: bytes) -> None:
    for autoescape in (True, False):
        try:
            LiquidTemplate.parse(text(data), autoescape=autoescape).render(VALUES)
        except (SourceRefused, MissingValue, RenderRefused):
            continue


def _table(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
        Path(file.name).write_bytes(data)
        opened = csv_rows.CsvTable(Path(file.name))
        for number, (_line, cells, _fault) in enumerate(opened.rows()):
            assert len(cells) <= len(opened.header) or _fault is not None
            if number > MOST_ROWS:
                break


def _workbook(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
        Path(file.name).write_bytes(data)
        for number, _row in enumerate(file_tables.open_table(Path(file.name)).rows()):
            if number > MOST_ROWS:
                break


def _text_table(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
        Path(file.name).write_bytes(data)
        opened = text_tables.open_text_table(Path(file.name))
        for number, (_line, cells, fault) in enumerate(opened.rows()):
            assert len(cells) == len(opened.header) or fault is not None
            if number > MOST_ROWS:
                break


def _archive(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".zip") as file, tempfile.TemporaryDirectory() as folder:
        Path(file.name).write_bytes(data)
        if archive.is_archive(Path(file.name)):
            with archive.unpacked(Path(file.name), Path(folder)) as tables:
                assert all(place.parent == Path(folder) for _name, place in tables)


def _forward(data: bytes) -> None:
    subject, _, body = text(data).partition("\n")
    forward.find_forward(body, subject)
    forward.strip_prefixes(subject)


def _header_values(data: bytes) -> None:
    value = text(data)
    from_line.read_from(value)
    unsubscribe.judge_list_unsubscribe(value, "List-Unsubscribe=One-Click")
    mime.decode_words(value)
    mime.parse_content_type(value)
    verp.parse_recipient(value)
    mailing_id.find_in_text(value)
    unsubscribe.is_one_click_post(value[:200], data)
    try:
        canonical = address.parse(value)
    except address.AddressError:
        return
    assert address.canonical_key(value) == canonical.canonical


def _dkim(data: bytes) -> None:
    dkim_verify.verify_signatures(data, lambda _selector, _domain: None, at=datetime(2026, 11, 27, tzinfo=UTC))


def _tnef(data: bytes) -> None:
    for number, _mail_in_it in enumerate(tnef.mails_in_tnef(data)):
        assert number < 1_000


def _certificate(data: bytes) -> None:
    certificate.check_certificate(certificate.read_certificate(data))


def _keys(data: bytes) -> None:
    for key_id, key in signature.read_keys(data).items():
        assert key.id == key_id


def _postfix_log(data: bytes) -> None:
    for line in data.split(b"\n"):
        for found in (postfix_log.read_line(line, NOW), postfix_log.read_entry(line, NOW)[0]):
            if isinstance(found, postfix_log.QueueAttempt):
                assert len(found.recipient) <= postfix_log.LONGEST_ADDRESS
                assert len(found.reply) <= postfix_log.LONGEST_REPLY
                assert found.at <= NOW


WRITING_QUESTION = question_for(WritingTask.SHORTEN, "[[1]], see <2>tulips</2>.", language="en", longest=4_000)
WRITING_TEXT = mask('{{ contact.first_name }}, see <a href="https://shop.example">tulips</a>.', TextForm.HTML)


def _passages(data: bytes) -> None:
    """Each text and picture is where it says; one that can be masked comes back as it was."""
    source = data.decode("utf-8", "replace")
    for source_format in SourceFormat:
        for passage in find_passages(source, source_format):
            assert source[passage.start : passage.end] == passage.source
            try:
                masked = mask(passage.source, form_of(source_format))
            except TextRefused:
                continue
            assert "{{" not in masked.text and "{%" not in masked.text


def _model_answer(data: bytes) -> None:
    """Whatever a model answers adds no field and no markup to a text."""
    (answer,) = read_answer(data, WRITING_QUESTION)
    text = restore(answer, WRITING_TEXT).text
    for hidden in WRITING_TEXT.hidden:
        text = text.replace(hidden.before, "").replace(hidden.after or hidden.before, "")
    assert not {"{", "}", "<", ">"} & set(text)


TARGETS: dict[str, Target] = {
    "postfix_log": Target(_postfix_log, longest_octets=65_536),
    "mail": Target(_mail),
    "outlook": Target(outlook.outlook_message, longest_octets=65_536),
    "tnef": Target(_tnef),
    "aggregate": Target(_aggregate),
    "dkim": Target(_dkim),
    "header_values": Target(_header_values, longest_octets=4_096),
    "forward": Target(_forward),
    "html": Target(_compile(SourceFormat.HTML), (SourceRefused,)),
    "mjml": Target(_compile(SourceFormat.MJML), (SourceRefused,)),
    "markdown": Target(_compile(SourceFormat.MARKDOWN), (SourceRefused,)),
    "liquid": Target(_liquid, longest_octets=2_048),
    "feed": Target(feed.read_feed, (feed.NoFeed,)),
    "page": Target(linked_page.read_linked_page),
    "picture": Target(pictures.read_picture, (pictures.PictureRefused,), longest_octets=65_536),
    "table": Target(_table, (ImportProblem,)),
    "text_table": Target(_text_table, (csv_rows.TableRefused,)),
    "archive": Target(_archive, (archive.ArchiveRefused,), longest_octets=65_536),
    "workbook": Target(_workbook, (ImportProblem,), longest_octets=65_536),
    "writing_source": Target(_passages, longest_octets=65_536),
    "model_answer": Target(_model_answer, (AnswerRefused,), longest_octets=65_536),
    "certificate": Target(_certificate, (MalformedRecord,)),
    "signing_keys": Target(_keys, (MalformedRecord,)),
}
