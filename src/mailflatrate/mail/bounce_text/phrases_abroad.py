"""Phrases for a full or unknown mailbox in the languages of other countries' servers; part of `phrases_mailbox`."""

from mailflatrate.mail.bounce_text.phrase_rows import Phrases
from mailflatrate.mail.reading.values import BounceReason

FULL_ABROAD = Phrases(
    BounceReason.MAILBOXFULL,
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
    Phrases(
        BounceReason.USERUNKNOWN,
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
    Phrases(
        BounceReason.USERUNKNOWN,
        "Exchange, hMailServer, Kerio, Coremail and providers that answer in the language of their country",
        (
            "e-mail-konto ist * nicht vorhanden",
            # The mailbox's owner has left.
            "hat das unternehmen verlassen", "hat die firma verlassen", "nicht mehr im unternehmen",
            "nicht mehr bei uns", "nicht mehr beschäftigt", "nicht mehr in unserem", "ist ausgeschieden",
            "a quitté l'", "a quitté la", "a quitté notre", "a quitté ses fonctions", "ne travaille plus",
            "ne fait plus partie", "n'est plus employé", "n'est plus en poste", "ya no trabaja", "ya no labora",
            "no trabaja más", "ha dejado la empresa", "dejó la empresa", "ya no forma parte", "ya no pertenece",
            "non lavora più", "ha lasciato l'azienda", "ha lasciato la", "non fa più parte", "cessazione del rapporto",
            "non è più in forza", "não trabalha mais", "já não trabalha", "deixou a empresa", "saiu da empresa",
            "não faz mais parte", "niet meer in dienst", "niet meer werkzaam", "werkt niet meer", "uit dienst",
            "heeft het bedrijf verlaten", "nie jest już zatrudnion", "już nie pracuje", "nie pracuje już",
            "już u nas nie pracuje", "zakończył* współpracę", "již * nepracuje", "už * nepracuje", "nie je zamestnan",
            "már nem dolgozik", "nu mai lucrează", "nu mai este angajat", "arbetar inte längre", "jobbar inte längre",
            "har slutat", "arbejder ikke længere", "er fratrådt", "jobber ikke lenger", "arbeider ikke lenger",
            "ei työskentele enää", "ei ole enää palveluksessa", "ei tööta enam", "artık çalışm", "işten ayrıl",
            "δεν εργάζεται πλέον", "больше не работает", "уволен", "більше не працює", "звільнен", "вече не работи",
            "više ne radi", "ne dela več", "退職", "已离职", "已離職", "퇴사",
            "no se ha encontrado la direcci",
            "查无此人",
        ),
    ),
)  # fmt: skip
