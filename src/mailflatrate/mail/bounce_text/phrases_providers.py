"""Phrases that only one mailbox provider or product writes and that mean exactly one thing; trusted above all else."""

from mailflatrate.mail.bounce_text.phrase_rows import Phrases, PhraseTable
from mailflatrate.mail.reading.values import BounceReason

PROVIDERS = PhraseTable(
    Phrases(BounceReason.USERUNKNOWN, "servers that answer for RCPT only after DATA", ("554 rcpt <*> does not exist",)),
    # --- Google -------------------------------------------------------------------------------------------------
    Phrases(
        BounceReason.USERUNKNOWN, "Gmail", ("p=nosuchuser", "email account that you tried to reach does not exist")
    ),
    Phrases(
        BounceReason.MAILBOXFULL,
        "Gmail",
        (
            "p=overquota",
            "inbox is out of storage space",
            "tried to reach is over quota",
        ),
    ),
    Phrases(
        BounceReason.SUSPEND, "Gmail", ("p=disableduser", "tried to reach is disabled", "tried to reach is inactive")
    ),
    Phrases(
        BounceReason.SPEEDING,
        "Gmail",
        ("p=receivingrate", "receiving mail at a rate that", "receiving mail too quickly", "p=unsolicitedratelimit"),
    ),
    Phrases(
        BounceReason.AUTHFAILURE,
        "Gmail",
        (
            "because the sender is unauthenticated",
            "unauthenticated email from",
            "p=dmarcrejection",
            "p=unauthenticated",
            "requires all senders to authenticate",
            "sender-guidelines#authentication",
            "dmarc initiative",
            "has an spf record with a hard fail",
            "does not have authentication information or fails to pass authentication",
        ),
    ),
    Phrases(
        BounceReason.REQUIREPTR, "Gmail", ("does not have a ptr record", "sending ip does not match the ip address of")
    ),
    Phrases(BounceReason.FAILEDSTARTTLS, "Gmail", ("sent over tls connection", "not sent over a tls")),
    Phrases(
        BounceReason.NOTCOMPLIANTRFC,
        "Gmail",
        (
            "p=rfcmessagenoncompliant",
            "messages missing a valid",
            "messages with multiple addresses in from",
            "not rfc 5322 compliant",
            "is not rfc compliant",
            "not be sent according to rfc 5322",
        ),
    ),
    Phrases(
        BounceReason.SPAMDETECTED,
        "Gmail",
        (
            "likely unsolicited mail",
            "likely suspicious",
            "p=unsolicitedmessageerror",
            "rejected due to spam classification",
            "unusual rate of unsolicited mail",
        ),
    ),
    Phrases(
        BounceReason.BADREPUTATION,
        "Gmail",
        ("very low reputation of the sending", "low reputation of the sending", "reputation of the sending domain"),
    ),
    Phrases(
        BounceReason.POLICYVIOLATION,
        "Gmail",
        ("its content presents a potential", "detected an illegal attachment", "p=blockedmessage"),
    ),
    Phrases(
        BounceReason.REJECTED,
        "Google Groups",
        ("google groups", "groups.google.com", "support.google.com/a/answer/166"),
    ),
    # --- Amazon ---------------------------------------------------------------------------------------------------
    Phrases(
        BounceReason.FILTERED,
        "Amazon SES (its own suppression list)",
        ("suppressed sending to this address", "on the suppression list"),
    ),
    # --- Microsoft ----------------------------------------------------------------------------------------------
    Phrases(
        BounceReason.USERUNKNOWN,
        "Exchange",
        (
            "resolver.adr.recipnotfound",
            "resolver.adr.recipientnotfound",
            "resolver.adr.exrecipnotfound",
            "resolver.adr.badprimary",
            "not found by smtp address lookup",
            "returned unknown recipient or mailbox unavailable",
            "the recipient name is not recognized",
            "5.4.1 *recipient address rejected: access denied",
            "5.4.1 all recipient addresses rejected",
            "wasn't found at the destination domain",
            "wasn’t found at the destination domain",
            "e-mail address you entered couldn't be found",
            "mailbox unavailable or not local",
        ),
    ),
    Phrases(
        BounceReason.MAILBOXFULL,
        "Exchange",
        (
            "storedrv.deliver: mailbox full",
            "resolver.rst.quota",
            "mapiexceptionshutoffquotaexceeded",
            "quotaexceededexception",
        ),
    ),
    Phrases(
        BounceReason.MESGTOOBIG,
        "Exchange",
        ("resolver.rst.sendsizelimit", "resolver.rst.recipsizelimit", "message too large for this"),
    ),
    Phrases(
        BounceReason.SECURITYERROR,
        "Exchange",
        ("resolver.rst.authrequired", "resolver.rst.notauthorized", "client was not authenticated"),
    ),
    Phrases(BounceReason.SYSTEMERROR, "Exchange", ("missing or bad storedriver mdb properties", "storedrv.submit")),
    Phrases(BounceReason.SPEEDING, "Exchange", ("resolver.rst.recipientratelimit", "submission quota exceeded")),
    Phrases(
        BounceReason.NETWORKERROR,
        "Exchange",
        ("message expired, dns query failed", "routing.looping", "hop count exceeded"),
    ),
    Phrases(
        BounceReason.EXPIRED, "Exchange", ("message expired, connection refused", "queue.expired", "queue aged out")
    ),
    Phrases(
        BounceReason.AUTHFAILURE,
        "Outlook.com",
        (
            "does not pass dmarc verification",
            "meet the required authentication level",
            "does not meet the required authentication",
            "5.7.515 access denied",
            "5.7.15 access denied",
        ),
    ),
    Phrases(
        BounceReason.BADREPUTATION,
        "Outlook.com",
        ("rate limited due to ip reputation", "temporarily rate limited due to", "namespace mining detected"),
    ),
    Phrases(
        BounceReason.BLOCKED,
        "Outlook.com",
        (
            "part of their network is on our block list",
            "(s3140)",
            "(s3150)",
            "weren't sent. *block list",
            "sc-001",
            "sc-002",
            "sc-003",
            "sc-004",
            "5.7.606",
            "banned sending ip",
            "oi-001",
            "dy-001",
            "dy-002",
        ),
    ),
    # --- Yahoo, AOL ---------------------------------------------------------------------------------------------
    Phrases(
        BounceReason.USERUNKNOWN,
        "Yahoo",
        (
            "this user doesn't have a",
            "delivery error: dd not a valid recipient",
            "unable to find user:",
        ),
    ),
    Phrases(BounceReason.SUSPEND, "Yahoo", ("account has been disabled or discontinued",)),
    Phrases(
        BounceReason.MAILBOXFULL,
        "Yahoo",
        ("this account is over quota", "over quota *delivery error", "user is over quota"),
    ),
    Phrases(
        BounceReason.SUSPEND,
        "Yahoo",
        ("account is temporarily unavailable", "dd requested mail action aborted, mailbox"),
    ),
    Phrases(
        BounceReason.REJECTED,
        "Yahoo",
        ("[tss04]", "[ts01]", "[ts02]", "[tss05]", "unexpected volume or user complaints"),
    ),
    Phrases(BounceReason.POLICYVIOLATION, "Yahoo", ("not accepted for policy reasons", "[ph01]", "[bl21]", "[bl23]")),
    # --- German providers ---------------------------------------------------------------------------------------
    Phrases(
        BounceReason.BLOCKED,
        "T-Online",
        ("a problem occurred. *(bl)", "a problem occurred. *(nowl)", "a problem occurred. *(dial)"),
    ),
    Phrases(BounceReason.REQUIREPTR, "GMX, WEB.DE", ("bad dns ptr resource record", "c=rdns", "postmaster.gmx.*c=ptr")),
    Phrases(
        BounceReason.BLOCKED,
        "GMX, WEB.DE",
        ("no smtp service*ip address is black listed", "c=bl&", "c=pol", "bad dns *rejected"),
    ),
    Phrases(
        BounceReason.REJECTED,
        "GMX, WEB.DE",
        ("invalid dns mx or a/aaaa resource record", "postmaster.web.de/de/case?c=r"),
    ),
    Phrases(
        BounceReason.MAILBOXFULL, "WEB.DE", ("benutzer hat zuviele mails", "user has too many messages on the server")
    ),
    Phrases(
        BounceReason.SPAMDETECTED,
        "GMX, WEB.DE",
        ("reject due to policy restrictions*c=hi", "c=bip", "postmaster.gmx*c=hi", "postmaster.web.de*c=hi"),
    ),
    # --- French providers ---------------------------------------------------------------------------------------
    Phrases(
        BounceReason.USERUNKNOWN,
        "Orange, La Poste",
        ("ofr_416", "lpn007_416", "adresse d au moins un destinataire invalide", "adresse destinataire invalide"),
    ),
    Phrases(BounceReason.SUSPEND, "Orange", ("ofr_417", "lpn_417")),
    Phrases(BounceReason.MAILBOXFULL, "Orange, La Poste", ("ofr_513", "lpn_513", "boite du destinataire pleine")),
    Phrases(
        BounceReason.BLOCKED,
        "La Poste",
        ("lpn006_107", "lpn105_", "lpn007_402", "ofr004_104", "ofr_104", "ofr_405", "ofr_403", "ofr006_104"),
    ),
    Phrases(BounceReason.SPAMDETECTED, "Orange", ("ofr_506", "ofr_515", "lpn_506", "mail refuse. *spam", "ofr004_405")),
    Phrases(BounceReason.SYSTEMERROR, "Orange", ("ofr005_505", "ofr_505", "ofr_402", "ofr_999")),
    Phrases(BounceReason.REQUIREPTR, "Orange, Free", ("ofr_101", "lpn_101")),
    Phrases(BounceReason.TOOMANYCONN, "Orange", ("ofr_109", "ofr_103")),
    # --- North American providers -------------------------------------------------------------------------------
    Phrases(BounceReason.TOOMANYCONN, "Cox, Spectrum", ("aup#in-1310", "aup#in-1", "aup#out-")),
    Phrases(BounceReason.BLOCKED, "Cox", ("aup#cdrbl", "aup#bl", "aup#sx", "cxbl", "cxdns", "cxmxrt")),
    Phrases(
        BounceReason.REQUIREPTR, "Comcast", ("must have a ptr record", "all mail servers must have a ptr", "bl000001")
    ),
    Phrases(
        BounceReason.BLOCKED, "iCloud", ("esmtp not accepting connections", "[hm07]", "[hm08]", "[ca01]", "[cs01]")
    ),
    Phrases(
        BounceReason.FILTERED,
        "Facebook",
        ("refused due to recipient preferences", "email preferences of the person", "rcp-p2", "rcp-p3"),
    ),
    Phrases(BounceReason.USERUNKNOWN, "Facebook", ("rcp-p1",)),
    # --- Russian and Ukrainian providers ------------------------------------------------------------------------
    Phrases(BounceReason.SUSPEND, "Mail.ru", ("invalid mailbox*account is disabled",)),
    Phrases(
        BounceReason.USERUNKNOWN,
        "Mail.ru, Yandex",
        ("invalid mailbox. *user not found", "message was not accepted -- invalid mailbox", "no such user!", "err/1/"),
    ),
    Phrases(
        BounceReason.SUSPEND,
        "Mail.ru, i.ua",
        ("mailbox is frozen", "account is suspended", "mailbox has been disabled"),
    ),
    Phrases(BounceReason.BLOCKED, "Mail.ru", ("support_bl?ip=", "access from ip address", "cgi-bin/support_bl")),
    Phrases(
        BounceReason.SPAMDETECTED,
        "Mail.ru, Yandex",
        ("spam message rejected", "spam message discarded", "looks like spam"),
    ),
    # --- Security gateways --------------------------------------------------------------------------------------
    Phrases(
        BounceReason.POLICYVIOLATION,
        "Mimecast",
        ("host network not allowed", "administrative prohibition", "sender failed policy", "message blocked by policy"),
    ),
    Phrases(
        BounceReason.SPAMDETECTED, "McAfee, MailMarshal, ESET", ("mcspamsignature", "spamprofiler", "esets_smtp (spam)")
    ),
    Phrases(BounceReason.SPAMDETECTED, "Barracuda", ("message cannot be accepted, spam rejection", "bbspamreject")),
    Phrases(
        BounceReason.REQUIREPTR,
        "Exchange with a sender domain check",
        ("mismatches client ip", "forbidden by invalid rdns record", "unverifyable sending ip"),
    ),
)
