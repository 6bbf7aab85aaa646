"""The demo's contact centre: queues, agents and a day of contacts, made through the rooms with a moved clock."""

from __future__ import annotations

from tickets.demo.play import Stage


def plant_centre(stage: Stage) -> None:
    """After the tickets, in their transaction."""
    from contactcenter.demo.planting import plant_day

    plant_day(stage)
