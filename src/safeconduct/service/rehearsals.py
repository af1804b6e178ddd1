"""Rehearsals: find a scenario, build its node's pipeline, run it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safeconduct.codecs.scenario_toml import read_scenario
from safeconduct.errors import InputError
from safeconduct.feeds.rehearsal.feed import Rehearsal
from safeconduct.model.flight import Flight
from safeconduct.model.scenario import Scenario
from safeconduct.picture.board import BoardHeading
from safeconduct.service.assets import scenarios_folder
from safeconduct.service.pipeline import Pipeline, drive

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
    """A scenario, a variant and a seed, wired to the pipeline of the scenario's node."""

    rehearsal: Rehearsal
    variant: str
    flights: tuple[Flight, ...]
    pipeline: Pipeline


def prepare(name: str, variant: str | None, seed: int, epoch: str = "headless") -> RehearsalRun:
    """Everything for one run; `epoch` names this numbering of the board.

    Raises:
        InputError: `unknown-scenario`, `unknown-variant`.
    """
    scenario = find_scenario(name)
    variant = variant or scenario.default_variant
    if variant not in scenario.variants:
        known = ", ".join(sorted(scenario.variants))
        raise InputError("unknown-variant", f"{scenario.id} has no variant {variant!r}", remedy=f"known: {known}")
    rehearsal = Rehearsal(scenario, seed)
    flights = rehearsal.flights(variant)
    own = [sector for sector in scenario.sectors if sector.party == scenario.node]
    heading = BoardHeading(
        epoch=epoch,
        node=scenario.node,
        title=f"{scenario.title} ({variant})",
        rehearsal=True,
        notice=scenario.notice,
    )
    pipeline = Pipeline(
        own[0],
        heading,
        sensors=rehearsal.sensors,
        parties=scenario.parties,
        sectors=own,
        flights=flights,
    )
    return RehearsalRun(rehearsal, variant, flights, pipeline)


def run_headless(run: RehearsalRun, progress: Callable[[float], None] = lambda share: None) -> dict[str, object]:
    """The whole scenario as fast as it goes; the record that `safeconduct run --headless --json` prints.

    Nothing in it depends on the clock or the machine's speed: same seed, same bytes.
    """
    from safeconduct.service.scoring import Scoreboard  # it needs SciPy, which a live rehearsal does not wait for

    scenario = run.rehearsal.scenario
    scores = Scoreboard(scenario, run.flights)
    for delta in drive(run.pipeline, run.rehearsal.batches(), HEADLESS_TICK_S):
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
    }
