"""The labels that mail clients put above a forwarded message, by meaning, in some thirty languages."""

from typing import Final

FROM: Final = (
    "from", "von", "de", "da", "van", "od", "fra", "från", "feladó", "lähettäjä", "saatja", "gönderen",
    "kimden", "від", "от", "от кого", "šalje", "nadawca", "de la", "expéditeur", "absender", "remitente",
    "mittente", "remetente", "afzender", "avsender", "avsändare", "afsender", "odesílatel", "odosielateľ",
    "pošiljatelj", "expeditor", "sender", "αποστολέας", "από", "发件人", "寄件者", "寄件人", "差出人",
    "送信者", "보낸사람", "보낸 사람", "מאת", "من", "จาก", "từ", "nga", "no", "nuo", "подател", "siuntėjas",
    "remitent", "expeditorul", "desde", "remite", "dari", "daripada", "pengirim", "frá", "nork",
    "bidaltzailea", "кімнен", "од", "шаље", "пошиљалац", "dërguesi", "kimdən", "göndərən", "mula kay",
    "mittent", "người gửi", "ผู้ส่ง", "ส่งจาก", "שולח", "المرسل", "از", "فرستنده", "प्रेषक", "से", "kellelt",
    "küldte", "küldő", "від кого", "відправник", "отправитель", "изпращач", "nuo ko", "sūtītājs", "no kā",
    "lähettänyt", "発信者", "从", "從", "發件人", "寄信人", "发信人", "發信人", "발신", "발신인", "보낸이",
    "보내는 사람", "avsändaren", "absenderin", "auteur", "émetteur", "enviado por", "envoyé par",
    "gesendet von", "sent by",
)  # fmt: skip
TO: Final = (
    "to", "an", "à", "a", "para", "pour", "till", "til", "aan", "komu", "do", "adresat", "címzett",
    "vastaanottaja", "saaja", "kime", "alıcı", "кому", "prima", "pre", "către", "destinataire", "destinatario",
    "destinatari", "empfänger", "ontvanger", "mottaker", "mottagare", "modtager", "adresát", "príjemca",
    "primatelj", "за", "παραλήπτης", "προς", "收件人", "收件者", "宛先", "받는사람", "받는 사람", "אל", "إلى",
    "ถึง", "đến", "za", "до", "kam", "per a", "per", "prejemnik", "получател", "gavėjas", "destinatar",
    "destinatarul", "kepada", "ke", "viðtakandi", "norentzat", "nori", "кімге", "коме", "për", "kimə",
    "para kay", "tới", "gửi đến", "người nhận", "ผู้รับ", "לנמען", "المستلم", "به", "گیرنده", "प्रति", "को",
    "प्राप्तकर्ता", "kellele", "adressaat", "skirta", "adresatas", "uz", "adresāts", "saņēmējs", "kenelle",
    "pro", "příjemce", "kome", "primalac", "prejemniki", "kimlere", "одержувач", "отримувач", "получатель",
    "получатели", "收信人", "至", "傳送至", "あてさき", "受信者", "送信先", "수신", "수신인", "받는이",
    "받으실 분", "ao", "vastaanottajat", "mottakere", "modtagere", "mottagaren", "destinatários",
    "destinatarios", "destinataires", "ontvangers",
)  # fmt: skip
SUBJECT: Final = (
    "subject", "betreff", "objet", "asunto", "oggetto", "assunto", "onderwerp", "předmět", "predmet", "emne",
    "ämne", "aihe", "tárgy", "temat", "konu", "тема", "subiect", "teema", "sujet", "věc", "θέμα", "件名",
    "主题", "主旨", "標題", "제목", "נושא", "الموضوع", "เรื่อง", "chủ đề", "zadeva", "относно", "temats",
    "assumpte", "naslov", "tēma", "subiectul", "subjek", "perihal", "efni", "gaia", "тақырып", "наслов",
    "предмет", "subjekti", "mövzu", "paksa", "หัวเรื่อง", "หัวข้อ", "tiêu đề", "הנדון", "הנושא", "العنوان",
    "موضوع", "विषय", "tema", "otsikko", "主題", "题目", "题", "표제", "objekt", "ämnesrad", "fyrirsögn",
    "titel", "titre", "título", "titolo", "тема листа", "předmět zprávy",
)  # fmt: skip
DATE: Final = (
    "date", "sent", "datum", "gesendet", "envoyé", "envoyé le", "fecha", "enviado", "enviado el", "enviada",
    "data", "dată", "inviato", "verzonden", "odesláno", "dato", "sendt", "skickat", "päiväys", "päivämäärä",
    "lähetetty", "dátum", "küldve", "elküldve", "wysłano", "wysłane", "tarih", "gönderildi", "gönderme tarihi",
    "дата", "отправлено", "надіслано", "poslano", "odoslané", "trimis", "kuupäev", "saatmisaeg", "enviada em",
    "enviado em", "gesendet am", "ημερομηνία", "ημ/νία", "日期", "发送时间", "发送日期", "寄件日期", "日付",
    "送信日時", "날짜", "보낸 날짜", "תאריך", "التاريخ", "วันที่", "ngày", "изпратено", "išsiųsta", "išsiuntė",
    "nosūtīts", "datums", "enviat", "poslato", "đã gửi", "στάλθηκε", "נשלח", "تاريخ الإرسال", "تم الإرسال",
    "envoyée", "wysłany", "verzonden op", "sent at", "tanggal", "dikirim", "dihantar", "tarikh", "dagsetning",
    "күні", "датум", "послато", "dërguar", "tarix", "göndərilib", "petsa", "ipinadala", "data enviament",
    "enviat el", "ส่ง", "ส่งเมื่อ", "ngày gửi", "thời gian", "נשלח ב", "נשלח בתאריך", "تاريخ", "أرسلت",
    "تم الارسال", "مرسل", "تاریخ", "ارسال شده", "दिनांक", "तारीख", "भेजा गया", "saadetud", "saadeti", "siųsta",
    "nosūtīšanas datums", "lähetysaika", "pvm", "dne", "odesláno dne", "odoslaná", "odoslaný", "küldés dátuma",
    "küldés ideje", "gönderilme tarihi", "gönderim tarihi", "відправлено", "изпратен", "изпратено на",
    "εστάλη", "απεστάλη", "时间", "時間", "傳送時間", "寄送時間", "寄件時間", "发件时间", "发送于", "日時",
    "送信日", "일시", "보낸 시간", "보낸날짜", "발송일", "sendt den", "skickat den", "verzenddatum", "wysłana",
    "trimis la", "trimisă", "data trimiterii", "inviata", "inviato il", "data invio", "data de envio",
    "fecha de envío", "sänt", "sent on", "sent date",
)  # fmt: skip
COPY: Final = (
    "cc", "kopie", "kopia", "kopi", "copia", "másolat", "másolatot kap", "kopio", "koopia", "bilgi", "копия",
    "копія", "dw", "cópia", "copie", "copie à", "κοινοποίηση", "抄送", "副本", "참조", "עותק", "reply-to",
    "antwort an", "tembusan", "salinan", "afrit", "kópia", "skryta kopija", "สำเนา", "bản sao", "sao chép",
    "נסכה", "نسخة", "رونوشت", "प्रतिलिपि", "kopija", "en copie", "en copia", "副本抄送", "사본",
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

#: What appears between dashes, or alone with a colon, above a forwarded mail.
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
    "mesaj redirecționat", "mesaj transmis", "mesaj original", "începutul mesajului", "proslijeđen", "proslijeđenu",
    "prosljeđena", "edastatud", "edasi saadetud", "προωθημένο μήνυμα", "αρχικό μήνυμα", "转发邮件", "原始邮件",
    "轉寄郵件", "原始郵件", "転送メッセージ", "転送されたメッセージ", "元のメッセージ", "전달된 메일",
    "원본 메시지", "הודעה שהועברה", "رسالة معاد توجيهها", "رسالة مُعاد توجيهها", "przekazana dalej", "转发的邮件",
    "posredovano sporočilo", "izvorno sporočilo", "препратено съобщение", "оригинално съобщение", "persiųst",
    "originalus pranešimas", "pārsūtīt", "sākotnējais ziņojums", "missatge reenviat", "missatge original",
    "prosleđen", "originalna poruka", "thư được chuyển tiếp", "thư gốc", "this is a forwarded message",
    "weitergeleitete mail", "dies ist eine weitergeleitete",
    "pesan yang diteruskan", "pesan terusan", "mulai meneruskan pesan", "pesan asli", "mesej dimajukan", "mesej asal",
    "áframsend skilaboð", "áframsent bréf", "upprunaleg skilaboð", "birbidalitako mezua", "mensaxe reenviada",
    "mesazh i përcjellë", "yönləndirilmiş mesaj", "препратена порака", "прослеђена порука", "оригинална порука",
    "початок переадресованого", "пересланий лист", "ข้อความที่ส่งต่อ", "ข้อความต้นฉบับ",
    "bắt đầu thư", "tin nhắn được chuyển tiếp", "tin nhắn gốc", "תחילת ההודעה", "הודעה מקורית", "بداية الرسالة",
    "بدء الرسالة", "الرسالة الأصلية", "پیام فوروارد", "پیام اصلی", "अग्रेषित संदेश", "मूल संदेश", "välitetyn viestin",
    "välitetty viesti alkaa", "edastatud kiri", "algne kiri", "persiunčiamas", "pārsūtītais ziņojums", "下面是被转发",
    "开始转发", "開始轉寄", "轉寄的郵件", "转发邮件信息", "전달된 메시지", "아래는 전달", "원본 메일",
    "転送された", "転送:",
    "start van doorgestuurd", "αρχή του προωθημένου", "αρχή προωθημένου", "inici del missatge",
    "start på vidarebefordrat", "vidarebefordrade", "videresendte", "przekazany list", "továbbítás kezdete",
    "továbbított üzenet kezdete", "iletilen iletinin başlangıcı", "початок пересланого", "začetek posredovanega",
    "začiatok preposlanej", "začátek přeposílané",
)  # fmt: skip
