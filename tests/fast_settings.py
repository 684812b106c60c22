"""The desk's settings for worker processes that a test kills: short slices and leases, and many slots.

A killed worker keeps its slot for a quarter of a minute; with many slots the next one does not have to wait for it.
"""

from compliance.settings import *  # noqa: F403

SYNC_SLICE_SECONDS = 3
SYNC_LEASE_SECONDS = 4
SYNC_SLOTS = tuple(range(16))  # type: ignore[assignment]
CELERY_BEAT_SCHEDULE = {
    f"sync-{slot}": {
        "task": "compliance.tasks.sync_slice",
        "schedule": 2.0,
        "args": [slot],
        "options": {"expires": 5},
    }
    for slot in SYNC_SLOTS
}
