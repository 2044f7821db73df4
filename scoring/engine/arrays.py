"""Names for the column types the engine speaks in: one-dimensional numpy arrays, one entry per row."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

AnyColumn: TypeAlias = npt.NDArray[Any]
IntColumn: TypeAlias = npt.NDArray[np.int64]
ScoreColumn: TypeAlias = npt.NDArray[np.int32]
FloatColumn: TypeAlias = npt.NDArray[np.float64]
SmallColumn: TypeAlias = npt.NDArray[np.int8]
CodeColumn: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]
ObjectColumn: TypeAlias = npt.NDArray[np.object_]
