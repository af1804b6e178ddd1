"""The picture's commands: rehearse a scenario, run a node, replay recordings."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from safeconduct.cli.compiling import compile_once
from safeconduct.cli.shared import Json, busy, progress, show

if TYPE_CHECKING:
    from safeconduct.service.serving import Hosted


def run(
    scenario: Annotated[str, typer.Argument(help="Id of a scenario, or the path of its folder.")] = "tripoli-2019",
    variant: Annotated[str | None, typer.Option(help="Variant of the scenario.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides all chance: same seed, same rehearsal.")] = 1,
    headless: Annotated[bool, typer.Option(help="Run it all at once, without console, and report.")] = False,
    speed: Annotated[float, typer.Option(min=0.1, max=60.0, help="Scenario seconds a second.")] = 1.0,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the first node; the others follow. 0 lets the system choose.")
    ] = 8600,
    data: Annotated[Path | None, typer.Option(help="Keep the nodes' files in this folder, a folder a party.")] = None,
    as_json: Json = False,
) -> None:
    """Rehearse a scenario: simulated aircraft and sensors through the real pipeline, live in the console."""
    compile_once(show=not as_json)
    if headless:
        from safeconduct.service.rehearsals import prepare, run_headless

        with progress("rehearsing", show=not as_json) as told:
            answer = run_headless(prepare(scenario, variant, seed, data=data), told)
        show(answer, _aircraft_table, as_json=as_json)
        return
    from safeconduct.api.server import serve as serve_stations
    from safeconduct.service.assets import console_folder
    from safeconduct.service.serving import rehearsal_stations
    from safeconduct.service.settings import Listen

    console = console_folder()
    with busy("flying the first minutes", show=not as_json):
        hosted, prepared = rehearsal_stations(scenario, variant, seed, listen=Listen(port=port), speed=speed, data=data)
    plan = prepared.rehearsal.scenario
    about = {"scenario": plan.id, "variant": prepared.variant, "seed": seed, "rehearsal": True, "node": plan.node}
    heading = f"REHEARSAL  {plan.title} ({prepared.variant}, seed {seed})"
    serve_stations(hosted, console, _started(hosted, about, heading, as_json=as_json))


def serve(
    config: Annotated[Path, typer.Option(help="The node's settings; see docs/reference/settings.md.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the node's key and record.")] = None,
    as_json: Json = False,
) -> None:
    """Run one real node: live feeds, its declared flights, its console and API."""
    from safeconduct.api.server import serve as serve_stations
    from safeconduct.service.assets import console_folder
    from safeconduct.service.serving import node_station
    from safeconduct.service.settings import read_settings

    settings = read_settings(config, os.environ)
    compile_once(show=not as_json)
    hosted = node_station(settings, config.parent, data)
    about = {"node": settings.node, "rehearsal": False}
    heading = f"node of {settings.node}, {len(settings.feeds)} feed(s)"
    serve_stations(hosted, console_folder(), _started(hosted, about, heading, as_json=as_json))


def replay(
    files: Annotated[list[Path] | None, typer.Argument(help="Recordings; their formats are told by content.")] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="Folder with flights.json, sensors.json, detections.jsonl.")
    ] = None,
    flights: Annotated[Path | None, typer.Option(help="Declared flights (flights.json).")] = None,
    sensors: Annotated[Path | None, typer.Option(help="Declared sensors (sensors.json).")] = None,
    registries: Annotated[
        Path | None, typer.Option(help="Registries trusted to vouch for signed Remote ID (registries.json).")
    ] = None,
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
    compile_once(show=not as_json)
    replaying = of_scenario(scenario) if scenario else of_files(files or [], flights, sensors, registries)
    with busy("reading", show=not as_json) as say:
        answer = run_replay(
            replaying, answers=out, events=events, progress=lambda now: say(f"replaying {iso_from_seconds(now)}")
        )
    show(answer, _replay_table, as_json=as_json)


def _started(hosted: "Hosted", about: dict[str, Any], heading: str, *, as_json: bool) -> Callable[[list[str]], None]:
    """What to print once every node answers at its address: where, and a one-time link for each person."""

    def told(addresses: list[str]) -> None:
        nodes: list[dict[str, Any]] = []
        for station, address in zip(hosted.stations, addresses, strict=True):
            links = [
                {
                    "person": person.id,
                    "name": person.name,
                    "role": person.role.value,
                    "post": person.post,
                    "sign_in": f"{address}/#sign-in={token}",
                }
                for person, token in station.first_links()
            ]
            nodes.append({"node": station.desk.party, "address": address, "links": links})
        first = nodes[0]
        if as_json:
            link = next((one["sign_in"] for one in first["links"] if one["role"] == "officer"), None)
            typer.echo(json.dumps({**about, "address": first["address"], "sign_in": link, "nodes": nodes}))
        else:
            typer.echo(f"\n  {heading}\n")
            for node in nodes:
                typer.echo(f"  node of {node['node']}: {node['address']}")
                for one in node["links"]:
                    typer.echo(f"    {one['name'] + ' (' + one['role'] + ')':<28} {one['sign_in']}")
            typer.echo("\n  Each link works once, for 15 minutes. Ctrl-C stops.\n")
        sys.stdout.flush()

    return told


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
