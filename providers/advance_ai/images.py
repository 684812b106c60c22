"""Titles of ADVANCE.AI's images."""

from providers.contract.report import ImageTitle

_SELFIES = {"faceImage": "", "faceImageNear": "near", "faceImageFar": "far", "silentImage": "unposed"}
"""The face from near and far, and one that was taken without asking for a pose."""


def describe(label: str) -> ImageTitle:
    """Which of the selfies an image is."""
    part = _SELFIES.get(label.rpartition(".")[2].partition("[")[0], "")
    return ImageTitle(part=part, order=1 if part == "far" else 0)
