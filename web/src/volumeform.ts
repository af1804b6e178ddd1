/** The volumes of a form, as typed and as meant: shared by flights and zones. Pure. */
import { crossing } from "./outline.ts";
import { placeText, timeText, typedCorners, typedNumber, typedTime } from "./typed.ts";
import type { Volume4D } from "./wire.ts";

/** As typed. `outline` has a corner a line; heights are metres above the ellipsoid; times are UTC. */
export interface VolumeRow {
  readonly outline: string;
  readonly lower_m: string;
  readonly upper_m: string;
  readonly start: string;
  readonly end: string;
}

export const VOLUME_FIELDS = ["outline", "lower_m", "upper_m", "start", "end"] as const;

/** A new one: like the last, but without corners, and beginning where that one ends. */
export function anotherVolume(rows: readonly VolumeRow[], start: number): VolumeRow {
  const last = rows.at(-1);
  if (last) return { ...last, outline: "", start: last.end, end: "" };
  return { outline: "", lower_m: "", upper_m: "", start: timeText(start), end: timeText(start + 3600) };
}

export const volumeRow = (volume: Volume4D): VolumeRow => ({
  outline: volume.outline.map(placeText).join("\n"),
  lower_m: String(volume.lower_m),
  upper_m: String(volume.upper_m),
  start: timeText(volume.start),
  end: timeText(volume.end),
});

/** The volume that a row means; null, with `problem` called for each field, where it means none. */
export function readVolume(
  row: VolumeRow,
  now: number,
  problem: (field: (typeof VOLUME_FIELDS)[number], words: string) => void,
): Volume4D | null {
  let good = true;
  const wrong = (field: (typeof VOLUME_FIELDS)[number], words: string): void => {
    good = false;
    problem(field, words);
  };
  const outline = typedCorners(row.outline);
  const found = outlineProblem(outline);
  if (found !== null) wrong("outline", found);
  const [lower, upper] = [typedNumber(row.lower_m), typedNumber(row.upper_m)];
  if (lower === null) wrong("lower_m", METRES);
  if (upper === null) wrong("upper_m", METRES);
  if (lower !== null && upper !== null && lower >= upper) wrong("upper_m", "Not above the lower height.");
  const [start, end] = [typedTime(row.start, now), typedTime(row.end, now)];
  if (start === null) wrong("start", UTC);
  if (end === null) wrong("end", UTC);
  if (start !== null && end !== null && start >= end) wrong("end", "Not after the start.");
  if (!good) return null;
  return {
    outline: outline as Volume4D["outline"],
    lower_m: lower as number,
    upper_m: upper as number,
    start: start as number,
    end: end as number,
  };
}

export const METRES = "A number of metres above the WGS-84 ellipsoid, such as 120.";
export const UTC = "A time in UTC, such as 2019-11-21 12:00:00Z, or 12:00.";

function outlineProblem(outline: ReturnType<typeof typedCorners>): string | null {
  if (typeof outline === "number") return `Line ${outline} is no corner: latitude, longitude, such as 32.90 13.18.`;
  const corners = outline.length > 3 && String(outline[0]) === String(outline.at(-1)) ? "closed" : outline.length;
  if (corners === "closed") return "Leave out the last corner: it repeats the first.";
  if (corners < 3) return "Three corners or more, in order around it.";
  const crossed = crossing(outline);
  if (crossed) return `Its edges ${crossed[0]} and ${crossed[1]} cross: give the corners in order around it.`;
  return null;
}
