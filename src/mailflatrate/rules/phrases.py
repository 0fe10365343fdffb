"""Phrases that matter wherever they occur: industries (R-05), orders to machines (R-48), haste (R-47)."""

import re
from functools import cache
from pathlib import Path

_MACHINE = r"(?:ai|ki|llms?|language models?|sprachmodelle?n?|copilot|gemini|chatgpt|ai assistants?|ki-assistenten?)"
# Sentences that address the assistant of a mail program instead of its reader.
_ORDERS = re.compile(
    r"(?:ignore|disregard|forget|override) (?:all |any |the )?(?:previous|prior|above|earlier|preceding) "
    r"(?:instructions?|prompts?|rules)"
    r"|(?:ignoriere|vergiss|missachte) (?:alle |sämtliche )?(?:vorherigen|vorigen|bisherigen|obigen|früheren) "
    r"(?:anweisungen|instruktionen|befehle|regeln)"
    rf"|(?:you are|act as|du bist) (?:now |jetzt )?(?:an? |eine? )?{_MACHINE}\b"
    r"|(?:note|instructions?|message|hint|hinweis|anweisung|nachricht) (?:to|for|an|für) (?:the |any |die |den |eine )?"
    rf"{_MACHINE}\b|\bsystem ?prompt ?:|(?:if|when|wenn|falls) (?:you are|du|sie) (?:an? |eine? )?{_MACHINE}\b"
    r"|(?:summari[sz]e|classify) this (?:e-?mail|message|mail) as\b|stufe diese (?:e-?mail|mail) als\b",
    re.IGNORECASE,
)
_HASTE = re.compile(
    r"\b(?:nur (?:noch )?(?:heute|jetzt|bis (?:heute|morgen|mitternacht))"
    r"|(?:nur )?noch (?:wenige|\d+) (?:stunden?|stück|tage?|minuten)|solange (?:der )?vorrat reicht"
    r"|derni(?:er|ère)s? (?:chance|jours?|heures?)|última (?:oportunidad|hora)|últimas horas"
    r"|ultim[ae] (?:occasione|ore)"
    r"|letzte (?:chance|stunden|möglichkeit|gelegenheit)|endet (?:heute|in kürze|um mitternacht)|läuft (?:heute )?ab"
    r"|(?:today|tonight) only|only today|last (?:chance|call|hours?|day)|final (?:hours?|call|notice|day)"
    r"|ends (?:today|tonight|soon|in \d+ hours?)|expires? (?:today|tonight|soon)|hurry|act now"
    r"|(?:only )?\d+ (?:hours?|days?|minutes?) (?:left|only|to go)|while supplies last|sofort handeln|dringend"
    r"|urgent)\b",
    re.IGNORECASE,
)


def find_categories(text: str) -> tuple[str, ...]:
    lowered = " ".join(text.casefold().split())
    matches = ((name, pattern.search(lowered)) for name, pattern in _categories())
    return tuple(f"{name}: {match.group()}" for name, match in matches if match)


def find_orders(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match.group() for match in _ORDERS.finditer(" ".join(text.split()))))


_AI = re.compile(
    r"\b(?:AI|KI)\b|\b(?:A\.I\.|K\.I\.)|\b(?i:artificial intelligence|künstliche[rn]? intelligenz|"
    r"midjourney|dall[-·]?e|stable diffusion)\b"
)


def tells_ai(text: str) -> bool:
    return _AI.search(" ".join(text.split())) is not None


def find_haste(text: str) -> str | None:
    match = _HASTE.search(text)
    return None if match is None else match.group()


@cache
def _categories() -> tuple[tuple[str, re.Pattern[str]], ...]:
    lines = (Path(__file__).parent / "categories.csv").read_text("utf-8").splitlines()
    rows = (line.split(";", 1) for line in lines if line.strip() and not line.startswith("#"))
    return tuple((name, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")) for name, pattern in rows)
