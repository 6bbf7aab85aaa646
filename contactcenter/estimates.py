"""The wait that a contact is told when it joins the line: by the line's length and what was last seen of the queue."""

from __future__ import annotations

from contactcenter.measuring import Measured
from contactcenter.models import QueueWatch
from contactcenter.waits import Estimate, estimate_wait

SET_UP = 60.0  # seconds until a helper who was asked is ready


def estimate(queue_id: int, ahead: int) -> Estimate | None:
    """The wait of somebody who joins with `ahead` before him; None when nobody serves or nothing was seen yet."""
    watch = QueueWatch.objects.filter(queue=queue_id, looked_at__isnull=False).first()
    return estimate_by(watch, ahead) if watch is not None else None


def estimate_by(watch: QueueWatch, ahead: int) -> Estimate | None:
    """As `estimate`, of a watch that was read already."""
    measured = measured_of(watch)
    return estimate_wait(
        ahead,
        agents=watch.on_duty,
        handling=measured.handling,
        patience=measured.patience,
        idle=watch.idle,
        helper_in=SET_UP if watch.coming else None,
    )


def measured_of(watch: QueueWatch) -> Measured:
    """Handling time and patience of the queue as measured."""
    return Measured(watch.handling, watch.waiting, watch.gave_up)
