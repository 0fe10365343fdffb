"""The mailbox is full or unknown, in the languages in which servers of a country answer; part of `words_mailbox`."""

from mailflatrate.mail.bounce_text.words import Words
from mailflatrate.mail.reading.values import Reason

FULL_ABROAD = Words(
    Reason.MAILBOXFULL,
    "Exchange, hMailServer, Kerio, Coremail and providers that answer in the language of their country",
    (
        "postfach überfüllt", "postfach ist überfüllt", "postfachs ist überschritten", "mailbox ist voll",
        "empfängers ist voll", "boîte aux lettres saturée", "boîte est pleine", "boite est pleine",
        "quota dépassé", "casella è piena", "casella di posta piena", "buzón está lleno", "buzon esta lleno",
        "cuota excedida", "caixa postal está cheia", "caixa de correio cheia", "cota excedida", "postvak is vol",
        "postvak vol", "mailbox is vol", "skrzynka przepełniona", "skrzynka jest pełna", "postlådan är full",
        "postkassen er full", "postkassen er fuld", "postilaatikko on täynnä", "schránka je plná",
        "postafiók megtelt", "posta kutusu dolu", "ящик заполнен", "скринька переповнена", "邮箱容量已满",
        "信箱已滿", "메일함이 가득", "容量を超え",
    ),
)  # fmt: skip

DEAD_ABROAD = (
    Words(
        Reason.USERUNKNOWN,
        "Domino in the languages of its servers (several matches are a fault of its directory, not of the address)",
        (
            "nicht im domino-verzeichnis",
            "ne figure pas dans l'annuaire",
            "répertorié dans l'annuaire",
            "en el directorio de domino",
            "non elencato nella domino directory",
            "não listado no diretório",
            "ディレクトリのリストにありません",
        ),
    ),
    Words(
        Reason.USERUNKNOWN,
        "Exchange, hMailServer, Kerio, Coremail and providers that answer in the language of their country",
        (
            "e-mail-konto ist * nicht vorhanden",
            "no se ha encontrado la direcci",
            "查无此人",
        ),
    ),
)  # fmt: skip
