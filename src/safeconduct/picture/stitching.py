"""Track life across gaps: is a track that was just confirmed of an aircraft that was lost, or fell silent, before?

Each pairing of a later and an earlier track has log-odds against "a new aircraft": kinematics over the gap
(`kernels.gaps`), heights, and the addresses that both claim. One aircraft has one continuation, so the pairings are
weighed jointly (`kernels.exclusion`), together with those of the last minutes: who is found second takes part of
the certainty of who was found first. A sure continuation takes the earlier number. A doubtful one keeps its own, and
is said: a wrong number would carry the standing of a declared flight over to an aircraft that nobody declared.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from safeconduct.errors import SettingsError
from safeconduct.kernels.arrays import COASTING, CONFIRMED, TRACK, Floats, Ints, Record, Records
from safeconduct.kernels.exclusion import joint_marginals
from safeconduct.kernels.gaps import height_log_ratio, in_reach, log_ratio
from safeconduct.model.track import Continuation

MOST_LOST, MOST_SEEN = 4096, 16_384
"""Lost and newly confirmed tracks remembered; the oldest are forgotten first."""
MOST_PAIRS = 12
"""Earlier tracks that one later track is weighed against: the nearest ones in reach."""
NEGLIGIBLE = -6.0
"""Log-odds below which a pairing is forgotten."""
PAST = np.dtype(
    [
        (name, TRACK[name])
        for name in (
            *("number", "time", "contact", "state", "vertical"),
            *("first_time", "hits", "address", "pressure"),
        )
    ]
)
"""What is remembered of a track, as it was when it was lost or confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StitchingSettings:
    """What may be set about continuations.

    Attributes:
        memory_s: a track that was lost longer ago is not continued; 0 switches stitching off.
        sure: probability from which the later track takes the earlier number.
        least: probability below which a doubtful continuation is not worth saying.
        found: how many of the lost aircraft are ever found again ...
        found_s: ... and after how long on average, s.
        new_rate: new aircraft, per square metre and second, where none appeared lately.
        near_m: new tracks within this distance tell how often aircraft appear here.
        address_bonus: what one address on both sides adds to the log-odds, nats; it can be copied.
    """

    memory_s: float = 180.0
    sure: float = 0.95
    least: float = 0.05
    found: float = 0.7
    found_s: float = 60.0
    new_rate: float = 3e-12
    near_m: float = 30_000.0
    address_bonus: float = 8.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            share = name in ("sure", "least", "found")
            if not (
                0.0 < value <= (1.0 if share else 1e12) or (value == 0.0 and name in ("memory_s", "address_bonus"))
            ):
                raise SettingsError("bad-setting", f"{name} is {value}", where=name, remedy="give a positive number")


def past(tracks: Records, rows: npt.NDArray[np.bool_] | Ints) -> Records:
    """What is to be remembered of some tracks (`PAST`)."""
    made = np.zeros(len(tracks["number"][rows]), PAST)
    for name in PAST.names or ():
        made[name] = tracks[name][rows]
    return made


class _Memory:
    """Records of tracks with the time of noting them, the newest last; bounded."""

    def __init__(self, most: int) -> None:
        self.records: Records = np.zeros(0, PAST)
        self.at = np.zeros(0)
        self._most = most

    def note(self, records: Records, now: float) -> None:
        """Adds records; one of the same number takes the place of the older one."""
        kept = ~np.isin(self.records["number"], records["number"])
        self.records = np.append(self.records[kept], records)[-self._most :]
        self.at = np.append(self.at[kept], np.full(len(records), now))[-self._most :]

    def keep(self, rows: npt.NDArray[np.bool_]) -> None:
        """Forgets the others."""
        if not rows.all():
            self.records, self.at = self.records[rows], self.at[rows]


@dataclass(slots=True)
class _Later:
    """A track that was confirmed within the memory, and may be of an aircraft that was lost.

    Attributes:
        odds, gaps: log-odds with each earlier track, and the gap in seconds, by its number.
        takes: the number that it took, 0 for none.
        doubt: of that number before.
    """

    odds: dict[int, float] = field(default_factory=dict)
    gaps: dict[int, float] = field(default_factory=dict)
    takes: int = 0
    doubt: float = 0.0


