"""Phrases that one mailbox provider or product writes and that mean exactly one thing; believed before all else."""

from mailflatrate.mail.bounce_text.words import Phrases, Table
from mailflatrate.mail.reading.values import Reason

PROVIDERS = Table(
    Phrases(Reason.USERUNKNOWN, "servers that answer for RCPT only after DATA", ("554 rcpt <*> does not exist",)),
    # --- Google -------------------------------------------------------------------------------------------------
    Phrases(Reason.USERUNKNOWN, "Gmail", ("p=nosuchuser", "email account that you tried to reach does not exist")),
    Phrases(
        Reason.MAILBOXFULL,
        "Gmail",
        (
            "p=overquota",
            "inbox is out of storage space",
            "tried to reach is over quota",
        ),
    ),
    Phrases(Reason.SUSPEND, "Gmail", ("p=disableduser", "tried to reach is disabled", "tried to reach is inactive")),
    Phrases(
        Reason.SPEEDING,
        "Gmail",
        ("p=receivingrate", "receiving mail at a rate that", "receiving mail too quickly", "p=unsolicitedratelimit"),
    ),
    Phrases(
        Reason.AUTHFAILURE,
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
    Phrases(Reason.REQUIREPTR, "Gmail", ("does not have a ptr record", "sending ip does not match the ip address of")),
    Phrases(Reason.FAILEDSTARTTLS, "Gmail", ("sent over tls connection", "not sent over a tls")),
    Phrases(
        Reason.NOTCOMPLIANTRFC,
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
        Reason.SPAMDETECTED,
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
        Reason.BADREPUTATION,
        "Gmail",
        ("very low reputation of the sending", "low reputation of the sending", "reputation of the sending domain"),
    ),
    Phrases(
        Reason.POLICYVIOLATION,
        "Gmail",
        ("its content presents a potential", "detected an illegal attachment", "p=blockedmessage"),
    ),
    Phrases(
        Reason.REJECTED, "Google Groups", ("google groups", "groups.google.com", "support.google.com/a/answer/166")
    ),
    # --- Amazon ---------------------------------------------------------------------------------------------------
    Phrases(
        Reason.FILTERED,
        "Amazon SES (its own suppression list)",
        ("suppressed sending to this address", "on the suppression list"),
    ),
    # --- Microsoft ----------------------------------------------------------------------------------------------
    Phrases(
        Reason.USERUNKNOWN,
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
        Reason.MAILBOXFULL,
        "Exchange",
        (
            "storedrv.deliver: mailbox full",
            "resolver.rst.quota",
            "mapiexceptionshutoffquotaexceeded",
            "quotaexceededexception",
        ),
    ),
    Phrases(
        Reason.MESGTOOBIG,
        "Exchange",
        ("resolver.rst.sendsizelimit", "resolver.rst.recipsizelimit", "message too large for this"),
    ),
    Phrases(
        Reason.SECURITYERROR,
        "Exchange",
        ("resolver.rst.authrequired", "resolver.rst.notauthorized", "client was not authenticated"),
    ),
    Phrases(Reason.SYSTEMERROR, "Exchange", ("missing or bad storedriver mdb properties", "storedrv.submit")),
    Phrases(Reason.SPEEDING, "Exchange", ("resolver.rst.recipientratelimit", "submission quota exceeded")),
    Phrases(
        Reason.NETWORKERROR, "Exchange", ("message expired, dns query failed", "routing.looping", "hop count exceeded")
    ),
    Phrases(Reason.EXPIRED, "Exchange", ("message expired, connection refused", "queue.expired", "queue aged out")),
    Phrases(
        Reason.AUTHFAILURE,
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
        Reason.BADREPUTATION,
        "Outlook.com",
        ("rate limited due to ip reputation", "temporarily rate limited due to", "namespace mining detected"),
    ),
    Phrases(
        Reason.BLOCKED,
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
        Reason.USERUNKNOWN,
        "Yahoo",
        (
            "this user doesn't have a",
            "delivery error: dd not a valid recipient",
            "unable to find user:",
        ),
    ),
    Phrases(Reason.SUSPEND, "Yahoo", ("account has been disabled or discontinued",)),
    Phrases(
        Reason.MAILBOXFULL, "Yahoo", ("this account is over quota", "over quota *delivery error", "user is over quota")
    ),
    Phrases(
        Reason.SUSPEND, "Yahoo", ("account is temporarily unavailable", "dd requested mail action aborted, mailbox")
    ),
    Phrases(
        Reason.REJECTED, "Yahoo", ("[tss04]", "[ts01]", "[ts02]", "[tss05]", "unexpected volume or user complaints")
    ),
    Phrases(Reason.POLICYVIOLATION, "Yahoo", ("not accepted for policy reasons", "[ph01]", "[bl21]", "[bl23]")),
    # --- German providers ---------------------------------------------------------------------------------------
    Phrases(
        Reason.BLOCKED,
        "T-Online",
        ("a problem occurred. *(bl)", "a problem occurred. *(nowl)", "a problem occurred. *(dial)"),
    ),
    Phrases(Reason.REQUIREPTR, "GMX, WEB.DE", ("bad dns ptr resource record", "c=rdns", "postmaster.gmx.*c=ptr")),
    Phrases(
        Reason.BLOCKED,
        "GMX, WEB.DE",
        ("no smtp service*ip address is black listed", "c=bl&", "c=pol", "bad dns *rejected"),
    ),
    Phrases(
        Reason.REJECTED, "GMX, WEB.DE", ("invalid dns mx or a/aaaa resource record", "postmaster.web.de/de/case?c=r")
    ),
    Phrases(Reason.MAILBOXFULL, "WEB.DE", ("benutzer hat zuviele mails", "user has too many messages on the server")),
    Phrases(
        Reason.SPAMDETECTED,
        "GMX, WEB.DE",
        ("reject due to policy restrictions*c=hi", "c=bip", "postmaster.gmx*c=hi", "postmaster.web.de*c=hi"),
    ),
    # --- French providers ---------------------------------------------------------------------------------------
    Phrases(
        Reason.USERUNKNOWN,
        "Orange, La Poste",
        ("ofr_416", "lpn007_416", "adresse d au moins un destinataire invalide", "adresse destinataire invalide"),
    ),
    Phrases(Reason.SUSPEND, "Orange", ("ofr_417", "lpn_417")),
    Phrases(Reason.MAILBOXFULL, "Orange, La Poste", ("ofr_513", "lpn_513", "boite du destinataire pleine")),
    Phrases(
        Reason.BLOCKED,
        "La Poste",
        ("lpn006_107", "lpn105_", "lpn007_402", "ofr004_104", "ofr_104", "ofr_405", "ofr_403", "ofr006_104"),
    ),
    Phrases(Reason.SPAMDETECTED, "Orange", ("ofr_506", "ofr_515", "lpn_506", "mail refuse. *spam", "ofr004_405")),
    Phrases(Reason.SYSTEMERROR, "Orange", ("ofr005_505", "ofr_505", "ofr_402", "ofr_999")),
    Phrases(Reason.REQUIREPTR, "Orange, Free", ("ofr_101", "lpn_101")),
    Phrases(Reason.TOOMANYCONN, "Orange", ("ofr_109", "ofr_103")),
    # --- North American providers -------------------------------------------------------------------------------
    Phrases(Reason.TOOMANYCONN, "Cox, Spectrum", ("aup#in-1310", "aup#in-1", "aup#out-")),
    Phrases(Reason.BLOCKED, "Cox", ("aup#cdrbl", "aup#bl", "aup#sx", "cxbl", "cxdns", "cxmxrt")),
    Phrases(Reason.REQUIREPTR, "Comcast", ("must have a ptr record", "all mail servers must have a ptr", "bl000001")),
    Phrases(Reason.BLOCKED, "iCloud", ("esmtp not accepting connections", "[hm07]", "[hm08]", "[ca01]", "[cs01]")),
    Phrases(
        Reason.FILTERED,
        "Facebook",
        ("refused due to recipient preferences", "email preferences of the person", "rcp-p2", "rcp-p3"),
    ),
    Phrases(Reason.USERUNKNOWN, "Facebook", ("rcp-p1",)),
    # --- Russian and Ukrainian providers ------------------------------------------------------------------------
    Phrases(Reason.SUSPEND, "Mail.ru", ("invalid mailbox*account is disabled",)),
    Phrases(
        Reason.USERUNKNOWN,
        "Mail.ru, Yandex",
        ("invalid mailbox. *user not found", "message was not accepted -- invalid mailbox", "no such user!", "err/1/"),
    ),
    Phrases(
        Reason.SUSPEND, "Mail.ru, i.ua", ("mailbox is frozen", "account is suspended", "mailbox has been disabled")
    ),
    Phrases(Reason.BLOCKED, "Mail.ru", ("support_bl?ip=", "access from ip address", "cgi-bin/support_bl")),
    Phrases(
        Reason.SPAMDETECTED, "Mail.ru, Yandex", ("spam message rejected", "spam message discarded", "looks like spam")
    ),
    # --- Security gateways --------------------------------------------------------------------------------------
    Phrases(
        Reason.POLICYVIOLATION,
        "Mimecast",
        ("host network not allowed", "administrative prohibition", "sender failed policy", "message blocked by policy"),
    ),
    Phrases(Reason.SPAMDETECTED, "McAfee, MailMarshal, ESET", ("mcspamsignature", "spamprofiler", "esets_smtp (spam)")),
    Phrases(Reason.SPAMDETECTED, "Barracuda", ("message cannot be accepted, spam rejection", "bbspamreject")),
    Phrases(
        Reason.REQUIREPTR,
        "Exchange with a sender domain check",
        ("mismatches client ip", "forbidden by invalid rdns record", "unverifyable sending ip"),
    ),
)
