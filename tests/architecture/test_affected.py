"""Which tests a change reaches, for `make check`."""

import pytest

from affected import affected

PEOPLE = "src/mailflatrate/entrypoints/studio/audience/people"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "reached", "not_reached"),
    [
        (
            f"{PEOPLE}/tags.py",
            "tests/entrypoints/test_tags_page.py",
            "tests/entrypoints/test_report_page.py",
        ),
        ("src/mailflatrate/mail/signing/dkim.py", "tests/mail/test_dkim.py", "tests/rules/test_phone.py"),
        ("tests/support/fake_relay.py", "tests/apps/delivery/test_slots.py", "tests/rules/test_phone.py"),
        ("tests/apps/delivery/conftest.py", "tests/apps/delivery/test_wake.py", "tests/rules/test_phone.py"),
        ("docs/flow.md", "tests/architecture", "tests/mail/test_dkim.py"),
    ],
)
def test_a_change_reaches_what_uses_it(changed: str, reached: str, not_reached: str) -> None:
    found = affected([changed])
    assert reached in found
    assert not_reached not in found


def test_a_template_reaches_tests_of_pages_that_include_it() -> None:
    found = affected(["src/mailflatrate/entrypoints/ui/templates/studio/audience/event_types.html"])
    assert "tests/entrypoints/test_conversion_pages.py" in found


@pytest.mark.parametrize(
    "changed",
    ["src/mailflatrate/base/clock.py", "src/mailflatrate/apps/lists/models/tags.py", "requirements/dev.txt"],
)
def test_a_change_below_everything_reaches_all_tests(changed: str) -> None:
    assert affected([changed]) == ["tests"]


def test_no_change_reaches_no_test() -> None:
    assert affected([]) == []
