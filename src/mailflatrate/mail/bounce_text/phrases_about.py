"""Phrases of replies that are not about the mailbox: rate limits and maintenance. Checked before any code."""

import re

from mailflatrate.mail.bounce_text.phrase_rows import Phrases, PhraseTable
from mailflatrate.mail.reading.values import BounceReason

#: "5.1.1 Too many messages from your IP" says nothing about the recipient.
RATE = PhraseTable(
    Phrases(
        BounceReason.SPEEDING,
        "servers that count messages, whatever code they give",
        (
            "slow down", "too many messages from", "too many messages in", "too many mails", "too many emails",
            "too many messages per", "too many messages sent", "too many recipients", "too many bad", "too many errors",
            "too many invalid", "too many unknown", "rate limit", "ratelimit", "rate-limit", "rate exceeded",
            "sending rate", "throttl", "frequency limit", "sending limit", "hourly limit", "daily limit", "too fast",
            "too frequent", "unusual rate", "message rate", "deferred due to", "unexpected volume",
            "sending activity", "limit for message recipients", "zu viele nachrichten", "zu viele e-mails",
            "trop de messages", "trop de mails", "demasiados mensajes", "troppi messaggi", "muitas mensagens",
            "te veel berichten", "zu viele", "trop de", "trop d'", "demasiad", "troppi", "troppe", "muitas",
            "muitos", "te veel", "zbyt wiele", "zbyt dużo", "příliš mnoho", "príliš veľa", "túl sok", "prea mul",
            "för många", "for mange", "liian monta", "liian paljon", "liiga palju", "çok fazla", "слишком много",
            "забагато", "твърде много", "πάρα πολλ", "频率", "頻率", "太多", "过于频繁", "過多", "너무 많",
        ),
    ),
    Phrases(
        BounceReason.TOOMANYCONN,
        "servers that count connections",
        (
            "too many connections", "too many sessions", "too many concurrent", "maximum number of connections",
            "connection limit", "zu viele verbindungen", "trop de connexions", "demasiadas conexiones",
            "troppe connessioni", "connections from your", "simultaneous connections",
        ),
    ),
)  # fmt: skip

UPKEEP = PhraseTable(
    Phrases(
        BounceReason.SYSTEMERROR,
        "servers that are out of service for a while",
        (
            "maintenance", "not accepting network messages", "system not accepting", "being upgraded",
            "migration in progress", "being migrated", "out of service", "shutting down", "server busy",
            "system busy", "service not available", "service temporarily unavailable", "temporarily overloaded",
            "lookup failed, ldap", "ldap server", "ldap lookup failed", "directory unavailable",
            "database unavailable", "database error", "database is locked", "backend unavailable",
            "wartungsarbeiten", "wartung", "mantenimiento", "manutenzione", "manutenção", "onderhoud", "konserwacj",
            "údržb", "karbantart", "underhåll", "vedligehold", "vedlikehold", "huolto", "bakım çalışma",
            "технические работы", "технических работ", "обслуживани", "维护", "維護", "メンテナンス", "점검",
        ),
    ),
)  # fmt: skip

#: A code of a dead address decides only if the words name nothing but the recipient.
ELSEWHERE = re.compile(
    r"\b(?:senders?|originat\w*|spf|dkim|dmarc|arc|relay\w*|ips?|rdns|ptr|helo|ehlo|mail from|envelope from|spam\w*|"
    r"virus\w*|malware|polic(?:y|ies)|reputation|block(?:ed|ing|list\w*)|black ?list\w*|blacklist\w*|"
    r"rate|limit\w*|throttl\w*|"
    r"maintenance|newsletters?|content|attachments?|tls|starttls|auth\w*|connections?|too many|temporar\w*|later|quota|"
    r"unsolicited|bulk|greylist\w*|your (?:server|domain|host|provider|isp|network)|absender\w*|exp[ée]diteur|"
    r"remitente|mittente|remetente|отправител\w*|dns|mx|timeout|timed out|header\w*|subject|signature|"
    r"permission|permitted|allowance|size|smaller|larger|[mk]b|room|space|full|storage|maintained|until)\b"
)
