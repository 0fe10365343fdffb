"""From a text of a request to a question that tells nothing else, and from an answer back to a suggestion."""

import base64
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from mailflatrate.apps.campaigns.media import COLUMN, open_address
from mailflatrate.apps.campaigns.models import Campaign, MediaFile, WritingRequest
from mailflatrate.apps.campaigns.variants import as_variant
from mailflatrate.apps.campaigns.writing.writing_texts import (
    LONGEST_ALT,
    LONGEST_LINE,
    form_of_text,
    part_of,
    words_around,
    words_of_content,
)
from mailflatrate.base.storage import files as storage
from mailflatrate.base.storage.interface import StorageFailed
from mailflatrate.mail.images.picture_values import PictureFormat
from mailflatrate.mail.writing.mask import AnswerRefused, MaskedText, RestoredText, TextForm, mask, restore
from mailflatrate.mail.writing.passages import picture_values
from mailflatrate.mail.writing.questions import ModelQuestion, WritingTask, question_for
from mailflatrate.rules.gate.judge import all_rules
from mailflatrate.settings.schema import load_settings

LONGEST_EXPLANATION: Final = 1_500
LARGEST_PICTURE_OCTETS: Final = 1024 * 1024
_VALUE: Final = re.compile(r"\{(\w+)\}")
_NAMED: Final = re.compile(r"\{\{ (\w+) \}\}")
_NOTHING: Final = MaskedText(TextForm.LINE, "", ())


@dataclass(frozen=True, slots=True)
class AskedText:
    question: ModelQuestion
    masked: MaskedText


def asked_about(row: WritingRequest, chosen: dict[str, str]) -> AskedText:
    """Word the question about one text of a request. Raises TextRefused for a text that can't be masked."""
    task, version = WritingTask(row.task), as_variant(row.campaign, row.variant)
    picture = ""
    if task is WritingTask.EXPLAIN:
        masked, longest = _masked_check(chosen["old"], row.language), LONGEST_EXPLANATION
        text = masked.text
    elif task is WritingTask.IDEAS:
        masked, longest, text = _NOTHING, LONGEST_LINE, words_of_content(version)
    elif task is WritingTask.ALT:
        masked, longest = _NOTHING, LONGEST_ALT
        picture, text = _picture_of(chosen, version)
    else:
        masked = masked_text(row, chosen)
        longest = max(400, 3 * len(masked.text)) if part_of(chosen["key"]) == "text" else LONGEST_LINE
        text = masked.text
    return AskedText(question_for(task, text, language=row.language, longest=longest, picture=picture), masked)


def masked_text(row: WritingRequest, chosen: dict[str, str]) -> MaskedText:
    return mask(chosen["old"], form_of_text(row.campaign, chosen["key"]))


def checked_answer(asked: AskedText, answer: str) -> str:
    """Return an answer in the form in which it's stored, once it's known that it can be used. Raises AnswerRefused."""
    restored = restore(answer, asked.masked)
    return answer if asked.masked.form is not TextForm.LINE else restored.text


def suggestion_of(row: WritingRequest, chosen: dict[str, str], text: str) -> str:
    if part_of(chosen["key"]) == "text":
        return restore(text, masked_text(row, chosen)).text
    longest = LONGEST_ALT if part_of(chosen["key"]) == "picture" else LONGEST_LINE
    line = " ".join(text.split())
    if not line or len(line) > longest:
        raise AnswerRefused("empty" if not line else "long")
    return line


def shown_suggestion(row: WritingRequest, chosen: dict[str, str], answer: str) -> RestoredText:
    if part_of(chosen["key"]) != "text":
        return RestoredText(answer, 0)
    return restore(answer, masked_text(row, chosen))


def explained(row: WritingRequest) -> str:
    text = row.answers[0][0] if row.answers and row.answers[0] else ""
    return _NAMED.sub(lambda match: str(row.values.get(match[1], "")), text)


def _masked_check(key: str, language: str) -> MaskedText:
    """Return the texts of a rule, in which the values of this campaign are masked, because they may name people."""
    words = all_rules()[key].words(language)
    text = f"{words.sentence} {words.why} {words.fix}"
    return mask(_VALUE.sub(r"{{ \1 }}", text), TextForm.LINE)


def _picture_of(chosen: dict[str, str], version: Campaign) -> tuple[str, str]:
    """Return an account's own picture as a data URL, if the model takes pictures, and the words about it."""
    address = picture_values(chosen["old"])[0]
    name = PurePosixPath(unquote(urlsplit(address).path)).stem[:80]
    around = words_around(version, chosen["key"])
    text = f"File name: {masked_name(name)}\nWords around it: {around}"
    media_address = open_address(address.rpartition("/m/")[2].partition("/")[0]) if "/m/" in address else None
    if not load_settings().writing_pictures or media_address is None or media_address.account_id != version.account_id:
        return "", text
    files = {file.slot: file for file in MediaFile.objects.filter(media_id=media_address.media_id)}
    file = files.get(COLUMN) or files.get(0)
    if file is None or file.octets > LARGEST_PICTURE_OCTETS:
        return "", text
    try:
        data = storage.get(file.stored_name)
    except StorageFailed:
        return "", text
    kind = PictureFormat(file.ending).content_type
    return f"data:{kind};base64,{base64.b64encode(data).decode()}", text


def masked_name(name: str) -> str:
    """Return a file name as words: letters and digits alone, so no field and no address is in it."""
    return " ".join(re.findall(r"[^\W_]+", name))
