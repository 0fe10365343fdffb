"""The words that mail clients put above a forwarded mail, by what they mean, in some thirty languages."""

from typing import Final

FROM: Final = (
    "from", "von", "de", "da", "van", "od", "fra", "från", "feladó", "lähettäjä", "saatja", "gönderen",
    "kimden", "від", "от", "от кого", "šalje", "nadawca", "de la", "expéditeur", "absender", "remitente",
    "mittente", "remetente", "afzender", "avsender", "avsändare", "afsender", "odesílatel", "odosielateľ",
    "pošiljatelj", "expeditor", "sender", "αποστολέας", "από", "发件人", "寄件者", "寄件人", "差出人", "送信者",
    "보낸사람", "보낸 사람", "מאת", "من", "จาก", "từ", "nga", "no", "nuo", "подател", "siuntėjas",
    "remitent",
)  # fmt: skip
TO: Final = (
    "to", "an", "à", "a", "para", "pour", "till", "til", "aan", "komu", "do", "adresat", "címzett",
    "vastaanottaja", "saaja", "kime", "alıcı", "кому", "prima", "pre", "către", "destinataire", "destinatario",
    "destinatari", "empfänger", "ontvanger", "mottaker", "mottagare", "modtager", "adresát", "príjemca",
    "primatelj", "за", "παραλήπτης", "προς", "收件人", "收件者", "宛先", "받는사람", "받는 사람", "אל", "إلى",
    "ถึง", "đến", "za", "до", "kam", "per a", "per", "prejemnik", "получател", "gavėjas",
)  # fmt: skip
SUBJECT: Final = (
    "subject", "betreff", "objet", "asunto", "oggetto", "assunto", "onderwerp", "předmět", "predmet", "emne",
    "ämne", "aihe", "tárgy", "temat", "konu", "тема", "subiect", "teema", "sujet", "věc", "θέμα", "件名",
    "主题", "主旨", "標題", "제목", "נושא", "الموضوع", "เรื่อง", "chủ đề", "zadeva", "относно", "temats", "assumpte",
    "naslov", "tēma",
)  # fmt: skip
DATE: Final = (
    "date", "sent", "datum", "gesendet", "envoyé", "envoyé le", "fecha", "enviado", "enviado el", "enviada",
    "data", "inviato", "verzonden", "odesláno", "dato", "sendt", "skickat", "päiväys", "päivämäärä",
    "lähetetty", "dátum", "küldve", "elküldve", "wysłano", "wysłane", "tarih", "gönderildi", "gönderme tarihi",
    "дата", "отправлено", "надіслано", "poslano", "odoslané", "trimis", "kuupäev", "saatmisaeg", "enviada em",
    "enviado em", "gesendet am", "ημερομηνία", "ημ/νία", "日期", "发送时间", "发送日期", "寄件日期", "日付",
    "送信日時", "날짜", "보낸 날짜", "תאריך", "التاريخ", "วันที่", "ngày", "изпратено", "išsiųsta", "išsiuntė", "nosūtīts",
    "datums", "enviat", "poslato", "đã gửi", "στάλθηκε", "נשלח", "تاريخ الإرسال", "تم الإرسال", "envoyée",
    "wysłany", "verzonden op", "sent at",
)  # fmt: skip
COPY: Final = (
    "cc", "kopie", "kopia", "kopi", "copia", "másolat", "másolatot kap", "kopio", "koopia", "bilgi", "копия",
    "копія", "dw", "cópia", "copie", "copie à", "κοινοποίηση", "抄送", "副本", "참조", "עותק", "reply-to",
    "antwort an",
)  # fmt: skip

#: Prefixes of the subject of a forward; the first letters of "forwarded" in the sender's language.
FORWARD_PREFIXES: Final = (
    "fw", "fwd", "wg", "tr", "rv", "enc", "i", "inoltra", "pd", "vb", "vs", "vl", "doorst", "doorsturen", "ilt",
    "i̇lt", "redir", "fs", "přep", "prp", "továbbítás", "пересл", "перес", "na", "转发", "轉寄", "転送", "전달",
    "إعادة توجيه", "הועבר", "fwd fw", "προωθ", "vidarebefordrat", "videresendt", "weitergeleitet", "edasi",
    "proslijeđeno", "preposlané", "ri",
)  # fmt: skip
REPLY_PREFIXES: Final = (
    "re", "aw", "antw", "sv", "rif", "ref", "réf", "odp", "ynt", "ynd", "res", "r", "vá", "bls", "ответ",
    "відп", "ha", "atb", "回复", "答复", "回覆", "返信", "답장", "απ", "betr",
)  # fmt: skip

#: What stands between dashes, or alone with a colon, above a forwarded mail.
FORWARDED: Final = (
    "forwarded message", "forwarded by", "begin forwarded message", "original message", "fwd message",
    "weitergeleitete nachricht", "anfang der weitergeleiteten", "ursprüngliche nachricht", "originalnachricht",
    "message transféré", "message transmis", "message original", "message d'origine", "début du message",
    "mensaje reenviado", "mensaje original", "inicio del mensaje reenviado", "messaggio inoltrato",
    "messaggio originale", "inizio messaggio inoltrato", "mensagem encaminhada", "mensagem reencaminhada",
    "mensagem original", "início da mensagem", "doorgestuurd bericht", "oorspronkelijk bericht",
    "begin doorgestuurd bericht", "vidarebefordrat", "ursprungligt meddelande", "videresendt",
    "oprindelig meddelelse", "opprinnelig melding", "start på videresendt", "edelleenlähetetty",
    "välitetty viesti", "alkuperäinen viesti", "přeposlaná zpráva", "původní zpráva", "začátek přeposlané",
    "preposlaná správa", "pôvodná správa", "preposlanej správy", "przekazana wiadomość",
    "przekazanej wiadomości", "przesłana dalej", "wiadomość oryginalna", "początek przekazywanej",
    "továbbított üzenet", "eredeti üzenet", "továbbított levél", "iletilen", "iletilmiş", "özgün ileti",
    "ileti başlangıcı", "yönlendirilmiş", "перенаправленное", "пересылаемое сообщение", "пересланное",
    "исходное сообщение", "начало переадресованного", "переслане", "перенаправлене", "початок листа",
    "mesaj redirecționat", "mesaj original", "începutul mesajului", "proslijeđen", "proslijeđenu",
    "prosljeđena", "edastatud", "edasi saadetud", "προωθημένο μήνυμα", "αρχικό μήνυμα", "转发邮件", "原始邮件",
    "轉寄郵件", "原始郵件", "転送メッセージ", "転送されたメッセージ", "元のメッセージ", "전달된 메일",
    "원본 메시지", "הודעה שהועברה", "رسالة معاد توجيهها", "رسالة مُعاد توجيهها", "przekazana dalej", "转发的邮件",
    "posredovano sporočilo", "izvorno sporočilo", "препратено съобщение", "оригинално съобщение", "persiųst",
    "originalus pranešimas", "pārsūtīt", "sākotnējais ziņojums", "missatge reenviat", "missatge original",
    "prosleđen", "originalna poruka", "thư được chuyển tiếp", "thư gốc", "this is a forwarded message",
    "weitergeleitete mail", "dies ist eine weitergeleitete",
)  # fmt: skip
