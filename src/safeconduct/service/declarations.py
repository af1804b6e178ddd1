"""Flights declared by file, and the other small files that an operator hands to a node."""

from pathlib import Path

from safeconduct.codecs.scenario_files import read_flights
from safeconduct.errors import InputError
from safeconduct.model.flight import Disclosure, Flight


def file_bytes(path: Path) -> bytes:
    """What a file holds.

    Raises:
        InputError: `unreadable`.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError("unreadable", error.strerror or str(error), where=str(path)) from error


def declared_by_file(path: Path) -> tuple[Flight, ...]:
    """The flights of a flights.json, for a node to whom their details may be told.

    Raises:
        InputError: `unreadable`, `sealed`, and what reading it raises.
    """
    flights = read_flights(file_bytes(path), str(path))
    for flight in flights:
        if flight.disclosure is Disclosure.SEALED:
            raise InputError(
                "sealed",
                f"flight {flight.id} is sealed: its details are for nobody else, and cannot be matched without them",
                where=str(path),
                remedy="leave it out; sealed flights are answered by blind check, which this version does not have",
            )
    return flights
