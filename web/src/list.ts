/** The left side: tracks, flights, identifier conflicts and feeds, as views. */
import { type Board, partyName } from "./board.ts";
import { h, type View } from "./dom.ts";
import { title } from "./marks.ts";
import { LOOKS, sidc } from "./standing.ts";
import type { BoardTrack, Feed, Flight, Standing } from "./wire.ts";
import { clock, clockZ, conflictWords, IDENTIFIER_WORDS, many, percent, span, typeWords } from "./words.ts";

export const SORTS = ["standing", "name", "contact"] as const;
export type Sort = (typeof SORTS)[number];
export const SORT_WORDS: Readonly<Record<Sort, string>> = {
  standing: "Standing",
  name: "Name",
  contact: "Last contact",
};

export const TABS = ["tracks", "flights", "conflicts", "feeds"] as const;
export type Tab = (typeof TABS)[number];

/** Height of a track's row, pixels; the same in style.css. */
export const ROW_PX = 40;

/** Makes the symbol of a number SIDC as the address of a picture. */
export type PictureOf = (sidc: string) => string;

/** Tracks whose words contain every word of the filter, in the chosen order; ties by id, so that rows stay put. */
export function rows(board: Board, filter: string, sort: Sort): BoardTrack[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...board.tracks.values()].filter(
    (track) => words.length === 0 || words.every((word) => searchable(board, track).includes(word)),
  );
  const first = ORDERS[sort];
  return found.sort((a, b) => first(a, b) || byText(a.id, b.id));
}

/** What is no longer in the air comes last, whatever it was. */
const rank = ({ status, standing }: BoardTrack): number => (status === "lost" ? 100 : LOOKS[standing].rank);
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const ORDERS: Readonly<Record<Sort, (a: BoardTrack, b: BoardTrack) => number>> = {
  standing: (a, b) => rank(a) - rank(b),
  name: (a, b) => byText(title(a), title(b)),
  contact: (a, b) => Math.floor(b.last_contact.time) - Math.floor(a.last_contact.time),
};

function searchable(board: Board, track: BoardTrack): string {
  const flight = track.flight === null ? undefined : board.flights.get(track.flight);
  const party = flight === undefined ? "" : `${flight.party} ${partyName(board, flight.party)}`;
  const claims = track.identifiers.map(({ value }) => value).join(" ");
  const flags = `${track.shadowed ? "shadowed" : ""} ${track.conflicts.length > 0 ? "conflict" : ""}`;
  return `${track.id} ${LOOKS[track.standing].word} ${track.status} ${track.flight ?? ""} ${party} ${claims} ${flags}`.toLowerCase();
}

/** The standing as a mark of its own shape: border style and word differ for each, so colour is not needed. */
export function standingChip(standing: Standing): View {
  return h("span", { class: `chip standing-${standing}` }, LOOKS[standing].word);
}

/** The rows between two scroll positions only, on a spacer as high as all of them. */
export function trackRows(
  board: Board,
  tracks: readonly BoardTrack[],
  window: { readonly top: number; readonly height: number },
  selected: string | null,
  picture: PictureOf,
  choose: (id: string) => void,
): View {
  const from = Math.max(0, Math.floor(window.top / ROW_PX) - 4);
  const to = Math.min(tracks.length, Math.ceil((window.top + window.height) / ROW_PX) + 4);
  const shown = tracks
    .slice(from, to)
    .map((track, i) => trackRow(board, track, from + i, tracks.length, track.id === selected, picture, choose));
  return h("div", { class: "spacer", role: "presentation", style: `height: ${tracks.length * ROW_PX}px` }, shown);
}

function trackRow(
  board: Board,
  track: BoardTrack,
  index: number,
  total: number,
  selected: boolean,
  picture: PictureOf,
  choose: (id: string) => void,
): View {
  const age = board.time - track.last_contact.time;
  const name = title(track);
  return h(
    "div",
    {
      "data-key": track.id,
      "data-testid": "track-row",
      "data-track": track.id,
      "data-standing": track.standing,
      id: `row-${track.id}`,
      class: `row ${track.status}`,
      style: `top: ${index * ROW_PX}px`,
      role: "option",
      "aria-selected": String(selected),
      "aria-setsize": total,
      "aria-posinset": index + 1,
      onclick: () => choose(track.id),
    },
    track.status === "lost"
      ? h("span", { class: "cross", "aria-hidden": "true" }, "×")
      : h("img", { src: picture(sidc(board, track)), alt: "", width: 26, height: 24 }),
    h("span", { class: "name" }, h("b", {}, name), h("small", {}, name === track.id ? "" : track.id, ...badges(track))),
    h(
      "span",
      { class: "state" },
      standingChip(track.standing),
      track.flight === null ? null : h("small", {}, percent(track.probability)),
    ),
    h("span", { class: "age" }, track.status === "confirmed" ? span(age) : statusWords(track, age)),
  );
}

function statusWords(track: BoardTrack, age: number): string {
  return track.status === "lost" ? `lost ${clock(track.last_contact.time).slice(0, 5)}` : `coasting ${span(age)}`;
}

function badges(track: BoardTrack): (View | null)[] {
  return [
    track.conflicts.length > 0
      ? h("span", { class: "badge", title: "Its identifier is claimed elsewhere too" }, "ID")
      : null,
    track.shadowed
      ? h("span", { class: "badge", title: "Shadowed: another aircraft is so close that the two may be confused" }, "≈")
      : null,
  ];
}

/** What a flight is doing by its declared times. */
export function timing(flight: Flight, time: number): string {
  const start = Math.min(...flight.volumes.map((volume) => volume.start));
  const end = Math.max(...flight.volumes.map((volume) => volume.end));
  if (flight.state === "Ended" || time > end) return `ended ${clockZ(end)}`;
  return time < start ? `starts in ${span(start - time)}` : `until ${clockZ(end)}`;
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
        h(
          "small",
          { class: tracks.length > 0 ? "seen" : "" },
          tracks.length > 0 ? `seen as ${tracks.join(", ")}` : "no track is identified as it",
        ),
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
