"""Three incidents of the past, each as a small rehearsal of the one mistake in it, with the outcome that is right.

IR655 (1988): a reply heard elsewhere. PS752 (2020): a radar that was turned. Fort Hancock (2026): a friend's drone that
its owner had not declared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pyproj
import pytest

from safeconduct.feeds.rehearsal.feed import TruePlace
from safeconduct.model.advisory import AdvisoryKind
from safeconduct.model.board import BoardStatus, BoardTrack
from safeconduct.model.entry import AdvisoryGiven, Fact, NoticePut, ReceiptTaken
from safeconduct.model.identification import EvidenceKind, Identification, Silence, SilentParty
from safeconduct.model.receipt import ReceiptState
from safeconduct.model.registration import RegistrationState, SensorRegistration
from safeconduct.model.standing import Standing
from safeconduct.service.pipeline import drive
from safeconduct.service.rehearsals import HEADLESS_TICK_S, find_scenario, prepare

GEOD = pyproj.Geod(ellps="WGS84")
NEAR_M = 2000.0
SEEDS = (1, 2)


@dataclass(frozen=True)
class Moment:
    """One tick: seconds from the scenario's start, what is true, what is shown, and the reasons, by track."""

    time_s: float
    truth: Mapping[str, TruePlace]
    tracks: tuple[BoardTrack, ...]
    reasons: Mapping[str, Identification]
    sensors: Mapping[str, SensorRegistration]

    def of(self, name: str) -> BoardTrack | None:
        """The track of an aircraft, the nearest one; None while there is none."""
        near = [track for track in self.tracks if self.whose(track) == name]
        return min(near, key=lambda track: away_m(track, self.truth[name]), default=None)

    def whose(self, track: BoardTrack) -> str | None:
        """The aircraft that a track is on, the nearest one; None for a track of nothing."""
        away, name = min(((away_m(track, place), name) for name, place in self.truth.items()), default=(NEAR_M, None))
        return name if away < NEAR_M else None


@dataclass(frozen=True)
class Told:
    """A whole run: its ticks, and what the scenario's own node put on its record, with the time of each."""

    moments: tuple[Moment, ...]
    facts: tuple[tuple[float, Fact], ...]


def away_m(track: BoardTrack, place: TruePlace) -> float:
    return float(GEOD.inv(track.lon, track.lat, place.lon, place.lat)[2])


@cache
def told(name: str, variant: str, seed: int) -> Told:
    run = prepare(name, variant, seed)
    scenario = run.rehearsal.scenario
    moments = tuple(
        Moment(
            time_s=delta.time - scenario.start,
            truth={place.name: place for place in run.rehearsal.truth(delta.time)},
            tracks=tuple(t for t in run.pipeline.board.tracks.values() if t.status is not BoardStatus.LOST),
            reasons={said.track: said for said in run.pipeline.identifications()},
            sensors={one.sensor: one for one in run.pipeline.tracker.registration()},
        )
        for delta in drive(run.pipeline, run.rehearsal.batches(), HEADLESS_TICK_S, run.tick)
    )
    facts = [(entry.time - scenario.start, entry.fact) for entry in run.nodes.nodes[scenario.node].recorder.replay()]
    run.nodes.close()
    assert len(moments) >= scenario.duration_s - 10
    return Told(moments, tuple(facts))


def seen(run: Told, name: str) -> Iterator[tuple[Moment, BoardTrack]]:
    """The moments at which an aircraft is tracked, and its track."""
    for moment in run.moments:
        track = moment.of(name)
        if track is not None:
            yield moment, track


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["ir655-1988", "ps752-2020", "fort-hancock-2026"])
def test_no_track_ever_stands_for_a_flight_that_is_elsewhere(name: str, seed: int) -> None:
    scenario = find_scenario(name)
    craft = {flight.id: flight.aircraft for flight in scenario.flights}
    for moment in told(name, scenario.default_variant, seed).moments:
        for track in moment.tracks:
            if track.flight is not None:
                place = moment.truth[craft[track.flight]]
                assert away_m(track, place) < NEAR_M, f"{track.id} at {moment.time_s} s stands for {track.flight}"


