"""Groupware and message stores: all versions of Exchange, Domino and Notes, GroupWise, Sun Messaging Server, X.400."""

import re

from mailflatrate.mail.bounce_text.dialect import ADDR, BounceDialect

_LINE = re.compile(rf"^[ \t]*<?({ADDR})>?:?[ \t]*$", re.M)

#: "dora@example.net on 24.11.2026 10:00", as Exchange dates a failure in the languages of its servers.
_ON = r"(?:on|am|le|el|il|em|op|den|w dniu|в)"

EXCHANGE_CONNECTOR = BounceDialect(
    writer="Exchange 4.0 to 5.5 Internet Mail Connector and Internet Mail Service",
    openings=(
        "did not reach the following recipient(s):",
        "the following recipient(s) could not be reached:*msexch",
        "the following recipient(s) could not be reached:* on ",
    ),
    recipients=(
        re.compile(rf"dda:SMTP=({ADDR}?);", re.I),
        re.compile(rf"^[ \t]*(?:'|\")?({ADDR})(?:'|\")?[ \t]+{_ON}[ \t]", re.M),
        re.compile(rf"^[ \t]*[^\n<]{{1,80}}<({ADDR})>[ \t]+{_ON}[ \t]", re.M),
    ),
)

EXCHANGE = BounceDialect(
    writer="Exchange 2003 to Exchange Online",
    openings=(
        "delivery has failed to these recipients",
        "your message did not reach some or all of the intended recipients",
        "fehler bei der nachrichtenzustellung an",
        "die zustellung an folgende empfänger",
        "échec de la remise à ces destinataires",
        "échec de la remise pour ces destinataires",
        "no se pudo entregar a estos destinatarios",
        "error de entrega a estos destinatarios",
        "recapito non riuscito per i destinatari",
        "ihre nachricht hat einige oder alle empfänger nicht erreicht",
        "votre message n'a pas été remis à tous les destinataires",
        "el mensaje no llegó a alguno de los destinatarios",
        "il messaggio non è stato recapitato ad alcuni o a tutti i destinatari",
        "diagnostic information for administrators",
        "diagnoseinformationen für administratoren",
        "informations de diagnostic pour les administrateurs",
        "información de diagnóstico para los administradores",
        "informazioni di diagnostica per gli amministratori",
        "diagnostische gegevens voor beheerders",
        "informações de diagnóstico para administradores",
        "informacje diagnostyczne dla administratorów",
        "диагностические сведения для администраторов",
        "diagnostisk information för administratörer",
        "diagnosticeringsoplysninger til administratorer",
        "diagnostisk informasjon for administratorer",
        "diagnostické informace pro správce",
        "yöneticiler için tanılama bilgileri",
        "管理者向けの診断情報",
        "管理员的诊断信息",
        "관리자를 위한 진단 정보",
        # Below the address comes the reply or the connector's own line, in whatever language the rest is.
        "\n    msexch:",
        "\n\tmsexch:",
        "\n#550 5.",
        "\n#554 5.",
        "\n#550 4.",
        "couldn't be delivered to",
        "your message to *couldn't be delivered",
        "ihre nachricht an *konnte nicht zugestellt werden",
        "votre message à *n'a pas pu être remis",
        "no se pudo entregar el mensaje a ",
        "non è stato possibile recapitare il messaggio a ",
        "wasn't able to be delivered",
        "delivery is delayed to these recipients",
        "automatically generated delivery status notification.\n\ndelivery to the following recipients failed",
    ),
    recipients=(
        re.compile(
            rf"^[ \t]*(?:recipient address|empfängeradresse|adresse du destinataire|dirección del? destinatario|"
            rf"indirizzo (?:del )?destinatario)[ \t]?:\s{{0,8}}({ADDR})",
            re.M | re.I,
        ),
        re.compile(rf"^({ADDR})\n(?:#|[^\n]*(?:Remote Server returned|Der Remoteserver|returned '))", re.M),
        re.compile(rf"^[ \t]*(?:'|\")?({ADDR})(?:'|\")?[ \t]+{_ON}[ \t]", re.M),
        re.compile(rf"^[^\n]{{0,120}}?<mailto:({ADDR})>", re.M),
        re.compile(rf"^[ \t]*({ADDR})[ \t]*$", re.M),
        re.compile(rf"delivered to ({ADDR})", re.I),
    ),
    endings=(
        "\noriginal message headers",
        "\nursprüngliche nachrichtenkopfzeilen",
        "\nen-têtes de message d'origine",
        "\nencabezados de mensajes originales",
        "\nintestazioni messaggio originale",
        "\nintestazioni originali del messaggio",
        "\noorspronkelijke berichtkoppen",
        "\nursprungshuvuden",
        "\n元のメッセージ ヘッダー",
    ),
    delays=("delivery is delayed to these recipients", "you do not need to resend"),
    whole=True,
)

