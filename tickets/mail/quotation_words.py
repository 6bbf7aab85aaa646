"""How mail programs introduce what they quote, in some thirty languages."""

# ruff: noqa: E501 - word lists, one line a language or program; wrapped they would be harder to read
from __future__ import annotations

import re


def _any(*words: str) -> str:
    return "(?:" + "|".join(words) + ")"


# The verb in "on that day such a one wrote:".
WROTE = re.compile(
    r"(?<!\w)" + _any(
        "wrote", "writes", "schrieb(?:en)?", "schreibt", "geschrieben", "a écrit", "a ecrit", "écrit", "escribió", "escribio",
        "escrib(?:e|iu)", "ha scritto", "scritto", "scrisse", "escreveu", "schreef", "geschreven", "skrev", "skrifaði", "kirjoitti",
        r"napisał(?:\(a\)|a)?", "pisze", r"napsal(?:\(a\)|a)?", r"napísal(?:\(a\)|a)?", r"(?<!azt )írta(?=\s{0,3}(?:[:：(\d]|$))",
        "a scris", r"(?:на)?писал(?:\(а\)|а)?", "пишет", "пише", "написа(?:в|ла)?", "је написао", r"je napisa(?:o|la|l)", "piše", "έγραψε",
        "yazdı", "yazmış", "đã viết", "menulis", "va escriure", "kirjutas", "rašė", "rakstīja", "כתבה?", "כתב/ה", "كتب", "เขียน", "نوشت",
        "написав(?:\\(-ла\\))?", "napisao je", "ha escrito", "idatzi du", "tulis",
    ) + r"(?!\w)|写道|寫道|写到|작성|썼습니다|님이|のメッセージ|(?:が|は)?書きました|さんは",
    re.IGNORECASE,
)  # fmt: skip

# The first words of "On <date>, <name> wrote:"
OPENS = re.compile(
    r"^[\s*_\-–—]{0,6}" + _any(
        "On", "In", "At", "Am", "Um", "Den", "Le", "El", "Il", "Em", "A", "Op", "Dne", "Dňa", "Dnia", "W dniu", "Na", "Pe", "În data", "La",
        "Vào", "Pada", "På", "Στις", "Le", "Data", "Dátum", r"V", "v", "В", "От", "Вс", "пн", "вт", "ср", "чт", "пт", "сб", "вс",
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Lun", "Mar", "Mer", "Jeu", "Ven", "Sam", "Dim", "Mo", "Di", "Mi", "Do", "Fr", "Sa", "So",
        "hétfő", "kedd", "szerda", "csütörtök", "péntek", "szombat", "vasárnap",
    ) + r"(?=[\s.,:;-]|\d).{0,40}?\d"
    r"|^[\s*_]{0,4}\d{4}\s?[-./年]\s?(?:\d{1,2}|[^\W\d]{3,12})|^[\s*_]{0,4}\d{1,2}[-./ ]{1,2}(?:\d{1,2}|[^\W\d]{3,10})\.?[-./ ,]{1,2}\d{2,4}",
    re.IGNORECASE,
)  # fmt: skip

ADDRESS_LIKE = re.compile(r"[^\s<>@\"]{1,100}@[^\s<>@\"]{2,200}|<\s*$|mailto:", re.IGNORECASE)
DATE_LIKE = re.compile(r"\d{4}|\d{1,2}[:.]\d{2}|\d{1,2}[./-]\d{1,2}")
# Gmail in some languages, and older versions: a date, a name, an address, no verb.
DATED_ADDRESS = re.compile(
    r"^[\s*_]{0,4}\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}.{0,150}<\s?[^<>@\s]{1,100}@[^<>\s]{1,200}>\s?[:：]?$"
    r"|^\d{4}-\d\d-\d\d \d\d?:\d\d GMT[+-]\d\d?:?\d\d \S.{0,100}$"
)
NAMED_ADDRESS = re.compile(r"^\S.{0,100}<[^<>@\s]{1,100}@[^<>\s]{1,200}>[^:]{0,40}[:：]$")

