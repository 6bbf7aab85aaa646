"""Today's tickets, in Hungarian: the ones that fill the first screen of the inbox."""

from __future__ import annotations

from tickets.demo.script import HOUR, Call, Invite, Merge, Move, Note, Paper, Rate, Reply, Story, Take, Turn, Vow, Write

STORIES = (
    Story(
        title="VPN nem kapcsolódik otthonról, 619-es hiba",
        customer="kovacs.anna",
        opened=160,
        priority="high",
        tags=("vpn", "távmunka"),
        text=(
            "Sziasztok,\n\nma reggel óta nem tudok VPN-re csatlakozni otthonról. A kliens kb. 10 másodperc után „Hiba "
            "619: a kapcsolat nem hozható létre” üzenettel leáll. Tegnap este még ment. 9-kor áfabevallást kellene "
            "beküldenem, úgyhogy elég sürgős lenne.\n\nKöszönöm:\nAnna"
        ),
        files=(Paper("vpn-hiba.png", "VPN 619"),),
        steps=(
            Take(9, "anna"),
            Rate(10, "anna", "urgent"),
            Call(
                14,
                "dora",
                "Sürgeti, 9:00-ig be kell küldenie a bevallást. Mobilinternettel sem megy. Megbeszéltük: visszahívjuk.",
            ),
            Note(
                19,
                "ben",
                "A koncentrátor tanúsítványa éjfélkor lejárt, ezért dob 619-et mindenkinek. A Hálózat csapat csinálja, "
                "Nagy Iván vészváltozást nyitott. Addig a webes elérés megy.",
            ),
            Reply(
                22,
                "anna",
                "Kedves Anna!\n\nMegvan a hiba oka: a VPN-kiszolgáló tanúsítványa járt le, már cseréljük. A "
                "bevalláshoz addig is használja a webes elérést: tavoli.dunakonyvelo.example, ugyanazzal a "
                "jelszóval.\n\n10:00-ig mindenképp jelentkezem, hogy hol tartunk.",
                files=(Paper("webes-eleres.pdf", "Webes eleres lepesrol lepesre"),),
            ),
            Vow(23, "anna", due=-12),
            Write(
                99,
                "kovacs.anna",
                "Köszönöm a gyors segítséget! Újraindítottam, de most azt írja, hogy „a tanúsítvány nem megbízható”. "
                "Mit tegyek?",
                quoted="Megvan a hiba oka: a VPN-kiszolgáló tanúsítványa járt le, már cseréljük.",
            ),
        ),
    ),
    Story(
        title="Nem indul a számlázó, fehér képernyő",
        customer="simon.gabor",
        opened=34,
        priority="high",
        tags=("számlázás", "kliens"),
        text=(
            "Jó napot!\n\nReggel óta a számlázó program csak fehér képernyőt mutat, ki sem tudom lépni belőle. "
            "Újraindítottam a gépet, ugyanaz. Délig ki kellene mennie három számlának.\n\nSimon Gábor\nAlföld Trade"
        ),
        files=(Paper("feher-kepernyo.png", "szamlazo"), Paper("szamlazo.log", "08:02:11 ERROR ui: renderer crashed")),
        steps=(Vow(4, "anna", due=18, to="gergo"),),
    ),
    Story(
        title="A recepció nyomtatója elakadt lapot jelez, de nincs benne papír",
        customer="biro.noemi",
        opened=115,
        tags=("nyomtató",),
        channel="phone",
        taken_by="dora",
        text=(
            "A recepció HP M404-ese elakadt lapot jelez. Kinyitotta minden ajtaját, nincs benne papír. Vendégeket "
            "fogadnak, a belépőkártyákat kellene nyomtatniuk."
        ),
        steps=(
            Take(6, "dora", to="anna"),
            Reply(
                25,
                "anna",
                "Kedves Noémi!\n\nKérem, húzza ki a nyomtatót fél percre, majd vegye ki a tonert, és nézze meg, nem "
                "maradt-e alatta papírdarab. Ha ez sem segít, délelőtt átmegy egy kolléga.",
                then="open",
            ),
            Vow(26, "anna", due=41),
            Write(60, "biro.noemi", "Kihúztam, de ugyanazt írja. Papírdarabot nem látok."),
        ),
    ),
    Story(
        title="Új kolléga hétfőtől: laptop, belépő, levelezés",
        customer="szucs.marta",
        opened=71,
        kind="request",
        channel="web",
        tags=("belépő", "laptop"),
        text=(
            "Hétfőn új munkatársunk kezd a felvételin: Balla Eszter. Kér laptopot dokkolóval, belépőkártyát a B "
            "épületbe, levelezést, és hozzáférést az előjegyzési rendszerhez. Vezetője: Vincze Dániel."
        ),
        files=(Paper("belepo-adatlap.pdf", "Belepo adatlap: Balla Eszter"),),
        steps=(Note(20, "laura", "Laptop van raktáron (DK-LT-0231). A belépőkártyát a recepció készíti."),),
    ),
    Story(
        title="Toner csere a 2. emeleti HP M404-ben",
        customer="orban.levente",
        opened=190,
        priority="low",
        kind="request",
        tags=("nyomtató", "toner"),
        text="Szervusztok!\n\nA 2. emeleti nyomtató csíkosan nyomtat, és azt írja, fogy a toner.\n\nLevente",
        steps=(Take(30, "mate"), Vow(35, "mate", due=185)),
    ),
    Story(
        title="Outlook folyamatosan jelszót kér",
        customer="fodor.kinga",
        opened=235,
        tags=("levelezés",),
        text=(
            "Tisztelt Helpdesk!\n\nAz Outlook tegnap óta két percenként jelszót kér. Beírom, elfogadja, aztán megint "
            "kéri. A telefonomon közben rendben jönnek a levelek.\n\nFodor Kinga"
        ),
        steps=(
            Take(12, "anna"),
            Reply(
                40,
                "anna",
                "Kedves Kinga!\n\nKérem, nyissa meg a Vezérlőpult / Hitelesítő adatok kezelője ablakot, és törölje az "
                "„MSOID” kezdetű sorokat, majd indítsa újra az Outlookot. Írja meg, kérem, hogy sikerült-e.",
                then="waiting",
            ),
        ),
    ),
    Story(
        title="Megint jelszót kér a levelezés",
        customer="fodor.kinga",
        opened=88,
        channel="web",
        tags=("levelezés",),
        text=(
            "Tisztelt Helpdesk!\n\nTöröltem a két MSOID kezdetű sort, egy órán át jó volt, most megint kéri a jelszót. "
            "Nem találtam a régi levelet, ezért írok ide.\n\nFodor Kinga"
        ),
        steps=(Merge(11, "anna", into="Outlook folyamatosan jelszót kér"),),
    ),
    Story(
        title="Második monitort szeretnék a munkaállomáshoz",
        customer="gulyas.adam",
        opened=290,
        kind="request",
        priority="low",
        channel="web",
        tags=("eszköz",),
        text="Szeretnék egy második monitort, 27 colosat. A vezetőm, Erdős Tibor jóváhagyta.",
        steps=(
            Take(22, "dora"),
            Reply(
                30,
                "dora",
                "Kedves Ádám!\n\nMegrendeltük a szállítótól, csütörtökre ígérik. Amint megjön, egyeztetünk.",
                then="third-party",
                wait=3,
            ),
            Note(31, "dora", "Rendelés: BE-2291. A szállító 3 munkanapot vállalt."),
        ),
    ),
    Story(
        title="VPN: tanúsítványhiba a frissítés után",
        customer="vincze.daniel",
        opened=150,
        priority="high",
        tags=("vpn",),
        text=(
            "Jó napot kívánok!\n\nA rendelőből nem tudok belépni a VPN-be, tanúsítványhibát ír ki. A reggeli ügyelet "
            "miatt fontos lenne.\n\ndr. Vincze Dániel"
        ),
        files=(Paper("tanusitvany.png", "tanusitvany hiba"),),
        steps=(
            Take(10, "anna"),
            Reply(
                18,
                "anna",
                "Tisztelt Vincze doktor úr!\n\nA kiszolgáló tanúsítványát cseréljük. A kliensben a fogaskerék alatt "
                "válassza a „Tanúsítványok frissítése” pontot, majd csatlakozzon újra.",
            ),
            Vow(20, "anna", due=34),
        ),
    ),
    Story(
        title="Elfelejtett jelszó, a telefonja is cserélve lett",
        customer="halasz.judit",
        opened=140,
        kind="request",
        channel="phone",
        taken_by="gergo",
        tags=("fiók", "mfa"),
        text="Új telefont kapott, a régin volt a hitelesítő. A jelszavát is elfelejtette. Visszahívható a központon.",
        steps=(
            Take(1, "gergo"),
            Call(25, "gergo", "Azonosítottam (törzsszám, születési év). Ideiglenes kódot kap.", out=True),
            Vow(26, "gergo", due=140),
        ),
    ),
    Story(
        title="Nem látszik a közös meghajtó (S:)",
        customer="kelemen.attila",
        opened=205,
        team="network",
        tags=("hálózat",),
        text="Sziasztok!\n\nReggel óta nem látszik az S: meghajtó, pedig a többi igen. Könyvvizsgálat van, kellene.",
        steps=(
            Take(15, "mate"),
            Note(40, "mate", "A csoporttagságából kiesett a DK-Konyvvizsgalok. Visszatettem, ki-be kell lépnie."),
            Vow(41, "mate", due=168),
        ),
    ),
    Story(
        title="Számlamelléklet nem nyílik meg, „sérült fájl”",
        customer="pinter.zsofia",
        opened=95,
        team="service",
        tags=("levelezés", "számla"),
        text=(
            "Tisztelt Ügyfélszolgálat!\n\nA novemberi számla PDF-melléklete nem nyílik meg, sérült fájlt jelez. "
            "Kérem, küldjék el újra.\n\nÜdvözlettel:\nPintér Zsófia\npénzügy, Alföld Trade Kft."
        ),
        files=(Paper("szamla-2026-11.pdf", "sérült"),),
        html=(
            "<html><body><p>Tisztelt Ügyfélszolgálat!</p><p>A <b>novemberi számla</b> PDF-melléklete nem nyílik meg, "
            '<span style="color:#b00020">sérült fájlt</span> jelez. Kérem, küldjék el újra.</p>'
            "<p>Üdvözlettel:<br>Pintér Zsófia<br><i>pénzügy, Alföld Trade Kft.</i></p></body></html>"
        ),
    ),
    Story(
        title="Leszkennelt oldalak üresen érkeznek e-mailben",
        customer="voros.balazs",
        opened=330,
        tags=("nyomtató", "levelezés"),
        text="A felvételi szkennerről küldött levelek megjönnek, de minden oldal üres. Tegnap délután óta.",
        steps=(
            Take(45, "dora"),
            Reply(
                60,
                "dora",
                "Kedves Balázs!\n\nKérem, tisztítsa meg a lapadagoló alatti üvegcsíkot, és küldjön egy próbaoldalt. Ha "
                "az üveglapról szkennelve jó, akkor ez az oka.",
                then="waiting",
            ),
        ),
    ),
    Story(
        title="Kérdés: mennyi ideig őrizzük a leveleket?",
        customer="lengyel.ildiko",
        opened=(1, "10:12"),
        kind="question",
        priority="low",
        tags=("kérdés",),
        text=(
            "Kedves Kollégák!\n\nEgy hatósági megkereséshez tudnom kell, hogy a levelezésünket mennyi ideig őrizzük, "
            "és ki férhet hozzá az archívumhoz.\n\nÜdvözlettel:\nLengyel Ildikó"
        ),
        steps=(
            Take(50, "laura"),
            Note(130, "laura", "Rákérdeztem a szerződéses feltételekre, Cora délutánra megnézi."),
            Vow(131, "laura", due=26 * HOUR),
        ),
    ),
    Story(
        title="Leállt a címkenyomtató a raktárban, áll a kiszállítás",
        customer="barta.sandor",
        opened=132,
        priority="urgent",
        channel="phone",
        taken_by="dora",
        tags=("nyomtató", "raktár"),
        text="A 3-as kapu címkenyomtatója nem kap adatot. Két kamion vár. Barta Sándor a raktárból hívott.",
        steps=(
            Move(3, "dora", "network"),
            Take(5, "ben"),
            Note(20, "ben", "A kapcsoló 14-es portja le volt tiltva (túl sok hibás keret). Visszakapcsoltam."),
            Vow(21, "ben", due=-4),
            Call(70, "ben", "Nyomtat, de minden második címke üres. Megnézem a sebességbeállítást.", out=True),
        ),
    ),
    Story(
        title="Teams-hívásban nem hallanak, csak fülhallgatóval",
        customer="jonas.emese",
        opened=(1, "15:40"),
        tags=("hang",),
        text="Hívásban nem hallanak a többiek, ha a laptop mikrofonját használom. Fülhallgatóval jó.",
        steps=(
            Take(20, "gergo"),
            Reply(30, "gergo", "Kedves Emese!\n\nFrissítettük a hangmeghajtót, kérem, próbálja ki újraindítás után."),
            Write(150, "jonas.emese", "Sajnos ugyanaz. A beállításokban a mikrofon jelzi a hangomat.", web=True),
            Vow(160, "gergo", due=115),
        ),
    ),
    Story(
        title="Kilépő munkatárs: postafiók átirányítása",
        customer="szucs.marta",
        opened=(1, "09:05"),
        kind="request",
        tags=("kilépő", "levelezés"),
        text=(
            "Kérem Kósa Gergely postafiókját péntektől irányítsák át Vörös Balázshoz, és állítsanak be automatikus "
            "választ. A belépőjét pénteken 16 órakor vonják vissza."
        ),
        steps=(
            Take(35, "mate"),
            Note(36, "mate", "Jogi jóváhagyás kell az átirányításhoz, elküldtem."),
            Turn(40, "mate", "third-party", wait=2),
            Invite(41, "mate", "voros.balazs"),
        ),
    ),
    Story(
        title="Lassú a wifi a tárgyalóban délutánonként",
        customer="racz.peter",
        opened=(1, "14:20"),
        team="network",
        tags=("hálózat", "wifi"),
        text="A nagy tárgyalóban 14 és 16 óra között használhatatlan a wifi, videóhívás közben megszakad.",
        files=(Paper("sebesseg.csv", "ido;letoltes;feltoltes\n14:05;3,1;0,8\n14:35;2,2;0,4\n15:10;2,9;0,5"),),
        steps=(
            Take(25, "mate"),
            Reply(
                50,
                "mate",
                "Kedves Péter!\n\nKöszönjük a mérést. Ma délután kimegyünk, és megnézzük a tárgyaló feletti adót.",
                then="open",
            ),
            Vow(51, "mate", due=151),
        ),
    ),
    Story(
        title="Nem érkezik meg a kiküldött ajánlat",
        customer="bakos.nora",
        opened=52,
        tags=("levelezés",),
        text="Az ügyfelem azt mondja, nem kapta meg az ajánlatomat. A Küldött elemek között ott van. Meg tudják nézni?",
    ),
    Story(
        title="Új kapukártya kellene a telephelyre",
        customer="erdos.tibor",
        opened=18,
        kind="request",
        priority="low",
        channel="web",
        team="service",
        tags=("belépő",),
        text="A kecskeméti telephelyre kérnék két új kapukártyát, a régiek elvesztek. Kérem a letiltásukat is.",
    ),
    Story(
        title="Elveszett a szövőgép kezelőpultja a hálózatról",
        customer="katona.bela",
        opened=63,
        priority="high",
        team="network",
        channel="phone",
        taken_by="mate",
        tags=("hálózat", "gyártás"),
        text="A 2-es szövőgép pultja nem látja a kiszolgálót, kézi üzemben dolgoznak. Béla a csarnokban hívható.",
        steps=(Take(1, "mate"), Vow(2, "mate", due=55)),
    ),
)
