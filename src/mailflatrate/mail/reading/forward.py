"""Inline forwards, revealed by a line that says so or a block of fields in the client's language. Replies have such
blocks, too: a subject with a reply's prefix and no line that says "forwarded" isn't a forward.
"""

import re
import tomllib
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from mailflatrate.mail.reading.values import Original

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForwardLabels:
    sender: Labels
    to: Labels
    subject: Labels
    date: Labels
    copy: Labels
    forward_prefixes: Labels
    reply_prefixes: Labels
    forwarded: Labels


def _read_labels() -> ForwardLabels:
    tables = tomllib.loads(Path(__file__).with_name("forward_labels.toml").read_text("utf-8"))
    return ForwardLabels(**{name: tuple(labels) for name, labels in tables.items()})


LABELS = _read_labels()
_KINDS = {kind: getattr(LABELS, kind) for kind in ("sender", "to", "subject", "date", "copy")}
_MEANING = {label: kind for kind, labels in reversed(_KINDS.items()) for label in labels}
_SENDER_LABELS = frozenset(LABELS.sender)
_LABELS = "|".join(sorted((re.escape(label) for label in _MEANING), key=len, reverse=True))
# A label may be in round brackets, be followed by its translation in brackets, or precede a tab or wide gap alone.
_FIELD_LINE = re.compile(
    rf"^[\s>|*_(\ufeff\u200e\u200f]*({_LABELS})\s*(?:\*?\s*\(\w[^()\n]{{0,30}}\))?\s*\)?\s*\*{{0,2}}\s*"
    rf"(?:[:：]\s*\)?\s*\*{{0,2}}[ \t]*(\S.*)?|(?:\t|[ ]{{2,}}|(?<=\*)[ ]|(?<=\))[ ])[ \t]*(\S.*))$",
    re.I,
)
# Any label first, the table afterward: to try the labels of thirty languages on every line takes far longer.
_LABEL_LINE = re.compile(
    r"^[ \t>|*_(\ufeff\u200e\u200f]*(\w[^\n:：*\t()]{0,30}+)[ \t*)]*+(?:\([^()\n]{0,30}\)[ \t*)]*+)?[:：]", re.M
)
# The same without a colon, looked for only where something else shows that it is a forward.
_GAP_LINE = re.compile(r"^[ \t>|*_(\ufeff\u200e\u200f]*(\w[^\n:：*\t()]{0,30}?)(?:\)|\t|  |\*)", re.M)
_IN_LINE = re.compile(rf"(?:(?<=[>\s\d\w])|(?<=-----)\s*)({_LABELS})\s?[:：]\s", re.I)
_SAYS_SO = re.compile("|".join(re.escape(words) for words in LABELS.forwarded), re.I)
_RULE = re.compile(r"[-_=*]{3,}|:\s*$")
#: A line under which the answered mail is quoted does not announce a forward.
_QUOTED_BELOW = re.compile(r"[ \t]*\n(?:[ \t]*\n){0,3}[ \t]*>")
_WROTE = re.compile(r"^[ \t]*(\ufeff)?[^\n<>]{0,120}?<([^\s<>@]+@[^\s<>]+)>[^\n]{0,60}(?::|：)\s*$", re.M)
_PREFIX = re.compile(r"^\s*([^\s:：\[\]()]{1,16}(?: [^\s:：]{1,8})?)\s*(?:\[\d+\])?\.?\s?[:：]\s?")
_MAILTO = re.compile(r"\s*<mailto:[^>]*>|\[mailto:([^\]]*)\]")
_BLOCK_LINES = 14
_BLOCK_CHARS = 4000
_MAX_CANDIDATES = 40


@dataclass(frozen=True, slots=True)
class Forward:
    sender: str
    to: str
    subject: str
    date: str

    def original(self) -> Original:
        return Original(sender=self.sender, to=self.to, subject=self.subject, message_id="", how="forward")


def is_forward_subject(subject: str) -> bool:
    return _prefix(subject) in LABELS.forward_prefixes


def is_reply_subject(subject: str) -> bool:
    return _prefix(subject) in LABELS.reply_prefixes


def strip_prefixes(subject: str) -> str:
    while _prefix(subject) in LABELS.forward_prefixes + LABELS.reply_prefixes and (match := _PREFIX.match(subject)):
        subject = subject[match.end() :]
    return subject.strip()


