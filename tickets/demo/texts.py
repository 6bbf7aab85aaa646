"""The demo's ready texts: answer templates, automatic replies, and what its tags mean."""

from __future__ import annotations

from dataclasses import dataclass

from tickets.demo.people import HOUSE


@dataclass(frozen=True, slots=True)
class Text:
    """An answer template. Without a team it is everybody's."""

    name: str
    hungarian: str
    english: str
    team: str = ""


TEMPLATES = (
    Text(
        "Köszönjük, dolgozunk rajta",
        "Tisztelt {customer}!\n\nKöszönjük a jelzést, elkezdtük a hibakeresést. "
        "Amint többet tudunk, ezen a jegyen ({number}) írunk.",
        "Dear {customer},\n\nThank you for reporting this. We are looking into it and will write on this ticket "
        "({number}) as soon as we know more.",
    ),
    Text(
        "További adatot kérünk",
        "Tisztelt {customer}!\n\nA(z) „{title}” ügyben az alábbiakra van még szükségünk:\n\n– mikor kezdődött a hiba,\n"
        "– más gépen vagy más kollégánál is jelentkezik-e,\n– képernyőkép a hibaüzenetről.\n\n"
        "Elég erre a levélre válaszolni.",
        "Dear {customer},\n\nto go on with “{title}” we still need to know:\n\n- when it began,\n"
        "- whether it happens on another computer or to a colleague too,\n- a screenshot of the error.\n\n"
        "Just answer this mail.",
    ),
    Text(
        "Megoldva, lezárjuk",
        "Tisztelt {customer}!\n\nA hibát elhárítottuk. Ha mégsem működik minden, válaszoljon erre a levélre, "
        "és újra megnyitjuk a jegyet.\n\n{agent}, {team}",
        "Dear {customer},\n\nthe fault is mended. Should something still not work, answer this mail and we open the "
        "ticket again.\n\n{agent}, {team}",
    ),
    Text(
        "Jelszó visszaállítva",
        "Tisztelt {customer}!\n\nA jelszavát visszaállítottuk. Az első belépéskor a rendszer újat kér; legyen legalább "
        "12 karakter, és máshol ne használja.",
        "Dear {customer},\n\nyour password was reset. You will be asked for a new one when you sign in; take at least "
        "12 characters, and do not use it anywhere else.",
        team="helpdesk",
    ),
    Text(
        "Nyomtató: első lépések",
        "Tisztelt {customer}!\n\nKérjük, próbálja ki sorban:\n\n1. kapcsolja ki a nyomtatót fél percre;\n"
        "2. nézze meg, van-e benne papír és nem világít-e piros lámpa;\n3. nyomtasson tesztoldalt.\n\n"
        "Ha a tesztoldal sem jön ki, írja meg a gép oldalán lévő leltári számot.",
        "Dear {customer},\n\nwould you try, one after the other:\n\n1. switch the printer off for half a minute;\n"
        "2. see whether it has paper and no red light is on;\n3. print a test page.\n\n"
        "If the test page does not come either, send us the inventory number on its side.",
        team="helpdesk",
    ),
    Text(
        "VPN újracsatlakozás",
        "Tisztelt {customer}!\n\nA VPN-kiszolgálót frissítettük. Lépjen ki az ügyfélprogramból, indítsa újra, és "
        "a kétlépcsős kóddal jelentkezzen be újra.",
        "Dear {customer},\n\nthe VPN server was updated. Quit the client, start it again, and sign in with your "
        "two-step code.",
        team="network",
    ),
    Text(
        "Karbantartás értesítő",
        "Tisztelt {customer}!\n\nA hálózaton ma este 20:00 és 22:00 között karbantartás lesz. Rövid, néhány perces "
        "kimaradás előfordulhat.",
        "Dear {customer},\n\nthere will be maintenance on the network tonight between 20:00 and 22:00. Short breaks of "
        "a few minutes may occur.",
        team="network",
    ),
    Text(
        "Számlamásolat",
        "Tisztelt {customer}!\n\nMellékelten küldjük a kért számla másolatát. "
        "Ha a {organisation} adatai változtak, válaszlevélben jelezze.",
        "Dear {customer},\n\nplease find a copy of the invoice attached. "
        "If the data of {organisation} have changed, let us know by answering this mail.",
        team="service",
    ),
)

# address: Hungarian, English; the other addresses use the house's own words
AUTO_REPLIES = {
    f"support@{HOUSE}": (
        (
            "Tisztelt {customer}!\n\nMegkaptuk a levelét, a jegy száma: {number}.\nTárgy: {title}\n\n"
            "A(z) {team} hétköznap 7 és 19 óra között általában két órán belül válaszol. "
            "Kiegészítéshez elég erre a levélre válaszolni; a jegy állása itt látható: {link}\n\n"
            "Ez automatikus üzenet."
        ),
        (
            "Dear {customer},\n\nwe have received your mail; the ticket's number is {number}.\nSubject: {title}\n\n"
            "{team} usually answers within two hours on weekdays between 7:00 and 19:00. To add something, just answer "
            "this mail; you can follow your ticket here: {link}\n\nThis is an automatic message."
        ),
    ),
    f"hello@{HOUSE}": (
        "",
        (
            "Hello {customer},\n\nthank you for writing to {team}. Your request has the number {number}; a colleague "
            "will answer you today or on the next working day.\n\nYou can follow it here: {link}\n\n"
            "This is an automatic message."
        ),
    ),
}

# name: what it means, hue, team
TAGS: dict[str, tuple[str, int, str]] = {
    "levelezés": ("Outlook, levelezőkiszolgáló, elakadt levelek", 0, "helpdesk"),
    "nyomtató": ("Nyomtatók és szkennerek, papír, festék", 2, "helpdesk"),
    "hálózat": ("Kapcsolat, telephelyek, kiszolgálók", 4, "network"),
    "vpn": ("Távoli belépés, VPN-ügyfél", 5, "network"),
    "wifi": ("Vezeték nélküli hálózat", 4, "network"),
    "biztonság": ("Adathalászat, gyanús levelek, jogosultságok", 1, ""),
    "fiók": ("Belépés, jelszó, zárolt fiók", 3, "helpdesk"),
    "belépő": ("Új munkatárs: gép, fiók, hozzáférés", 3, "helpdesk"),
    "számla": ("Számlák, másolatok, fizetések", 6, "service"),
    "szerződés": ("Szerződések módosítása", 6, "service"),
}

# tag: who answers for it, its other words, the template that is its standing answer
TAG_CARE: dict[str, tuple[str, tuple[str, ...], str]] = {
    "levelezés": ("dora", ("outlook", "mail"), "Köszönjük, dolgozunk rajta"),
    "nyomtató": ("anna", ("printer", "nyomtatás", "szkenner"), ""),
    "hálózat": ("ben", ("network",), "Karbantartás értesítő"),
    "vpn": ("ben", ("távoli elérés", "távmunka"), "VPN újracsatlakozás"),
}
# rule on arrival: words of the title, the tag
ARRIVAL_RULES: dict[str, tuple[str, str]] = {
    "VPN a tárgyban": ("vpn", "vpn"),
    "Nyomtató a tárgyban": ("nyomtató", "nyomtató"),
}
# customer and author: what colleagues should know
PERSON_NOTES: dict[tuple[str, str], str] = {
    ("kovacs.anna", "anna"): "Délelőtt könyvel, akkor ne hívjuk; délután két óra után szívesen felveszi.",
    ("mark.ellis", "grace"): "Prefers short answers in English; reads mail on his phone.",
}
