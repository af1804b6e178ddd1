/** The still half of the picture: sectors, sensors and flights as GeoJSON. Pure; `map.ts` gives it to the map. */
import type { Feature, FeatureCollection, Geometry } from "geojson";
import { type Board, partyName } from "./board.ts";
import type { Zone } from "./deskwire.ts";
import type { Drawing } from "./drawing.ts";
import { type Bounds, bounds, circle, ellipse, type LonLat } from "./geo.ts";
import type { Camera } from "./labels.ts";
import { namePlace } from "./view.ts";
import type { BoardContact, FallPoint, Flight } from "./wire.ts";
import { bodyWords, clock, SENSOR_MARKS, typeWords } from "./words.ts";

type Properties = Readonly<Record<string, string | number | boolean>>;
export type Features = FeatureCollection<Geometry, Properties>;

export function sectorFeatures(board: Board): Features {
  return collect(
    [...board.sectors.values()]
      .filter(({ outline }) => outline.length > 0)
      .map(({ id, outline }) => feature({ type: "Polygon", coordinates: [closed(outline)] }, { id })),
  );
}

/** The sectors' names, each where this view shows it whole; a sector without an outline has its name at its centre. */
export function sectorNames(board: Board, camera: Camera): Features {
  return collect(
    [...board.sectors.values()].flatMap(({ id, name, party, outline, centre }) => {
      const label = `${name} · ${partyName(board, party)}`;
      const at = outline.length > 0 ? namePlace(camera, outline, label.length) : centre;
      return at === null ? [] : [feature({ type: "Point", coordinates: [...at] }, { id, label })];
    }),
  );
}

export function sensorFeatures(board: Board): Features {
  return collect(
    [...board.sensors.values()].flatMap((sensor) => {
      if (sensor.lon === null || sensor.lat === null) return [];
      const centre: LonLat = [sensor.lon, sensor.lat];
      const label = `${sensor.id}${sensor.range_m === null ? "\nreach not known" : ""}`;
      const about = { id: sensor.id, kind: sensor.kind, mark: SENSOR_MARKS[sensor.kind], label };
      const point = feature({ type: "Point", coordinates: [...centre] }, about);
      if (sensor.range_m === null) return [point];
      const ring = circle(centre, sensor.range_m).map((place) => [...place]);
      return [point, feature({ type: "LineString", coordinates: ring }, { id: sensor.id, kind: sensor.kind })];
    }),
  );
}

/** Whether a flight is drawn: not once it has ended. */
export function drawn(flight: Flight, time: number): boolean {
  return flight.state !== "Ended" && flight.volumes.some((volume) => volume.end >= time);
}

/**
 * Volumes (with `active`: whether it may be there now), routes and the times along them. `own` where the viewer's
 * party declared it.
 */
export function flightFeatures(board: Board): Features {
  return collect(
    [...board.flights.values()]
      .filter((flight) => drawn(flight, board.time))
      .flatMap((flight) => {
        const about = { id: flight.id, own: flight.party === board.node };
        const volumes = flight.volumes.map((volume) => {
          const active = volume.start <= board.time && board.time <= volume.end;
          return feature(
            { type: "Polygon", coordinates: [closed(volume.outline)] },
            { ...about, part: "volume", active },
          );
        });
        return [...volumes, ...routeFeatures(flight, about), nameFeature(flight, about)];
      }),
  );
}

function routeFeatures(flight: Flight, about: Properties): Feature<Geometry, Properties>[] {
  if (flight.route.length < 2) return [];
  const line = flight.route.map(({ lon, lat }) => [lon, lat]);
  return [
    feature({ type: "LineString", coordinates: line }, { ...about, part: "route" }),
    ...flight.route.map(({ lon, lat, time }) =>
      feature({ type: "Point", coordinates: [lon, lat] }, { ...about, part: "time", label: clock(time).slice(0, 5) }),
    ),
  ];
}

function nameFeature(flight: Flight, about: Properties): Feature<Geometry, Properties> {
  const first = flight.volumes[0]?.outline ?? [];
  return feature(
    { type: "Point", coordinates: [...northmost(first)] },
    { ...about, part: "name", label: `${flight.id}\n${typeWords(flight.aircraft.type)}` },
  );
}

/** The volumes and names of the zones in force or to come; lifted ones are not drawn. `active` where it is in force now. */
export function zoneFeatures(zones: readonly Zone[], time: number): Features {
  return collect(
    zones
      .filter((zone) => !zone.lifted)
      .flatMap((zone) => {
        const volumes = zone.volumes.filter(({ end }) => end >= time);
        const [first] = volumes;
        if (first === undefined) return [];
        const about = { id: zone.id };
        return [
          ...volumes.map(({ outline, start }) =>
            feature(
              { type: "Polygon", coordinates: [closed(outline)] },
              { ...about, part: "volume", active: start <= time },
            ),
          ),
          feature(
            { type: "Point", coordinates: [...northmost(first.outline)] },
            { ...about, part: "name", label: zone.name },
          ),
        ];
      }),
  );
}

