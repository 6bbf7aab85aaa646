"""The visible reply, in the languages and programs that customers write with."""

# ruff: noqa: E501 - mails stand as they come
from __future__ import annotations

import pytest

from tickets.mail.quotations import split_rest, visible_reply

ATTRIBUTIONS = [
    # Hungarian: Gmail, Thunderbird, Apple Mail, Android, Outlook mobile, older forms
    "Kiss Anna <anna@example.hu> ezt írta (időpont: 2026. jan. 5., H, 10:12):",
    "Kiss Anna <anna@example.hu> ezt írta\n(időpont: 2026. jan. 5., H, 10:12):",
    "Ügyfélszolgálat – Példa Kft. <ugyfelszolgalat@pelda.example.hu> ezt írta\n(időpont: 2026. dec. 31., Cs, 9:05):",
    "Kiss Anna <\nanna@example.hu> ezt írta (időpont: 2026. jan. 5., H 10:12):",
    "2026. 01. 05. 10:12 keltezéssel, Kiss Anna írta:",
    "2026.01.05. 10:12 keltezéssel, Kiss Anna írta:",
    "2026-01-05 10:12 keltezéssel, Kiss Anna írta:",
    "2026-01-05 10:12 időpontban Kiss Anna ezt írta:",
    "2026. január 5. 10:12 napon Kiss Anna <anna@example.hu> írta:",
    "Dátum: 2026. jan. 5., időpont: 10:12, Kiss Anna <anna@example.hu> írta:",
    "Dátum: 2026. jan. 5., idő: 10:12, írta (Kiss Anna <anna@example.hu>):",
    "Kiss Anna <anna@example.hu> írta (2026. január 5., hétfő):",
    "2026. jan. 5. 10:12 ezt írta („Kiss Anna” <anna@example.hu>):",
    "2026. jan. 5. dátummal, 10:12 időpontban Kiss Anna <anna@example.hu> írta:",
    "2026. jan. 5., hétfő, 10:12 dátummal Kiss Anna <anna@example.hu> ezt írta:",
    "H, 2026. jan. 5. 10:12 Kiss Anna <anna@example.hu> ezt írta:",
    "2026. jan. 5. 10:12, \"Kiss Anna\" <anna@example.hu> ezt írta:",
    "Kiss Anna <anna@example.hu> írta 2026-01-05 10:12-kor:",
    "Idézet (Kiss Anna <anna@example.hu>), 2026-01-05 10:12 írta:",
    # English
    "On Mon, Jan 5, 2026 at 10:12 AM Ann Smith <ann@example.com> wrote:",
    "On Mon, Jan 5, 2026 at 10:12 AM Ann Smith <\nann@example.com> wrote:",
    "On 5 Jan 2026, at 10:12, Ann Smith <ann@example.com> wrote:",
    "On 05/01/2026 10:12, Ann Smith wrote:",
    "On Monday, January 5th, 2026 at 10:12, Ann Smith <ann@example.com> wrote:",
    "On 2026-01-05 10:12, Ann Smith wrote:",
    "Ann Smith <ann@example.com> wrote on 01/05/2026 10:12:13 AM:",
    "--- On Mon, 1/5/26, Ann Smith <ann@example.com> wrote:",
    # German
    "Am 05.01.26 um 10:12 schrieb Anna Schmidt:",
    "Am Mo., 5. Jan. 2026 um 10:12 Uhr schrieb Anna Schmidt <anna@example.de>:",
    "Anna Schmidt <anna@example.de> schrieb am Mo., 5. Jan. 2026, 10:12:",
    "Am 05.01.2026 um 10:12 schrieb Anna Schmidt\n<anna@example.de>:",
    # French, Spanish, Portuguese, Italian, Romanian, Catalan
    "Le lun. 5 janv. 2026 à 10:12, Anne Dupont <anne@example.fr> a écrit :",
    "Le 05/01/2026 à 10:12, Anne Dupont a écrit :",
    "El lun, 5 ene 2026 a las 10:12, Ana García (<ana@example.es>) escribió:",
    "El 5/1/26 a las 10:12, Ana García escribió:",
    "Em seg., 5 de jan. de 2026 às 10:12, Ana Silva <ana@example.pt> escreveu:",
    "Il giorno lun 5 gen 2026 alle ore 10:12 Anna Rossi <anna@example.it> ha scritto:",
    "Il 05/01/26 10:12, Anna Rossi ha scritto:",
    "În lun., 5 ian. 2026 la 10:12, Ana Pop <ana@example.ro> a scris:",
    # Dutch and the north
    "Op ma 5 jan 2026 om 10:12 schreef Anna de Vries <anna@example.nl>:",
    "Op 5 jan. 2026 om 10:12 heeft Anna de Vries <anna@example.nl> het volgende geschreven:",
    "Den mån 5 jan. 2026 kl 10:12 skrev Anna Svensson <anna@example.se>:",
    "5. jan. 2026 kl. 10.12 skrev Anna Hansen <anna@example.no>:",
    "Den man. 5. jan. 2026 kl. 10.12 skrev Anna Hansen <anna@example.dk>:",
    "ma 5. tammik. 2026 klo 10.12 Anna Virtanen (anna@example.fi) kirjoitti:",
    # The neighbours
    "po 5. 1. 2026 v 10:12 odesílatel Anna Nováková <anna@example.cz> napsal:",
    "Dne 05. 01. 26 v 10:12 Anna Nováková napsal(a):",
    "po 5. 1. 2026 o 10:12 Anna Nováková <anna@example.sk> napísal(a):",
    "pon., 5 sty 2026 o 10:12 Anna Nowak <anna@example.pl> napisał(a):",
    "W dniu 5.01.2026 o 10:12, Anna Nowak pisze:",
    "pon, 5. sij 2026. u 10:12 Ana Horvat <ana@example.hr> napisao je:",
    "V pon., 5. jan. 2026 ob 10:12 je Ana Novak <ana@example.si> napisal(a):",
    # Further afield
    "пн, 5 янв. 2026 г. в 10:12, Анна Иванова <anna@example.ru>:",
    "5 января 2026 г. 10:12 пользователь Анна Иванова <anna@example.ru> написал:",
    "05.01.2026 10:12, Анна Иванова пишет:",
    "пн, 5 січ. 2026 р. о 10:12 Анна Шевченко <anna@example.ua> пише:",
    "Στις Δευ 5 Ιαν 2026 στις 10:12 π.μ., ο χρήστης Άννα <anna@example.gr> έγραψε:",
    "Anna Yılmaz <anna@example.com.tr>, 5 Oca 2026 Pzt, 10:12 tarihinde şunu yazdı:",
    "2026年1月5日(月) 10:12 山田花子 <hanako@example.jp>:",
    "山田花子 <hanako@example.jp> 于2026年1月5日周一 10:12写道：",
    "2026년 1월 5일 (월) 오전 10:12, 김안나 <anna@example.kr>님이 작성:",
    "Vào Th 2, 5 thg 1, 2026 vào lúc 10:12 An <an@example.vn> đã viết:",
]  # fmt: skip

