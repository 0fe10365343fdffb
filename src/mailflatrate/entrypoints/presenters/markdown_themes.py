"""What the themes of Markdown are called."""

from django.utils.translation import pgettext

from mailflatrate.mail.html.markdown_themes import THEMES


def theme_choices() -> list[tuple[str, str]]:
    """Return each theme's key and its name in the page's language; the empty key is Markdown without a theme."""
    words = {
        "": pgettext("Markdown theme", "Plain"),
        "classic": pgettext("Markdown theme", "Classic"),
        "centered": pgettext("Markdown theme", "Centered"),
        "banner": pgettext("Markdown theme", "Banner"),
    }
    return [(key, words[key]) for key in ("", *THEMES)]
