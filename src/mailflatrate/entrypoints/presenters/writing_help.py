"""Writing help as pages say it: what a model wrote, why there is no suggestion, and suggestions beside the old text."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from mailflatrate.apps.campaigns.models import Campaign, WritingRequest
from mailflatrate.apps.campaigns.variants import as_variant
from mailflatrate.apps.campaigns.writing.writing_help import used_up_words
from mailflatrate.apps.campaigns.writing.writing_marks import suggested_parts
from mailflatrate.apps.campaigns.writing.writing_questions import shown_suggestion
from mailflatrate.apps.campaigns.writing.writing_texts import DraftText, form_of_text, part_of, texts_of
from mailflatrate.mail.writing.mask import readable
from mailflatrate.mail.writing.passages import picture_values
from mailflatrate.mail.writing.questions import WritingTask
from mailflatrate.wire.chat import ChatProblem

LONGEST_SHOWN = 160
_ORDER = ("subject", "preheader", "text", "picture")


def suggested_words(parts: Mapping[str, int]) -> str:
    parts_in_words = []
    for part, number in parts.items():
        if part == "subject":
            words = npgettext("written by a model", "subject", "%(number)d subjects", number)
        elif part == "preheader":
            words = npgettext("written by a model", "preview text", "%(number)d preview texts", number)
        elif part == "picture":
            words = ngettext("%(number)d alternative text", "%(number)d alternative texts", number)
        else:
            words = ngettext("%(number)d text", "%(number)d texts", number)
        parts_in_words.append((_ORDER.index(part), words % {"number": number}))
    return ", ".join(words for _at, words in sorted(parts_in_words))


def suggested_in(campaign: Campaign) -> str:
    return suggested_words(suggested_parts(campaign))


def problem_words(problem: str) -> str:
    sentences = {
        "used_up": used_up_words(),
        "canceled": _("Canceled. Nothing was changed."),
        "lost": _("There's no answer yet. Try again, or tell the support team if it happens often."),
        "conditions": _(
            "The suggestion would have changed the conditions in this text, so it was dropped. Try again, or edit the "
            "text yourself."
        ),
        ChatProblem.TIMEOUT.value: _("The model took too long. Try again, or choose fewer texts."),
        ChatProblem.BUSY.value: _("The model is busy. Try again in a minute."),
        ChatProblem.UNUSABLE.value: _("The model's answer couldn't be used. Try again, or choose a shorter text."),
    }
    broken = _("The model can't be reached. Your text is unchanged. Tell the support team if it happens again.")
    return sentences.get(problem, broken)


def label_of(key: str) -> str:
    part, _colon, number = key.partition(":")
    if part == "subject":
        return _("Subject")
    if part == "preheader":
        return _("Preview text")
    words = _("Image %(number)s") if part == "picture" else _("Text %(number)s")
    return words % {"number": number}


def choices_of(campaign: Campaign, task: WritingTask) -> list[dict[str, Any]]:
    if task in (WritingTask.IDEAS, WritingTask.EXPLAIN):
        return []
    wants_picture = task is WritingTask.ALT
    return [_choice(text, campaign) for text in texts_of(campaign) if (text.part == "picture") == wants_picture]


def _choice(draft_text: DraftText, campaign: Campaign) -> dict[str, Any]:
    if draft_text.part == "picture":
        address, alt = picture_values(draft_text.old)
        return {
            "key": draft_text.key,
            "label": label_of(draft_text.key),
            "shown": alt or _("no alternative text"),
            "is_picture": bool(address),
        }
    text = readable(draft_text.old, form_of_text(campaign, draft_text.key)).replace("\n", " ")
    return {
        "key": draft_text.key,
        "label": label_of(draft_text.key),
        "shown": text[:LONGEST_SHOWN],
        "is_picture": False,
    }


def rows_of(row: WritingRequest) -> list[dict[str, Any]]:
    return [_row(row, number) for number in range(min(len(row.texts), len(row.answers)))]


def _row(row: WritingRequest, number: int) -> dict[str, Any]:
    original, campaign = row.texts[number], as_variant(row.campaign, row.variant)
    form, part = form_of_text(campaign, original["key"]), part_of(original["key"])
    options = []
    for at, answer in enumerate(row.answers[number]):
        suggestion = shown_suggestion(row, original, answer)
        options.append(
            {
                "value": f"{number}-{at}",
                "text": answer,
                "shown": readable(suggestion.text, form),
                "missing": suggestion.missing,
            }
        )
    address, alt = picture_values(original["old"]) if part == "picture" else ("", "")
    return {
        "label": label_of(original["key"]),
        "old": alt if part == "picture" else readable(original["old"], form),
        "picture": address,
        "is_line": part != "text",
        "options": options,
    }