AIRLINER, TRANSPORT = "Airliner", "Transport over the airfield"
HEARD = (EvidenceKind.IDENTIFIER, EvidenceKind.SIGNATURE)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("variant", ["schedule-at-hand", "no-schedule"])
def test_a_reply_heard_over_the_airfield_is_no_word_of_the_airliner(variant: str, seed: int) -> None:
    run = told("ir655-1988", variant, seed)
    there = list(seen(run, TRANSPORT))
    assert len(there) > 500
    for moment, track in there:
        assert {claim.value for claim in track.identifiers} == {"730a11", "TRN1100"}
        assert (track.standing, track.flight) == (Standing.CONSISTENT, "TRANSPORT-1")
        (weights,) = [one.evidence for one in moment.reasons[track.id].candidates if one.flight == "TRANSPORT-1"]
        assert EvidenceKind.IDENTIFIER in {item.kind for item in weights}
    here = list(seen(run, AIRLINER))
    assert len(here) > 350
    assert min(GEOD.inv(*_place(m, AIRLINER), *_place(m, TRANSPORT))[2] for m, _ in here) < 10_000
    for moment, track in here:
        assert track.identifiers == ()
        said = moment.reasons[track.id]
        assert not [item for one in said.candidates for item in one.evidence if item.kind in HEARD]
    assert len({track.id for _, track in here}) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_the_schedule_says_who_the_airliner_is(seed: int) -> None:
    """As soon as it is tracked; and what speaks for it is that it flies as planned."""
    here = list(seen(told("ir655-1988", "schedule-at-hand", seed), AIRLINER))
    for moment, track in here:
        assert (track.standing, track.flight) == (Standing.CONSISTENT, "IR-655"), moment.time_s
    for moment, track in here[60:]:
        best = moment.reasons[track.id].candidates[0]
        assert sum(i.log_odds for i in best.evidence if i.kind in (EvidenceKind.PLAN, EvidenceKind.HISTORY)) > 1.0


@pytest.mark.parametrize("seed", SEEDS)
def test_without_its_schedule_the_airliner_is_unknown_and_the_airline_was_not_asked(seed: int) -> None:
    for _, track in seen(told("ir655-1988", "no-schedule", seed), AIRLINER):
        assert (track.standing, track.flight) == (Standing.UNKNOWN, None)
        assert SilentParty("airline", Silence.NOT_ASKED) in track.silent


def _place(moment: Moment, name: str) -> tuple[float, float]:
    return moment.truth[name].lon, moment.truth[name].lat


DEPARTING, SURVEY, TURNED_DEG = "Airliner that departs", "Survey aircraft", 107.0
TOLD_BY = (RegistrationState.SET_ASIDE, RegistrationState.CORRECTED)


def ghost(moment: Moment, name: str) -> TruePlace | None:
    """Where the turned radar shows an aircraft."""
    if name not in moment.truth:
        return None
    (radar,) = [one for one in find_scenario("ps752-2020").sensors if one.id == "radar-unit"]
    assert radar.lon is not None
    assert radar.lat is not None
    azimuth, _, distance = GEOD.inv(radar.lon, radar.lat, *_place(moment, name))
    lon, lat, _ = GEOD.fwd(radar.lon, radar.lat, azimuth + TURNED_DEG, distance)
    return TruePlace(name, lon, lat, moment.truth[name].height_m)


def found_turned_s(run: Told) -> float:
    """When the radar was first said to be turned."""
    return next(m.time_s for m in run.moments if m.sensors["radar-unit"].state in TOLD_BY)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("variant", ["scheduled", "nothing-declared"])
def test_the_turned_radar_is_told_of_within_two_minutes(variant: str, seed: int) -> None:
    run = told("ps752-2020", variant, seed)
    assert found_turned_s(run) <= 120.0
    for moment in run.moments:
        radar = moment.sensors["radar-unit"]
        assert radar.state is RegistrationState.UNKNOWN or abs(radar.azimuth_bias_deg - TURNED_DEG) < 1.0
        assert moment.sensors["receiver-unit"].state is RegistrationState.UNKNOWN
    assert run.moments[-1].sensors["radar-unit"].state is RegistrationState.CORRECTED


@pytest.mark.parametrize("seed", SEEDS)
def test_the_airliner_keeps_its_name_while_the_radar_shows_it_elsewhere(seed: int) -> None:
    run = told("ps752-2020", "scheduled", seed)
    here = list(seen(run, DEPARTING))
    assert len(here) > 350
    assert {(track.standing, track.flight) for _, track in here} == {(Standing.CONSISTENT, "UKR-752")}
    assert len({track.id for _, track in here}) == 1


