"""The vocabulary of `grammar` for languages other than English that put spaces between words."""

from mailflatrate.mail.bounce_text.grammar_words import GrammarWords

ABROAD: tuple[GrammarWords, ...] = (
    GrammarWords(
        "German",
        recipient=(
            "empfänger*|empfaenger*|benutzer*|nutzer*|anwender|adressat*|adresse|adressen|emailadresse|"
            "mailadresse|empfängeradresse|postfach*|konto|mailkonto|emailkonto|benutzerkonto|teilnehmer|"
            "kunde|kunden|mitarbeiter*"
        ),
        domain="domäne|domaene|rechnername",
        sender=(
            "absender*|ihre domain|ihre ip|ihr server|ihr hostname|absendeadresse|ihre adresse|"
            "ihre mailadresse|ihre e mail adresse"
        ),
        other="nachricht|datei|fehler|server|zertifikat|grund|anhang|befehl|ursache|eintrag",
        absent=(
            "unbekannt*|nicht .. bekannt|existiert .. nicht|existieren .. nicht|nicht existent|"
            "nicht existier*|nicht gefunden|nicht .. gefunden|nicht finden|nicht ermitteln|nicht vorhanden|"
            "nicht .. vorhanden|ungültig*|ungueltig*|nicht gültig|gelöscht|geloescht|nicht mehr|aufgelöst|"
            "gibt es .. nicht|nicht aufgeführt|nicht .. registriert|nicht .. eingetragen|"
            "nicht .. eingerichtet|nicht registriert|nicht eingerichtet|nicht angelegt|"
            "nicht zugeordnet|falsch*|nicht korrekt|geschlossen|gekündigt|ausgeschieden|aufgehoben|"
            "nicht im öffentlichen|nicht im domino|niemand unter|niemand mit|niemandem|abgeschaltet|"
            "nicht erreichbar unter"
        ),
        none="kein|keine|keinen|keines",
        held="gesperrt|deaktiviert|stillgelegt|inaktiv|eingefroren",
        full="voll|überfüllt|ueberfuellt|überschritten|ueberschritten|überlaufen",
    ),
    GrammarWords(
        "French",
        recipient=(
            "utilisateur*|destinataire*|adresse|adresses|boite|boites|bal|compte|comptes|abonné*|usager*|"
            "correspondant*|messagerie"
        ),
        domain="domaine|nom de domaine",
        sender=("expéditeur*|émetteur*|adresse ip|expédition|votre domaine|votre serveur|votre adresse|votre ip"),
        other="message|erreur|serveur|fichier|raison|certificat|commande",
        absent=(
            "inconnu*|introuvable*|existe pas|existe plus|existent pas|nexiste*|inexistant*|non trouvé*|"
            "pas trouvé*|pas été trouvé*|na pu être trouvé*|invalide*|non valide*|pas valide*|plus valide*|"
            "nest plus|non reconnu*|pas reconnu*|pas connu*|pas enregistré*|plus enregistré*|"
            "pas référencé*|pas attribué|non enregistré*|pas actif*|non répertorié*|supprimé*|fermé*|clôturé*|"
            "résilié*|erroné*|incorrecte|ne figure pas|nest pas répertorié*|pas attribué*|non attribué*|"
            "quitté"
        ),
        none="aucun|aucune|pas de|pas d",
        held="suspendu*|désactivé*|bloqué*|verrouillé*|inactif|inactive|inactifs",
        full="plein|pleine|saturé*|dépassé|dépassée|remplie",
    ),
    GrammarWords(
        "Spanish",
        recipient=(
            "usuario*|destinatario*|dirección|direcciones|buzón|buzon|buzones|cuenta|cuentas|casilla|casillas|correo"
        ),
        domain="dominio|dominios",
        sender="remitente*|su dominio|su servidor|su ip|emisor|dirección ip|envío",
        other="mensaje|error|servidor|archivo|motivo|certificado",
        absent=(
            "desconocid*|no existe*|no existía|no encontrad*|no se .. encontr*|no se .. encuentra|"
            "no ha sido encontrad*|no fue encontrad*|inexistente*|inválid*|no válid*|no .. válid*|eliminad*|"
            "borrad*|cancelad*|cerrad*|ya no|dad* de baja|no .. registrad*|no .. dad* de alta|"
            "no registrad*|no reconocid*|incorrect*|erróne*|"
            "no figura|no está registrad*"
        ),
        none="ningún|ninguna|no hay|no hay tal|no hay ningún|no hay ninguna|sin",
        held="suspendid*|deshabilitad*|desactivad*|bloquead*|inactiv*|inhabilitad*",
        full="llen*|excedid*|agotad*|sin espacio|superad*",
    ),
    GrammarWords(
        "Italian",
        recipient=(
            "utente|lutente|utenti|destinatari*|indirizzo|lindirizzo|indirizzi|casella|caselle|account|conto|mailbox"
        ),
        domain="dominio|il dominio",
        sender="mittente|mittenti|indirizzo ip|il suo dominio|vostro dominio|tuo dominio|vostro server",
        other="messaggio|errore|server|motivo|certificato",
        absent=(
            "sconosciut*|inesistent*|non esist*|non .. trovat*|non trovat*|non valid*|non è valid*|non è più|"
            "non più|invalid*|eliminat*|cancellat*|chius*|rimoss*|cessat*|non risulta|non riconosciut*|"
            "non presente|errat*|non registrat*|non elencat*|dismess*"
        ),
        none="nessun|nessuna|nessuno",
        held="sospes*|disabilitat*|disattivat*|bloccat*|inattiv*|congelat*",
        full="pien*|superat*|esaurit*",
    ),
    GrammarWords(
        "Portuguese",
        recipient="usuári*|utilizador*|destinatári*|endereço*|caixa|caixas|conta|contas|mailbox",
        domain="domínio",
        sender="remetente*|seu domínio|seu servidor|endereço ip|seu ip",
        other="mensagem|erro|servidor|motivo|certificado",
        absent=(
            "desconhecid*|inexistent*|não existe*|não .. encontrad*|não encontrad*|não localizad*|inválid*|"
            "não .. válid*|excluíd*|removid*|apagad*|eliminad*|encerrad*|cancelad*|não cadastrad*|já não|"
            "não consta|não registrad*|incorret*|errad*|não reconhecid*"
        ),
        none="nenhum|nenhuma|não há",
        held="suspens*|desativad*|desabilitad*|bloquead*|inativ*",
        full="chei*|lotad*|excedid*|esgotad*",
    ),
    GrammarWords(
        "Dutch",
        recipient=(
            "gebruiker*|ontvanger*|bestemmeling*|geadresseerde*|adres|adressen|emailadres|mailadres|"
            "e mailadres|postvak*|postbus"
        ),
        domain="domein|domeinnaam",
        sender="afzender*|uw domein|uw server|ip adres|uw ip",
        other="bericht|fout|server|reden",
        absent=(
            "onbekend*|bestaat .. niet|niet .. bestaat|niet .. bestaan|bestaan .. niet|niet gevonden|"
            "niet .. gevonden|ongeldig*|niet bekend|"
            "verwijderd|opgeheven|niet meer|niet geldig|niet .. geregistreerd|niet geregistreerd|"
            "geen geldig*|niet .. bekend|niet herkend|opgezegd|onjuist"
        ),
        none="geen",
        held="geblokkeerd|uitgeschakeld|gedeactiveerd|opgeschort|inactief",
        full="vol|overschreden",
    ),
    GrammarWords(
        "Polish",
        recipient="użytkownik*|odbiorc*|adresat*|adres|adresu|adresy|skrzynk*|konto|konta|kont",
        domain="domena|domeny",
        sender="nadawc*|adres ip|adresu ip|twoja domena|twój serwer",
        other="wiadomość|błąd|serwer",
        absent=(
            "nieznan*|nie istniej*|nie znaleziono|nie .. znalezion*|nie odnaleziono|nie ma takie*|"
            "nieprawidłow*|niepoprawn*|nieważn*|usunięt*|zlikwidowan*|skasowan*|zamknięt*|błędny|"
            "nieistniejąc*|nie rozpozna*"
        ),
        none="brak|nie ma|brak takiego|brak takiej",
        held="zablokowan*|zawieszon*|nieaktywn*|wyłączon*",
        full="pełn*|przepełnion*|zapełnion*|przekroczon*",
    ),
    GrammarWords(
        "Czech and Slovak",
        recipient=("uživatel*|užívateľ*|používateľ*|příjem*|príjem*|adresát*|adresa|adresy|schránk*|účet|účtu|konto"),
        domain="doména|domény",
        sender="odesílatel*|odosielateľ*|odesilatel*|vaše doména|vaša doména|ip adresa",
        other="zpráva|správa|chyba|server",
        absent=(
            "neznám*|neexist*|nenalezen*|nenájden*|nebyl* nalezen*|nebol* nájden*|neplatn*|zrušen*|smazán*|"
            "vymazan*|odstraněn*|nie je platn*|není platn*|nelze najít"
        ),
        none="žádn*|žiadn*|takový|takov*",
        held="zablokovan*|pozastaven*|neaktivn*|deaktivovan*|zablokován*",
        full="pln*|přeplněn*|preplnen*|překročen*|prekročen*",
    ),
    GrammarWords(
        "Hungarian",
        recipient=("felhasználó*|címzett*|cím|címe|e mail cím|email cím|emailcím*|postafiók*|postaláda*|fiók*"),
        domain="tartomány|domain név",
        sender="feladó*|küldő*",
        other="üzenet|hiba|szerver",
        absent=(
            "ismeretlen*|nem létez*|nem található|nem találhat*|nincs ilyen|érvénytelen*|törölt*|megszűnt*|"
            "nem érvényes|nem ismert"
        ),
        none="nincs",
        held="felfüggeszt*|zárolt|letiltott|letiltva|inaktív",
        full="megtelt|betelt|tele van|túllépte",
    ),
    GrammarWords(
        "Romanian",
        recipient="utilizator*|destinatar*|adres*|căsuț*|cutia|cont|contul|contului",
        domain="domeniu*",
        sender="expeditor*",
        other="mesaj*|eroare|server",
        absent=(
            "necunoscut*|inexistent*|nu .. există|nu există|nu .. găsit*|negăsit*|invalid*|șters*|"
            "nu este valid*|nu mai|desființat*"
        ),
        none="niciun|nicio",
        held="suspendat*|dezactivat*|blocat*|inactiv*",
        full="plin*|depășit*",
    ),
    GrammarWords(
        "Swedish",
        recipient="användar*|mottagar*|adress*|brevlåd*|postlåd*|konto|kontot|inkorg*",
        domain="domän*",
        sender="avsändar*|din domän|din server|ip adress*",
        other="meddelande*|fel|server*",
        absent=(
            "okänd*|inte finns|inte .. finns|ej finns|inte existerar|inte .. existerar|finns inte|finns ej|"
            "finns .. inte|existerar inte|existerar .. inte|hittades inte|"
            "inte hittas|inte hitta|hittas inte|ogiltig*|borttagen|borttaget|raderad*|raderat|avslutad*|"
            "avslutat|inte längre|saknas|upphört"
        ),
        none="ingen|inget",
        held="avstängd*|avstängt|inaktiv*|spärrad*|spärrat",
        full="full|fullt|överskriden",
    ),
    GrammarWords(
        "Danish and Norwegian",
        recipient=(
            "bruger*|modtager*|adresse*|postkass*|konto|kontoen|bruker*|mottaker*|epostadresse*|"
            "e postadresse*|mailadresse*|e mailadresse*|emailadresse*|indbakke*|postboks*"
        ),
        domain="domæne*|domene*",
        sender="afsender*|avsender*|dit domæne|ditt domene|din server|ip adresse*",
        other="besked|melding*|meddelelse*|fejl|feil|server*",
        absent=(
            "ukendt*|ukjent*|ikke findes|ikke finnes|ikke .. finnes|ikke .. findes|ikke eksisterer|"
            "ikke .. eksisterer|findes ikke|findes .. ikke|finnes ikke|finnes .. ikke|eksisterer ikke|"
            "ikke fundet|ikke funnet|ikke finde*|ikke finne*|ugyldig*|slettet|nedlagt|ikke lenger|"
            "ikke længere|ikke gyldig|lukket"
        ),
        none="ingen|intet",
        held="spærret|deaktiveret|sperret|deaktivert|inaktiv|suspendert|suspenderet",
        full="fuld|fuldt|full|fullt|overskredet",
    ),
    GrammarWords(
        "Finnish",
        recipient=("käyttäj*|vastaanottaj*|osoite|osoitet*|osoitte*|postilaatik*|tili|tiliä|tilin|sähköpostiosoit*"),
        domain="verkkotunnus*|toimialue*",
        sender="lähettäj*|ip osoit*",
        other="viesti*|virhe*|palvelin*",
        absent=(
            "tuntemat*|ei ole .. olemassa|ei löydy|ei .. löydy|ei löytynyt|ei .. löytynyt|virheelli*|"
            "poistettu|ei tunneta|olematon|ei ole voimassa|lopetettu"
        ),
        none="mitään",
        held="lukittu|suljettu|jäädytetty|poistettu käytöstä",
        full="täynnä|täysi|ylittynyt",
    ),
    GrammarWords(
        "Estonian",
        recipient="kasutaja*|saaja*|adressaat*|aadress*|postkast*|konto*",
        sender="saatja*",
        absent="tundmatu*|ei eksisteeri|ei leitud|ei ole olemas|puudub|kehtetu|kustutatud",
        full="täis",
    ),
    GrammarWords(
        "Latvian",
        recipient="lietotāj*|saņēmēj*|adrese|adreses|pastkast*|konts",
        sender="sūtītāj*",
        absent="nezinām*|neeksistē|nav atrast*|nederīg*|dzēst*|nepastāv",
        full="pilna|pilns",
    ),
    GrammarWords(
        "Lithuanian",
        recipient="vartotoj*|gavėj*|naudotoj*|adres*|dėžut*|paskyr*",
        sender="siuntėj*",
        absent="nežinom*|neegzistuoja|nerast*|netinkam*|ištrint*|nėra tokio",
        full="pilna|perpildyt*",
    ),
    GrammarWords(
        "Turkish",
        recipient="kullanıcı*|alıcı*|adres*|kutusu*|hesap*|hesab*|eposta*",
        domain="alan adı",
        sender="gönderen*|gönderici*|ip adres*",
        other="ileti*|mesaj*|hata|sunucu*",
        absent=(
            "bilinmeyen|mevcut olma*|var olma*|bulunmadı*|bulunamadı*|bulunamayan|bulunamamıştır|mevcut değil*|"
            "yok|yoktur|geçersiz*|silinmiş|silindi|"
            "kapatılmış|tanımsız|bulunmuyor|bulunmamaktadır"
        ),
        held="askıya|devre dışı|kilitl*|pasif|engellen*",
        full="dolu|dolmuş|aşıldı|aşılmış",
    ),
    GrammarWords(
        "Greek",
        recipient="χρήστη*|παραλήπτη*|διεύθυνση*|γραμματοκιβώτιο*|λογαριασμό*|λογαριασμού",
        domain="τομέα*",
        sender="αποστολέα*",
        other="μήνυμα|σφάλμα|διακομιστή*",
        absent="άγνωστ*|δεν υπάρχ*|δεν βρέθηκ*|ανύπαρκτ*|μη έγκυρ*|άκυρ*|διαγράφ*|δεν είναι έγκυρ*",
        held="ανεστάλη|απενεργοποι*|κλειδωμέν*",
        full="γεμάτ*|πλήρες|πλήρης",
    ),
    GrammarWords(
        "Russian, Ukrainian and Bulgarian",
        recipient=(
            "пользовател*|получател*|адрес*|адреса|адресу|адресат*|ящик*|учетная запись|учётная запись|"
            "аккаунт*|абонент*|користувач*|одержувач*|отримувач*|скриньк*|обліковий запис|потребител*|кутия|"
            "кутията|адресът"
        ),
        domain="домен*|хост*",
        sender=(
            "отправител*|відправник*|подател*|изпращач*|ip адрес*|ip адресът|ваш ip|ваш адрес|ваш домен|"
            "ваш сервер|вашего сервера|вашего домена|вашата"
        ),
        other="сообщени*|письмо|ошибка|сервер*|повідомлення|помилка|съобщение*|грешка",
        absent=(
            "неизвест*|такого .. нет|такой .. нет|такого .. немає|такої .. немає|"
            "не .. существу*|не существу*|не найден*|не обнаружен*|нет таког*|нет тако*|"
            "несуществующ*|недействител*|неверн*|удален*|удалён*|закрыт*|не зарегистрир*|отсутству*|невідом*|"
            "не існу*|не знайден*|видален*|недійсн*|не съществува|не е намерен*|няма такъв|няма такава|"
            "невалид*|изтрит*|несъществуващ*|больше не|вече не|більше не|неправильн*"
        ),
        none="нет|немає|няма|нету",
        held=("заблокирован*|отключен*|отключён*|приостановлен*|неактив*|заблокован*|вимкнен*|блокиран*|спрян*"),
        full="переполнен*|заполнен*|превыш*|переповнен*|заповнен*|пълн*|препълн*",
    ),
    GrammarWords(
        "Croatian, Serbian and Slovene",
        recipient=(
            "korisnik*|primatelj*|primaoc*|primalac|adresa|adrese|sanduči*|račun|nalog|uporabnik*|prejemnik*|"
            "naslov*|predal*|корисник*|прималац|налог"
        ),
        domain="domena|domene",
        sender="pošiljatelj*|ip adresa|pošiljalac|pošiljaoc*|пошиљалац",
        other="poruka|sporočilo|greška|napaka",
        absent=(
            "nepoznat*|ne postoji|nije pronađen*|nije pronadjen*|nevaljan*|nevažeć*|obrisan*|neznan*|"
            "ne obstaja|ni najden*|neveljav*|izbrisan*|не постоји|непознат*|није пронађен*|nepostojeć*|"
            "neispravn*"
        ),
        none="nema|ni",
        held="suspendiran*|blokiran*|deaktiviran*|neaktivan|zaklenjen*",
        full="puna|prepun*|poln|polna|prekoračen*",
    ),
    GrammarWords(
        "Catalan",
        recipient="usuari|lusuari|destinatari|adreça|ladreça|bústia|compte",
        sender="remitent*",
        absent="no existeix|desconegut|desconeguda|no trobat|no .. trobat|invàlid*|eliminat|eliminada",
        full="plena",
    ),
    GrammarWords(
        "Hebrew and Arabic",
        recipient=("משתמש|המשתמש|נמען|הנמען|כתובת|תיבה|תיבת|חשבון|المستخدم|المستلم|العنوان|الحساب|البريد|عنوان|صندوق"),
        sender="השולח|שולח|المرسل",
        absent=(
            "לא קיים|לא קיימת|לא נמצא|לא נמצאה|לא ידוע|אינו קיים|אינה קיימת|غير موجود|غير معروف|لا يوجد|غير صالح|محذوف"
        ),
        full="מלאה|ممتلئ",
    ),
    GrammarWords(
        "Vietnamese and Indonesian",
        recipient=("người dùng|người nhận|địa chỉ|hộp thư|tài khoản|pengguna|alamat|penerima|akun|kotak surat"),
        sender="người gửi|pengirim",
        absent=(
            "không tồn tại|không tìm thấy|không hợp lệ|không xác định|tidak ditemukan|tidak dikenal|"
            "tidak valid|tidak ada|tidak terdaftar"
        ),
        full="penuh",
    ),
)
