"""Titles of proof composed of English and German words: `Confirmation IP address`."""

import re
from functools import lru_cache

from mailflatrate.rules.prior_status.status_words import plain

_IP = re.compile(
    r"\bip(?:v?[46])?\b|\bip ?adress?e?\b|"
    r"(?:signup|optin|doi|confirm|confirmation|consent|subscribe|anmelde|bestaetigungs)ip$"
)
_TIME = re.compile(
    r"\b(?:timestamp|time ?stamp|time|date|datetime|at|on|since|datum|zeit|uhrzeit|zeitpunkt|am|seit)\b|"
    r"(?:datum|zeit|zeitpunkt|zeitstempel|timestamp|date|time)\b"
)
_CONFIRMS = re.compile(r"\bconfirm|bestaetig|\bverif|\bdoi\b|double ?opt|\bactivat|aktivier|freigeschalt|freischalt")
_SIGNS_UP = re.compile(
    r"\bsign(?:ed)? ?up|\bsignup|\bopt(?:ed)? ?in|\bsub\b|\bsubscri|\bregist|anmeld|angemeldet|eintrag|"
    r"eingetragen|\bjoin|"
    r"consent|einwillig|zustimm|zugestimmt|abonn|beitritt|beigetreten"
)
# A time with one of these words is not a sign-up time, whatever else is in the title.
_OTHERWISE = re.compile(
    r"\bun ?sub|opt ?out|abmeld|abgemeldet|\blast\b|letzt|birth|geburt|order|bestell|update|modif|aender|expir|ablauf|"
    r"\bends?\b|revok|widerr|withdr|renew|login|\bopen|click|zone|\bsent\b|gesendet|bounc|requested"
)


@lru_cache(maxsize=4_096)
def composed(title: str) -> str | None:
    """For titles that name an act and its time or IP address."""
    words = plain(title)
    if _OTHERWISE.search(words):
        return None
    confirms, signs_up = _CONFIRMS.search(words), _SIGNS_UP.search(words)
    if not confirms and not signs_up:
        return None
    if _IP.search(words):
        return "confirmed_ip" if confirms else "signup_ip"
    if _TIME.search(words):
        return "confirmed_at" if confirms else "signup_at"
    return None
