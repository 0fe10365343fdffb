"""Pieces of MJML that parts share."""

from mailflatrate.apps.campaigns.gallery.markup import heading_tag, image, one_column


def test_headings_have_a_size_and_no_margin_of_the_mail_program() -> None:
    heading = heading_tag(2, "Leaves", "21px")
    assert heading.startswith('<h2 style="margin:0;')
    assert "font-size:21px" in heading


def test_a_picture_s_description_is_escaped() -> None:
    made = image("leaf", {"alt_leaf": 'A "twig" & more'}, 'padding="0" ')
    assert made == '<mj-image src="[[picture:leaf]]" alt="A &quot;twig&quot; &amp; more" padding="0" />'


def test_parts_stand_in_one_column_in_their_order() -> None:
    made = one_column(["<mj-divider />", "<mj-spacer />"])
    assert made.index("mj-divider") < made.index("mj-spacer")
    assert made.count("<mj-column") == 1
