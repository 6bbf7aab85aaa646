"""Tickets of the English-speaking customers."""

from __future__ import annotations

from tickets.demo.script import DAY, HOUR, Call, Move, Note, Paper, Reply, Story, Take, Turn, Vow, Write

STORIES = (
    Story(
        title="Shared mailbox: cannot send as “info@”",
        customer="mark.ellis",
        opened=88,
        tags=("levelezés",),
        text=(
            "Hello,\n\nsince this morning I can read the shared mailbox but every message I send from info@ comes back "
            "with “you do not have permission to send as this sender”. My own address works.\n\nRegards,\nMark"
        ),
        files=(Paper("send-as-error.png", "send as"),),
    ),
    Story(
        title="“Untrusted certificate” on VPN login",
        customer="james.whitfield",
        opened=175,
        priority="high",
        tags=("vpn",),
        text="Hi,\n\nthe VPN client says the certificate is not trusted. I have a customer demo at eleven.\n\nJames",
        steps=(
            Take(20, "grace"),
            Reply(
                31,
                "grace",
                "Dear James,\n\nthe gateway's certificate was replaced this morning. In the client, open Settings and "
                "choose “Refresh certificates”, then connect again. If it still complains, reply to this mail.",
                then="waiting",
                wait=1,
            ),
        ),
    ),
    Story(
        title="Invoice 2026/118 shows the old address",
        customer="sarah.collins",
        opened=(1, "11:30"),
        team="service",
        kind="question",
        tags=("számla",),
        channel="web",
        text="Our registered office moved in October, but the last invoice still has the old address. Can you reissue?",
        files=(Paper("invoice-2026-118.pdf", "Invoice 2026/118"),),
        steps=(
            Take(40, "grace"),
            Reply(
                55,
                "grace",
                "Dear Sarah,\n\nthank you for telling us. I have asked accounting to cancel and reissue it; you will "
                "have the new one by tomorrow noon.",
                then="open",
            ),
            Vow(56, "grace", due=3 * HOUR, to="reka"),
        ),
    ),
    Story(
        title="Projector in the board room has no sound",
        customer="sarah.collins",
        opened=47,
        channel="web",
        tags=("hang",),
        text="Picture is fine over HDMI, but no sound. We have a board meeting at two.",
        steps=(Take(6, "grace"), Vow(7, "grace", due=75)),
    ),
    Story(
        title="New starter on the 1st: laptop and accounts",
        customer="sarah.collins",
        opened=(2, "09:50"),
        kind="request",
        channel="web",
        tags=("belépő", "laptop"),
        text="Olivia Grant joins sales on the 1st. She needs a laptop (light one), mail, CRM, and a door card.",
        steps=(
            Take(65, "grace"),
            Reply(
                80,
                "grace",
                "Dear Sarah,\n\nall noted. Which keyboard layout should the laptop have, and does she need a docking "
                "station at home?",
                then="waiting",
            ),
            Note(82, "grace", "Laptop reserved: DK-LT-0229. CRM licence: two left."),
        ),
    ),
    Story(
        title="Slow file transfers to the Budapest office",
        customer="mark.ellis",
        opened=(3, "16:05"),
        team="network",
        tags=("hálózat",),
        text="Copying drawings to the Budapest share takes four times as long as last month. Numbers attached.",
        files=(Paper("transfers.csv", "date,gb,minutes\n2026-10-12,4.2,9\n2026-11-16,4.1,37\n2026-11-17,4.4,41"),),
        steps=(
            Take(90, "ben"),
            Reply(
                150,
                "ben",
                "Hello Mark,\n\nthe line is clean, but the traffic takes the backup route since the 14th. We have "
                "opened a case with the provider and will write as soon as they answer.",
                then="third-party",
                wait=2,
            ),
            Note(DAY, "ben", "Provider case 88-2210. They see a wrong BGP preference on their side."),
        ),
    ),
    Story(
        title="Question about the data processing agreement",
        customer="emily.hart",
        opened=(4, "13:15"),
        team="service",
        kind="question",
        priority="low",
        text="Dear team,\n\nwhere can I read which subcontractors you use?\n\nKind regards,\nEmily Hart",
        steps=(
            Take(30, "tamas"),
            Reply(
                70,
                "tamas",
                "Dear Ms Hart,\n\nthe list is attached; we announce every change thirty days before it happens.",
                then="solved",
                files=(Paper("subcontractors.txt", "Hosting: Example Data Centre, Budapest\nMail: own servers"),),
            ),
        ),
    ),
    Story(
        title="Phone rings but nobody hears me",
        customer="james.whitfield",
        opened=(5, "10:10"),
        channel="phone",
        taken_by="grace",
        tags=("hang",),
        text="Desk phone in room 2.14: the caller hears silence. Works with the headset. Swapped the cable already.",
        steps=(
            Take(2, "grace"),
            Note(20, "grace", "Handset is dead, spare one is on the shelf."),
            Call(100, "grace", "New handset fitted, tested together. He is happy.", out=True),
            Turn(101, "grace", "solved"),
        ),
    ),
    Story(
        title="Cannot open password protected spreadsheet",
        customer="mark.ellis",
        opened=(6, "14:45"),
        priority="low",
        text="A supplier sent a protected spreadsheet, and Excel says the file is damaged. Other people can open it.",
        files=(Paper("prices.csv", "item,price\nA-100,12.40\nA-200,15.10"),),
        steps=(
            Take(15, "laura"),
            Reply(
                30, "laura", "Dear Mark,\n\nplease save it to the desktop first, then open it from there.", then="open"
            ),
            Write(64, "mark.ellis", "That did it, thank you.", quoted="please save it to the desktop first"),
            Turn(70, "laura", "solved"),
        ),
    ),
    Story(
        title="Guest wifi for an event on Thursday",
        customer="sarah.collins",
        opened=(1, "16:25"),
        kind="request",
        channel="web",
        tags=("wifi",),
        text="We host about forty guests on Thursday from 9 to 13. Can we have a separate wifi password for the day?",
        steps=(Take(15, "grace"), Move(17, "grace", "network"), Vow(18, "grace", due=5 * HOUR, to="ben")),
    ),
)
