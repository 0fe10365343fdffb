"""Many addresses are searched for at once, and found exactly where each alone would be."""

from mailflatrate.mail.address_search import AddressSearch


def test_addresses_are_found_wherever_they_occur_in_a_text() -> None:
    emails = ["bo@x.de", "bob@x.de", "jim@y.example", "jürgen@x.de", "b@x.de", "o'neil+tag@y.example"]
    search = AddressSearch(emails)
    for text in (
        "",
        "@",
        "x@",
        "@x.de",
        "bob@x.de",
        "jim.bob@x.de, JIM",
        "b@x.dex",
        "mailto:jim@y.example?",
        "jürgen@x.de@x.de",
        '"o\'neil+tag@y.example"',
        "bo@x.d",
        "jim@y.exampl",
        "a b@x.debo@x.de",
        "jim@@y.example",
    ):
        expected = {number for number, email in enumerate(emails) if email in text}
        assert search.named_in(text.encode()) == expected, text
    assert AddressSearch([]).named_in(b"a@b") == set()
