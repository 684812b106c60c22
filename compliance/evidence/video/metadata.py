"""Videos without what they tell besides picture and sound: places, devices, titles, files inside.

A film is not decoded here, only its outline is read. What is named as needed for picture and sound stays; all else is
overwritten by room that players skip: notes, courses of places and other tracks with their data, and whatever nothing
refers to. Nothing moves and every picture and sound keeps its bytes, so the film is played as before. What an encoder
writes into the very pictures is not looked for.
"""

from compliance.evidence.video import mp4, webm
from compliance.evidence.video.buffer import UnreadableVideo, Video

__all__ = ["UnreadableVideo", "strip_metadata"]


def strip_metadata(content: bytes, media_type: str) -> bytes:
    """The video, as long as before, with all but picture and sound blanked out; the very same object where that
    changes nothing.

    ``media_type`` is ``video/mp4`` or ``video/webm``, by content. Raises ``NotUnderstood``, which says why in a few
    words, when nobody can say what of it is picture and sound.
    """
    video = Video(content)
    (mp4 if media_type == "video/mp4" else webm).clean(video)
    return content if video.cleaned == content else bytes(video.cleaned)
