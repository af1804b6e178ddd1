"""The command line. Each command prints for people, or with --json one JSON object for machines."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from safeconduct import __version__
from safeconduct.errors import SafeconductError

# The commands import what they need when they run: `safeconduct --help` must not wait for NumPy and the kernels.

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Whose aircraft is it? An identified air picture for parties that share a sky and do not trust each other.",
)
screen = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"safeconduct {__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """What every command shares."""


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="Id of a scenario, or the path of its folder.")] = "tripoli-2019",
    variant: Annotated[str | None, typer.Option(help="Variant of the scenario.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides all chance: same seed, same rehearsal.")] = 1,
    headless: Annotated[bool, typer.Option(help="Run it all at once, without console, and report.")] = False,
    speed: Annotated[float, typer.Option(min=0.1, max=60.0, help="Scenario seconds a second.")] = 1.0,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 lets the system choose.")] = 8600,
    as_json: Json = False,
) -> None:
    """Rehearse a scenario: simulated aircraft and sensors through the real pipeline, live in the console."""
    if headless:
        from safeconduct.service.rehearsals import prepare, run_headless

        with _progress("rehearsing", show=not as_json) as told:
            answer = run_headless(prepare(scenario, variant, seed), told)
        _print(answer, _aircraft_table, as_json=as_json)
        return
    from safeconduct.api.server import serve as serve_station
    from safeconduct.service.assets import console_folder
    from safeconduct.service.serving import rehearsal_station
    from safeconduct.service.settings import Listen

    console = console_folder()
    with _busy("flying the first minutes (a first start compiles the tracker, which takes longer)", show=not as_json):
        station, prepared = rehearsal_station(scenario, variant, seed, listen=Listen(port=port), speed=speed)
    plan = prepared.rehearsal.scenario
    about = {"scenario": plan.id, "variant": prepared.variant, "seed": seed, "rehearsal": True, "node": plan.node}
    heading = f"REHEARSAL  {plan.title}, as the node of {plan.node} sees it ({prepared.variant}, seed {seed})"
    serve_station(station, console, _started(station.access.new_link(), about, heading, as_json=as_json))


@app.command()
def serve(
    config: Annotated[Path, typer.Option(help="The node's settings; see docs/reference/settings.md.")],
    as_json: Json = False,
) -> None:
    """Run one real node: live feeds, its declared flights, its console and API."""
    from safeconduct.api.server import serve as serve_station
    from safeconduct.service.assets import console_folder
    from safeconduct.service.serving import node_station
    from safeconduct.service.settings import read_settings

    settings = read_settings(config, os.environ)
    station = node_station(settings, config.parent)
    about = {"node": settings.node, "rehearsal": False}
    heading = f"node of {settings.node}, {len(settings.feeds)} feed(s)"
    serve_station(station, console_folder(), _started(station.access.new_link(), about, heading, as_json=as_json))


@app.command()
def replay(
    files: Annotated[list[Path] | None, typer.Argument(help="Recordings; their formats are told by content.")] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="Folder with flights.json, sensors.json, detections.jsonl.")
    ] = None,
    flights: Annotated[Path | None, typer.Option(help="Declared flights (flights.json).")] = None,
    sensors: Annotated[Path | None, typer.Option(help="Declared sensors (sensors.json).")] = None,
    out: Annotated[Path | None, typer.Option(help="Write each track's identification here, every 5 s.")] = None,
    events: Annotated[Path | None, typer.Option(help="Write identifier conflicts here as they arise.")] = None,
    as_json: Json = False,
) -> None:
    """Put recordings through the real pipeline as fast as it goes, in order of arrival."""
    from safeconduct.service.replays import of_files, of_scenario
    from safeconduct.service.replays import run as run_replay
    from safeconduct.units import iso_from_seconds

    if bool(files) == bool(scenario):
        raise typer.BadParameter("give recordings, or --scenario with a folder; not both")
    replaying = of_scenario(scenario) if scenario else of_files(files or [], flights, sensors)
    with _busy("reading", show=not as_json) as say:
        answer = run_replay(
            replaying, answers=out, events=events, progress=lambda now: say(f"replaying {iso_from_seconds(now)}")
        )
    _print(answer, _replay_table, as_json=as_json)


def main() -> None:
    """The entry point. An error that has a remedy is one line for the operator, and exit code 2."""
    try:
        app()
    except SafeconductError as error:
        screen.print(Text.assemble(("error: ", "bold red"), str(error)), soft_wrap=True)
        sys.exit(2)
    except BrokenPipeError:  # whoever read our output has gone; nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # a disk that is full, a path that the system refuses
        screen.print(Text.assemble(("error: ", "bold red"), str(error)), soft_wrap=True)
        sys.exit(1)


def _started(token: str, about: dict[str, Any], heading: str, *, as_json: bool) -> Callable[[str], None]:
    """What to print once a node answers at an address."""

    def told(address: str) -> None:
        link = f"{address}/#sign-in={token}"
        if as_json:
            typer.echo(json.dumps({**about, "address": address, "sign_in": link}))
        else:
            typer.echo(f"\n  {heading}\n\n  console:  {address}\n  sign in:  {link}\n")
            typer.echo("  The link works once, for 15 minutes. Ctrl-C stops.\n")
        sys.stdout.flush()

    return told


def _print(answer: dict[str, Any], for_people: Callable[[dict[str, Any]], None], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        for_people(answer)


def _aircraft_table(answer: dict[str, Any]) -> None:
    title = f"REHEARSAL {answer['scenario']} ({answer['variant']}, seed {answer['seed']}) as {answer['node']} saw it"
    table = Table("aircraft", "declared as", "tracked", "stood", "first identified", "wrong flight", title=title)
    for craft in answer["aircraft"]:
        stood = ", ".join(f"{name} {share:.1%}" for name, share in craft["standings"].items())
        first = craft["first_identified_s"]
        table.add_row(
            craft["name"],
            craft["flight"] or "not declared",
            f"{craft['tracked_s']:.0f} s",
            stood or "never seen",
            "never" if first is None else f"after {first:.0f} s",
            f"{craft['wrong_flight_share']:.1%}",
        )
    Console().print(table)


def _replay_table(answer: dict[str, Any]) -> None:
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for file in answer["files"]:
        rejected = ", ".join(f"{count} {reason}" for reason, count in file["rejected"].items()) or "none"
        out.print(f"{file['path']}: {file['format']}, {file['messages']} messages, rejected: {rejected}")
        if file["last_error"]:
            out.print(f"  last: {file['last_error']}", style="yellow")
    out.print(
        f"{answer['detections']} detections, {answer['tracks']} tracks, {len(answer['aircraft'])} aircraft "
        f"in {answer['seconds']} s ({answer['detections_per_second']:.0f} detections/s)"
    )
    if answer["set_aside"]:
        out.print("set aside by the tracker: " + ", ".join(f"{n} {why}" for why, n in answer["set_aside"].items()))
    for conflict in answer["conflicts"]:
        when = "at once" if conflict["kind"] == "at-once" else f"{conflict['gap_s'] / 3600:.1f} h apart"
        out.print(
            f"conflict: {conflict['identifier']['value']} claimed at two places {conflict['distance_m'] / 1000:.1f} km "
            f"from each other, {when}, by {', '.join(conflict['tracks'])}"
        )


@contextmanager
def _busy(what: str, *, show: bool) -> Iterator[Callable[[str], None]]:
    """A line on standard error while something takes its time; the callable says what is being done now."""
    if not show:
        yield lambda text: None
        return
    with screen.status(what) as status:
        yield status.update


@contextmanager
def _progress(what: str, *, show: bool) -> Iterator[Callable[[float], None]]:
    """A bar on standard error; the callable is told the share done, 0 to 1."""
    bar = Progress(TextColumn(what), BarColumn(), TimeElapsedColumn(), console=screen, transient=True, disable=not show)
    with bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)


if __name__ == "__main__":
    main()
