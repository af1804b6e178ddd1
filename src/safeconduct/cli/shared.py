"""What the commands share: how they print, and how they say that something takes its time.

The commands import what they need when they run: `safeconduct --help` must not wait for NumPy and the kernels.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

screen = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]


def show(answer: dict[str, Any], for_people: Callable[[dict[str, Any]], None], *, as_json: bool) -> None:
    """An answer as one line of JSON, or as `for_people` prints it."""
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        for_people(answer)


@contextmanager
def busy(what: str, *, show: bool) -> Iterator[Callable[[str], None]]:
    """A line on standard error while something takes its time; the callable says what is being done now."""
    if not show:
        yield lambda text: None
        return
    with screen.status(what) as status:
        yield status.update


@contextmanager
def progress(what: str, *, show: bool) -> Iterator[Callable[[float], None]]:
    """A bar on standard error; the callable is told the share done, 0 to 1."""
    bar = Progress(TextColumn(what), BarColumn(), TimeElapsedColumn(), console=screen, transient=True, disable=not show)
    with bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)
