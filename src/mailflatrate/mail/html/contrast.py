"""Computes whether text is readable on its background (R-44; WCAG 2.2, 1.4.3)."""

MINIMUM_CONTRAST = 4.5
MINIMUM_FONT_PX = 11


def contrast(color: str, other: str) -> float:
    """`#rrggbb` (WCAG 2.2, 1.4.3). Raises ValueError for any other notation."""
    light, dark = sorted((luminance(color), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    """Return 0 to 1 for `#rrggbb`. Raises ValueError for any other notation."""
    if len(color) != 7 or not color.startswith("#"):
        raise ValueError(f"{color!r} isn't a color in the form #rrggbb")
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
