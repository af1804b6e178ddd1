/** What must stay in view: how far to move for one place, and where the name of a sector is not cut. Pure. */
import { type Bounds, type LonLat, mercator } from "./geo.ts";
import type { Box, Camera } from "./labels.ts";

/** How near to the edge a place may lie before the view follows it; less where the view is small. */
const MARGIN_PX = 60;
const NAME_PX = 6.4;
const NAME_HEIGHT_PX = 22;
const EDGE_PX = 6;
/** Places tried along each edge of an outline. */
const STEPS = 8;

/** Pixels from the left and the top of the view. */
export function project(camera: Camera, x: number, y: number): readonly [px: number, py: number] {
  return [(x - camera.x) * camera.world + camera.width / 2, (y - camera.y) * camera.world + camera.height / 2];
}

/** Whether all of a box is in view. */
export function within(camera: Camera, [west, south, east, north]: Bounds): boolean {
  return [mercator(west, north), mercator(east, south)].every(([x, y]) => {
    const [px, py] = project(camera, x, y);
    return px >= 0 && py >= 0 && px <= camera.width && py <= camera.height;
  });
}

/** How many pixels the view must move right and down for a place to be clear of its edges; zeros where it is. */
export function shift(camera: Camera, x: number, y: number): readonly [right: number, down: number] {
  const [px, py] = project(camera, x, y);
  return [beyond(px, camera.width), beyond(py, camera.height)];
}

function beyond(at: number, size: number): number {
  const margin = Math.min(MARGIN_PX, size / 4);
  return at < margin ? at - margin : at > size - margin ? at - (size - margin) : 0;
}

/**
 * Where on its outline a sector's name of so many letters can be read whole, and not under a button: the middle of the
 * most northerly edge, else the most northerly place that will do; null for none. The name stands on that place.
 */
export function namePlace(camera: Camera, outline: readonly LonLat[], letters: number): LonLat | null {
  const half = (letters * NAME_PX) / 2;
  const fits = ([lon, lat]: LonLat): boolean => {
    const [px, py] = project(camera, ...mercator(lon, lat));
    const box: Box = [px - half, py - NAME_HEIGHT_PX, px + half, py];
    const whole =
      box[0] >= EDGE_PX && box[1] >= EDGE_PX && box[2] <= camera.width - EDGE_PX && box[3] <= camera.height - EDGE_PX;
    return whole && !camera.covered.some((c) => box[0] < c[2] && c[0] < box[2] && box[1] < c[3] && c[1] < box[3]);
  };
  const edges = outline.map((from, i) => [from, outline[(i + 1) % outline.length] ?? from] as const);
  const between = ([a, b]: (typeof edges)[number], part: number): LonLat => [
    a[0] + (b[0] - a[0]) * part,
    a[1] + (b[1] - a[1]) * part,
  ];
  const northFirst = (a: LonLat, b: LonLat): number => b[1] - a[1];
  const middles = edges.map((edge) => between(edge, 0.5)).sort(northFirst);
  const others = edges.flatMap((edge) => Array.from({ length: STEPS }, (_, i) => between(edge, i / STEPS)));
  return [...middles.slice(0, 1), ...others.sort(northFirst)].find(fits) ?? null;
}
