"""Traffic whose place is known, and how a sensor's plots lie against it.

Known is what receivers heard aircraft say of themselves: the last few reports of each track, kept apart from the
track's state, so that no radar is ever judged against its own plots. A report says how it moves on; one that does not
fit the report before it (a repeated or made-up place) is no reference.
"""

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.arrays import Floats, Ints, Records
from safeconduct.kernels.ecef import ecef

DEPTH = 4
"""Reports kept of each track."""
LEAST_GAP_S = 0.5
"""Reports closer together than this are one message heard by two receivers, and say nothing of the speed."""
LONGEST_CARRY_S = 2.5
"""A reference is carried over no longer than this from its nearest report."""
LONGEST_GAP_S = 12.0
"""Reports farther apart than this do not check each other, nor give a speed."""
KEPT_S = 30.0
"""A track that was not heard for this long is no reference, and forgotten."""
ACCELERATION_MPS2 = 3.0
"""One sigma of what carrying a reference in a straight line leaves out."""
TURNING_MPS2 = 15.0
"""More than this no report may depart from the one before it: 3 degrees/s at 280 m/s."""
OWN_PLACE_M, OWN_DELAY_S = 15.0, 0.1
"""Error of place and time, one sigma, that all reports of one aircraft may share: its antenna, its receiver's lag."""
SIDE_BY_SIDE_S, FAR_APART_M = 10.0, 2_000.0
"""Tracks with one address are of two aircraft where both were heard for longer than this, and farther apart."""
RANGE_GATE_M = 500.0
"""Range biases beyond this are not looked for."""
FASTEST_MPS = 400.0
LEAST_GROUND_M = 1_000.0
STEEPEST = 1.4
"""Slant over ground range, above which an azimuth says little."""

MOST_REFERENCES = 200
"""More than these tell nothing more: of denser traffic every second, fourth, ... track is kept."""

REPORT = np.dtype(
    [
        ("number", "i8"),  # of the track
        ("address", "i8", (2,)),  # codes of the claimed ICAO address and Remote ID serial, 0 for none
        ("time", "f8"),
        ("lon", "f8"),
        ("lat", "f8"),
        ("height", "f8"),
        ("height_variance", "f8"),
        ("velocity", "f8", (3,)),  # east, north, up, m/s; NaN where not sent
        ("variance", "f8"),  # of the place, per axis, m²
    ]
)
"""What one aircraft was heard to say of its place."""
FIX = np.dtype(
    [
        ("time", "f8"),
        ("place", "f8", (3,)),  # earth-centred, m
        ("velocity", "f8", (3,)),  # earth-centred, m/s; NaN where not sent
        ("variance", "f8"),
        ("height", "f8"),
        ("height_variance", "f8"),
    ]
)
SIGHT = np.dtype(
    [
        ("sensor", "i8"),
        ("number", "i8"),  # of the track that it went to, -1 for none
        ("time", "f8"),
        ("received", "f8"),
        ("distance", "f8"),  # slant range as reported, m
        ("azimuth", "f8"),  # from true north as reported, rad
        ("height", "f8"),
        ("height_variance", "f8"),
    ]
)
"""A polar plot as it was reported."""
SITE = np.dtype(
    [
        ("place", "f8", (3,)),  # earth-centred, m
        ("axes", "f8", (3, 3)),  # columns: east, north, up
        ("height", "f8"),
        ("reach", "f8"),  # m, inf where undeclared
        ("sigma_range", "f8"),
        ("sigma_azimuth", "f8"),  # rad
    ]
)
HEARD = -1
"""The source of references that receivers heard."""
PAIR = np.dtype(
    [
        ("sensor", "i8"),
        ("aircraft", "i8"),  # of the reference: a code of an address it claims, or else its track's number, negative
        ("time", "f8"),
        ("off", "f8", (2,)),  # azimuth (rad) and range (m): plot minus reference
        ("rate", "f8", (2,)),  # of the reference's azimuth and range, per second
        ("variance", "f8", (2,)),  # of `off`, new in each plot
        ("own", "f8", (2,)),  # variance of `off` that is the same in all plots of this aircraft
        ("place", "f8", (2,)),  # of the reference: east and north of the sensor, m
        ("source", "i8"),  # the sensor that the reference is of; HEARD
        ("sway", "f8", (2, 3)),  # how much the reference moves in azimuth and range with each error of its source
    ]
)
"""A plot beside a reference at about its range; most pairs are of two aircraft, and tell nothing together."""


def axes_at(lon: Floats, lat: Floats) -> Floats:
    """(n, 3, 3): unit vectors east, north, up as columns, earth-centred, at WGS-84 degrees."""
    lam, phi = np.radians(lon), np.radians(lat)
    zero = np.zeros_like(lam)
    east = np.stack([-np.sin(lam), np.cos(lam), zero], axis=-1)
    north = np.stack([-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)], axis=-1)
    up = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)
    return np.stack([east, north, up], axis=-1)