# A block of header lines, as Outlook and Apple put it before the quoted mail.
LABELS = {
    "from": _any("from", "von", "de", "da", "van", "fra", "från", "fran", "od", "feladó", "küldő", "lähettäjä", "от", "от кого", "від", "від кого", "από",
                 "kimden", "gönderen", "发件人", "寄件者", "寄件人", "差出人", "送信元", "보낸 ?사람", "보낸이", "de la", "expéditeur", "remitente", "afzender",
                 "absender", "mittente", "remetente", "dari", "từ", "nuo", "no", "saatja", "šalje", "pošiljatelj", "מאת", "من"),
    "date": _any("sent", "date", "gesendet", "datum", "envoyé", "envoye", "enviado(?: el| em)?", "fecha", "data", "inviato", "verzonden", "sendt", "dato",
                 "skickat", "wysłano", "wysłane", "odesláno", "odoslané", "dátum", "elküldve", "küldve", "küldés ideje", "küldés dátuma", "időpont", "lähetetty", "päivämäärä", "päiväys",
                 "отправлено", "дата", "надіслано", "ημερομηνία", "στάλθηκε", "gönderildi", "gönderme tarihi", "tarih", "发送时间", "发送日期", "寄件日期", "日期", "送信日時", "日時", "日付",
                 "날짜", "보낸 ?날짜", "보낸 ?시간", "trimis", "poslano", "poslato", "sendt den", "gửi", "ngày", "tanggal", "dikirim", "saadetud", "תאריך", "נשלח", "تاريخ"),
    "to": _any("to", "an", "à", "a", "para", "aan", "til", "till", "do", "pro", "komu", "címzett", "címzettek", "kinek", "vastaanottaja", "кому", "до", "προς", "kime", "alıcı",
               "收件人", "收件者", "宛先", "받는 ?사람", "către", "za", "prima", "destinataire", "destinatario", "kepada", "đến", "tới", "kam", "saaja", "kellele", "אל", "إلى"),
    "subject": _any("subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp", "emne", "ämne", "amne", "temat", "předmět", "predmet", "tárgy", "aihe", "тема",
                    "θέμα", "konu", "主题", "主題", "主旨", "件名", "제목", "subiect", "zadeva", "naslov", "perihal", "subjek", "chủ đề", "teema", "tema", "נושא", "الموضوع"),
    "other": _any("cc", "kopie", "copie", "copia", "másolat", "másolatot kap", "kopia", "kopio", "копия", "копія", "bcc", "reply-to", "antwort an", "risposta", "rispondi a", "importance", "priority",
                  "fontosság", "répondre à", "responder a", "válaszcím", "organization", "抄送", "참조", "attachments", "mellékletek", "date sent", "resent-from"),
}  # fmt: skip
LABEL = re.compile(
    r"^[\s*_>|]{0,6}(?:"
    + "|".join(f"(?P<{kind}>{words})" for kind, words in LABELS.items())
    + r")\s?[*_]{0,2}\s{0,4}[:：]\s?[*_]{0,2}(?P<value>.*)$",
    re.IGNORECASE,
)

