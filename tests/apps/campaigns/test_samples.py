"""Sample values for viewing a campaign."""

from mailflatrate.apps.campaigns.content.samples import with_names


def test_what_nobody_in_particular_has_is_shown_by_its_name() -> None:
    """This lets the person who releases a campaign read it all; known values stay."""
    values: dict[str, object] = {"contact": {"first_name": "Dora"}, "mailing_id": "ABCD-EFGH-J"}
    assert with_names(values, ["contact.city", "voucher"]) == {
        "contact": {"first_name": "Dora", "city": "[contact.city]"},
        "mailing_id": "ABCD-EFGH-J",
        "voucher": "[voucher]",
    }
    assert values["contact"] == {"first_name": "Dora"}
