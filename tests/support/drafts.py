"""Drafts that begin with one of our templates."""

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.gallery import invented_words
from mailflatrate.apps.campaigns.models import Campaign


def written_over(draft: Campaign, key: str, language: str, *, by: User) -> Campaign:
    """Return a draft that began with one of our templates, with the author's own words and links written into it."""
    values = {"content": draft.content, "subject": draft.subject, "preheader": draft.preheader}
    for number, text in enumerate(invented_words(key, language)):
        values = {name: value.replace(text, f"Lindenhof {number}") for name, value in values.items()}
    values["content"] = values["content"].replace("https://example.org/", "https://lindenhof.example/")
    return drafts.update_campaign(draft.id, values, by=by)
