/** Whether what is typed lies far from all else, as it does where latitude and longitude are swapped. Pure. */
import type { DeskView } from "./deskwire.ts";
import { apart, type Bounds, bounds, type LonLat } from "./geo.ts";
import { many } from "./words.ts";

/** Farther than this from everything else is said. */
export const FAR_M = 500_000;

/** What a form is about: its own old corners are nothing else. */
export interface Own {
  readonly post?: string | undefined;
  readonly zone?: string | null;
  readonly flight?: string | null;
}

/** The boxes of the posts' sectors, zones and flights that a node shows, but for the form's own. */
export function elsewhere(view: DeskView | null, own: Own): Bounds[] {
  if (view === null) return [];
  return [
    ...view.posts.filter(({ post }) => post.id !== own.post).map(({ post }) => bounds(post.sector.outline)),
    ...view.zones
      .filter(({ id, lifted }) => !lifted && id !== own.zone)
      .map(({ volumes }) => bounds(volumes.flatMap(({ outline }) => outline))),
    ...view.flights
      .filter(({ ref, flight }) => flight.state !== "Ended" && ref !== own.flight)
      .map(({ flight }) => bounds(flight.volumes.flatMap(({ outline }) => outline))),
  ].filter((box) => box !== null);
}

/** A warning where all of these corners are far from all of the boxes; null where not, or where there is nothing else. */
export function farWords(what: string, corners: readonly LonLat[], others: readonly Bounds[]): string | null {
  if (corners.length === 0 || others.length === 0) return null;
  const least = Math.min(...corners.flatMap((at) => others.map((box) => apart(at, nearestIn(box, at)))));
  if (least <= FAR_M) return null;
  const km = many(Math.round(least / 1e5) * 100);
  return `This ${what} lies ${km} km from everything else this node shows. Latitude comes first.`;
}

const nearestIn = ([west, south, east, north]: Bounds, [lon, lat]: LonLat): LonLat => [
  Math.min(Math.max(lon, west), east),
  Math.min(Math.max(lat, south), north),
];
