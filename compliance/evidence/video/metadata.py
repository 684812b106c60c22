"""Removes the metadata of videos: places, devices, titles, attachments.

Videos are not decoded; only their structure is parsed. An allow list names the parts that video and audio need; all
other parts are overwritten by padding that players skip: comments, location tracks and other tracks with their data,
and unreferenced bytes. No byte moves and samples do not change, so the video plays as before. Data inside the
compressed frames is not searched.
"""

from compliance.evidence.video import mp4, webm
from compliance.evidence.video.buffer import UnreadableVideo, Video

__all__ = ["UnreadableVideo", "strip_metadata"]


def strip_metadata(content: bytes, media_type: str) -> bytes:
    """The video without metadata, of the same length; the same object when there was none.

    ``media_type`` is ``video/mp4`` or ``video/webm``, by content. Raises ``UnreadableVideo`` when its parts cannot be
    distinguished.
    """
    video = Video(content)
    (mp4 if media_type == "video/mp4" else webm).clean(video)
    return content if video.cleaned == content else bytes(video.cleaned)
