"""Names for the array types the engine speaks in: columns, one entry per row, and tables of more dimensions."""

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
IntTable: TypeAlias = npt.NDArray[np.int64]
MaskTable: TypeAlias = npt.NDArray[np.bool_]
