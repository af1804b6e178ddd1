/** What is in a flights.json (docs/reference/formats.md), told before it is sent. The node reads it exactly. Pure. */
import { timeText, typedTime } from "./typed.ts";

export interface FileFlight {
  readonly id: string;
  readonly party: string;
  readonly volumes: number;
  /** Unix seconds; null where they cannot be read. */
  readonly start: number | null;
  readonly end: number | null;
}

export interface FileSummary {
  readonly flights: readonly FileFlight[];
  /** Why it cannot be sent; empty where it can. */
  readonly problem: string;
}

/** The node refuses longer bodies. */
export const LONGEST_BYTES = 1024 * 1024;

export function summary(text: string): FileSummary {
  if (new TextEncoder().encode(text).length > LONGEST_BYTES) return none("It is longer than 1 MiB: send it in parts.");
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return none(`It is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (!Array.isArray(body)) return none("It is not a list of flights.");
  if (body.length === 0) return none("It is an empty list: there is nothing to declare.");
  const odd = body.findIndex((one) => typeof one?.id !== "string" || one.id.trim() === "");
  if (odd >= 0) return none(`Its flight ${odd + 1} has no id.`);
  const flights = body.map(flightOf);
  const again = flights.find(({ id }, i) => flights.findIndex((one) => one.id === id) !== i);
  return { flights, problem: again === undefined ? "" : `${again.id} is in it twice.` };
}

const none = (problem: string): FileSummary => ({ flights: [], problem });

function flightOf(one: Record<string, unknown>): FileFlight {
  const volumes = Array.isArray(one.volumes) ? (one.volumes as (Record<string, unknown> | null)[]) : [];
  const times = (name: string): (number | null)[] => volumes.map((volume) => moment(volume?.[name]));
  const whole = (list: (number | null)[]): list is number[] => list.length > 0 && list.every((time) => time !== null);
  const [starts, ends] = [times("start"), times("end")];
  return {
    id: String(one.id),
    party: typeof one.party === "string" ? one.party : "",
    volumes: volumes.length,
    start: whole(starts) ? Math.min(...starts) : null,
    end: whole(ends) ? Math.max(...ends) : null,
  };
}

function moment(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return null;
  const zoned = Date.parse(value);
  return typedTime(value, 0) ?? (/(Z|[+-]\d\d:?\d\d)$/i.test(value) && !Number.isNaN(zoned) ? zoned / 1000 : null);
}

/** "3 volumes, 2019-11-21 12:00:00Z to 2019-11-21 13:00:00Z". */
export function fileWords({ volumes, start, end }: FileFlight): string {
  const many = `${volumes} ${volumes === 1 ? "volume" : "volumes"}`;
  return start === null || end === null
    ? `${many}, times not readable here`
    : `${many}, ${timeText(start)} to ${timeText(end)}`;
}
