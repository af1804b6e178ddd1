/** Which labels are drawn and where: pure, by priority, none over another, none over a symbol while there is room. */
import type { Mark } from "./marks.ts";

/** CSS pixels. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Where the map looks: Mercator centre, pixels per world, size in CSS pixels, device pixels per CSS pixel. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly world: number;
  readonly width: number;
  readonly height: number;
  readonly density: number;
  /** What lies over the map, such as its buttons: no words go under these. CSS pixels. */
  readonly covered: readonly Box[];
}

/** A mark with its place on the screen, CSS pixels. */
export interface Placed {
  readonly mark: Mark;
  readonly px: number;
  readonly py: number;
}

export interface Label {
  readonly lines: readonly string[];
  /** Edge next to the symbol, and the top. */
  readonly x: number;
  readonly y: number;
  /** Whether it lies left of the symbol, aligned right. */
  readonly left: boolean;
}

export const LINE_PX = 14;
/** Width of a letter, generously. */
const LETTER_PX = 7.2;
const GAP_PX = 20;
/** The chosen symbol has a ring around it. */
const CHOSEN_GAP_PX = 27;
const SYMBOL_PX = 13;
const MOST_LABELS = 120;
const MOST_AMONG_MANY = 60;
/** Up to so many marks in view, labels have three lines; up to four times as many, two. */
const FEW = 40;
/** Above so many marks, labels try two places only and may cover symbols: each frame must stay short. */
const MANY = 300;
const NARROW_PX = 500;

/** A lost track has a label of its own accord only where no other mark is so near. */
const ALONE_PX = 70;

/**
 * `placed` has the most important last. Those singled out (the chosen one, the one pointed at) come first and are
 * always labelled: the first of them whole, even where there is no room.
 */
export function placeLabels(placed: readonly Placed[], camera: Camera, singled: readonly Placed[] = []): Label[] {
  const labels: Label[] = [];
  const taken: Box[] = [...camera.covered];
  const symbols = placed.length > MANY ? [] : placed.map(({ px, py }): Box => around(px, py));
  const most = placed.length > 4 * FEW || camera.width < NARROW_PX ? 1 : placed.length > FEW ? 2 : 3;
  const order = new Set([...singled, ...placed.toReversed()]);
  for (const one of order) {
    if (labels.length >= (placed.length > MANY ? MOST_AMONG_MANY : MOST_LABELS)) break;
    const forced = singled.includes(one);
    if (one.mark.status === "lost" && !forced && (placed.length > MANY || !alone(one, placed))) continue;
    // Words without their symbol would be taken for something else's.
    if (!forced && !inside([one.px, one.py, one.px, one.py], camera)) continue;
    const gap = forced ? CHOSEN_GAP_PX : GAP_PX;
    const tries = placed.length > MANY ? 2 : 6;
    const places = candidates(one, forced ? 3 : most, gap, tries);
    const fits = ({ box }: Candidate): boolean =>
      inside(box, camera) &&
      !taken.some((other) => overlap(box, other)) &&
      !symbols.some((other) => overlap(box, other));
    const clear = ({ box }: Candidate): boolean =>
      inside(box, camera) && !camera.covered.some((other) => overlap(box, other));
    // Better the name alone than nothing.
    const short = (): Candidate | undefined => (most > 1 ? candidates(one, 1, gap, tries).find(fits) : undefined);
    const found = places.find(fits) ?? (forced ? (places.find(clear) ?? places[0]) : short());
    if (found === undefined) continue;
    taken.push(found.box);
    labels.push(found.label);
  }
  return labels;
}

function alone(one: Placed, placed: readonly Placed[]): boolean {
  return placed.every((other) => other === one || Math.hypot(other.px - one.px, other.py - one.py) > ALONE_PX);
}

interface Candidate {
  readonly box: Box;
  readonly label: Label;
}

/** Beside the symbol on the side that the leader leaves free, then the other, then above and below these. */
function candidates({ mark, px, py }: Placed, most: number, gap: number, tries: number): Candidate[] {
  const lines = mark.label.slice(0, most);
  const width = Math.max(...lines.map((text) => text.length)) * LETTER_PX;
  const height = lines.length * LINE_PX;
  const sides = mark.leader[0] > 0 ? [true, false] : [false, true];
  const shifts = [0, -height / 2 - 4, height / 2 + 4];
  const all = shifts.flatMap((shift) => sides.map((left) => ({ left, y: py - height / 2 + shift })));
  return all.slice(0, tries).map(({ left, y }) => {
    const x = left ? px - gap : px + gap;
    return { box: [left ? x - width : x, y, left ? x : x + width, y + height], label: { lines, x, y, left } };
  });
}

const around = (px: number, py: number): Box => [px - SYMBOL_PX, py - SYMBOL_PX, px + SYMBOL_PX, py + SYMBOL_PX];
const overlap = (a: Box, b: Box): boolean => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
const inside = (box: Box, camera: Camera): boolean =>
  box[0] >= 0 && box[1] >= 0 && box[2] <= camera.width && box[3] <= camera.height;