HEADER_BLOCKS = [
    "Feladó: Kiss Anna <anna@example.hu>\nElküldve: 2026. január 5., hétfő 10:12\nCímzett: Ügyfélszolgálat\nTárgy: Számla",
    "Feladó: Kiss Anna\nKüldve: 2026. január 5. 10:12\nCímzett: support@example.hu\nMásolatot kap: Nagy Béla\nTárgy: Re: Számla",
    "From: Kiss Anna <anna@example.hu>\nDate: 2026. január 5., hétfő 10:12\nTo: support@example.hu\nSubject: Re: Számla",
    "Feladó: Kiss Anna <anna@example.hu>\nDátum: 2026. január 5., hétfő 10:12\nCímzett: support@example.hu\nTárgy: Re: Számla",
    "*Feladó:* Kiss Anna <anna@example.hu>\n*Küldés ideje:* 2026. január 5., hétfő 10:12\n*Címzett:* support@example.hu\n*Tárgy:* Számla",
    "From: Ann [mailto:ann@example.com]\nSent: Monday, January 5, 2026 10:12 AM\nTo: Support\nSubject: Invoice",
    "Von: Anna Schmidt <anna@example.de>\nGesendet: Montag, 5. Januar 2026 10:12\nAn: Support\nBetreff: Rechnung",
    "De : Anne Dupont <anne@example.fr>\nEnvoyé : lundi 5 janvier 2026 10:12\nÀ : Support\nObjet : Facture",
    "De: Ana García <ana@example.es>\nEnviado el: lunes, 5 de enero de 2026 10:12\nPara: Soporte\nAsunto: Factura",
    "Da: Anna Rossi <anna@example.it>\nInviato: lunedì 5 gennaio 2026 10:12\nA: Supporto\nOggetto: Fattura",
    "Van: Anna de Vries <anna@example.nl>\nVerzonden: maandag 5 januari 2026 10:12\nAan: Support\nOnderwerp: Factuur",
    "Od: Anna Nowak <anna@example.pl>\nWysłano: poniedziałek, 5 stycznia 2026 10:12\nDo: Pomoc\nTemat: Faktura",
    "Od: Anna Nováková <anna@example.cz>\nOdesláno: pondělí 5. ledna 2026 10:12\nKomu: Podpora\nPředmět: Faktura",
    "Från: Anna Svensson <anna@example.se>\nSkickat: den 5 januari 2026 10:12\nTill: Support\nÄmne: Faktura",
    "Lähettäjä: Anna <anna@example.fi>\nLähetetty: maanantai 5. tammikuuta 2026 10.12\nVastaanottaja: Tuki\nAihe: Lasku",
    "От: Анна Иванова <anna@example.ru>\nОтправлено: 5 января 2026 г. 10:12\nКому: Поддержка\nТема: Счёт",
    "发件人: 安娜 <anna@example.cn>\n发送时间: 2026年1月5日 10:12\n收件人: 支持\n主题: 发票",
]  # fmt: skip


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_the_line_that_introduces_a_quotation_cuts(line: str) -> None:
    text = (
        f"Köszönöm, ez így rendben van.\n\nÜdv,\nAnna\n\n{line}\n\n> Tisztelt Ügyfelünk!\n>\n> Megkaptuk a levelét.\n"
    )
    assert visible_reply(text) == "Köszönöm, ez így rendben van.\n\nÜdv,\nAnna"


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_it_cuts_when_the_quotation_bears_no_marks(line: str) -> None:
    text = f"Köszönöm szépen!\n\n{line}\n\nTisztelt Ügyfelünk!\n\nMegkaptuk a levelét.\n"
    assert visible_reply(text) == "Köszönöm szépen!"


