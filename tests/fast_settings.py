"""Settings of worker processes that a test kills: short slices and leases, and many slots.

The slot of a killed worker is blocked for 15 seconds; with many slots the next worker does not wait for it.
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