/** The areas that the aircraft of lost tracks can have reached; `chosen` for the selected one. */
export function contactFeatures(contacts: readonly BoardContact[], selected: string | null): Features {
  return collect(
    contacts.map(({ track, reach }) =>
      feature(
        { type: "Polygon", coordinates: [closed(reach.outline)] },
        { id: track, part: "area", chosen: track === selected },
      ),
    ),
  );
}

/**
 * Where a lost aircraft lies if it fell, as each kind of body: the mean, and the ellipse that holds 95 % with its name
 * below it, clear of the words beside the last contact.
 */
export function fallFeatures(falls: readonly FallPoint[]): Features {
  return collect(
    falls.flatMap(({ body, lon, lat, covariance }) => {
      const ring = ellipse([lon, lat], covariance);
      const south = ring.reduce((best, place) => (place[1] < best[1] ? place : best));
      const label = bodyWords(body);
      return [
        feature({ type: "LineString", coordinates: ring.map((place) => [...place]) }, { part: "ellipse" }),
        feature({ type: "Point", coordinates: [lon, lat] }, { part: "mean" }),
        feature({ type: "Point", coordinates: [...south] }, { part: "name", label }),
      ];
    }),
  );
}

/** What changes the zones' drawing; cheap to compare. */
export function zonesKey(zones: readonly Zone[], time: number): string {
  return zones
    .map(({ id, version, lifted, volumes }) => {
      const open = volumes.map(({ start, end }) => (time < start ? "<" : time > end ? ">" : "=")).join("");
      return `${id}/${version}${lifted ? "!" : open}`;
    })
    .join();
}

/** A drawing with its corners numbered from 1, over the outlines and the line that the form has. */
export function draftFeatures(
  drawing: Drawing | null,
  outlines: readonly Outline[],
  line: readonly LonLat[],
): Features {
  const polygon = (ring: readonly LonLat[]) =>
    feature({ type: "Polygon", coordinates: [closed(ring)] }, { part: "outline" });
  const path = (places: readonly LonLat[]) =>
    feature({ type: "LineString", coordinates: places.map((place) => [...place]) }, { part: "line" });
  const still = [...outlines.filter((ring) => ring.length > 2).map(polygon), ...(line.length > 1 ? [path(line)] : [])];
  if (drawing === null) return collect(still);
  const { shape, corners } = drawing;
  const drawn = shape === "outline" && corners.length > 2 ? [polygon(corners)] : [];
  const open = corners.length > 1 ? [path(corners)] : [];
  const points = corners.map((at, i) =>
    feature({ type: "Point", coordinates: [...at] }, { part: "corner", label: String(i + 1) }),
  );
  return collect([...still, ...drawn, ...open, ...points]);
}

type Outline = readonly LonLat[];

export const pointFeatures = (at: LonLat | null): Features =>
  collect(at === null ? [] : [feature({ type: "Point", coordinates: [...at] }, { part: "point" })]);

/** What changes the flights' drawing: their versions and which volumes are active. Cheap to compare each frame. */
export function flightsKey(board: Board): string {
  const active = [...board.flights.values()].map((flight) =>
    flight.volumes.map(({ start, end }) => (board.time < start ? "<" : board.time > end ? ">" : "=")).join(""),
  );
  return active.join();
}

/**
 * What to show first: the sectors with the air in which declared aircraft are now, or where none is, will be; without
 * sectors all flights that have not ended, else ended ones, else the tracks; null where there is nothing.
 */
export function extent(board: Board): Bounds | null {
  const sectors = [...board.sectors.values()];
  const open = [...board.flights.values()].filter((flight) => drawn(flight, board.time));
  const volumes = open.flatMap((flight) => flight.volumes);
  const now = volumes.filter(({ start, end }) => start <= board.time && board.time <= end);
  const edges = sectors.flatMap(({ outline }) => outline);
  const flown = (edges.length > 0 && now.length > 0 ? now : volumes).flatMap((volume) => volume.outline);
  return (
    bounds([...edges, ...flown]) ??
    bounds([...board.flights.values()].flatMap(({ volumes }) => volumes.flatMap(({ outline }) => outline))) ??
    bounds([...board.tracks.values()].map(({ lon, lat }): LonLat => [lon, lat])) ??
    bounds(sectors.map(({ centre }) => centre))
  );
}

const feature = (geometry: Geometry, properties: Properties): Feature<Geometry, Properties> => ({
  type: "Feature",
  geometry,
  properties,
});
const collect = (features: Feature<Geometry, Properties>[]): Features => ({ type: "FeatureCollection", features });

function closed(outline: readonly LonLat[]): number[][] {
  return [...outline, ...outline.slice(0, 1)].map((place) => [...place]);
}

function northmost(outline: readonly LonLat[]): LonLat {
  return outline.reduce((best, place) => (place[1] > best[1] ? place : best), outline[0] ?? [0, 0]);
}