ORIGINAL = re.compile(
    r"^[\s>|]{0,4}[-–—_=*]{2,40}\s{0,3}" + _any(
        "original (?:message|mail|e-?mail|appointment)", "ursprüngliche (?:nachricht|mail|e-mail)", "originalnachricht", "original-?nachricht", "message d[’']origine", "message (?:original|initial|d'origine)",
        "mensaje (?:original|enviado)", "messaggio originale", "mensagem original", "oorspronkelijk(?:e)? bericht", "origineel bericht", "oprindelig (?:meddelelse|besked)", "original meddelelse",
        "ursprungligt meddelande", "originalmeddelande", "opprinnelig melding", "alkuperäinen viesti", "wiadomość oryginalna", "oryginalna wiadomość", "původní (?:zpráva|e-?mail)", "pôvodná správa",
        "eredeti üzenet", "eredeti levél", "eredeti e-?mail", "исходное сообщение", "оригинальное сообщение", "вихідне повідомлення", "αρχικό μήνυμα", "özgün (?:i?leti|mesaj)", "orijinal (?:mesaj|ileti)",
        "mesaj original", "mesajul original", "izvorna poruka", "originalna poruka", "izvirno sporočilo", "原始邮件", "原始郵件", "原邮件", "元のメッセージ", "オリジナルメッセージ", "원본 ?메시지", "pesan asli", "thư gốc", "algne kiri",
    ) + r"\s{0,3}[-–—_=*]{2,40}",
    re.IGNORECASE,
)  # fmt: skip
FORWARDED = re.compile(
    r"^[\s>|]{0,4}(?:[-–—_=*]{2,40}\s{0,3})?" + _any(
        "(?:begin )?forwarded (?:message|mail|email)", "forwarded by .{1,80}", "weitergeleitete nachricht", "anfang der weitergeleiteten (?:nachricht|e-?mail)", "message (?:transféré|réexpédié)",
        "début du message (?:transféré|réexpédié)", "mensaje reenviado", "inicio del mensaje reenviado", "messaggio inoltrato", "inizio messaggio inoltrato", "mensagem (?:encaminhada|reencaminhada)",
        "doorgestuurd bericht", "begin doorgestuurd bericht", "videresendt (?:meddelelse|besked|melding)", "vidarebefordrat (?:meddelande|mail)", "välitetty viesti", "przekazana wiadomość", "wiadomość przekazana dalej",
        "přeposlaná zpráva", "preposlaná správa", "továbbított (?:üzenet|levél|e-?mail)", "a továbbított (?:üzenet|levél|e-?mail) (?:kezdete|eleje)", "üzenet továbbítása", "továbbítva", "пересылаемое сообщение", "пересланное сообщение", "начало переадресованного сообщения", "переслане повідомлення",
        "προωθημένο μήνυμα", "iletilen (?:ileti|mesaj)", "mesaj redirecționat", "proslijeđena poruka", "转发的邮件", "轉寄的郵件", "転送(?:された)?メッセージ", "전달된 ?메(?:시|세)지", "pesan terusan",
    ) + r"\s{0,3}(?::|[-–—_=*]{2,40})\s*$",
    re.IGNORECASE,
)  # fmt: skip
FORWARD_SUBJECT = re.compile(
    r"^\s*(?:\[[^\]]{0,60}\]\s*)?(?:fwd?|wg|tr|rv|enc|i|pd|vs|vb|továbbítás|továbbítva|tov|doorst|転送|转发|轉寄|пересл)\s?[:：]",
    re.IGNORECASE,
)
# Marks that help desks put into their mails so that the answer can be cut there.
REPLY_ABOVE = re.compile(
    r"(?:reply|write|type|respond|answer)\b.{0,30}\babove this\b|\breply above\b.{0,40}\bline\b|above this line|do not (?:write|delete).{0,20}below"
    r"|(?:antwort|schreiben).{0,40}oberhalb|au-dessus de cette ligne|por encima de esta línea|(?:e|ezen|ennek) .{0,20}(?:sor|vonal) (?:fölé|felett)",
    re.IGNORECASE,
)
DEVICE = re.compile(
    r"^[\s*_(<\[]{0,4}(?!.{0,120}\b(?:is|was|are|were|ist|war|est)\b)" + _any(
        r"sent (?:from|via|with|using|by|on)\b", r"from my i?phone", r"get \[?outlook for", r"(?:von|aus) meinem \S{2,20} gesendet", r"gesendet (?:von|mit|aus)", r"diese nachricht wurde von mein",
        r"envoyé (?:depuis|de|à partir)", r"enviado (?:desde|de|do|a partir)", r"inviato (?:da|dal)", r"verzonden (?:met|vanaf|van|via)", r"verstuurd (?:vanaf|met|van)", r"sendt fra", r"skickat från",
        r"lähetetty \S{2,20}", r"wysłan[eoy] z", r"odesláno z", r"odoslané z", r"(?:az )?(?:iphone|ipad|android|samsung|xiaomi|huawei|telefon|mobil)\S{0,12} (?:készülékemről|küldve|küldött)",
        r"elküldve (?:a|az|innen|mobil|samsung|android|iphone|i?phone)", r"(?:mobil|android|iphone)\S{0,20}(?:ról|ről|ból|ből) küld", r"küldve (?:a|az|innen|mobil|iphone)", r"отправлено (?:с|из|от)", r"надіслано з",
        r"gönderildi", r"trimis de pe", r"poslano (?:z|s|iz)", r"從我的.{1,20}傳送", r"发自我的", r"從我的", r"iphoneから送信", r"나의 .{1,20}에서 보냄", r"dikirim dari", r"được gửi từ",
    ) + r".{0,120}$",
    re.IGNORECASE,
)  # fmt: skip
