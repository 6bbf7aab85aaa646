"""The demo's people, organisations, teams and addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tickets.models import Right, Role

HOUSE = "ticketdesk.example"

# key: name, whether its members see one another's tickets
ORGANISATIONS = {
    "duna": ("Duna Könyvelő Zrt.", True),
    "alfold": ("Alföld Trade Kft.", False),
    "tisza": ("Tisza Logisztika", False),
    "mecsek": ("Mecsek Egészség", False),
    "northgate": ("Northgate Kft.", True),
    "balaton": ("Balaton Textil Bt.", False),
}

# key: name, description
TEAMS = {
    "helpdesk": ("Helpdesk", "Gépek, programok, fiókok, nyomtatás"),
    "network": ("Hálózat", "VPN, wifi, telephelyek közti kapcsolat, kiszolgálók"),
    "service": ("Ügyfélszolgálat", "Számlák, szerződések, megrendelések"),
}

MOST: Sequence[Right] = (Right.READ, Right.CREATE, Right.NOTE, Right.REPLY, Right.MOVE_IN, Right.OWN, Right.PRIORITY)
LOOKS: Sequence[Right] = (Right.READ, Right.NOTE, Right.MOVE_IN)

# address: sender's name, team, default
MAILBOXES = {
    f"support@{HOUSE}": ("Ticketdesk Helpdesk", "helpdesk", True),
    f"halozat@{HOUSE}": ("Ticketdesk Hálózat", "network", False),
    f"ugyfelszolgalat@{HOUSE}": ("Ticketdesk Ügyfélszolgálat", "service", False),
    f"hello@{HOUSE}": ("Ticketdesk Customer Service", "service", False),
}

# team: Hungarian, English
SIGNATURES = {
    "helpdesk": (
        "Üdvözlettel:\nHelpdesk\nTelefon: +36 1 555 0100, hétköznap 7–19 óráig",
        "Kind regards,\nHelpdesk\nPhone: +36 1 555 0100, weekdays 7:00–19:00",
    ),
    "network": (
        "Üdvözlettel:\nHálózati csapat\nTelefon: +36 1 555 0120",
        "Kind regards,\nNetwork team\nPhone: +36 1 555 0120",
    ),
    "service": (
        "Üdvözlettel:\nÜgyfélszolgálat\nTelefon: +36 1 555 0110, hétköznap 8–17 óráig",
        "Kind regards,\nCustomer Service\nPhone: +36 1 555 0110, weekdays 8:00–17:00",
    ),
}


@dataclass(frozen=True, slots=True)
class Colleague:
    """An agent: what he does, where, and (for the logins shown at the end) in which role."""

    name: str
    job_title: str
    teams: Sequence[str]
    looks_into: Sequence[str] = ()
    roles: Sequence[Role] = (Role.AGENT,)
    language: str = "hu"
    leads: bool = False


COLLEAGUES = {
    "root": Colleague("Gazda Róbert", "rendszergazda", (), roles=(Role.AGENT, Role.ADMIN)),
    "anna": Colleague("Varga Anna", "helpdesk munkatárs", ("helpdesk",), ("network", "service"), leads=True),
    "ben": Colleague("Szalai Ben", "hálózati mérnök", ("network",), ("helpdesk",), leads=True),
    "cora": Colleague(
        "Kende Cora", "ügyfélközpont-vezető", ("service",), ("helpdesk",), roles=(Role.AGENT, Role.ADMIN), leads=True
    ),
    "ivan": Colleague("Nagy Iván", "változásmenedzser", ("network", "helpdesk")),
    "dora": Colleague("Tóth Dóra", "helpdesk munkatárs", ("helpdesk",)),
    "mate": Colleague("Horváth Máté", "helpdesk munkatárs", ("helpdesk", "network")),
    "laura": Colleague("Papp Laura", "helpdesk munkatárs", ("helpdesk",)),
    "gergo": Colleague("Fekete Gergő", "helpdesk munkatárs", ("helpdesk",)),
    "reka": Colleague("Molnár Réka", "ügyfélszolgálati munkatárs", ("service",), ("helpdesk",)),
    "tamas": Colleague("Juhász Tamás", "ügyfélszolgálati munkatárs", ("service",)),
    "grace": Colleague("Grace Miller", "service desk analyst", ("helpdesk", "service"), language="en"),
}


@dataclass(frozen=True, slots=True)
class Client:
    """A customer. `host` empty: known by phone only."""

    name: str
    organisation: str = ""
    job_title: str = ""
    phone: str = ""
    place: str = ""
    address: str = ""
    language: str = "hu"


CLIENTS = {
    "kovacs.anna": Client("Kovács Anna", "duna", "könyvelő", "+36 30 555 0144", place="Székhely, 2. emelet"),
    "biro.noemi": Client("Bíró Noémi", "duna", "recepciós", "+36 1 555 0201", place="Székhely, földszint"),
    "orban.levente": Client("Orbán Levente", "duna", "bérszámfejtő", place="Székhely, 2. emelet"),
    "kelemen.attila": Client("Kelemen Attila", "duna", "könyvvizsgáló", "+36 30 555 0151", place="Székhely, 3. emelet"),
    "lengyel.ildiko": Client("Lengyel Ildikó", "duna", "ügyvezető", place="Székhely, 3. emelet"),
    "racz.peter": Client("Rácz Péter", "duna", "adótanácsadó", place="Győri iroda"),
    "sarkozi.linda": Client("Sárközi Linda", "duna", "könyvelő", place="Győri iroda"),
    "simon.gabor": Client("Simon Gábor", "alfold", "értékesítő", "+36 20 555 0187", place="Szegedi telephely"),
    "gulyas.adam": Client("Gulyás Ádám", "alfold", "beszerző", place="Szegedi telephely"),
    "pinter.zsofia": Client("Pintér Zsófia", "alfold", "pénzügyes", place="Székhely, 1. emelet"),
    "jonas.emese": Client("Jónás Emese", "alfold", "asszisztens", place="Székhely, 1. emelet"),
    "bakos.nora": Client("Bakos Nóra", "alfold", "értékesítő", place="Otthon"),
    "erdos.tibor": Client("Erdős Tibor", "alfold", "telephelyvezető", "+36 20 555 0190", place="Szegedi telephely"),
    "szucs.marta": Client("Szűcs Márta", "mecsek", "HR-vezető", "+36 72 555 0310", place="Pécs, A épület, 1. emelet"),
    "vincze.daniel": Client("Vincze Dániel", "mecsek", "orvosigazgató", place="Pécs, B épület"),
    "voros.balazs": Client("Vörös Balázs", "mecsek", "adminisztrátor", place="Pécs, A épület, 1. emelet"),
    "fodor.kinga": Client("Fodor Kinga", "tisza", "raktárvezető", "+36 52 555 0177", place="Debreceni raktár"),
    "halasz.judit": Client("Halász Judit", "tisza", "diszpécser", place="Debreceni raktár"),
    "barta.sandor": Client("Barta Sándor", "tisza", "raktáros", "+36 52 555 0178", place="Debreceni raktár"),
    "dobos.ferenc": Client("Dobos Ferenc", "tisza", "flottavezető", place="Székhely, 1. emelet"),
    "takacs.reka": Client("Takács Réka", "balaton", "tulajdonos", "+36 85 555 0402", place="Siófok, iroda"),
    "olah.zsolt": Client("Oláh Zsolt", "balaton", "műszakvezető", place="Siófok, varroda"),
    "mark.ellis": Client(
        "Mark Ellis", "northgate", "operations manager", "+36 1 555 0611", place="Váci út, 4th floor", language="en"
    ),
    "sarah.collins": Client("Sarah Collins", "northgate", "office manager", place="Váci út, 4th floor", language="en"),
    "james.whitfield": Client("James Whitfield", "northgate", "sales lead", place="Home office", language="en"),
    "emily.hart": Client("Emily Hart", "", "", address="emily.hart@posta.example", language="en"),
    "katona.bela": Client(
        "Katona Béla", "balaton", "karbantartó", "+36 85 555 0433", place="Siófok, műhely", address="-"
    ),
}

HOSTS = {
    "duna": "dunakonyvelo.example",
    "alfold": "alfoldtrade.example",
    "tisza": "tiszalogisztika.example",
    "mecsek": "mecsekegeszseg.example",
    "northgate": "northgate.example",
    "balaton": "balatontextil.example",
}

# The demo's only password; these people get it, everyone else signs in by a code sent by mail.
PASSWORD = "ticketdesk-demo"  # noqa: S105 (shown to everyone on purpose, and only in the demo)
LOGINS = (
    ("administrator", "root"),
    ("agent, Helpdesk", "anna"),
    ("agent, Network", "ben"),
    ("contact-centre admin", "cora"),
    ("change manager", "ivan"),
    ("agent, in English", "grace"),
    ("customer", "kovacs.anna"),
    ("customer, in English", "mark.ellis"),
)


def email_of(key: str) -> str | None:
    """The address of a person of the cast; None when he has none."""
    if key in COLLEAGUES:
        return f"{key}@{HOUSE}"
    client = CLIENTS[key]
    if client.address:
        return None if client.address == "-" else client.address
    return f"{key}@{HOSTS[client.organisation]}"
