/** The left side but for its tracks: flights, identifier conflicts and feeds, as views. */
import { type Board, partyName } from "./board.ts";
import { h, type View } from "./dom.ts";
import { LOOKS } from "./standing.ts";
import type { Feed, Flight, Role, Standing } from "./wire.ts";
import { clockZ, conflictWords, IDENTIFIER_WORDS, many, span, typeWords } from "./words.ts";

export type Tab = "inbox" | "advisories" | "tracks" | "flights" | "posts" | "people" | "peers" | "conflicts" | "feeds";

/** What each role has before it; the first is open when they sign in. */
export const TABS_OF: Readonly<Record<Role, readonly Tab[]>> = {
  watch: ["tracks", "flights", "conflicts", "feeds"],
  crew: ["inbox", "advisories", "tracks", "flights", "conflicts", "feeds"],
  operator: ["flights", "advisories", "tracks", "conflicts", "feeds"],
  officer: ["flights", "posts", "people", "peers", "advisories", "tracks", "conflicts", "feeds"],
  metrics: ["tracks"],
};

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The standing as a mark of its own shape: border style and word differ for each, so colour is not needed. */
export function standingChip(standing: Standing): View {
  return h("span", { class: `chip standing-${standing}` }, LOOKS[standing].word);
}

/** What a flight is doing by its declared times. */
export function timing(flight: Flight, time: number): string {
  const start = Math.min(...flight.volumes.map((volume) => volume.start));
  const end = Math.max(...flight.volumes.map((volume) => volume.end));
  if (flight.state === "Ended" || time > end) return `ended ${clockZ(end)}`;
  return time < start ? `starts in ${span(start - time)}` : `until ${clockZ(end)}`;
}

/** Whether a node has sensors whose silence would say something. */
export const senses = (board: Board): boolean => board.sensors.size > 0 || board.tracks.size > 0;

export const NO_SENSORS = "This node has no sensors of its own.";

/** What a flight is seen as; nothing where nothing could see it. */
export function seenWords(board: Board | null, tracks: readonly string[]): string {
  if (tracks.length > 0) return `seen as ${tracks.join(", ")}`;
  return board === null || !senses(board) ? "" : "no track is identified as it";
}

/** Ids of the tracks identified as each flight. */
export function tracksByFlight(board: Board): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { id, flight } of board.tracks.values()) {
    if (flight === null) continue;
    const ids = found.get(flight);
    if (ids) ids.push(id);
    else found.set(flight, [id]);
  }
  return found;
}

export function flightRows(
  board: Board,
  filter: string,
  selected: string | null,
  choose: (id: string) => void,
): View[] {
  const identified = tracksByFlight(board);
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const flights = [...board.flights.values()]
    .filter((flight) => {
      const about =
        `${flight.id} ${partyName(board, flight.party)} ${flight.aircraft.type} ${flight.state}`.toLowerCase();
      return words.every((word) => about.includes(word));
    })
    .sort((a, b) => byText(a.id, b.id));
  if (flights.length === 0)
    return [empty(words.length > 0 ? "No flight matches the filter." : "Nobody has declared a flight here.")];
  return flights.map((flight) => {
    const tracks = identified.get(flight.id) ?? [];
    return h(
      "button",
      {
        "data-key": flight.id,
        "data-flight": flight.id,
        type: "button",
        class: "entry",
        "aria-pressed": String(flight.id === selected),
        onclick: () => choose(flight.id),
      },
      h("span", { class: "line" }, h("b", {}, flight.id), h("small", {}, timing(flight, board.time))),
      h(
        "span",
        { class: "line" },
        h("small", {}, `${partyName(board, flight.party)} · ${typeWords(flight.aircraft.type)}`),
      ),
      h(
        "span",
        { class: "line" },
        h("small", {}, flight.state),
        h("small", { class: tracks.length > 0 ? "seen" : "" }, seenWords(board, tracks)),
      ),
    );
  });
}

export function conflictRows(board: Board, choose: (track: string) => void): View[] {
  if (board.conflicts.length === 0) return [empty("No identifier is claimed in two places.")];
  return board.conflicts.map((conflict) =>
    h(
      "div",
      { class: "entry", "data-key": `${conflict.identifier.value}:${conflict.tracks.join()}` },
      h(
        "span",
        { class: "line" },
        h("b", {}, `“${conflict.identifier.value}”`),
        h("small", {}, IDENTIFIER_WORDS[conflict.identifier.kind]),
      ),
      h("span", { class: "line" }, h("small", {}, conflictWords(conflict))),
      h(
        "span",
        { class: "line buttons" },
        ...conflict.tracks.map((id) => h("button", { type: "button", "data-key": id, onclick: () => choose(id) }, id)),
      ),
    ),
  );
}

export function feedRows(feeds: readonly Feed[] | null, problem: string): View[] {
  if (problem !== "") return [empty(problem)];
  if (feeds === null) return [empty("Asking the node.")];
  if (feeds.length === 0) return [empty("This node has no feeds.")];
  return feeds.map((feed) => {
    const rejected = Object.entries(feed.rejected);
    return h(
      "div",
      { class: "entry", "data-key": feed.path },
      h("span", { class: "line" }, h("b", {}, feed.path), h("small", {}, feed.format)),
      h(
        "span",
        { class: "line" },
        h("small", {}, `${many(feed.messages)} messages, ${many(feed.detections)} detections`),
      ),
      rejected.length > 0
        ? h(
            "span",
            { class: "line" },
            h("small", {}, `rejected: ${rejected.map(([why, n]) => `${many(n)} ${why}`).join(", ")}`),
          )
        : null,
      feed.last_error === "" ? null : h("span", { class: "line" }, h("small", { class: "warn" }, feed.last_error)),
    );
  });
}

export const empty = (words: string): View => h("p", { class: "empty" }, words);