def find_forward(text: str, subject: str = "") -> Forward | None:
    may_be_reply = is_reply_subject(subject)
    labels = _LABEL_LINE.finditer(text)
    if is_forward_subject(subject) or "-----" in text or "_____" in text:
        labels = chain(labels, _GAP_LINE.finditer(text))
    senders = (match for match in labels if match[1].strip().lower() in _SENDER_LABELS)
    for match in islice(senders, _MAX_CANDIDATES):
        block = _around(text, match.start())
        says_so = _says_so(text, block)
        if (says_so or not may_be_reply) and (forward := _block(text[block : block + _BLOCK_CHARS], says_so)):
            return forward
    for line in islice((line for line in text.split("\n") if "-----" in line), _MAX_CANDIDATES):
        if forward := _run_on(line[:_BLOCK_CHARS]):
            return forward
    return _wrote(text, subject, may_be_reply)


def _prefix(subject: str) -> str:
    match = _PREFIX.match(subject.lower())
    return match[1].rstrip(".").strip() if match else ""


def _around(text: str, at: int) -> int:
    """Clients put Subject or Date first, too. Single blank lines between fields, as tables leave them, are skipped."""
    start = at
    for _ in range(4):
        end = start - 1
        before = text.rfind("\n", 0, max(end, 0)) + 1
        if before < end and not text[before:end].strip(" \t>|\r"):
            end = before - 1
            before = text.rfind("\n", 0, max(end, 0)) + 1
        if end <= before or _FIELD_LINE.match(text[before:end].rstrip()) is None:
            break
        start = before
    return start


def _says_so(text: str, block: int) -> bool:
    above = [line for line in text[max(0, block - 300) : block].split("\n") if line.strip()][-5:]
    return any(_SAYS_SO.search(line) and (_RULE.search(line) or len(line) < 60) for line in above)


def _block(text: str, says_so: bool) -> Forward | None:
    fields: dict[str, str] = {}
    pending = ""
    gap = False
    for line in text.split("\n")[:_BLOCK_LINES]:
        if not line.strip(" >|\t\r"):
            gap = True
            continue
        match = _FIELD_LINE.match(line.rstrip())
        if match is not None:
            kind, value = _MEANING[match[1].lower()], _clean(match[2] or match[3] or "")
            fields.setdefault(kind, value)
            pending = "" if value else kind
            gap = False
        elif pending:
            # A table puts the value into a line of its own.
            fields[pending], pending = _clean(line.strip(" >|\t")), ""
        elif gap or not (fields and "@" in line and line.rstrip().endswith((">", ";", ","))):
            # Only a long list of recipients runs over several lines.
            break
    return _forward(fields, says_so)


def _run_on(line: str) -> Forward | None:
    if _SAYS_SO.search(line) is None:
        return None
    matches = list(_IN_LINE.finditer(line))
    fields: dict[str, str] = {}
    for at, match in enumerate(matches):
        end = matches[at + 1].start() if at + 1 < len(matches) else len(line)
        fields.setdefault(_MEANING[match[1].lower()], _clean(line[match.end() : end]))
    return _forward(fields, says_so=True)


def _forward(fields: dict[str, str], says_so: bool) -> Forward | None:
    others = sum(kind in fields for kind in ("to", "subject", "date"))
    if "sender" not in fields or others < (1 if says_so else 2):
        return None
    if not says_so and "@" not in fields["sender"] + fields.get("to", ""):
        return None
    return Forward(fields["sender"], fields.get("to", ""), fields.get("subject", ""), fields.get("date", ""))


def _wrote(text: str, subject: str, may_be_reply: bool) -> Forward | None:
    forwarded = is_forward_subject(subject)
    if may_be_reply or not (forwarded or "\ufeff" in text):
        return None
    for match in islice(_WROTE.finditer(text), _MAX_CANDIDATES):
        if _QUOTED_BELOW.match(text, match.end()):
            continue
        if forwarded or match[1]:
            return Forward(match[2], "", strip_prefixes(subject), "")
    return None


def _clean(value: str) -> str:
    return " ".join(_MAILTO.sub(lambda match: f"<{match[1]}>" if match[1] else "", value).strip(" *\t\r").split())
