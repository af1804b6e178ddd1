/**
 * Volumes about a route, and what is wrong with an outline. Pure. The node checks what is sent exactly; here it only has
 * to come out right, so the outlines are a little wider than asked and never narrower.
 */
import type { LonLat } from "./geo.ts";
import type { RoutePoint, Volume4D } from "./wire.ts";

/** Metres sideways, metres up and down, seconds before and after plan. */
export interface Margins {
  readonly halfWidth_m: number;
  readonly vertical_m: number;
  readonly early_s: number;
  readonly late_s: number;
}

/** One volume covers so much of the plan. */
export const PIECE_S = 300;
/** A volume may claim so much more ground than the route with its width sweeps; more, and it is cut in two at the bend. */
const GENEROUS = 1.3;
const ROUND = 32;
/** For rounding to 1e-6 degrees, the scale's change within one volume, and the sphere. */
const WIDER = 1.004;
const WIDER_M = 3;
/** WGS-84. */
const A = 6_378_137;
const E2 = 0.006_694_379_990_14;
const RADIUS_M = 6_371_008.8;

type Point = readonly [x: number, y: number];

/**
 * Volumes that hold every point of the route and every place between (straight in lon/lat, or along the great circle)
 * with the margins. Each is convex; it begins in place, height and time where the one before ends. Fewer than two points
 * make none.
 */
export function corridor(route: readonly RoutePoint[], margins: Margins): Volume4D[] {
  return pieces(route, margins.halfWidth_m).map((points) => {
    const heights = points.map((point) => point.alt_m);
    return {
      outline: around(points, margins.halfWidth_m, bow(route)),
      lower_m: Math.min(...heights) - margins.vertical_m,
      upper_m: Math.max(...heights) + margins.vertical_m,
      start: (points[0] as RoutePoint).time - margins.early_s,
      end: (points.at(-1) as RoutePoint).time + margins.late_s,
    };
  });
}

/** The route in pieces of about PIECE_S, each beginning with the last point of the one before; shorter at sharp bends. */
export function pieces(route: readonly RoutePoint[], halfWidth_m: number): RoutePoint[][] {
  const fine = route.flatMap((point, i) => between(route[i - 1], point));
  const made: RoutePoint[][] = [];
  let piece = fine.slice(0, 1);
  for (const point of fine.slice(1)) {
    const longer = [...piece, point];
    const first = longer[0] as RoutePoint;
    if (piece.length > 1 && (point.time - first.time > PIECE_S * 1.001 || !compact(longer, halfWidth_m))) {
      made.push(piece);
      piece = [piece.at(-1) as RoutePoint, point];
    } else piece = longer;
  }
  return piece.length > 1 ? [...made, piece] : made;
}

/** The point, and before it points of the way to it, so that no two are further apart than PIECE_S. */
function between(from: RoutePoint | undefined, to: RoutePoint): RoutePoint[] {
  if (from === undefined) return [to];
  const steps = Math.ceil((to.time - from.time) / PIECE_S);
  return Array.from({ length: Math.max(1, steps) }, (_, i) => {
    const part = (i + 1) / Math.max(1, steps);
    const mix = (a: number, b: number): number => a + (b - a) * part;
    if (part === 1) return to;
    return {
      lon: mix(from.lon, to.lon),
      lat: mix(from.lat, to.lat),
      alt_m: mix(from.alt_m, to.alt_m),
      time: mix(from.time, to.time),
    };
  });
}

/**
 * How far a place of the great circle may lie from the same part of the line that is straight in lon/lat, metres, on the
 * leg where that is most: its second derivative, R sin(lat) (2 dlat dlon, cos(lat) dlon²), over 8.
 */
function bow(route: readonly RoutePoint[]): number {
  return Math.max(
    0,
    ...route.slice(1).map((to, i) => {
      const from = route[i] as RoutePoint;
      const lat = radians(Math.min(85, Math.max(Math.abs(from.lat), Math.abs(to.lat))));
      const [dLon, dLat] = [radians(to.lon - from.lon), radians(to.lat - from.lat)];
      return (RADIUS_M * Math.sin(lat) * Math.hypot(2 * dLat * dLon, Math.cos(lat) * dLon * dLon)) / 8;
    }),
  );
}

function compact(points: readonly RoutePoint[], halfWidth_m: number): boolean {
  const plane = planeAbout(points);
  const line = points.map(plane.to);
  const length = line.slice(1).reduce((sum, point, i) => sum + apart(line[i] as Point, point), 0);
  const swept = 2 * halfWidth_m * length + Math.PI * halfWidth_m * halfWidth_m;
  return area(hull(line.flatMap((point) => disc(point, halfWidth_m)))) <= GENEROUS * swept;
}

function around(points: readonly RoutePoint[], halfWidth_m: number, extra_m: number): LonLat[] {
  const plane = planeAbout(points);
  const radius = ((halfWidth_m + extra_m) * WIDER + WIDER_M) / Math.cos(Math.PI / ROUND);
  return hull(points.flatMap((point) => disc(plane.to(point), radius))).map(plane.from);
}