@pytest.mark.parametrize("block", HEADER_BLOCKS)
@pytest.mark.parametrize(
    "separator",
    ["", "________________________________\n", "-----Eredeti üzenet-----\n", "-----Original Message-----\n"],
)
def test_a_block_of_header_lines_cuts(block: str, separator: str) -> None:
    text = f"Csatolom a számlát.\n\n{separator}{block}\n\nTisztelt Ügyfelünk!\n"
    assert visible_reply(text) == "Csatolom a számlát."


@pytest.mark.parametrize(
    "mark",
    ["-----Eredeti üzenet-----", "-------- Eredeti üzenet --------", "----- Eredeti levél -----", "-----Original Message-----",
     "-----Ursprüngliche Nachricht-----", "-------- Původní zpráva --------", "-----Message d'origine-----", "----- Mensaje original -----"],
)  # fmt: skip
def test_the_mark_of_the_original_message_cuts(mark: str) -> None:
    assert visible_reply(f"Rendben.\n\n{mark}\nrégi szöveg\n") == "Rendben."


def test_answers_between_quoted_lines_are_kept() -> None:
    text = (
        "2026. 01. 05. 10:12 keltezéssel, Kiss Anna írta:\n> Megjött a csomag?\n\nIgen, tegnap.\n\n"
        "> És ép volt?\n\nA doboz sérült, a termék nem.\n"
    )
    reply = visible_reply(text)
    assert "Igen, tegnap." in reply
    assert "A doboz sérült" in reply
    assert "Megjött a csomag?" in reply


