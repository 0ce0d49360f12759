"""What a values pass leaves for a summary: scores, masks, and what the arrays did."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.result import Activity

__all__ = ["Findings"]


@dataclass(frozen=True, eq=False)
class Findings:
    """Of one network on one chip.

    Attributes
    ----------
    scores, scores_of_chips : numbers by their name in the summary, in its order
    masks : (n_images, n_passes, n_nodes) uint8
    activities : by MAC node
    """

    scores: Mapping[str, Any]
    scores_of_chips: Mapping[str, Any]
    masks: NDArray[np.uint8]
    activities: Mapping[str, Activity]

    @property
    def n_passes(self) -> int:
        return int(self.masks.shape[1])

    def packed(self) -> bytes:
        """As the bytes of an ``.npz``."""
        told = {
            "scores": dict(self.scores),
            "scores_of_chips": dict(self.scores_of_chips),
            "activities": [_told(activity) for activity in self.activities.values()],
        }
        arrays = {f"distinct_{k}": activity.distinct for k, activity in enumerate(self.activities.values())}
        file = io.BytesIO()
        np.savez_compressed(file, told=np.array(json.dumps(told)), masks=self.masks, **arrays)  # type: ignore[arg-type]
        return file.getvalue()

    @classmethod
    def unpacked(cls, packed: bytes) -> Findings:
        """Of `packed`; raises whatever NumPy and JSON say of other bytes."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as file:
            told = json.loads(str(file["told"]))
            activities = [
                Activity(**fields, distinct=file[f"distinct_{k}"])
                for k, fields in enumerate(told["activities"])
            ]
            masks = file["masks"]
        by_layer = {activity.layer: activity for activity in activities}
        return cls(told["scores"], told["scores_of_chips"], masks, by_layer)


def _told(activity: Activity) -> dict[str, Any]:
    fields = asdict(replace(activity, distinct=np.empty(0, np.int32)))
    del fields["distinct"]
    return fields
