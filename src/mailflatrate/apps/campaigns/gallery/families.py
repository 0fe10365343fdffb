"""The six families of our templates: each states once how its templates look, apart from the account's brand."""

from dataclasses import dataclass
from typing import Final

from mailflatrate.locale.texts import NC_


@dataclass(frozen=True, slots=True)
class Family:
    """Sizes are pixels; `label` is a message id. `masthead`: `left`, `centered`, or `band` (on the brand's color).
    `hero`: `full` width, or `inset` with round corners. `title_align` also holds for buttons.
    """

    key: str
    label: str
    masthead: str
    hero: str
    title_px: int
    title_align: str
    text_px: int
    radius_px: int
    rule_px: int

    def words(self) -> dict[str, str]:
        return {
            "title_px": f"{self.title_px}px",
            "title_small_px": f"{min(self.title_px, 27)}px",
            "title_align": self.title_align,
            "text_px": f"{self.text_px}px",
            "corner": f"{self.radius_px}px",
            "rule_px": f"{self.rule_px}px",
        }


FAMILIES: Final = {
    family.key: family
    for family in (
        Family("poster", NC_("template family", "Announcements"), "centered", "full", 40, "left", 16, 8, 1),
        Family("journal", NC_("template family", "Newsletters"), "left", "inset", 32, "left", 16, 6, 3),
        Family("shop", NC_("template family", "Shop"), "centered", "inset", 32, "center", 16, 12, 1),
        Family("table", NC_("template family", "Hospitality"), "band", "full", 36, "center", 17, 4, 1),
        Family("circle", NC_("template family", "Community"), "left", "full", 34, "left", 16, 14, 2),
        Family("letter", NC_("template family", "Letters"), "left", "inset", 28, "left", 17, 8, 1),
    )
}
PLAIN: Final = Family("plain", "", "left", "full", 32, "left", 16, 8, 1)
