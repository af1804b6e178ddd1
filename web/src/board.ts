/** The board as the console holds it: a pure fold of one snapshot and the numbered deltas after it. */
import type {
  BoardContact,
  BoardDelta,
  BoardSnapshot,
  BoardTrack,
  Flight,
  IdentifierConflict,
  Party,
  Sector,
  Sensor,
} from "./wire.ts";

export interface Board {
  readonly epoch: string;
  readonly number: number;
  readonly time: number;
  readonly node: string;
  readonly title: string;
  readonly rehearsal: boolean;
  readonly notice: string;
  readonly parties: ReadonlyMap<string, Party>;
  readonly sensors: ReadonlyMap<string, Sensor>;
  readonly sectors: ReadonlyMap<string, Sector>;
  readonly flights: ReadonlyMap<string, Flight>;
  readonly tracks: ReadonlyMap<string, BoardTrack>;
  readonly conflicts: readonly IdentifierConflict[];
  /** The areas of lost tracks. */
  readonly contacts: readonly BoardContact[];
}

/** A delta that does not follow: something was missed, and the board must be asked for anew. */
export class GapError extends Error {
  readonly expected: number;
  readonly found: number;

  constructor(expected: number, found: number) {
    super(`expected delta ${expected}, found ${found}`);
    this.name = "GapError";
    this.expected = expected;
    this.found = found;
  }
}

export function fromSnapshot(snapshot: BoardSnapshot): Board {
  const { epoch, number, time, node, title, rehearsal, notice, conflicts, contacts } = snapshot;
  return {
    epoch,
    number,
    time,
    node,
    title,
    rehearsal,
    notice,
    conflicts,
    contacts,
    parties: byId(snapshot.parties),
    sensors: byId(snapshot.sensors),
    sectors: byId(snapshot.sectors),
    flights: byId(snapshot.flights),
    tracks: byId(snapshot.tracks),
  };
}

/**
 * The board after these deltas, in order; the board given is left as it was. A delta already applied (sent again after
 * a resume) is passed over. Throws GapError where a number is missing.
 */
export function fold(board: Board, deltas: readonly BoardDelta[]): Board {
  let { number, time, conflicts, contacts } = board;
  const tracks = new Map(board.tracks);
  let flights: Map<string, Flight> | null = null;
  for (const delta of deltas) {
    if (delta.number <= number) continue;
    if (delta.number !== number + 1) throw new GapError(number + 1, delta.number);
    number = delta.number;
    time = delta.time;
    for (const track of delta.tracks) tracks.set(track.id, track);
    for (const id of delta.removed) tracks.delete(id);
    if (delta.flights.length > 0) {
      flights ??= new Map(board.flights);
      for (const flight of delta.flights) flights.set(flight.id, flight);
    }
    conflicts = delta.conflicts ?? conflicts;
    contacts = delta.contacts ?? contacts;
  }
  return { ...board, number, time, tracks, flights: flights ?? board.flights, conflicts, contacts };
}

/** Name of a party; its id where nobody has introduced it. */
export function partyName(board: Board, id: string): string {
  return board.parties.get(id)?.name ?? id;
}

function byId<T extends { readonly id: string }>(things: readonly T[]): Map<string, T> {
  return new Map(things.map((thing) => [thing.id, thing]));
}
