"""Countdowns become words when a campaign is compiled."""

from datetime import date

import pytest

from mailflatrate.mail.content.campaign import (
    CompileContext,
    ContentSource,
    SourceFormat,
    compile_content,
    find_merge_errors,
)
from mailflatrate.mail.content.countdown import days_left, find_countdown_errors, with_days_left
from mailflatrate.mail.html.imprint import FooterImprint
from mailflatrate.mail.liquid import SourceRefused

SALE = '{{ "2026-12-24" | days_left }}'
CONTEXT = CompileContext(imprint=FooterImprint(lines=(), reason="-", mailing_id="0000-0000-0", language="de"))


def test_days_are_counted_in_the_campaigns_language() -> None:
    end = date(2026, 12, 24)
    assert days_left(end, date(2026, 12, 21), "en") == "3 days"
    assert days_left(end, date(2026, 12, 21), "de") == "3 Tage"
    assert days_left(end, date(2026, 12, 23), "en") == "1 day"
    assert days_left(end, end, "en") == "last day"
    escaped = "{{ &quot;2026-12-24&quot; | days_left }}"
    assert with_days_left(f"{SALE} {escaped}", date(2026, 12, 21), "en") == "3 days 3 days"


def test_a_countdown_that_is_over_is_a_mistake_with_its_line() -> None:
    text = f'\n{SALE}\n{{{{ "2026-02-30" | days_left }}}}'
    found = [(error.line, error.code) for error in find_countdown_errors(text, date(2026, 12, 25))]
    assert found == [(2, "countdown-over"), (3, "countdown-unreadable")]
    assert {error.code for error in find_countdown_errors(text, None)} == {"countdown-without-day"}


def test_every_part_of_a_message_may_count_down() -> None:
    source = ContentSource(
        SourceFormat.MARKDOWN, f"Noch {SALE}", f"Noch {SALE}", SALE, f"Noch {SALE}", sent_on=date(2026, 12, 22)
    )
    compiled = compile_content(source, CONTEXT)
    assert compiled.subject.source == "Noch 2 Tage"
    assert compiled.html.source.count("2 Tage") == 3, "title, preview text and text"
    assert "Noch 2 Tage" in compiled.text.source
    late = ContentSource(SourceFormat.MARKDOWN, "x", SALE, sent_on=date(2026, 12, 25))
    assert [(error.code, error.part) for error in find_merge_errors(late)] == [("countdown-over", "subject")]
    with pytest.raises(SourceRefused):
        compile_content(late, CONTEXT)
