"""Commands about the record."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from safeconduct.cli.shared import Json, busy, show
from safeconduct.errors import InputError

if TYPE_CHECKING:
    from safeconduct.service.record_check import RecordReport

record = typer.Typer(no_args_is_help=True, help="The record: what a node accepted, and that nobody changed it.")

UNSOUND = 1
"""Exit code where something is wrong with a record."""


@record.callback()
def start() -> None:
    """What the record's commands share."""


@record.command()
def check(
    data: Annotated[Path, typer.Option(help="The data folder of a node, or one with the folders of several.")] = Path(
        "safeconduct-data"
    ),
    config: Annotated[
        Path | None, typer.Option(help="The node's settings: its data folder and its PostgreSQL server are there.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check entries against leaves, leaves against checkpoints, and all signatures. Exit code 1: something is wrong."""
    from safeconduct.service.record_check import check_folder, check_node
    from safeconduct.service.settings import read_settings

    with busy("checking", show=not as_json):
        reports = check_node(read_settings(config, os.environ), config.parent) if config else check_folder(data)
    if not reports:
        remedy = "give the folder that `run` or `serve` had as --data"
        raise InputError("no-record", "there is no record here", where=str(data), remedy=remedy)
    told = [_told(folder, report) for folder, report in reports.items()]
    sound = all(report.sound for report in reports.values())
    show({"sound": sound, "records": told}, _for_people, as_json=as_json)
    if not sound:
        raise typer.Exit(UNSOUND)


def _told(folder: Path, report: "RecordReport") -> dict[str, Any]:
    return {"folder": str(folder), "sound": report.sound, **asdict(report)}


def _for_people(answer: dict[str, Any]) -> None:
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for told in answer["records"]:
        mark = "REHEARSAL  " if told["rehearsal"] else ""
        out.print(f"{mark}{told['node'] or 'no node'}  ({told['folder']})")
        kinds = ", ".join(f"{count} {kind}" for kind, count in told["kinds"].items()) or "none"
        out.print(f"  entries: {told['entries']}: {kinds}")
        out.print(f"  tree: {told['size']} leaves under {told['checkpoints']} checkpoints, root {told['root']}")
        if told["waiting"]:
            out.print(f"  {told['waiting']} more leaves, which no checkpoint has taken yet")
        if told["late"]:
            out.print(f"  late: {told['late']} leaves waited for a checkpoint, up to {told['longest_wait_s']:.1f} s")
        for finding in told["findings"]:
            place = f"at {finding['position']}" if finding["position"] else "as a whole"
            out.print(f"  WRONG {place}: {finding['what']}: {finding['why']}")
        if told["found"] > len(told["findings"]):
            out.print(f"  … and {told['found'] - len(told['findings'])} more")
        out.print("  sound: nothing was changed or is missing" if told["sound"] else f"  {told['found']} wrong")