class Stitcher:
    """Remembers what was lost and finds it again. Deterministic, without a clock; time never goes back.

    Attributes:
        doubts: by track number, the probability that it is not of the aircraft that bore it at first; 0 where absent.
    """

    def __init__(self, settings: StitchingSettings | None = None) -> None:
        self.settings = settings or StitchingSettings()
        self.doubts: dict[int, float] = {}
        self._lost, self._seen = _Memory(MOST_LOST), _Memory(MOST_SEEN)
        self._fresh: list[int] = []
        self._later: dict[int, _Later] = {}

    def lose(self, tracks: Records, slots: Ints, now: float) -> None:
        """Tracks in these slots ended after having been confirmed; as they were at their last contact."""
        if len(slots) and self.settings.memory_s:
            lost = past(tracks, slots)
            self._ended(lost["number"])
            self._lost.note(lost, now)
            self._fresh += lost["number"].tolist()

    def find(self, live: Records, confirmed: Ints, now: float) -> tuple[Continuation, ...]:
        """What is known anew of continuations; call it after every step that confirmed or lost a track.

        Where a continuation is `taken`, the caller gives the later track the earlier number, and ends the earlier one
        if it was still coasting.

        Args:
            live: (slots,) the tracker's records, in any order, free slots included.
            confirmed: numbers of the tracks confirmed since the last call.
        """
        fresh, self._fresh = self._fresh, []
        if not self.settings.memory_s or not (len(confirmed) or fresh):
            return ()
        self._forget(live, now)
        news = past(live, (live["status"] == CONFIRMED) & np.isin(live["number"], confirmed))
        news = news[np.argsort(news["number"])]
        asked = self._weigh_open(fresh, live)
        self._seen.note(news, now)
        if len(news):
            coasting = past(live, live["status"] == COASTING)
            self._ended(coasting["number"])
            lost = self._lost.records[~np.isin(self._lost.records["number"], coasting["number"])]
            asked |= self._weigh(news, np.append(lost, coasting), live)
        found = tuple(self._decided(asked, live)) if asked else ()
        taken = np.array([one.of for one in found if one.taken], np.int64)
        if len(taken):
            self._lost.note(past(live, (live["status"] == COASTING) & np.isin(live["number"], taken)), now)
        return found

    def earlier(self, number: int) -> Record:
        """A lost or replaced track of the memory, as it was at its last contact."""
        return self._lost.records[np.flatnonzero(self._lost.records["number"] == number)[-1]]

    def crossed(self, numbers: Iterable[int], swapped: float) -> None:
        """Live tracks came so close together that each has, with probability `swapped`, changed aircraft.

        Two such crossings may undo each other: d' = d (1 - s) + (1 - d) s. Of two aircraft that cannot be told apart,
        each is in the end as likely as not.
        """
        for number in numbers:
            doubt = self.doubts.get(number, 0.0)
            self.doubts[number] = doubt * (1.0 - swapped) + (1.0 - doubt) * swapped

    def doubt(self, numbers: Ints) -> Floats:
        """(n,) the doubts of some numbers."""
        doubts = np.zeros(len(numbers))
        if self.doubts:
            known = np.array(sorted(self.doubts), np.int64)
            values = np.array([self.doubts[number] for number in known.tolist()])
            at = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
            doubts = np.where(known[at] == numbers, values[at], 0.0)
        return doubts

    def _forget(self, live: Records, now: float) -> None:
        for memory in (self._lost, self._seen):
            memory.keep(now - memory.at <= self.settings.memory_s)
        seen = set(self._seen.records["number"].tolist()) if self._later else set()
        self._later = {number: later for number, later in self._later.items() if number in seen}
        if len(self.doubts) > 2 * len(live) + 64:
            known = {*live["number"].tolist(), *self._lost.records["number"].tolist()}
            self.doubts = {number: doubt for number, doubt in self.doubts.items() if number in known}

    def _ended(self, numbers: Ints) -> None:
        """Tracks that took a number and are silent again: what was weighed with the first silence is settled."""
        silent = {number: later.takes for number, later in self._later.items() if later.takes}
        over = set(silent.values()).intersection(numbers.tolist()) if silent else set()
        if over:
            self._later = {number: later for number, later in self._later.items() if silent.get(number) not in over}
            for later in self._later.values():
                for number in over:
                    later.odds.pop(number, None)

    def _weigh_open(self, fresh: list[int], live: Records) -> set[int]:
        """Weighs tracks that were only now given up with those that were confirmed while they were silent."""
        records = self._seen.records
        lost = self._lost.records[np.isin(self._lost.records["number"], fresh)]
        if not len(lost) or not len(records):
            return set()
        open_ = records["first_time"] > lost["contact"].min()
        open_ &= np.isin(records["number"], live["number"][(live["status"] == CONFIRMED)])
        open_ &= ~np.isin(records["number"], [number for number, later in self._later.items() if later.takes])
        return self._weigh(records[open_], lost, live)

    def _weigh(self, later: Records, earlier: Records, live: Records) -> set[int]:
        """Notes the log-odds of the pairs of later and earlier tracks; the numbers of the later ones that have any."""
        after, before = self._pairs(later, earlier)
        if not len(after):
            return set()
        one, two = later[after], earlier[before]
        which, of_pair = np.unique(after, return_inverse=True)
        rates = self._rates(later[which])[of_pair]
        dt, gap = np.maximum(one["time"] - two["time"], 1e-3), one["first_time"] - two["contact"]
        pressure = np.column_stack([two["pressure"], one["pressure"]])
        odds = log_ratio(two["state"], one["state"], dt)
        odds += height_log_ratio(two["vertical"], one["vertical"], dt, pressure)
        odds += math.log(self.settings.found / self.settings.found_s) - gap / self.settings.found_s
        odds += self._by_address(one["address"], two["address"], live) - np.log(rates)
        asked = set()
        for row in np.flatnonzero(odds > NEGLIGIBLE).tolist():
            number, of = int(one["number"][row]), int(two["number"][row])
            pairing = self._later.setdefault(number, _Later())
            pairing.odds[of], pairing.gaps[of] = float(odds[row]), float(gap[row])
            asked.add(number)
        return asked

    def _pairs(self, later: Records, earlier: Records) -> tuple[Ints, Ints]:
        """Rows of the later and the earlier of each pair that may be one: in time, in reach, no two addresses."""
        gap = later["first_time"][:, None] - earlier["contact"][None, :]
        rows, columns = np.nonzero((gap > 0.0) & (gap <= self.settings.memory_s))
        reach = in_reach(
            earlier["state"][:, :7].copy()[columns],
            later["state"][:, :7].copy()[rows],
            later["time"][rows] - earlier["contact"][columns],
        )
        rows, columns = rows[reach], columns[reach]
        one, two = later[rows], earlier[columns]
        known = (one["address"] != 0) & (two["address"] != 0)
        good = ~(known & (one["address"] != two["address"])).any(axis=1) & (one["number"] != two["number"])
        rows, columns = rows[good], columns[good]
        off = later["state"][rows, :2] - earlier["state"][columns, :2]
        order = np.lexsort((earlier["number"][columns], np.hypot(off[:, 0], off[:, 1]), rows))
        rows, columns = rows[order], columns[order]
        near = np.arange(len(rows)) - np.searchsorted(rows, rows) < MOST_PAIRS
        return rows[near], columns[near]

    def _rates(self, later: Records) -> Floats:
        """(n,) new aircraft per square metre and second about each of some tracks.

        Counted are the other tracks that were confirmed nearby of late, less those that are expected back.
        """
        near = np.zeros((2, len(later)))
        for k, memory in enumerate((self._seen, self._lost)):
            known = memory.records["state"][:, :2].copy()
            for row, place in enumerate(later["state"][:, :2]):
                square = np.square(known[:, 0] - place[0]) + np.square(known[:, 1] - place[1])
                near[k, row] = np.count_nonzero(square < self.settings.near_m**2)
        others = np.maximum(near[0] - 1.0 - self.settings.found * near[1], 0.0)
        rates: Floats = self.settings.new_rate + others / (math.pi * self.settings.near_m**2 * self.settings.memory_s)
        return rates

    def _by_address(self, one: Ints, two: Ints, live: Records) -> Floats:
        """(n,) what claiming one address on both sides says: nothing where yet another aircraft claims it now."""
        same, told = (one == two) & (one != 0), np.zeros(len(one))
        rows = np.flatnonzero(same.any(axis=1)).tolist()
        held = live["address"][live["status"] == CONFIRMED] if rows else live["address"][:0]
        for row in rows:
            alone = [np.count_nonzero(held[:, kind] == one[row, kind]) <= 1 for kind in np.flatnonzero(same[row])]
            told[row] = self.settings.address_bonus if any(alone) else 0.0
        return told

    def _decided(self, asked: set[int], live: Records) -> Iterable[Continuation]:
        """Weighs all pairings that compete with those of the tracks `asked`, and says what is new of these."""
        wanted = {of for number in asked for of in self._later[number].odds}
        rows = sorted(number for number, later in self._later.items() if not wanted.isdisjoint(later.odds))
        columns = np.array(sorted({of for number in rows for of in self._later[number].odds}), np.int64)
        taken = {later.takes for later in self._later.values()}
        back = np.isin(columns, live["number"][live["status"] == CONFIRMED]) & ~np.isin(columns, sorted(taken))
        columns = columns[~back]
        if not len(columns):
            return
        at = {of: column for column, of in enumerate(columns.tolist())}
        odds = np.full((len(rows), len(columns)), -np.inf)
        for row, number in enumerate(rows):
            for of, value in self._later[number].odds.items():
                if of in at:
                    odds[row, at[of]] = value
        shares, _ = joint_marginals(odds)
        for row, number in enumerate(rows):
            later = self._later[number]
            if later.takes in at:
                self._redoubt(later, float(shares[row, at[later.takes]]))
            elif number in asked:
                told = {of: float(shares[row, at[of]]) for of in later.odds if of in at}
                yield from self._told(number, later, told, taken)

    def _told(self, number: int, later: _Later, shares: dict[int, float], taken: set[int]) -> Iterable[Continuation]:
        for of, probability in sorted(shares.items(), key=lambda pair: (-pair[1], pair[0])):
            if probability < self.settings.least:
                continue
            sure = probability >= self.settings.sure and of not in taken
            if sure:
                taken.add(of)
                later.takes, later.doubt = of, self.doubts.get(of, 0.0)
                self._redoubt(later, probability)
            yield Continuation(number=number, of=of, probability=probability, gap_s=later.gaps[of], taken=sure)

    def _redoubt(self, later: _Later, probability: float) -> None:
        """The doubt of a number that was taken with this probability; it is never less than it was."""
        doubt = 1.0 - (1.0 - later.doubt) * probability
        self.doubts[later.takes] = max(self.doubts.get(later.takes, 0.0), doubt)
