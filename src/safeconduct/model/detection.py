"""Detections, in batches: a struct of arrays, with what the detected claim about themselves beside it.

One row is one measurement by one sensor at one time. A feed that carries no usable position and no polar plot makes
no row. NaN in an array is an absence; sentinels of wire formats never get this far.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from safeconduct.model.identifier import Identifier
from safeconduct.units import NAN

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]


class DetectionKind(IntEnum):
    """Which columns of a row were measured."""

    POSITION = 0
    """lon, lat; covariance where known; height or pressure altitude and velocity where sent."""
    POLAR = 1
    """range_m (slant) and azimuth_deg from the sensor's place; elevation, height where measured. lon, lat are NaN."""
    BEARING = 2
    """azimuth_deg from the sensor's place, and nothing else: a camera, a direction finder."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What one detection says of itself, or a classifier of it.

    Attributes:
        identifiers: at most one of each kind.
        authenticated: these identifiers, and the time and position of the row, are inside a signature that was checked,
            by a key that a trusted registry vouches for: proof of who made the message and when, not of who sent it
            from here. The row's DRIP entity tag is the signer's.
        classification: {aircraft type: probability}, a posterior under equal priors.
    """

    identifiers: tuple[Identifier, ...] = ()
    authenticated: bool = False
    classification: Mapping[str, float] = field(default_factory=dict)


NO_CLAIMS: Mapping[int, Claims] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DetectionBatch:
    """n detections in order of arrival. All arrays have n rows.

    Attributes:
        sensors: ids of the sensors that `sensor` indexes.
        time: when measured, Unix seconds UTC.
        received: when it reached this node, Unix seconds UTC; never decreasing.
        sensor: index into `sensors`.
        kind: `DetectionKind`.
        lon, lat: WGS-84 degrees.
        height_m: geodetic height, metres above the WGS-84 ellipsoid.
        pressure_altitude_m: barometric, metres in the standard atmosphere. Not a height: the two are never mixed.
        range_m, azimuth_deg: slant range; clockwise from true north at the sensor.
        elevation_deg: above the local horizontal at the antenna, as measured there: not corrected for refraction.
        covariance: (n, 3): east-east, east-north, north-north, m²; NaN where the sender's accuracy is unknown.
        sigma_height_m: one standard deviation of height_m; NaN where unknown (use the sensor's).
        velocity: (n, 3): east, north, up, m/s; NaN where not sent.
        claims: by row; a row without claims is absent.
    """

    sensors: tuple[str, ...]
    time: Floats
    received: Floats
    sensor: Ints
    kind: Bytes
    lon: Floats
    lat: Floats
    height_m: Floats
    pressure_altitude_m: Floats
    range_m: Floats
    azimuth_deg: Floats
    elevation_deg: Floats
    covariance: Floats
    sigma_height_m: Floats
    velocity: Floats
    claims: Mapping[int, Claims] = field(default_factory=lambda: NO_CLAIMS)

    def __len__(self) -> int:
        return len(self.time)

    def rows(self, keep: Sequence[int] | npt.NDArray[np.intp] | slice) -> "DetectionBatch":
        """The batch of these rows, in the order given; claims follow their rows."""
        index = np.arange(len(self))[keep]
        arrays = {name: getattr(self, name)[index] for name in ARRAYS}
        if self.claims:
            claims = {new: self.claims[old] for new, old in enumerate(index.tolist()) if old in self.claims}
        else:
            claims = {}
        return DetectionBatch(sensors=self.sensors, claims=claims, **arrays)


ARRAYS = tuple(f.name for f in fields(DetectionBatch) if f.name not in ("sensors", "claims"))
"""Names of the columns, in order."""


class BatchBuilder:
    """Collects detections one at a time, for feeds that meet them one at a time, and builds the batch."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {}
        self._rows: list[tuple[float, ...]] = []
        self._claims: dict[int, Claims] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        *,
        time: float,
        received: float,
        sensor: str,
        lon: float | None = None,
        lat: float | None = None,
        height_m: float | None = None,
        pressure_altitude_m: float | None = None,
        range_m: float | None = None,
        azimuth_deg: float | None = None,
        elevation_deg: float | None = None,
        covariance: tuple[float, float, float] | None = None,
        sigma_height_m: float | None = None,
        velocity: tuple[float | None, float | None, float | None] | None = None,
        claims: Claims | None = None,
    ) -> None:
        """One detection: a position (lon, lat), a polar plot (range_m, azimuth_deg, with or without elevation_deg and
        height_m) or a bearing (azimuth_deg). None is an absence."""
        if range_m is not None:
            kind = DetectionKind.POLAR
        else:
            kind = DetectionKind.POSITION if azimuth_deg is None or lon is not None else DetectionKind.BEARING
        east, north, up = velocity or (None, None, None)
        numbers = (
            time,
            received,
            self._index.setdefault(sensor, len(self._index)),
            kind,
            *(
                NAN if value is None else value
                for value in (
                    lon,
                    lat,
                    height_m,
                    pressure_altitude_m,
                    range_m,
                    azimuth_deg,
                    elevation_deg,
                    *(covariance or (None, None, None)),
                    sigma_height_m,
                    east,
                    north,
                    up,
                )
            ),
        )
        if claims is not None:
            self._claims[len(self._rows)] = claims
        self._rows.append(numbers)

    def build(self) -> DetectionBatch:
        """The batch so far; the builder starts anew (its sensors keep their numbers)."""
        table = np.array(self._rows, dtype=np.float64).reshape(-1, 18)
        batch = DetectionBatch(
            sensors=tuple(self._index),
            time=table[:, 0].copy(),
            received=table[:, 1].copy(),
            sensor=table[:, 2].astype(np.int32),
            kind=table[:, 3].astype(np.int8),
            lon=table[:, 4].copy(),
            lat=table[:, 5].copy(),
            height_m=table[:, 6].copy(),
            pressure_altitude_m=table[:, 7].copy(),
            range_m=table[:, 8].copy(),
            azimuth_deg=table[:, 9].copy(),
            elevation_deg=table[:, 10].copy(),
            covariance=table[:, 11:14].copy(),
            sigma_height_m=table[:, 14].copy(),
            velocity=table[:, 15:18].copy(),
            claims=self._claims,
        )
        self._rows, self._claims = [], {}
        return batch


def join(batches: Iterable[DetectionBatch]) -> DetectionBatch:
    """One batch of several, in the order given."""
    index: dict[str, int] = {}
    parts: dict[str, list[npt.NDArray[np.generic]]] = {name: [] for name in ARRAYS}
    claims: dict[int, Claims] = {}
    offset = 0
    for batch in batches:
        numbers = np.array([index.setdefault(sensor, len(index)) for sensor in batch.sensors], dtype=np.int32)
        for name in ARRAYS:
            column = getattr(batch, name)
            parts[name].append(numbers[column] if name == "sensor" and len(batch) else column)
        claims.update({offset + row: said for row, said in batch.claims.items()})
        offset += len(batch)
    if not offset:
        return BatchBuilder().build()
    arrays = {name: np.concatenate(columns) for name, columns in parts.items()}
    return DetectionBatch(sensors=tuple(index), claims=claims, **arrays)
