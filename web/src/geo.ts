/** Plane geometry of the map: web Mercator in units of the whole world, and shapes on the ground. Angles in degrees. */

export type LonLat = readonly [lon: number, lat: number];
/** West, south, east, north. */
export type Bounds = readonly [number, number, number, number];

const RADIUS_M = 6_371_008.8;
const METRES_PER_DEGREE = (RADIUS_M * Math.PI) / 180;
const MOST_NORTH = 85.05112878;

/** Web Mercator (EPSG:3857) scaled so that the world is 1 wide; x grows east, y grows south. */
export function mercator(lon: number, lat: number): readonly [x: number, y: number] {
  const phi = (Math.max(-MOST_NORTH, Math.min(MOST_NORTH, lat)) * Math.PI) / 180;
  return [lon / 360 + 0.5, 0.5 - Math.log(Math.tan(Math.PI / 4 + phi / 2)) / (2 * Math.PI)];
}

/** The place `distance` metres off on a bearing clockwise from north, along a great circle. */
export function destination([lon, lat]: LonLat, bearing: number, distance: number): LonLat {
  const [d, b, phi] = [distance / RADIUS_M, radians(bearing), radians(lat)];
  const sin = Math.sin(phi) * Math.cos(d) + Math.cos(phi) * Math.sin(d) * Math.cos(b);
  const dLon = Math.atan2(Math.sin(b) * Math.sin(d) * Math.cos(phi), Math.cos(d) - Math.sin(phi) * sin);
  return [lon + degrees(dLon), degrees(Math.asin(sin))];
}

/** Metres between two places along a great circle (haversine). */
export function apart([lon1, lat1]: LonLat, [lon2, lat2]: LonLat): number {
  const half = (a: number, b: number): number => Math.sin(radians(b - a) / 2) ** 2;
  const h = half(lat1, lat2) + Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * half(lon1, lon2);
  return 2 * RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** A closed ring of places at `radius` metres. */
export function circle(centre: LonLat, radius: number, corners = 96): LonLat[] {
  return Array.from({ length: corners + 1 }, (_, i) => destination(centre, (360 * i) / corners, radius));
}

/**
 * The closed ring that holds a normally distributed position with 95 % probability (chi-square, two degrees of
 * freedom: 5.991). `covariance` is east-east, east-north, north-north in m².
 */
export function ellipse([lon, lat]: LonLat, covariance: readonly [number, number, number], corners = 48): LonLat[] {
  const [ee, en, nn] = covariance;
  const mean = (ee + nn) / 2;
  const spread = Math.hypot((ee - nn) / 2, en);
  const major = Math.sqrt(Math.max(0, mean + spread) * 5.991);
  const minor = Math.sqrt(Math.max(0, mean - spread) * 5.991);
  const angle = Math.atan2(2 * en, ee - nn) / 2;
  return Array.from({ length: corners + 1 }, (_, i) => {
    const t = (2 * Math.PI * i) / corners;
    const east = major * Math.cos(t) * Math.cos(angle) - minor * Math.sin(t) * Math.sin(angle);
    const north = major * Math.cos(t) * Math.sin(angle) + minor * Math.sin(t) * Math.cos(angle);
    return [lon + east / (METRES_PER_DEGREE * Math.cos(radians(lat))), lat + north / METRES_PER_DEGREE];
  });
}

/** Course over the ground, degrees clockwise from true north, of a velocity east and north. */
export function course(east: number, north: number): number {
  return (degrees(Math.atan2(east, north)) + 360) % 360;
}

/** The least box around the places; null around none. */
export function bounds(places: Iterable<LonLat>): Bounds | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of places) {
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
  }
  return west <= east ? [west, south, east, north] : null;
}

const radians = (value: number): number => (value * Math.PI) / 180;
const degrees = (value: number): number => (value * 180) / Math.PI;
