"""Two faults of many: one that was answered to all an hour ago, and a wave of alike reports that nobody has judged."""

from __future__ import annotations

from tickets.demo.script import Story

# Reported, grouped and answered; the last of them came after the answer.
ANSWERED = (
    Story(
        title="Nem nyílik meg a dokumentumtár",
        customer="pinter.zsofia",
        opened=112,
        text="Jó reggelt!\n\nA dokumentumtár csak tölt, aztán 503-as hibát ír. A szerződések kellenének.\n\nZsófia",
    ),
    Story(
        title="Dokumentumtár: 503-as hiba",
        customer="simon.gabor",
        opened=106,
        text="Sziasztok,\n\n8 óta 503-as hibát kapok a dokumentumtárban, egyik mappa sem nyílik meg.\n\nGábor",
    ),
    Story(
        title="Nem érem el a szerződéseket a dokumentumtárban",
        customer="szucs.marta",
        opened=99,
        text="Tisztelt Helpdesk!\n\nA dokumentumtár nem nyílik meg, hibát ír ki (503). Kérem, nézzék meg.\n\nSz. Márta",
    ),
    Story(
        title="Document store is down (503)",
        customer="james.whitfield",
        opened=94,
        text="Hi,\n\nthe document store shows error 503 for all of us in the office since about eight.\n\nJames",
    ),
    Story(
        title="Áll a dokumentumtár, 503",
        customer="gulyas.adam",
        opened=46,
        text="Sziasztok!\n\nNálam a dokumentumtár 503-as hibával áll. Nálatok is?\n\nÁdám",
    ),
)
WAVE = (
    Story(
        title="Kijelentkeztet a raktárprogram",
        customer="fodor.kinga",
        opened=19,
        text="Jó napot!\n\nA raktárprogram pár percenként kijelentkeztet, minden bevételezés elvész.\n\nFodor Kinga",
    ),
    Story(
        title="A raktárprogram percenként kijelentkeztet",
        customer="erdos.tibor",
        opened=15,
        text="Sziasztok,\n\na telephelyen mindenkit kijelentkeztet a raktárprogram, nem tudunk kiadni.\n\nErdős Tibor",
    ),
    Story(
        title="Raktárprogram: folyton kijelentkeztet, „lejárt munkamenet”",
        customer="olah.zsolt",
        opened=11,
        text="Üdv!\n\n„Lejárt munkamenet” – és kijelentkeztet a raktárprogram, hiába lépek be újra.\n\nOláh Zsolt",
    ),
    Story(
        title="Kidob a raktárprogram, mindig kijelentkeztet",
        customer="dobos.ferenc",
        opened=6,
        text="Sziasztok!\n\nA raktárprogram kijelentkeztet minden művelet után. Két autó vár.\n\nDobos Ferenc",
    ),
)
STORIES = (*ANSWERED, *WAVE)

TEXTS = {
    "hu": "Kedves {first_name}!\n\nA dokumentumtár 8 óta nem érhető el (503-as hiba): betelt a kiszolgáló lemeze. "
    "Bővítjük, 11 óráig újra megy. Ha egy iratra azonnal szüksége van, hívja az ügyeletet. "
    "A jegy száma: {number}.",
    "en": "Dear {first_name},\n\nthe document store has been down since eight (error 503): its disk is full. "
    "We are adding space; it will be back by eleven. If you need a document at once, call us. "
    "Your ticket: {number}.",
}
ANSWER = "Köszönöm a gyors választ! Az áprilisi szerződésre délig lenne szükségem, addig kivárom.\n\nPintér Zsófia"