@pytest.mark.parametrize("variant", ["scheduled", "nothing-declared"])
def test_what_the_turned_radar_shows_stands_for_nobody_and_is_gone_once_it_is_known(variant: str) -> None:
    shown = 0
    for seed in SEEDS:
        run = told("ps752-2020", variant, seed)
        known_s = found_turned_s(run)
        for moment in run.moments:
            places = [place for name in (DEPARTING, SURVEY) if (place := ghost(moment, name)) is not None]
            ghosts = [
                track
                for track in moment.tracks
                if moment.whose(track) is None and any(away_m(track, place) < NEAR_M for place in places)
            ]
            assert {(track.standing, track.flight) for track in ghosts} <= {(Standing.UNKNOWN, None)}
            assert not ghosts or moment.time_s < known_s + 60.0
            shown += len(ghosts)
    assert shown > 40, "the ghosts were never there to be taken for somebody"


@pytest.mark.parametrize("seed", SEEDS)
def test_whom_only_the_radar_sees_is_known_once_the_radar_is(seed: int) -> None:
    run = told("ps752-2020", "scheduled", seed)
    known = [moment.time_s for moment, track in seen(run, SURVEY) if track.flight == "SURVEY-1"]
    assert found_turned_s(run) < known[0] < found_turned_s(run) + 60.0
    assert len(known) > 0.95 * (run.moments[-1].time_s - known[0])


def test_undeclared_the_airliner_says_who_it_is_and_that_is_what_stands() -> None:
    run = told("ps752-2020", "nothing-declared", 1)
    assert {track.standing for _, track in seen(run, DEPARTING)} == {Standing.COOPERATIVE}
    assert {track.standing for _, track in seen(run, SURVEY)} == {Standing.UNKNOWN}


DRONE, STRANGER = "Border agency's drone", "Ranch's drone"
DECLARED_S = 240.0
OWNER = SilentParty("cbp", Silence.NOT_ASKED)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_friend_s_drone_is_unknown_and_nothing_else_until_its_owner_speaks(seed: int) -> None:
    late, never = (told("fort-hancock-2026", variant, seed) for variant in ("declared-late", "not-declared"))
    before = [(moment, track) for moment, track in seen(late, DRONE) if moment.time_s < DECLARED_S]
    assert len(before) > 200
    assert len(list(seen(never, DRONE))) > 500
    for _, track in [*before, *seen(never, DRONE)]:
        assert (track.standing, track.flight, track.probability) == (Standing.UNKNOWN, None, 1.0)
        assert OWNER in track.silent


@pytest.mark.parametrize("seed", SEEDS)
def test_within_a_minute_of_its_declaration_it_is_known(seed: int) -> None:
    """The track that the crew has looked at all the time gets its name; the one beside it does not."""
    run = told("fort-hancock-2026", "declared-late", seed)
    before = {track.id for moment, track in seen(run, DRONE) if DECLARED_S - 30.0 < moment.time_s < DECLARED_S}
    for moment, track in seen(run, DRONE):
        if moment.time_s >= DECLARED_S + 60.0:
            assert (track.standing, track.flight) == (Standing.CONSISTENT, "CBP-01"), moment.time_s
            assert {track.id} == before
    for _, track in seen(run, STRANGER):
        assert (track.standing, track.flight) == (Standing.UNKNOWN, None)
        assert SilentParty("ranch", Silence.DOES_NOT_TAKE_PART) in track.silent


def test_the_crew_gets_the_notice_at_once_and_signs_for_it() -> None:
    facts = told("fort-hancock-2026", "declared-late", 1).facts
    (put,) = [time for time, fact in facts if isinstance(fact, NoticePut) and fact.notice.post == "counter-drone"]
    assert DECLARED_S <= put <= DECLARED_S + 1.0
    (signed,) = [(time, fact) for time, fact in facts if isinstance(fact, ReceiptTaken)]
    assert signed[0] <= DECLARED_S + 60.0
    assert (signed[1].receipt.receipt.flight, signed[1].state) == ("CBP-01", ReceiptState.RECEIVED)
    advised = [(time, fact.advisory) for time, fact in facts if isinstance(fact, AdvisoryGiven)]
    assert [(one.post, one.kind) for _, one in advised] == [("counter-drone", AdvisoryKind.INSIDE)]
    assert DECLARED_S <= advised[0][0] <= DECLARED_S + 60.0
    undeclared = told("fort-hancock-2026", "not-declared", 1).facts
    assert not [fact for _, fact in undeclared if isinstance(fact, NoticePut | ReceiptTaken | AdvisoryGiven)]
