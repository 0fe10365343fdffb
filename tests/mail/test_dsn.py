"""Status parts as RFC 3464 and RFC 6533 want them, and as they come."""

from mailflatrate.mail.reading.dsn import find_status, parse_fields, read_dsn
from mailflatrate.mail.reading.mime import parse

WELL_FORMED = """\
Reporting-MTA: dns; mx.empfang.example
Original-Envelope-Id: 4711
Arrival-Date: Tue, 24 Nov 2026 09:00:00 +0000

Original-Recipient: rfc822;Dora@empfang.example
Final-Recipient: rfc822; dora@store.empfang.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; store.empfang.example
Diagnostic-Code: smtp; 550 5.1.1
 <dora@store.empfang.example>
 unknown

Final-Recipient: rfc822; otto@store.empfang.example
Action: delayed
Status: 4.2.2 (mailbox full)
"""


def test_fields_of_each_recipient_stay_together() -> None:
    report = parse_fields(WELL_FORMED)
    assert (report.reporting_mta, report.envelope_id) == ("mx.empfang.example", "4711")
    dora, otto = report.recipients
    assert (dora.final, dora.original) == ("dora@store.empfang.example", "Dora@empfang.example")
    assert (dora.action, dora.status, dora.remote_mta) == ("failed", "5.1.1", "store.empfang.example")
    assert dora.diagnostic == "smtp; 550 5.1.1 <dora@store.empfang.example> unknown"
    assert (otto.address, otto.action, otto.status) == ("otto@store.empfang.example", "delayed", "4.2.2")
    assert otto.diagnostic == "(mailbox full)"


def test_groups_without_blank_lines_are_told_apart() -> None:
    text = (
        "Reporting-MTA: dns; x.example\n"
        "Final-Recipient: rfc822; dora@a.example\nAction: failed\nStatus: 5.1.1\n"
        "Final-Recipient: rfc822; otto@a.example\nAction: failed\nStatus: 5.2.2\n"
    )
    assert [(item.final, item.status) for item in parse_fields(text).recipients] == [
        ("dora@a.example", "5.1.1"),
        ("otto@a.example", "5.2.2"),
    ]


def test_group_may_begin_with_action_as_exim_writes_it() -> None:
    text = (
        "Reporting-MTA: dns; x.example\n\n"
        "Action: failed\nFinal-Recipient: rfc822;dora@a.example\nStatus: 5.0.0\n\n"
        "Action: delayed\nFinal-Recipient: rfc822;otto@a.example\nStatus: 4.0.0\n"
    )
    assert [(item.final, item.action) for item in parse_fields(text).recipients] == [
        ("dora@a.example", "failed"),
        ("otto@a.example", "delayed"),
    ]


def test_international_addresses_are_unescaped() -> None:
    text = "Final-Recipient: utf-8; d\\x{F6}ra@empf\\x{E4}nger.example\nAction: failed\n"
    assert parse_fields(text).recipients[0].final == "döra@empfänger.example"


def test_x400_and_wrapped_addresses_are_freed() -> None:
    for value, address in (
        ("rfc822; <Dora@empfang.example>", "Dora@empfang.example"),
        ("RFC822;dora@empfang.example (Dora)", "dora@empfang.example"),
        ("rfc822; @relay.example:dora@empfang.example", "dora@empfang.example"),
        ("rfc822; smtp:dora@empfang.example", "dora@empfang.example"),
    ):
        assert parse_fields(f"Final-Recipient: {value}\nAction: failed\n").recipients[0].final == address


def test_inner_name_of_a_gateway_gives_way_to_the_address_on_the_envelope() -> None:
    text = "Original-Recipient: rfc822;dora@empfang.example\nFinal-Recipient: rfc822;dora@store1\nAction: failed\n"
    assert parse_fields(text).recipients[0].address == "dora@empfang.example"


def test_report_is_found_by_its_part_in_any_transfer_encoding() -> None:
    raw = (
        b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n"
        b"Content-Transfer-Encoding: base64\n\n"
        b"RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGRvcmFAYS5leGFtcGxlCkFjdGlvbjogZmFpbGVkClN0YXR1czogNS4xLjEK\n--x--\n"
    )
    report = read_dsn(parse(raw))
    assert report is not None
    assert report.recipients[0].address == "dora@a.example"


def test_status_is_read_out_of_its_comment() -> None:
    assert find_status("5.1.1 (bad mailbox)") == "5.1.1"
    assert find_status(" 5 . 1 . 10 ") == "5.1.10"
    assert find_status("2.1.5") == "2.1.5"
    assert find_status("none of 1.2.3") == ""


def test_no_recipient_is_no_report() -> None:
    assert read_dsn(parse(b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n")) is None
    assert read_dsn(parse(b"Content-Type: message/delivery-status\n\nAction: delivered\n")) is None
    assert parse_fields("").recipients == ()


def test_a_failure_without_a_mailbox_is_one() -> None:
    report = read_dsn(parse(b"Content-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n"))
    assert report is not None
    assert [(group.address, group.action, group.status) for group in report.recipients] == [("", "failed", "5.1.1")]


def test_a_group_is_a_block_whatever_field_comes_first() -> None:
    report = parse_fields(
        "Reporting-MTA: dns; mx.example\n\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\nStatus: 5.1.1\nFinal-Recipient: rfc822; dora@empfang.example\n"
        "Action: failed\n\n"
        "Remote-MTA: dns; mx.zwei.example\nFinal-Recipient: rfc822; erik@zwei.example\nAction: failed\nStatus: 5.2.2\n"
    )
    first, second = report.recipients
    assert (first.address, first.diagnostic) == ("dora@empfang.example", "smtp; 550 5.1.1 no such user")
    assert (second.address, second.remote_mta, second.diagnostic) == ("erik@zwei.example", "mx.zwei.example", "")


def test_a_blank_line_after_every_field_changes_nothing() -> None:
    fields = (
        "Reporting-MTA: dns; mx.example",
        "Final-Recipient: rfc822; dora@empfang.example",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 no such user",
    )
    (group,) = parse_fields("\n\n".join(fields)).recipients
    assert (group.action, group.status, group.diagnostic) == ("failed", "5.1.1", "smtp; 550 no such user")
