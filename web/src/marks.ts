/** The moving half of the picture: what to draw for each track, in Mercator units. Pure; `picture.ts` draws it. */
import type { Board } from "./board.ts";
import { isDoubtful } from "./contact.ts";
import { ellipse, type LonLat, mercator } from "./geo.ts";
import { LOOKS, sidc } from "./standing.ts";
import type { BoardTrack, Standing } from "./wire.ts";
import { clockZ, percent } from "./words.ts";

/** Seconds without contact after which a coasting track has faded as far as it will. */
const FADED_S = 60;
const LEAST_OPACITY = 0.4;

export interface Mark {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly standing: Standing;
  readonly status: BoardTrack["status"];
  /** Number SIDC; empty for a lost track, which is a cross at its last contact. */
  readonly sidc: string;
  readonly opacity: number;
  /** End of the velocity leader relative to the symbol, pixels; y down. Longer is faster, not to the map's scale. */
  readonly leader: readonly [number, number];
  /** Name, standing, and what moves: at most three lines, the most important first. */
  readonly label: readonly string[];
  readonly shadowed: boolean;
  readonly conflict: boolean;
  /** Its number may be another aircraft's. */
  readonly doubtful: boolean;
  /** What gives way where two would overlap: the higher stays, and lies on top. Lost tracks give way to all others. */
  readonly priority: number;
}

/** Where its mark is: a lost track's at its last contact. */
export function markedAt({ status, lon, lat, last_contact }: BoardTrack): LonLat {
  return status === "lost" ? [last_contact.lon, last_contact.lat] : [lon, lat];
}

export function mark(board: Board, track: BoardTrack): Mark {
  const lost = track.status === "lost";
  const [x, y] = mercator(...markedAt(track));
  const age = board.time - track.last_contact.time;
  return {
    id: track.id,
    x,
    y,
    standing: track.standing,
    status: track.status,
    sidc: lost ? "" : sidc(board, track),
    opacity: track.status === "confirmed" ? 1 : Math.max(LEAST_OPACITY, 1 - age / FADED_S),
    leader: lost ? [0, 0] : leader(track.velocity[0], track.velocity[1]),
    label: label(track, age),
    shadowed: track.shadowed,
    conflict: track.conflicts.length > 0,
    doubtful: isDoubtful(track),
    priority:
      (track.conflicts.length > 0 ? 10 : 0) + (track.shadowed ? 5 : 0) - (lost ? 100 : 0) - LOOKS[track.standing].rank,
  };
}

/** All marks, those drawn last (on top) last. Unchanged tracks that do not age keep their mark. */
export class Marks {
  #of = new WeakMap<BoardTrack, Mark>();
  #flights: unknown = null;

  all(board: Board): Mark[] {
    if (this.#flights !== board.flights) {
      this.#of = new WeakMap();
      this.#flights = board.flights;
    }
    const marks: Mark[] = [];
    for (const track of board.tracks.values()) {
      let made = this.#of.get(track);
      if (made === undefined || track.status === "coasting") {
        made = mark(board, track);
        this.#of.set(track, made);
      }
      marks.push(made);
    }
    return marks.sort((a, b) => a.priority - b.priority);
  }
}

function leader(east: number, north: number): readonly [number, number] {
  const speed = Math.hypot(east, north);
  if (speed < 1) return [0, 0];
  const length = Math.min(72, 26 + speed * 0.2);
  return [(east / speed) * length, (-north / speed) * length];
}

/** What to call a track: the flight it is identified as, else what it claims (quoted: a claim), else its number. */
export function title(track: BoardTrack): string {
  if (track.flight !== null) return track.flight;
  const claim = track.identifiers.find(({ kind }) => kind === "callsign") ?? track.identifiers[0];
  return claim === undefined ? track.id : `“${claim.value}”`;
}

function label(track: BoardTrack, age: number): readonly string[] {
  if (track.status === "lost") {
    const { time, height_m } = track.last_contact;
    const name = title(track);
    const high = height_m === null ? "height not known" : `${Math.round(height_m)} m`;
    return [name === track.id ? name : `${name} · ${track.id}`, `last contact ${clockZ(time)}`, high];
  }
  const standing = LOOKS[track.standing].word + (track.flight === null ? "" : ` ${percent(track.probability)}`);
  const height = track.height_m ?? track.pressure_altitude_m;
  const moving = `${height === null ? "height not known" : `${Math.round(height)} m`} · ${Math.round(Math.hypot(track.velocity[0], track.velocity[1]))} m/s`;
  return [title(track), standing, track.status === "coasting" ? `coasting ${Math.round(age)} s` : moving];
}

/** The 95 % ellipse of a track's position as x, y, x, y …; Mercator units, closed. */
export function uncertainty(track: BoardTrack): number[] {
  return ellipse([track.lon, track.lat], track.covariance).flatMap(([lon, lat]) => [...mercator(lon, lat)]);
}