def fixed(reports: Records) -> Records:
    """Reports (REPORT) with earth-centred place and velocity (FIX)."""
    out = np.zeros(len(reports), FIX)
    for name in ("time", "variance", "height", "height_variance"):
        out[name] = reports[name]
    out["place"] = ecef(reports["lon"], reports["lat"], reports["height"])
    velocity = reports["velocity"]
    level = np.where(np.isnan(velocity) & (np.arange(3) == 2), 0.0, velocity)
    out["velocity"] = np.einsum("nij,nj->ni", axes_at(reports["lon"], reports["lat"]), level)
    return out


class References:
    """The last reports of tracks that receivers hear: of `MOST_REFERENCES` tracks, or a few more for a while."""

    def __init__(self) -> None:
        self.number = np.zeros(0, np.int64)
        self._reports = np.zeros((0, DEPTH), FIX)
        self._head = np.zeros(0, np.int64)
        self._address = np.zeros((0, 2), np.int64)
        self._since, self._alone = np.zeros(0), np.zeros(0, np.bool_)
        self._stride = 1

    def __len__(self) -> int:
        return len(self.number)

    def add(self, reports: Records) -> None:
        """Take reports; of one track in one call only the newest, and only if it is newer than what is there."""
        if not len(reports):
            return
        reports = reports[np.lexsort((reports["time"], reports["number"]))]
        reports = reports[np.append(reports["number"][1:] != reports["number"][:-1], True)]
        fresh = reports["number"][~np.isin(reports["number"], self.number)]
        if len(fresh):
            self._insert(fresh)
        rows = np.searchsorted(self.number, reports["number"])
        newer = reports["time"] >= self._reports["time"][rows, self._head[rows]] + LEAST_GAP_S
        rows, reports = rows[newer], reports[newer]
        self._head[rows] = (self._head[rows] + 1) % DEPTH
        self._reports[rows, self._head[rows]] = fixed(reports)
        self._address[rows] = np.where(reports["address"] != 0, reports["address"], self._address[rows])
        self._since[rows] = np.minimum(self._since[rows], reports["time"])
        self._tell_apart()

    def wanted(self, numbers: Ints) -> npt.NDArray[np.bool_]:
        """Which of these tracks may be references; never -1."""
        wanted: npt.NDArray[np.bool_] = (numbers >= 0) & (numbers % self._stride == 0)
        return wanted

    def forget(self, before: float) -> None:
        """Drop the tracks that were not heard since `before`, and every other one where there are too many."""
        kept = self._latest()["time"] >= before
        count = np.count_nonzero(kept)
        if count > MOST_REFERENCES:
            self._stride *= 2
            kept &= self.wanted(self.number)
        elif count < MOST_REFERENCES // 4 and self._stride > 1:
            self._stride //= 2
        if not kept.all():
            self.number, self._reports = self.number[kept], self._reports[kept]
            self._head, self._address = self._head[kept], self._address[kept]
            self._since, self._alone = self._since[kept], self._alone[kept]

    def pairs(self, sights: Records, sites: Records) -> Records:
        """All pairs (PAIR) of a plot with a reference that could be at its range and, where both are told, height."""
        latest = self._latest()
        rows, of_site = np.unique(sights["sensor"], return_inverse=True)
        far = np.linalg.norm(latest["place"] - sites["place"][rows][:, None, :], axis=2)
        gate = RANGE_GATE_M + 4.0 * sites["sigma_range"][sights["sensor"]]
        drift = FASTEST_MPS * np.minimum(np.abs(sights["time"][:, None] - latest["time"]), DEPTH * LONGEST_CARRY_S)
        p, r = np.nonzero(np.abs(sights["distance"][:, None] - far[of_site]) <= gate[:, None] + drift)
        place, velocity, variance, height, sound = self._carried(r, sights["time"][p])
        sights, sites = sights[p], sites[sights["sensor"][p]]
        seen = np.einsum("nij,ni->nj", sites["axes"], place - sites["place"])
        moving = np.einsum("nij,ni->nj", sites["axes"], velocity)
        ground, slant = np.hypot(seen[:, 0], seen[:, 1]), np.linalg.norm(seen, axis=1)
        rise = np.abs(seen[:, 2]) / slant * np.sqrt(height[:, 1])
        pairs = np.zeros(len(p), PAIR)
        pairs["sensor"], pairs["aircraft"], pairs["time"] = sights["sensor"], self._aircraft()[r], sights["time"]
        pairs["off"] = differences(sights, seen, slant)
        pairs["rate"][:, 0] = (moving[:, 0] * seen[:, 1] - moving[:, 1] * seen[:, 0]) / ground**2
        pairs["rate"][:, 1] = np.einsum("ni,ni->n", moving, seen) / slant
        pairs["variance"][:, 0] = sites["sigma_azimuth"] ** 2 + variance / ground**2
        pairs["variance"][:, 1] = sites["sigma_range"] ** 2 + variance
        pairs["own"] = (OWN_DELAY_S * pairs["rate"]) ** 2
        pairs["own"][:, 0] += (OWN_PLACE_M / ground) ** 2
        pairs["own"][:, 1] += OWN_PLACE_M**2 + rise**2
        pairs["place"], pairs["source"] = seen[:, :2], HEARD
        sound &= (ground > LEAST_GROUND_M) & (slant < STEEPEST * ground) & (rise <= 0.5 * sites["sigma_range"])
        sound &= np.abs(pairs["off"][:, 1]) <= gate[p]
        return pairs[sound & ~heights_apart(sights, height[:, 0], height[:, 1])]

    def aircraft(self, numbers: Ints) -> Ints:
        """By which to tell the aircraft of tracks apart, as in `PAIR`."""
        rows = np.minimum(np.searchsorted(self.number, numbers), len(self) - 1)
        if not len(self):
            return -numbers
        names: Ints = np.where(self.number[rows] == numbers, self._aircraft()[rows], -numbers)
        return names

    def _named(self) -> Ints:
        """The code of the address that each claims, 0 for none."""
        named: Ints = np.where(self._address[:, 0] != 0, self._address[:, 0], self._address[:, 1])
        return named

    def _aircraft(self) -> Ints:
        """By which to tell aircraft apart: a broken track must not count as two."""
        named = self._named()
        aircraft: Ints = np.where((named != 0) & ~self._alone, named, -self.number)
        return aircraft

    def _tell_apart(self) -> None:
        """Two tracks that claim one address, heard side by side and far apart, are two aircraft."""
        named = self._named()
        codes, count = np.unique(named[named != 0], return_counts=True)
        if not (count > 1).any():
            return
        latest = self._latest()
        for code in codes[count > 1]:
            rows = np.flatnonzero(named == code)
            for k in range(1, len(rows)):
                both = latest["time"][rows[:k]] - self._since[rows[k]] > SIDE_BY_SIDE_S
                gap = np.linalg.norm(latest["place"][rows[:k]] - latest["place"][rows[k]], axis=1)
                self._alone[rows[k]] |= bool((both & (gap > FAR_APART_M)).any())

    def _latest(self) -> Records:
        return self._reports[np.arange(len(self.number)), self._head]

    def _insert(self, numbers: Ints) -> None:
        at = np.searchsorted(self.number, numbers)
        blank = np.zeros((len(numbers), DEPTH), FIX)
        blank["time"] = -np.inf
        self.number = np.insert(self.number, at, numbers)
        self._reports = np.insert(self._reports, at, blank, axis=0)
        self._head = np.insert(self._head, at, 0)
        self._address = np.insert(self._address, at, 0, axis=0)
        self._since = np.insert(self._since, at, np.inf)
        self._alone = np.insert(self._alone, at, False)

    def _carried(self, rows: Ints, time: Floats) -> tuple[Floats, Floats, Floats, Floats, npt.NDArray[np.bool_]]:
        """References at other times: place, velocity, variance per axis, (height, its variance), and which are sound.

        From the report nearest in time, by the velocity it sends, or else the one between it and the second nearest.
        """
        near = np.argsort(np.abs(self._reports["time"][rows] - time[:, None]), axis=1, kind="stable")
        one, other = self._reports[rows, near[:, 0]], self._reports[rows, near[:, 1]]
        carry, gap = time - one["time"], one["time"] - other["time"]
        sound = (np.abs(carry) <= LONGEST_CARRY_S) & (np.abs(gap) <= LONGEST_GAP_S)
        carry, gap = np.where(sound, carry, 0.0), np.where(sound, gap, 1.0)
        between = np.where(sound[:, None], one["place"] - other["place"], 0.0) / gap[:, None]
        sent = np.isfinite(one["velocity"][:, 0])
        velocity = np.where(sent[:, None], one["velocity"], between)
        straying = np.linalg.norm(between - velocity, axis=1) * np.abs(gap)
        spread = one["variance"] + np.where(sound, other["variance"], 0.0)
        sound &= straying <= 6.0 * np.sqrt(spread) + TURNING_MPS2 * gap * gap
        sound &= np.linalg.norm(velocity, axis=1) <= FASTEST_MPS
        variance = one["variance"] + (0.5 * ACCELERATION_MPS2 * carry * carry) ** 2
        variance += np.where(sent, 0.0, spread * (carry / gap) ** 2)
        place = one["place"] + velocity * carry[:, None]
        return place, velocity, variance, np.column_stack([one["height"], one["height_variance"]]), sound


def around(angle: Floats) -> Floats:
    """Angles, rad, brought to within ±pi."""
    out: Floats = angle - 2.0 * np.pi * np.round(angle / (2.0 * np.pi))
    return out


def differences(sights: Records, seen: Floats, slant: Floats) -> Floats:
    """(n, 2): plots less where aircraft were seen from their sensors: azimuth (rad, within ±pi) and range (m).

    seen: (n, 3) east, north, up of the sensor, m; slant: (n,) the distance.
    """
    turned = around(sights["azimuth"] - np.arctan2(seen[:, 0], seen[:, 1]))
    return np.column_stack([turned, sights["distance"] - slant])


def heights_apart(sights: Records, height: Floats, variance: Floats) -> npt.NDArray[np.bool_]:
    """(n,) whether a plot tells another height than its partner's, by four standard deviations; not where none does."""
    apart: npt.NDArray[np.bool_] = (sights["height"] - height) ** 2 > 16.0 * (sights["height_variance"] + variance)
    return apart
