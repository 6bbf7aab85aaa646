"""A small, hand-made set of reports, each fault told by two people in their own words, in Hungarian and in English."""

from __future__ import annotations

from tests import make
from tickets import similar
from tickets.models import Team, User
from tickets.similar.drain import read_radar
from tickets.similar.weighing import Grade

PAIRS = (
    (
        ("Nem nyomtat a második emeleti nyomtató", "Bekapcsolva, de semmi nem jön ki belőle, a sor áll."),
        ("nyomtato a 2. emeleten", "kikuldom a nyomtatast es nem jon ki semmi, a sorban all"),
    ),
    (
        ("Nem tudok belépni a bérprogramba", "Azt írja, hogy lejárt a jelszó, de újat nem enged megadni."),
        ("Bérprogram belépés", "Lejárt jelszót ír, az új jelszót nem fogadja el."),
    ),
    (
        ("A levelek nem mennek ki", "Az Outlookban a postázandó mappában maradnak a levelek."),
        ("Outlook: nem küldi el a leveleimet", "Minden levél a postázandók között marad."),
    ),
    (
        ("Lassú az internet a raktárban", "A vonalkódolvasók is leszakadnak a wifiről."),
        ("wifi a raktárban akadozik", "A vonalkódolvasó percenként leszakad, lassú minden."),
    ),
    (
        ("Fehér képernyő a számlázóban", "Indítás után csak fehér ablak látszik."),
        ("A számlázó nem indul el", "Elindítom, fehér a képernyő, és nem történik semmi."),
    ),
    (
        ("Hiányoznak a fájlok a közös meghajtóról", "A Szerződések mappa üres tegnap óta."),
        ("Üres a Szerződések mappa", "A közös meghajtón tegnap még megvoltak a fájlok."),
    ),
    (
        ("Nem csörög a telefonom", "A mellékemre nem jönnek be hívások, kifelé működik."),
        ("Telefon: bejövő hívás nincs", "Kifelé tudok hívni a mellékről, de engem nem érnek el."),
    ),
    (
        ("Kártyával nem nyílik a kapu", "A belépőkártyám pirosat villan a hátsó kapunál."),
        ("Hátsó kapu beléptető", "A kártyára piros fény villan, nem enged be a kapun."),
    ),
    (
        ("Projector in the meeting room stays black", "It is on but shows no signal from any laptop."),
        ("No signal on the meeting room projector", "The projector stays black whichever laptop we connect."),
    ),
    (
        ("Shared calendar does not sync", "Phones show last week's calendar, the desktop is right."),
        ("Calendar on my phone is out of date", "The shared calendar stopped syncing last week."),
    ),
    (
        ("Certificate warning on the intranet", "The browser says that the certificate has expired."),
        ("Intranet not secure", "I get an expired certificate message in the browser."),
    ),
    (
        ("Excel crashes when exporting the report", "It closes as soon as I press export to PDF."),
        ("Export to PDF closes Excel", "The monthly report cannot be exported, Excel just crashes."),
    ),
)
ALONE = (
    ("Új egér kell", "Az enyém kattint, de nem mozog a kurzor."),
    ("Névváltozás", "Házasság miatt kérem átírni a nevem."),
    ("Szoftverigény: CAD", "A tervezők új licencet kérnek."),
    ("Parking permit", "I need one for my new car."),
    ("Holiday allowance", "How many days do I have left?"),
    ("Monitor arm", "Could I get one for my desk?"),
    ("Tárgyaló foglalás", "Hogyan lehet ismétlődő foglalást felvenni?"),
    ("Kilépő kolléga", "Pénteken távozik, kérem a hozzáférései zárását."),
)


def test_most_faults_are_found_by_the_second_report(helpdesk: Team, anna: User) -> None:
    first = [make.ticket(one[0], text=one[1], team=helpdesk, customer=make.person()) for one, _other in PAIRS]
    for title, text in ALONE:
        make.ticket(title, text=text, team=helpdesk, customer=make.person())
    second = [make.ticket(other[0], text=other[1], team=helpdesk, customer=make.person()) for _one, other in PAIRS]
    read_radar()
    ranks = []
    for one, other in zip(first, second, strict=True):
        found = [each.ticket for each in similar.find_alike(other, by=anna)]
        ranks.append(found.index(one) + 1 if one in found else 0)
    assert sum(rank == 1 for rank in ranks) >= 11, ranks
    assert all(ranks), ranks


def test_what_is_alone_looks_very_alike_to_nothing(helpdesk: Team, anna: User) -> None:
    for one, _other in PAIRS:
        make.ticket(one[0], text=one[1], team=helpdesk, customer=make.person())
    lonely = [make.ticket(title, text=text, team=helpdesk, customer=make.person()) for title, text in ALONE]
    read_radar()
    grades = [each.grade for ticket in lonely for each in similar.find_alike(ticket, by=anna)]
    assert Grade.HIGH not in grades
    assert grades.count(Grade.FAIR) <= 1
