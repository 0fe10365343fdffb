"""The six families of our templates."""

from collections import Counter

from mailflatrate.apps.campaigns.gallery import KEYS, gallery, gallery_template
from mailflatrate.apps.campaigns.gallery.families import FAMILIES
from mailflatrate.locale.texts import translate


def test_the_gallery_has_thirty_templates_in_six_families() -> None:
    """In English and in German, five of each family side by side; each begins with its own subject and name."""
    for language in ("en", "de"):
        shown = gallery(language)
        assert [one.key for one in shown] == list(KEYS)
        assert Counter(one.family for one in shown) == dict.fromkeys(FAMILIES, 5)
        assert list(dict.fromkeys(one.family for one in shown)) == list(FAMILIES)
        assert len({one.name for one in shown}) == len({one.subject for one in shown}) == 30
        assert all(one.language == language and one.about and one.preheader for one in shown)
    assert len(gallery("fr")) == 8
    assert gallery_template("sale", "fr").language == "en"


def test_families_look_different_and_have_names_in_german() -> None:
    looks = {str((family.words(), family.masthead, family.hero)) for family in FAMILIES.values()}
    assert len(looks) == 6
    assert len({translate(family.label, "de") for family in FAMILIES.values()}) == 6
    assert translate(FAMILIES["letter"].label, "de") == "Briefe"
