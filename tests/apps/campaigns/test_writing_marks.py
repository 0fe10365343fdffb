"""A mark follows the words: it outlives a change, and ends with the text."""

from mailflatrate.apps.campaigns.models import WritingRequest, WritingState
from mailflatrate.apps.campaigns.writing.writing_marks import suggested_parts
from mailflatrate.base import clock, tenancy
from support.customers import sending_customer


def test_a_mark_stays_while_half_of_the_words_do() -> None:
    anna = sending_customer(people=0)
    new = "Plant your <b>tulips</b> before the first frost comes"
    draft = anna.draft(
        content=f"<p>{new}</p><img src='a' alt=\"A red tulip\">", content_kind="html", subject="Tulips for you"
    )
    taken = [
        {"key": "text:1", "old": "old", "text": "replaced by the next one of the same text"},
        {"key": "text:1", "old": "replaced by the next one of the same text", "text": new},
        {"key": "text:1", "old": new, "text": "an idea that was taken back"},
        {"key": "text:1", "old": "an idea that was taken back", "text": new},
        {"key": "picture:1", "old": "<img src='a'>", "text": "A red tulip"},
        {"key": "subject", "old": "Bulbs", "text": "Tulips for you"},
    ]
    with tenancy.account(anna.account_id):
        assert suggested_parts(draft) == {}
        row = {"task": "shorten", "language": "en", "texts": [], "created_at": clock.now()}
        WritingRequest.objects.create(campaign=draft, taken=taken, state=WritingState.TAKEN, **row)
        assert suggested_parts(draft) == {"picture": 1, "subject": 1, "text": 1}
        draft.content, draft.subject = "<p>Plant tulips before the first frost comes</p>", "Something else"
        assert suggested_parts(draft) == {"text": 1}
        draft.content = "<p>We wrote this ourselves, about the first frost.</p>"
        assert suggested_parts(draft) == {}
