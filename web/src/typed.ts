/** What people type: numbers, times in UTC, corners; and paths into a form, such as `volumes[0].start`. Pure. */
import { rounded } from "./drawing.ts";
import type { LonLat } from "./geo.ts";
import { clock, day } from "./words.ts";

/** A plain decimal number, also with a true minus; null for anything else. A comma could be either thing. */
export function typedNumber(text: string): number | null {
  const plain = text.trim().replace("−", "-");
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : null;
}

/** "2019-11-21 12:00:00Z", as `typedTime` reads it. */
export const timeText = (time: number): string => `${day(time)} ${clock(time)}Z`;

/**
 * Unix seconds of a time in UTC: "2019-11-21 12:00:00Z", with T or a blank, with or without seconds and Z; or the time
 * alone, which is meant within half a day of `now`. Null for anything else, and for dates that do not exist.
 */
export function typedTime(text: string, now: number): number | null {
  const found = /^(?:(\d{4}-\d\d-\d\d)[ T])?(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?\s*Z?$/i.exec(text.trim());
  if (found === null) return null;
  const [, date, hour, minute, second = "00"] = found;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) >= 60) return null;
  const days = Date.parse(`${date ?? day(now)}T00:00:00Z`) / 1000;
  if (Number.isNaN(days) || day(days) !== (date ?? day(now))) return null;
  const time = days + Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  return date === undefined ? time - Math.round((time - now) / 86_400) * 86_400 : time;
}

/** "32.68 13.17" (latitude first, as people say it) or "13.17 E 32.68 N" (either order); null for anything else. */
export function typedPlace(text: string): LonLat | null {
  const parts = [...text.matchAll(/([+\-−]?[\d.]+)\s*°?\s*([NSEW])?/gi)];
  const rest = text.replace(/([+\-−]?[\d.]+)\s*°?\s*([NSEW])?/gi, "").replace(/[\s,;]/g, "");
  const [first, second] = parts.map(([, digits = "", letter = ""]) => ({
    value: typedNumber(digits),
    letter: letter.toUpperCase(),
  }));
  if (!first || !second || parts.length !== 2 || rest !== "" || first.value === null || second.value === null)
    return null;
  const letters = `${first.letter}${second.letter}`;
  const signed = ({ value, letter }: typeof first): number =>
    (letter === "S" || letter === "W" ? -1 : 1) * (value ?? 0);
  const [a, b] = [signed(first), signed(second)];
  if (/^[NS][EW]$/.test(letters) || letters === "") return [b, a];
  return /^[EW][NS]$/.test(letters) ? [a, b] : null;
}

export const placeText = (at: LonLat): string => rounded(at).toReversed().join(" ");

/** A place on the earth, as typed; null for none. */
function corner(line: string): LonLat | null {
  const at = typedPlace(line);
  return at === null || Math.abs(at[0]) > 180 || Math.abs(at[1]) > 90 ? null : at;
}

/** The corners that can be read so far, to be drawn while somebody types. */
export const cornersSoFar = (text: string): LonLat[] =>
  text
    .split("\n")
    .map(corner)
    .filter((at) => at !== null);

/** The corners of a text with one a line; a line's number (from 1) where it cannot be read. */
export function typedCorners(text: string): LonLat[] | number {
  const corners: LonLat[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const at = corner(line);
    if (at === null) return i + 1;
    corners.push(at);
  }
  return corners;
}

/** Names and indices of a path. */
const steps = (path: string): (string | number)[] =>
  [...path.matchAll(/([^.[\]]+)/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));

/** A copy of a form with the value at a path changed. Throws where the form has no such place. */
export function changed<T>(form: T, path: string, value: unknown): T {
  const put = (at: unknown, [step, ...rest]: readonly (string | number)[]): unknown => {
    if (step === undefined) return value;
    if (typeof at !== "object" || at === null || !(step in at)) throw new Error(`the form has no ${path}`);
    const inner = put((at as Record<string | number, unknown>)[step], rest);
    return Array.isArray(at) ? at.with(step as number, inner) : { ...at, [step]: inner };
  };
  return put(form, steps(path)) as T;
}

/** The text at a path of a form; empty where there is none. */
export function textAt(form: unknown, path: string): string {
  let at: unknown = form;
  for (const step of steps(path)) at = (at as Record<string | number, unknown> | null | undefined)?.[step];
  return typeof at === "string" ? at : "";
}

/** What is wrong, by the path of the field; the empty path for the whole. */
export type Problems = ReadonlyMap<string, string>;

/**
 * The field of a form that a server's `where` means: the longest path of it that the form has ("volumes.0.outline[3]" is
 * "volumes[0].outline"); a bare name that only one field ends in is that field. Empty for none.
 */
export function fieldOf(where: string, fields: readonly string[]): string {
  const parts = steps(where);
  const join = (list: readonly (string | number)[]): string =>
    list.reduce<string>((path, part) => {
      if (typeof part === "number") return `${path}[${part}]`;
      return path === "" ? part : `${path}.${part}`;
    }, "");
  for (let from = 0; from < parts.length; from++) {
    for (let to = parts.length; to > from; to--) {
      const path = join(parts.slice(from, to));
      if (fields.includes(path)) return path;
      // The aircraft's fields lie within `aircraft`, and a where may leave that out.
      const ends = fields.filter((field) => field.endsWith(`.${path}`));
      if (ends.length === 1) return ends[0] ?? "";
    }
  }
  return "";
}
