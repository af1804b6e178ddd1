/** Where each track has been, as far as this console saw it: the last five minutes, a point every few seconds. */
import { mercator } from "./geo.ts";
import type { BoardTrack } from "./wire.ts";

export const KEPT_S = 300;
export const SPACING_S = 5;

/** Points of one trail: time, x, y and so on; x and y in Mercator units (see `mercator`). */
export type Trail = readonly number[];

export class Trails {
  readonly #points = new Map<string, number[]>();

  of(id: string): Trail {
    return this.#points.get(id) ?? [];
  }

  entries(): Iterable<[string, Trail]> {
    return this.#points.entries();
  }

  /** Remembers where a track is now. Lost tracks do not move: their place is a prediction. */
  add(track: BoardTrack): void {
    if (track.status !== "confirmed") return;
    let points = this.#points.get(track.id);
    if (points === undefined) {
      points = [];
      this.#points.set(track.id, points);
    }
    const last = points.at(-3);
    if (last !== undefined && track.time - last < SPACING_S) return;
    const [x, y] = mercator(track.lon, track.lat);
    points.push(track.time, x, y);
    let old = 0;
    while ((points[old] ?? Infinity) < track.time - KEPT_S) old += 3;
    if (old > 0) points.splice(0, old);
  }

  forget(id: string): void {
    this.#points.delete(id);
  }

  clear(): void {
    this.#points.clear();
  }
}
