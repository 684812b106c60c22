"""``28 Nov 2026, 16:11 UTC``; the zone is that of ``TIME_ZONE``."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i T"
