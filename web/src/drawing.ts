/** Drawing on the map, as a state machine: what was drawn so far and an event give what is drawn then. Pure. */
import type { LonLat } from "./geo.ts";

/** A closed outline, or an open line. */
export type Shape = "outline" | "line";

export interface Drawing {
  readonly shape: Shape;
  /** In the order in which they were put down; the outline is not closed by a repeated corner. */
  readonly corners: readonly LonLat[];
  /** The corner that is being dragged; null for none. */
  readonly held: number | null;
  readonly phase: "open" | "finished" | "cancelled";
}

/** `reach` is how near two places may be to be the same one to a hand, degrees. */
export type Stroke =
  | { readonly kind: "press"; readonly at: LonLat; readonly reach: number }
  | { readonly kind: "grab"; readonly at: LonLat; readonly reach: number }
  | { readonly kind: "move"; readonly at: LonLat }
  | { readonly kind: "drop" }
  | { readonly kind: "back" }
  | { readonly kind: "finish" }
  | { readonly kind: "cancel" };

export const FEWEST: Readonly<Record<Shape, number>> = { outline: 3, line: 2 };

/** A drawing to go on with, from the corners there are. */
export function begin(shape: Shape, corners: readonly LonLat[] = []): Drawing {
  return { shape, corners, held: null, phase: "open" };
}

/** Whether there are corners enough to finish. */
export const enough = ({ shape, corners }: Drawing): boolean => corners.length >= FEWEST[shape];

export function draw(drawing: Drawing, stroke: Stroke): Drawing {
  if (drawing.phase !== "open") return drawing;
  const { corners, held } = drawing;
  switch (stroke.kind) {
    case "press":
      return press(drawing, stroke.at, stroke.reach);
    case "grab":
      return { ...drawing, held: nearest(corners, stroke.at, stroke.reach) };
    case "move":
      if (held === null) return drawing;
      return { ...drawing, corners: corners.with(held, rounded(stroke.at)) };
    case "drop":
      return { ...drawing, held: null };
    case "back":
      return { ...drawing, held: null, corners: corners.slice(0, -1) };
    case "finish":
      return enough(drawing) ? { ...drawing, held: null, phase: "finished" } : drawing;
    case "cancel":
      return { ...drawing, held: null, phase: "cancelled" };
  }
}

/** A new corner; none where there is one already (the second half of a double click); the first corner closes an outline. */
function press(drawing: Drawing, at: LonLat, reach: number): Drawing {
  const hit = nearest(drawing.corners, at, reach);
  if (hit === null) return { ...drawing, corners: [...drawing.corners, rounded(at)] };
  const closes = drawing.shape === "outline" && hit === 0 && enough(drawing);
  return closes ? { ...drawing, held: null, phase: "finished" } : drawing;
}

/** Index of the corner nearest to a place, within reach; null for none. */
export function nearest(corners: readonly LonLat[], at: LonLat, reach: number): number | null {
  let [best, least] = [null as number | null, reach];
  const shrink = Math.cos((at[1] * Math.PI) / 180);
  corners.forEach((corner, i) => {
    const away = Math.hypot((corner[0] - at[0]) * shrink, corner[1] - at[1]);
    if (away <= least) [best, least] = [i, away];
  });
  return best;
}

/** To a tenth of a metre: more digits would say more than a hand can. */
export const rounded = ([lon, lat]: LonLat): LonLat => [Math.round(lon * 1e6) / 1e6, Math.round(lat * 1e6) / 1e6];