DOMINO = BounceDialect(
    writer="Lotus Domino and Notes",
    openings=(
        "was not delivered to:*because:",
        "------- failure reasons",
        "wurde nicht zugestellt an:",
        "n'a pas été distribué à",
        "n'a pas été remis à :",
        "no se entregó a",
        "no se ha entregado a:",
        "non è stato consegnato a:",
        "non è stato recapitato a:",
        "não foi entregue a:",
        "次の宛先に配信されませんでした",
        "listed in public name & address book",
        "lotus notes",
    ),
    recipients=(
        re.compile(rf"was not delivered to:\s+<?({ADDR})", re.I),
        re.compile(rf"wurde nicht zugestellt an:\s+<?({ADDR})", re.I),
        _LINE,
        re.compile(rf"\(({ADDR})\)"),
    ),
    endings=("\n------- returned message",),
    whole=True,
)

GROUPWISE = BounceDialect(
    writer="Novell GroupWise",
    openings=("the message that you sent was undeliverable to the following",),
    recipients=(
        re.compile(rf"^[ \t]+<?({ADDR})>?[ \t]*\(", re.M),
        re.compile(rf"^[ \t]+<?({ADDR})>?[ \t]*$", re.M),
    ),
    whole=True,
)

MESSAGING_SERVER = BounceDialect(
    writer="Sun, iPlanet and Oracle Messaging Server, PMDF",
    openings=(
        "your message cannot be delivered to the following recipients",
        "your message is being returned; it has been enqueued",
        "this report relates to a message you sent with the following header fields",
    ),
    recipients=(
        re.compile(rf"^[ \t]*Recipient address:[ \t]*<?(?:[^\n<]*<)?({ADDR})", re.M | re.I),
        re.compile(rf"^[ \t]*Original address:[ \t]*<?({ADDR})", re.M | re.I),
        _LINE,
    ),
    delays=("your message has been enqueued and undeliverable for",),
)

NETSCAPE = BounceDialect(
    writer="Netscape Messaging Server, InterMail and carriers that run it (also EZweb)",
    openings=(
        "this message was undeliverable due to the following reason",
        "this message was undeliverable due to the following reasons",
        "each of the following recipients was rejected by a remote",
        "the following recipients did not receive this message",
        "the following destination addresses were unknown",
        "the user(s) account is ",
        "your message was not delivered to",
        "the mail you sent could not be delivered to",
        "the recipient's mailbox is full*<",
    ),
    recipients=(
        re.compile(rf"Recipient:[ \t]*<({ADDR})>", re.I),
        re.compile(rf"^[ \t]*<({ADDR})>", re.M),
        re.compile(rf"(?:not delivered to|could not be delivered to):?\s+(?:\d{{3}} )?<?({ADDR})", re.I),
        _LINE,
    ),
    whole=True,
)

X400 = BounceDialect(
    writer="X.400 gateways (MAILbus, ISODE, Worldtalk, NET-TEL)",
    openings=(
        "this report relates to your message",
        "delivery report content",
        "dda:rfc-822=",
        "dd.rfc-822=",
        "your message could not be delivered*x.400",
        "conversion * prohibited",
    ),
    recipients=(
        re.compile(rf"\bdd[a.]:?rfc-?822=({ADDR})", re.I),
        re.compile(rf"^[ \t]*(?:delivery to|to|recipient|for):?[ \t]*<?({ADDR})", re.M | re.I),
        _LINE,
    ),
)

GROUPWARE: tuple[BounceDialect, ...] = (
    EXCHANGE_CONNECTOR,
    DOMINO,
    GROUPWISE,
    MESSAGING_SERVER,
    NETSCAPE,
    EXCHANGE,
    X400,
)
