"""The console's offline map: fine where the first scenario plays, coarse everywhere, licences beside it."""

import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import shape

MAP = Path(__file__).resolve().parents[2] / "web" / "public" / "map"


def features(name: str) -> dict[str, Any]:
    collection = json.loads((MAP / name).read_text(encoding="utf-8"))
    return {one["properties"]["kind"]: shape(one["geometry"]) for one in collection["features"]}


def test_the_shore_of_tripoli_has_every_vertex() -> None:
    shore = shapely.clip_by_rect(features("tripoli.geojson")["shore"], 12.5, 32.0, 14.0, 33.5)
    assert 800 <= shapely.get_num_coordinates(shore) <= 900  # GSHHG has 851; npm's world-atlas 17


@pytest.mark.parametrize("name", ["tripoli.geojson", "world.geojson"])
def test_land_and_sea_are_where_they_are(name: str) -> None:
    land = features(name)["land"]
    assert land.is_valid
    assert land.covers(shapely.Point(13.6344, 32.4339))  # Tarhuna
    assert not land.intersects(shapely.Point(13.2, 33.5))  # off Tripoli


@pytest.mark.parametrize(
    ("name", "box"), [("tripoli.geojson", (10, 30, 17, 35)), ("world.geojson", (-180, -90, 180, 90))]
)
def test_the_edge_of_the_crop_is_no_shore(name: str, box: tuple[float, float, float, float]) -> None:
    assert features(name)["shore"].intersection(shapely.box(*box).boundary).length == 0.0


def test_mitiga_is_where_it_is() -> None:
    airports = json.loads((MAP / "airports.geojson").read_text(encoding="utf-8"))["features"]
    places = {one["properties"]["icao"]: one["geometry"]["coordinates"] for one in airports}
    assert len(places) == len(airports) > 500
    assert places["HLLM"] == pytest.approx([13.2761, 32.8942], abs=0.01)


def test_the_licences_lie_beside_the_data() -> None:
    notice = (MAP / "LICENSES.md").read_text(encoding="utf-8")
    for path in MAP.iterdir():
        assert path.name == "LICENSES.md" or f"`{path.name}`" in notice
    assert "LESSER GENERAL PUBLIC LICENSE" in (MAP / "LGPL-3.0.txt").read_text(encoding="utf-8")
