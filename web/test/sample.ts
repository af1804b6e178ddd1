/** What the tests share: the board of fixtures/board.json (made by the Python model) and small variations of it. */
import { readFileSync } from "node:fs";
import { type Board, fromSnapshot } from "../src/board.ts";
import { type BoardDelta, type BoardTrack, parseLive, parseTrackDetail, type TrackDetail } from "../src/wire.ts";

const path = new URL("./fixtures/board.json", import.meta.url);
// biome-ignore lint/suspicious/noExplicitAny: tests break it in ways that no type describes
export const raw: any = JSON.parse(readFileSync(path, "utf8"));

export function board(): Board {
  const message = parseLive(JSON.stringify(raw.snapshot));
  if (message.kind !== "snapshot") throw new Error("the fixture has no snapshot");
  return fromSnapshot(message.snapshot);
}

export function delta(number: number, change: Partial<BoardDelta> = {}): BoardDelta {
  return {
    number,
    time: 1000 + number,
    rehearsal: true,
    tracks: [],
    removed: [],
    flights: [],
    conflicts: null,
    contacts: null,
    ...change,
  };
}

export function track(change: Partial<BoardTrack> = {}): BoardTrack {
  return { ...(raw.snapshot.tracks[0] as BoardTrack), ...change };
}

export const detail = (): TrackDetail => parseTrackDetail(JSON.stringify(raw.detail));

/** The board with these tracks only. */
export function boardOf(...tracks: BoardTrack[]): Board {
  return { ...board(), tracks: new Map(tracks.map((one) => [one.id, one])) };
}
