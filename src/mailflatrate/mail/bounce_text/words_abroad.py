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
            "nicht im öffentlichen adressbuch",
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
            "benutzer existiert nicht", "benutzer nicht gefunden", "benutzer nicht vorhanden", "adressat unbekannt",
            "unbekannter empfänger", "unbekannter empfaenger", "unbekannter benutzer", "empfänger nicht gefunden",
            "kein postfach", "postfach existiert nicht", "postfach nicht vorhanden", "konto existiert nicht",
            "adresse nicht gefunden", "adresse wurde nicht gefunden", "e-mail-konto ist * nicht vorhanden",
            "utilisateur non trouvé", "destinataire introuvable", "adresse introuvable",
            "destinatario no encontrado", "usuario no encontrado", "no se ha encontrado la direcci",
            "utente non trovato", "indirizzo non trovato", "destinatario sconosciuto",
            "usuário não encontrado", "destinatário não encontrado", "usuário desconhecido",
            "endereço não encontrado", "destinatário desconhecido",
            "adres niet gevonden", "onbekende ontvanger", "geadresseerde onbekend",
            "nieznany użytkownik", "nieznany adresat", "nie znaleziono użytkownika",
            "nie znaleziono adresata", "felhasználó nem található",
            "címzett nem található", "användaren finns inte", "adressen finns inte",
            "käyttäjää ei löydy", "osoitetta ei löydy",
            "неизвестный пользователь", "ящик не найден", "あて先不明", "无此用户",
            "查无此人", "사용자를 찾을 수 없", "주소를 찾을 수 없",
        ),
    ),
)  # fmt: skip
