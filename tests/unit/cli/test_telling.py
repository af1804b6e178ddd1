"""What people read on the terminal."""

import re

import pytest
from tests.support.nodes import Nodes, flight

from safeconduct.cli import telling
from safeconduct.cli.operator import _place as typed


def test_places_are_printed_latitude_first_as_they_are_typed(capsys: pytest.CaptureFixture[str]) -> None:
    nodes = Nodes()
    crew = nodes.crew()
    nodes["africom"].declare(flight())
    nodes.settle()
    item = crew.item()
    telling.before_signing(item, rehearsal=True)
    told = capsys.readouterr()
    assert told.out == "", "standard output is for the answer"
    places = re.findall(r"-?\d+\.\d{4},-?\d+\.\d{4}", told.err)
    drawn = [*item.flight.volumes[0].outline, *((point.lon, point.lat) for point in item.flight.route)]
    assert [typed(place) for place in places] == [pytest.approx(place, abs=1e-4) for place in drawn]
    assert told.err.count("(lat,lon)") == 1 + len(item.flight.route)
    assert all(float(place.split(",")[0]) > 31.0 for place in places), "SQUARE lies at 31 to 32 north, 13 to 14 east"