def test_an_answer_below_the_quotation_is_kept() -> None:
    text = "Kiss Anna <anna@example.hu> ezt írta (időpont: 2026. jan. 5., H, 10:12):\n\n> Megjött?\n\nIgen, köszönöm.\n"
    assert "Igen, köszönöm." in visible_reply(text)


@pytest.mark.parametrize(
    "mark",
    ["---------- Továbbított üzenet ----------", "-------- Továbbított levél --------", "---------- Forwarded message ---------",
     "Begin forwarded message:", "A továbbított levél kezdete:", "-------- Weitergeleitete Nachricht --------"],
)  # fmt: skip
def test_forwarded_text_is_kept(mark: str) -> None:
    text = f"Kérem, intézzék.\n\n{mark}\nFeladó: Kiss Anna <anna@example.hu>\nDátum: 2026. jan. 5.\nTárgy: Hiba\nCímzett: b@example.hu\n\nNem megy a gép.\n"
    assert "Nem megy a gép." in visible_reply(text)


@pytest.mark.parametrize("subject", ["Fwd: Hiba", "FW: Hiba", "Továbbítás: Hiba", "WG: Fehler"])
def test_a_forwarding_subject_keeps_everything(subject: str) -> None:
    text = "Lásd alább.\n\nFrom: Anna <anna@example.hu>\nSent: Monday, January 5, 2026\nTo: Béla\nSubject: Hiba\n\nNem megy a gép.\n"
    assert "Nem megy a gép." in visible_reply(text, subject=subject)


def test_nothing_but_a_quotation_stays_visible() -> None:
    assert visible_reply("> csak idézet") == "> csak idézet"


@pytest.mark.parametrize(
    "text",
    [
        "On this day I wrote something\nwhich was very interesting.",
        "Az alábbi hibát írta ki a program:\n\nE42: nincs papír",
        "Kedves Ügyfélszolgálat!\n\nA kolléga azt írta: holnap jön.\n\nÜdv",
        "Időpont: 2026. január 5.\nHelyszín: Budapest\n\nOtt leszek.",
        "Name: Ann\nEmail: ann@example.com\nMessage: It does not work.",
        "I tried 3 things:\n\n1. reboot\n2. reset\n3. pray",
        "Tárgy: laptop\nDátum szerint a 2026-01-05 10:12 óta nem megy, Kati azt írta nekem:\n\nhívjanak fel!",
    ],
)
def test_ordinary_sentences_are_not_taken_for_quotations(text: str) -> None:
    assert visible_reply(text) == text


@pytest.mark.parametrize(
    "signature",
    ["-- \nKiss Anna\nPélda Kft.\n+36 1 234 5678", "Sent from my iPhone", "Küldve az iPhone-omról", "Elküldve a Samsung Galaxy készülékemről",
     "iPhone készülékemről küldve", "Von meinem iPhone gesendet", "Get Outlook for Android"],
)  # fmt: skip
def test_signatures_fall_away(signature: str) -> None:
    assert visible_reply(f"Rendben, várom.\n\n{signature}\n") == "Rendben, várom."


def test_html_that_marks_its_quotation_is_cut_there() -> None:
    assert visible_reply("Új szöveg\n\nrégi szöveg", own_text="Új szöveg") == "Új szöveg"


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("-- \nAnna\nDuna", ("Anna\nDuna", "")),
        (
            "--\nAnna\n\nOn Monday, 5 Jan 2026 Ben <b@x.example> wrote:\n> hi",
            ("Anna", "On Monday, 5 Jan 2026 Ben <b@x.example> wrote:\n> hi"),
        ),
        ("Sent from my iPhone\n\n> hi", ("Sent from my iPhone", "> hi")),
        ("> hi\n\n-- \nAnna", ("", "> hi\n\n-- \nAnna")),
        ("", ("", "")),
    ],
)
def test_what_is_folded_is_taken_apart(rest: str, expected: tuple[str, str]) -> None:
    assert split_rest(rest) == expected
