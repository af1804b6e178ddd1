"""The command line. Each command prints for people, or with --json one JSON object for machines."""

import os
import sys
from typing import Annotated

import typer
from rich.text import Text

from safeconduct import __version__
from safeconduct.cli.operator import flights, keys, posts
from safeconduct.cli.picture import replay, run, serve
from safeconduct.cli.record import record
from safeconduct.cli.shared import screen
from safeconduct.errors import SafeconductError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Whose aircraft is it? An identified air picture for parties that share a sky and do not trust each other.",
)
for command in (run, serve, replay):
    app.command()(command)
for name, commands in {"keys": keys, "flights": flights, "posts": posts, "record": record}.items():
    app.add_typer(commands, name=name)


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
