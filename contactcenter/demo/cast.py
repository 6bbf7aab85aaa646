"""Who serves which queue in the demo, and how everybody's day went. Times are minutes before now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# key: name, team, rules
IN_PORTAL = {"is_chat_offered": True, "is_callback_offered": True}
QUEUES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "helpdesk": ("Helpdesk", "helpdesk", {"answer_within": 30, "wrap_up_seconds": 45, **IN_PORTAL}),
    "billing": (
        "Számlázás",
        "service",
        {"answer_within": 30, "wrap_up_seconds": 45, "minimum_stay": 10 * 60, "is_callback_offered": True},
    ),
    "english": ("English line", "service", {"wrap_up_seconds": 30}),
}

DAY = 280  # minutes since the first signed in


@dataclass(frozen=True, slots=True)
class Call:
    """A contact that is with the agent now: since how many seconds, after how long a wait, and with whom."""

    queue: str
    talks: int
    waited: int
    customer: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent. `plan`: what he did from when on; `line`: the calls of his ready stretches come from here."""

    serves: Sequence[tuple[str, int]] = ()
    plan: Sequence[tuple[int, str]] = ()
    line: str = ""
    now: Call | None = None
    extension: str = ""
    is_supervisor: bool = False


SEATS = {
    "anna": Seat(
        serves=(("helpdesk", 1), ("billing", 2)),
        plan=((DAY, "ready"), (172, "break"), (155, "ready"), (98, "background"), (72, "ready")),
        line="helpdesk",
        now=Call("helpdesk", talks=252, waited=38, customer="fodor.kinga"),
        extension="101",
    ),
    "dora": Seat(
        serves=(("helpdesk", 1),),
        plan=((270, "ready"), (120, "break"), (101, "ready")),
        line="helpdesk",
        now=Call("helpdesk", talks=100, waited=21, customer="barta.sandor"),
        extension="102",
    ),
    "laura": Seat(
        serves=(("helpdesk", 1), ("english", 2)),
        plan=((262, "ready"), (140, "training"), (85, "ready"), (12, "break")),
        line="helpdesk",
        extension="103",
    ),
    "gergo": Seat(
        serves=(("helpdesk", 1),),
        plan=((DAY, "ready"), (200, "break"), (184, "ready"), (31, "background")),
        line="helpdesk",
        extension="104",
    ),
    "reka": Seat(
        serves=(("billing", 1),),
        plan=((276, "ready"), (150, "break"), (131, "ready")),
        line="billing",
        now=Call("billing", talks=365, waited=74, customer="simon.gabor"),
        extension="111",
    ),
    "tamas": Seat(
        serves=(("billing", 1),),
        plan=((240, "ready"), (110, "background"), (90, "ready")),
        line="billing",
        now=Call("billing", talks=151, waited=96, number="+36 30 555 0162"),
        extension="112",
    ),
    "grace": Seat(
        serves=(("english", 1), ("helpdesk", 2)),
        plan=((255, "ready"), (135, "break"), (117, "ready")),
        line="english",
        now=Call("english", talks=190, waited=12, customer="mark.ellis"),
        extension="121",
    ),
    "mate": Seat(
        serves=(("helpdesk", 2),),
        plan=((250, "ready"), (160, "background")),
        line="helpdesk",
        extension="105",
    ),
    "cora": Seat(plan=((265, "ready"), (48, "meeting")), extension="100", is_supervisor=True),
}

# The loan: who, where to, asked when; and whom he has on the line there.
HELPER, HELPS, LENT = "mate", "billing", 24
HELPERS_CALL = Call("billing", talks=65, waited=131, customer="takacs.reka")

# Who waits now: queue, seconds so far, customer or number.
WAITING = (
    ("billing", 266, "erdos.tibor", ""),
    ("billing", 171, "", "+36 70 555 0119"),
    ("billing", 84, "szucs.marta", ""),
    ("helpdesk", 38, "katona.bela", ""),
    ("helpdesk", 11, "", "+36 20 555 0148"),
)
# Who gave up today: queue, minutes before now, seconds of waiting.
GAVE_UP = (("billing", 64, 121), ("billing", 22, 148), ("billing", 9, 95), ("helpdesk", 47, 66), ("helpdesk", 210, 3))

# Who asked to be called back: queue, minutes before now, customer.
CALLBACKS = (("billing", 6, "pinter.zsofia"), ("helpdesk", 3, "orban.levente"))

CALLERS = (
    "kovacs.anna", "biro.noemi", "kelemen.attila", "simon.gabor", "erdos.tibor", "szucs.marta", "barta.sandor",
    "takacs.reka", "katona.bela",
)  # fmt: skip
STRANGERS = ("+36 30 555 0123", "+36 70 555 0136", "+36 20 555 0151", "+36 1 555 0644")