/** A plane in metres east and north about the middle of the points; straight lines in lon/lat are straight in it. */
function planeAbout(points: readonly { readonly lon: number; readonly lat: number }[]) {
  const middle = (values: number[]): number => (Math.min(...values) + Math.max(...values)) / 2;
  const lon0 = middle(points.map(({ lon }) => lon));
  const lat0 = middle(points.map(({ lat }) => lat));
  // Widths must hold everywhere in the piece, so a degree of longitude is as short as at its end nearer to the pole.
  const polar = Math.min(89, Math.max(...points.map(({ lat }) => Math.abs(lat))));
  const curve = (lat: number): number => 1 - E2 * Math.sin((lat * Math.PI) / 180) ** 2;
  const east = (A * Math.cos((polar * Math.PI) / 180) * Math.PI) / (180 * Math.sqrt(curve(polar)));
  const north = (A * (1 - E2) * Math.PI) / (180 * curve(lat0) ** 1.5);
  const round = (value: number): number => Math.round(value * 1e6) / 1e6;
  return {
    to: ({ lon, lat }: { readonly lon: number; readonly lat: number }): Point => [
      (lon - lon0) * east,
      (lat - lat0) * north,
    ],
    from: ([x, y]: Point): LonLat => [round(lon0 + x / east), round(lat0 + y / north)],
  };
}

const disc = ([x, y]: Point, radius: number): Point[] =>
  Array.from({ length: ROUND }, (_, i) => {
    const angle = (2 * Math.PI * (i + 0.5)) / ROUND;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });

/** Convex hull, counter-clockwise (Andrew's monotone chain). */
export function hull(points: readonly Point[]): Point[] {
  const sorted = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (order: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const point of order) {
      while (chain.length > 1 && turn(chain.at(-2) as Point, chain.at(-1) as Point, point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.toReversed())];
}

const radians = (value: number): number => (value * Math.PI) / 180;
const turn = (a: Point, b: Point, c: Point): number => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
const apart = (a: Point, b: Point): number => Math.hypot(b[0] - a[0], b[1] - a[1]);
const area = (ring: readonly Point[]): number =>
  Math.abs(ring.reduce((sum, [x, y], i) => sum + turn([0, 0], [x, y], ring[(i + 1) % ring.length] ?? [0, 0]), 0)) / 2;

/** Numbers (from 1) of two edges of an outline that cross or touch though they are not neighbours; null for none. */
export function crossing(ring: readonly LonLat[]): readonly [number, number] | null {
  const edge = (i: number) => [ring[i] as Point, ring[(i + 1) % ring.length] as Point] as const;
  for (let i = 0; i < ring.length; i++) {
    for (let j = i + 2; j < ring.length; j++) {
      if (i === 0 && j === ring.length - 1) continue;
      if (meet(edge(i), edge(j))) return [i + 1, j + 1];
    }
  }
  return null;
}

function meet([a, b]: readonly [Point, Point], [c, d]: readonly [Point, Point]): boolean {
  const [p, q, r, s] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
  if (p * q < 0 && r * s < 0) return true;
  const on = (from: Point, to: Point, at: Point): boolean =>
    Math.min(from[0], to[0]) <= at[0] &&
    at[0] <= Math.max(from[0], to[0]) &&
    Math.min(from[1], to[1]) <= at[1] &&
    at[1] <= Math.max(from[1], to[1]);
  return (p === 0 && on(a, b, c)) || (q === 0 && on(a, b, d)) || (r === 0 && on(c, d, a)) || (s === 0 && on(c, d, b));
}

/** Metres along a route drawn as places. */
export function lengths(places: readonly LonLat[]): number[] {
  let sum = 0;
  return places.map((place, i) => {
    const before = places[i - 1];
    if (before === undefined) return 0;
    const plane = planeAbout([before, place].map(([lon, lat]) => ({ lon, lat })));
    sum += apart(plane.to({ lon: before[0], lat: before[1] }), plane.to({ lon: place[0], lat: place[1] }));
    return sum;
  });
}

/**
 * The margins with which `corridor` makes these volumes about this route; null where it does not: a flight that was
 * declared here by its route can be changed by its route.
 */
export function marginsOf(route: readonly RoutePoint[], volumes: readonly Volume4D[]): Margins | null {
  const [first, last] = [volumes[0], volumes.at(-1)];
  const [from, to] = [route[0], route.at(-1)];
  if (!first || !last || !from || !to || route.length < 2) return null;
  const found = {
    vertical_m: Math.min(...route.map(({ alt_m }) => alt_m)) - Math.min(...volumes.map(({ lower_m }) => lower_m)),
    early_s: from.time - first.start,
    late_s: last.end - to.time,
  };
  if (found.vertical_m <= 0 || found.early_s < 0 || found.late_s < 0) return null;
  // The first piece begins with half a disc about the first point.
  const least = Math.min(...first.outline.map((corner) => lengths([[from.lon, from.lat], corner])[1] ?? 0));
  const about = Math.round((least * Math.cos(Math.PI / ROUND) - WIDER_M) / WIDER - bow(route));
  const doubt = Math.ceil(2 + about * 0.01);
  for (let off = 0; off <= doubt; off++) {
    for (const halfWidth_m of [about + off, about - off]) {
      const margins = { ...found, halfWidth_m };
      if (halfWidth_m > 0 && alike(corridor(route, margins), volumes)) return margins;
    }
  }
  return null;
}

function alike(made: readonly Volume4D[], wanted: readonly Volume4D[]): boolean {
  const near = (a: number, b: number, within: number): boolean => Math.abs(a - b) <= within;
  return (
    made.length === wanted.length &&
    made.every((one, i) => {
      const other = wanted[i] as Volume4D;
      return (
        one.outline.length === other.outline.length &&
        near(one.lower_m, other.lower_m, 0.01) &&
        near(one.upper_m, other.upper_m, 0.01) &&
        near(one.start, other.start, 0.5) &&
        near(one.end, other.end, 0.5) &&
        one.outline.every(([lon, lat], k) => {
          const [lon2, lat2] = other.outline[k] as LonLat;
          return near(lon, lon2, 2.1e-6) && near(lat, lat2, 2.1e-6);
        })
      );
    })
  );
}
