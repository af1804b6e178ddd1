"""Rehearsals: find a scenario, build its node's pipeline, run it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safeconduct.codecs.scenario_toml import read_scenario
from safeconduct.errors import InputError
from safeconduct.feeds.rehearsal.feed import Rehearsal
from safeconduct.model.board import BoardDelta
from safeconduct.model.flight import Flight
from safeconduct.model.scenario import Scenario
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor
from safeconduct.picture.board import BoardHeading
from safeconduct.picture.identification import IdentificationSettings
from safeconduct.service.assets import scenarios_folder
from safeconduct.service.pipeline import PictureSettings, Pipeline, drive
from safeconduct.service.rehearsal_nodes import RehearsalNodes
from safeconduct.service.rivers import Rivers
from safeconduct.units import none_if_nan

HEADLESS_TICK_S = 1.0


def find_scenario(name: str) -> Scenario:
    """A scenario by its id, or by the path of its folder or file.

    Raises:
        InputError: `unknown-scenario`, and what reading it raises.
    """
    for path in (Path(name), Path(name) / "scenario.toml", scenarios_folder() / name / "scenario.toml"):
        if path.is_file():
            return read_scenario(path.read_bytes(), where=str(path))
    known = ", ".join(sorted(folder.name for folder in scenarios_folder().iterdir() if folder.is_dir()))
    raise InputError("unknown-scenario", f"there is no scenario {name!r}", remedy=f"known: {known}; or give a path")


@dataclass(frozen=True, slots=True)
class RehearsalRun:
    """A scenario, a variant and a seed: the nodes of all its parties, and the picture of the scenario's own node."""

    rehearsal: Rehearsal
    variant: str
    flights: tuple[Flight, ...]
    nodes: RehearsalNodes
    rivers: Rivers

    @property
    def pipeline(self) -> Pipeline:
        """Of the scenario's own node, which has the sensors."""
        return self.rivers.pipeline

    def tick(self, time: float) -> BoardDelta:
        """Everybody does what they do up to `time` (Unix seconds), and the board follows."""
        self.nodes.play(time)
        delta = self.rivers.tick(time)
        self.nodes.tick(apart_from=self.rehearsal.scenario.node)
        return delta


def prepare(
    name: str,
    variant: str | None,
    seed: int,
    epoch: str = "headless",
    *,
    data: Path | None = None,
    random: bool = False,
) -> RehearsalRun:
    """Everything for one run; `epoch` names this numbering of the board.

    Args:
        data: a folder for the nodes' files; None keeps them in memory.
        random: whether keys and ids are drawn by chance rather than by the seed.

    Raises:
        InputError: `unknown-scenario`, `unknown-variant`, `not-empty`.
    """
    scenario = find_scenario(name)
    variant = variant or scenario.default_variant
    if variant not in scenario.variants:
        known = ", ".join(sorted(scenario.variants))
        raise InputError("unknown-variant", f"{scenario.id} has no variant {variant!r}", remedy=f"known: {known}")
    rehearsal = Rehearsal(scenario, seed)
    flights = rehearsal.flights(variant)
    nodes = RehearsalNodes(scenario, variant, seed, flights, data=data, random=random)
    pipeline = picture_of(scenario, variant, scenario.node, epoch, rehearsal.sensors)
    return RehearsalRun(rehearsal, variant, flights, nodes, Rivers(pipeline, nodes.nodes[scenario.node].desk))


def picture_of(scenario: Scenario, variant: str, party: str, epoch: str, sensors: tuple[Sensor, ...] = ()) -> Pipeline:
    """The picture of one party's node. A party without a sector of its own looks at the first one's air."""
    own = tuple(sector for sector in scenario.sectors if sector.party == party)
    watched = next(sector for sector in scenario.sectors if sector.party == scenario.node)
    heading = BoardHeading(
        epoch=epoch,
        node=party,
        title=f"{scenario.title} ({variant})",
        rehearsal=True,
        notice=scenario.notice,
    )
    frame = own[0] if own else Sector(id="around", party=party, name="All air", centre=watched.centre)
    settings = PictureSettings()
    if party == scenario.node:
        settings = PictureSettings(identification=IdentificationSettings(thresholds=scenario.standings))
    return Pipeline(frame, heading, sensors=sensors, parties=scenario.parties, sectors=own, settings=settings)


def run_headless(run: RehearsalRun, progress: Callable[[float], None] = lambda share: None) -> dict[str, object]:
    """The whole scenario as fast as it goes; the record that `safeconduct run --headless --json` prints.

    Nothing in it depends on the clock or the machine's speed: same seed, same bytes.
    """
    from safeconduct.service.scoring import Scoreboard  # it needs SciPy, which a live rehearsal does not wait for
    from safeconduct.service.story import Story

    scenario = run.rehearsal.scenario
    scores = Scoreboard(scenario, run.flights)
    story = Story(run)
    for delta in drive(run.pipeline, run.rehearsal.batches(), HEADLESS_TICK_S, run.tick):
        story.note(delta.time)
        truth = run.rehearsal.truth(delta.time)
        scores.note(delta.time, truth, run.pipeline.board.tracks.values(), HEADLESS_TICK_S)
        progress((delta.time - scenario.start) / scenario.duration_s)
    return {
        "scenario": scenario.id,
        "variant": run.variant,
        "seed": run.rehearsal.seed,
        "rehearsal": True,
        "node": scenario.node,
        "aircraft": scores.aircraft(),
        "sensors": _sensors(run),
        **story.told(),
    }


def _sensors(run: RehearsalRun) -> list[dict[str, object]]:
    """What the node has learned of its sensors: what is wrong with them is in no declaration."""
    start = run.rehearsal.scenario.start
    return [
        {
            "sensor": learned.sensor,
            "state": learned.state.value,
            "since_s": round(learned.since - start, 3) if math.isfinite(learned.since) else None,
            "azimuth_bias_deg": none_if_nan(round(learned.azimuth_bias_deg, 4)),
        }
        for learned in run.pipeline.tracker.registration()
    ]
