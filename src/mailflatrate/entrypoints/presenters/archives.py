"""The addresses of a list's public archive, and the code that shows it in another site."""

from html import escape

from mailflatrate.settings.schema import load_settings


def archive_url(code: str) -> str:
    return f"{load_settings().public_url}/a/{code}/"


def issue_url(code: str, mailing_id: str, language: str = "") -> str:
    """Return the URL of one campaign in it; of a campaign in several languages, `language` names one."""
    return f"{archive_url(code)}{mailing_id}/" + (f"?language={language}" if language else "")


def archive_and_form(code: str, title: str, form: str) -> str:
    """Return the archive with a sign-up form beside it, below it on a phone; `form` is its frame's code."""
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:1.5rem;align-items:flex-start">'
        f'<div style="flex:2 1 20rem">{archive_frame(code, title)}</div>'
        f'<div style="flex:1 1 18rem">{form}</div></div>'
    )


def archive_frame(code: str, title: str) -> str:
    return (
        f'<iframe src="{archive_url(code)}?frame=1" title="{escape(title)}" loading="lazy" '
        'style="width:100%;height:32rem;border:0"></iframe>'
    )
