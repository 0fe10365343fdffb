"""Turns a diagnostic text and its codes into one verdict (R-68), in this order: the innermost quoted reply; phrases of
known providers; what the sentence is about, if not the mailbox; grammar and phrases of dead addresses; words of queues
and machines; codes. Codes that systems also use for other faults count only in addition to words.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from mailflatrate.mail.bounce_text.grammar import ReplyMeaning, fold, read_sentences
from mailflatrate.mail.bounce_text.normal import normalise
from mailflatrate.mail.bounce_text.phrases import grams_of, phrase_tables
from mailflatrate.mail.bounce_text.quoted_reply import QuotedReply, innermost
from mailflatrate.mail.bounce_text.status_codes import (
    BY_DETAIL,
    BY_SUBJECT,
    CODE_OF,
    DEAD_DETAILS,
    HARD_REASONS,
    HINTS,
    PLAIN,
    SENDER_DETAILS,
    outcome_of,
)
from mailflatrate.mail.bounce_text.subject import (
    is_about_content,
    is_about_many,
    is_closed_for_good,
    is_lapsed_domain,
)
from mailflatrate.mail.reading.values import BounceOutcome, BounceReason, BounceVerdict, BounceWitness

# A code of a dead address decides only if the words name nothing but the recipient.
_ELSEWHERE = re.compile(
    r"\b(?:senders?|originat\w*|spf|dkim|dmarc|arc|relay\w*|ips?|rdns|ptr|helo|ehlo|mail from|envelope from|spam\w*|"
    r"virus\w*|malware|polic(?:y|ies)|reputation|block(?:ed|ing|list\w*)|black ?list\w*|blacklist\w*|"
    r"rate|limit\w*|throttl\w*|"
    r"maintenance|newsletters?|content|attachments?|tls|starttls|auth\w*|connections?|too many|temporar\w*|later|quota|"
    r"unsolicited|bulk|greylist\w*|your (?:server|domain|host|provider|isp|network)|absender\w*|exp[ée]diteur|"
    r"remitente|mittente|remetente|отправител\w*|dns|mx|timeout|timed out|header\w*|subject|signature|"
    r"permission|permitted|allowance|size|smaller|larger|[mk]b|room|space|full|storage|maintained|until)\b"
)
_BEFORE_DATA = re.compile(r">>> rcpt to:[^>]*?(?:<<<|>) ?(?:<<< )?[45]\d\d|in reply to rcpt to|after rcpt to")
_AT_MAIL_FROM = re.compile(r"in reply to mail from|after mail from|\[mail_from\]|>>> mail from:[^>]*> ?<<< [45]\d\d")
_AT_HELO = re.compile(
    r"my name was rejected|in reply to (?:ehlo|helo)|after (?:ehlo|helo)|>>> (?:ehlo|helo)[^>]*<<< [45]"
)
_AFTER_DATA = re.compile(
    r"in reply to (?:end of )?data|>>> data|after end of data|after data|final data|\[data\]|"
    r"step: data|smtp command data"
)
_BARE_REFUSAL = re.compile(r"(?:recipient(?: address)? rejected|address rejected)\W*(?:addr\W*)?(?:\(?in reply.*)?$")
# RFC 4954: it is the sender that has to sign in.
_AUTHENTICATION = frozenset({"530", "534", "535", "538"})
#: RFC 5321 4.2.2: what was not understood says nothing of a mailbox. (501 is also given for addresses.)
_PROTOCOL = frozenset({"500", "502", "503", "504"})
#: A reply that accepts, as such or quoted by the server that reports it.
_ACCEPTED = re.compile(r"(?:^|\bsaid:? |\bsmtp; ?)[^\w]{0,4}(?:[23]\d\d(?=[ \-]|$)|2\.\d{1,3}\.\d{1,3}\b)", re.I)
MAX_TEXT = 3000


def classify_smtp_reply(code: int, enhanced: str | None, text: str) -> BounceVerdict:
    """`code` 4xx or 5xx, `enhanced` as "5.1.1" or None. Never raises. RFC 5321 4.2, RFC 3463, R-68."""
    return judge(f"{code} {text}", enhanced or "")


def judge(text: str, status: str = "", *, delayed: bool = False, final: bool = False) -> BounceVerdict:
    """`status` is the report's, or "". `delayed`: delivery is still being tried. `final`: it has ended, so a temporary
    code is only the reply to the last attempt.
    """
    return _judge(text[:MAX_TEXT], status, delayed, final)


@dataclass(frozen=True, slots=True)
class _Case:
    plain: str
    bare: str
    words: str
    code: str
    status: str
    after_data: bool
    at_mail_from: bool
    at_helo: bool

    @property
    def folded(self) -> str:
        return " ".join(fold(self.words).split())

    @property
    def detail(self) -> str:
        return self.status[2:]


@lru_cache(maxsize=2048)
def _judge(text: str, given: str, delayed: bool, final: bool) -> BounceVerdict:
    case = _case(text, given)
    reason, by_words = _reason(case)
    if reason is BounceReason.USERUNKNOWN and case.at_mail_from and case.detail not in DEAD_DETAILS:
        # No recipient has been named yet: the unknown user is the sender.
        reason = BounceReason.REJECTED
    if reason is BounceReason.UNDEFINED:
        reason = _by_code(case.code, case.status.startswith("4") or (not case.status and case.code.startswith("4")))
    dead = reason in HARD_REASONS
    coded = case.detail in DEAD_DETAILS and case.status.startswith("5")
    hard = dead and not delayed and _is_permanent(case, reason, final)
    if not case.code and _ACCEPTED.search(text):
        hard = dead = coded = False
    elif reason is BounceReason.SUSPEND and not delayed and (final or case.code[:1] != "4"):
        # One witness, whatever the code: the account is there, and its provider may open it again.
        hard = is_closed_for_good(case.folded, case.plain, case.status)
        if hard:
            witness = BounceWitness.WORDS if by_words else BounceWitness.CODE
            return BounceVerdict(
                reason, True, case.status or CODE_OF[reason], outcome_of(reason, True), witnesses=(witness,)
            )
    outcome = outcome_of(reason, hard)
    return BounceVerdict(
        reason,
        hard,
        case.status or CODE_OF.get(reason, ""),
        outcome,
        witnesses=_witnesses(words=by_words and dead, code=coded and dead) if hard else (),
        disputed=not hard and not delayed and (dead or coded) and outcome is BounceOutcome.RECIPIENT_SOFT,
    )


def _witnesses(*, words: bool, code: bool) -> tuple[BounceWitness, ...]:
    return tuple(witness for witness, spoke in ((BounceWitness.WORDS, words), (BounceWitness.CODE, code)) if spoke)


def _is_permanent(case: _Case, reason: BounceReason, final: bool) -> bool:
    if case.detail.startswith("2.") and case.status.startswith("4"):
        # "4.2.1 mailbox unavailable" is said of living mailboxes.
        return False
    if final:
        return True
    if case.code:
        return case.code.startswith("5")
    return reason is BounceReason.USERUNKNOWN or not case.status.startswith("4")


def _case(text: str, given: str) -> _Case:
    whole = " ".join(text.lower().split())
    reply = innermost(text)
    forms = normalise(reply.text)
    return _Case(
        plain=forms.plain,
        bare=forms.bare,
        words=forms.words,
        code=reply.code,
        status=_status(reply, given),
        after_data=_AFTER_DATA.search(whole) is not None and _BEFORE_DATA.search(whole) is None,
        at_mail_from=_AT_MAIL_FROM.search(whole) is not None,
        at_helo=_AT_HELO.search(whole) is not None,
    )


def _status(reply: QuotedReply, given: str) -> str:
    if given.startswith("2") or given[2:] == "0.0":
        return reply.status or (given if given[:1] in "45" and not reply.code else "")
    return reply.status or given


def _reason(case: _Case) -> tuple[BounceReason, bool]:
    """The second value: the words, not only the code, give the reason."""
    reason = _before_words(case)
    if reason is not None:
        return reason
    if is_about_many(case.bare):
        return BounceReason.BLOCKED, True
    grams = grams_of(case.bare)
    tables = phrase_tables()
    for table in (tables.message, tables.rate, tables.sender, tables.mail_from, tables.upkeep):
        row = table.find(case.bare, grams)
        if row is not None:
            return row.reason, True
    reported = read_sentences(case.words)
    reason = _about_other_domain(case, grams, reported)
    if reason is not None:
        return reason
    if BounceReason.REJECTED in reported.reasons:
        return BounceReason.REJECTED, True
    reason = _about_mailbox(case, grams, reported)
    if reason is not None:
        return reason
    for table in (tables.queue, tables.rest):
        row = table.find(case.bare, grams)
        if row is not None and not (case.detail in DEAD_DETAILS and table is tables.rest):
            return row.reason, True
    return _by_detail(case, grams), False


def _before_words(case: _Case) -> tuple[BounceReason, bool] | None:
    if case.at_helo:
        return BounceReason.BLOCKED, True
    row = phrase_tables().providers.find(case.plain)
    if row is not None:
        return row.reason, True
    if case.code in _AUTHENTICATION:
        return BounceReason.SECURITYERROR, False
    if case.code in _PROTOCOL and case.detail not in DEAD_DETAILS and not _says_dead_plainly(case):
        return BounceReason.SYNTAXERROR, False
    if case.detail in SENDER_DETAILS:
        return BounceReason.REJECTED, False
    if case.detail in PLAIN:
        return BY_DETAIL[case.detail], False
    return None


def _about_other_domain(
    case: _Case, grams: AbstractSet[str], reported: ReplyMeaning
) -> tuple[BounceReason, bool] | None:
    folded = case.folded
    linked = is_about_content(folded)
    if not linked and not is_lapsed_domain(folded):
        return None
    row = phrase_tables().route.find(case.bare, grams)
    unknown = BounceReason.HOSTUNKNOWN in reported.reasons or (
        row is not None and row.reason is BounceReason.HOSTUNKNOWN
    )
    if unknown or _says_dead(case, grams, reported):
        return (BounceReason.SPAMDETECTED, True) if linked else None
    if linked:
        return None
    # Under a code of policy the domain is the sender's.
    return (BounceReason.REJECTED if case.detail.startswith("7.") else BounceReason.HOSTUNKNOWN), True


def _says_dead_plainly(case: _Case) -> bool:
    return case.code != "503" and BounceReason.USERUNKNOWN in read_sentences(case.words).reasons


def _about_mailbox(case: _Case, grams: AbstractSet[str], reported: ReplyMeaning) -> tuple[BounceReason, bool] | None:
    row = phrase_tables().living.find(case.bare, grams)
    living = row.reason if row is not None else None
    if living is None:
        living = next(
            (
                kind
                for kind in (BounceReason.MAILBOXFULL, BounceReason.SUSPEND, BounceReason.ONHOLD)
                if kind in reported.reasons
            ),
            None,
        )
    if (
        living is BounceReason.SUSPEND
        and BounceReason.USERUNKNOWN in reported.reasons
        and not case.detail.startswith("2.")
    ):
        living = None
    if living is not None:
        # "550 5.1.1 mailbox suspended": the code of a dead address outweighs the word.
        ends = BounceReason.ONHOLD in reported.reasons
        if living is BounceReason.SUSPEND and not ends and case.detail in DEAD_DETAILS and case.status[:1] == "5":
            return BY_DETAIL[case.detail], False
        return living, True
    row = phrase_tables().route.find(case.bare, grams)
    if row is not None:
        return row.reason, True
    if _says_dead(case, grams, reported):
        if case.after_data and case.detail not in DEAD_DETAILS:
            return BounceReason.FILTERED, True
        return BounceReason.USERUNKNOWN, True
    if BounceReason.HOSTUNKNOWN in reported.reasons:
        # Under a code of policy the unknown domain is the sender's.
        return (BounceReason.REJECTED if case.detail.startswith("7.") else BounceReason.HOSTUNKNOWN), True
    return None


def _says_dead(case: _Case, grams: AbstractSet[str], reported: ReplyMeaning) -> bool:
    if BounceReason.USERUNKNOWN in reported.reasons or phrase_tables().dead.find(case.bare, grams) is not None:
        return True
    return not reported.foreign and phrase_tables().lone.find(case.bare, grams) is not None


def _by_detail(case: _Case, grams: AbstractSet[str]) -> BounceReason:
    detail = case.detail
    if detail in HINTS:
        return (
            BounceReason.USERUNKNOWN if _BARE_REFUSAL.search(case.bare) else _vague(case, grams, BounceReason.REJECTED)
        )
    if detail in DEAD_DETAILS and _ELSEWHERE.search(case.bare):
        return _vague(case, grams, BounceReason.REJECTED)
    reason = BY_DETAIL.get(detail) or BY_SUBJECT.get(detail.partition(".")[0], BounceReason.UNDEFINED)
    return reason if reason is not BounceReason.UNDEFINED else _vague(case, grams, reason)


def _vague(case: _Case, grams: AbstractSet[str], otherwise: BounceReason) -> BounceReason:
    if _BARE_REFUSAL.search(case.bare):
        return BounceReason.USERUNKNOWN
    row = phrase_tables().vague.find(case.bare, grams)
    return row.reason if row is not None else otherwise


def _by_code(code: str, transient: bool) -> BounceReason:
    if code in ("552", "452"):
        return BounceReason.MAILBOXFULL
    if code in ("421", "451"):
        return BounceReason.SYSTEMERROR
    if code in ("500", "501", "502", "503", "504"):
        return BounceReason.SYNTAXERROR
    if code in ("550", "551", "553", "554", "450"):
        return BounceReason.REJECTED
    return BounceReason.EXPIRED if transient else BounceReason.UNDEFINED
