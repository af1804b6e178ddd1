/**
 * The list of tracks: which rows there are, what keys do on them, and the rows in sight as views. Lost tracks lie below
 * the others, under a row of their own that opens and closes: what flies now must not be pushed out of sight by them.
 */
import { type Board, partyName } from "./board.ts";
import { isDoubtful } from "./contact.ts";
import { h, type View } from "./dom.ts";
import { moved } from "./keys.ts";
import { byText, standingChip } from "./list.ts";
import { title } from "./marks.ts";
import { LOOKS, sidc } from "./standing.ts";
import type { BoardTrack } from "./wire.ts";
import { clock, many, percent, span } from "./words.ts";

export const SORTS = ["standing", "name", "contact"] as const;
export type Sort = (typeof SORTS)[number];
export const SORT_WORDS: Readonly<Record<Sort, string>> = {
  standing: "Standing",
  name: "Name",
  contact: "Last contact",
};

/** Height of a row, pixels; the same in style.css. */
export const ROW_PX = 40;

/** Makes the symbol of a number SIDC as the address of a picture. */
export type PictureOf = (sidc: string) => string;

/** A row's id in the list; no track has the id of the group, which has a space. */
export const LOST_GROUP = "lost tracks";

/** The row over the lost tracks: how many they are, and whether they are shown. */
export interface LostGroup {
  readonly id: typeof LOST_GROUP;
  readonly count: number;
  readonly open: boolean;
}
export type Row = BoardTrack | LostGroup;
const isGroup = (row: Row): row is LostGroup => row.id === LOST_GROUP;

/**
 * Tracks whose words contain every word of the filter, in the chosen order, ties by id, so that rows stay put; then the
 * row of the lost ones, where there are any, and where `open` these.
 */
export function rows(board: Board, filter: string, sort: Sort, open: boolean): Row[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const first = ORDERS[sort];
  const found = [...board.tracks.values()]
    .filter((track) => words.length === 0 || words.every((word) => searchable(board, track).includes(word)))
    .sort((a, b) => first(a, b) || byText(a.id, b.id));
  const seen = found.filter(({ status }) => status !== "lost");
  const lost = found.filter(({ status }) => status === "lost");
  if (lost.length === 0) return seen;
  return [...seen, { id: LOST_GROUP, count: lost.length, open }, ...(open ? lost : [])];
}

/** How many tracks the rows stand for, those under a closed group too. */
export function counted(list: readonly Row[]): number {
  const group = list.find(isGroup);
  return group === undefined ? list.length : list.indexOf(group) + group.count;
}

const ORDERS: Readonly<Record<Sort, (a: BoardTrack, b: BoardTrack) => number>> = {
  standing: (a, b) => LOOKS[a.standing].rank - LOOKS[b.standing].rank,
  name: (a, b) => byText(title(a), title(b)),
  contact: (a, b) => Math.floor(b.last_contact.time) - Math.floor(a.last_contact.time),
};

function searchable(board: Board, track: BoardTrack): string {
  const flight = track.flight === null ? undefined : board.flights.get(track.flight);
  const party = flight === undefined ? "" : `${flight.party} ${partyName(board, flight.party)}`;
  const claims = track.identifiers.map(({ value }) => value).join(" ");
  const flags = `${track.shadowed ? "shadowed" : ""} ${track.conflicts.length > 0 ? "conflict" : ""} ${isDoubtful(track) ? "doubtful" : ""}`;
  return `${track.id} ${LOOKS[track.standing].word} ${track.status} ${track.flight ?? ""} ${party} ${claims} ${flags}`.toLowerCase();
}

/** What a key does: goes to a row, shows the row's track on the map, or opens and closes the lost tracks. */
export type Step =
  | { readonly kind: "go"; readonly index: number }
  | { readonly kind: "show" }
  | { readonly kind: "open"; readonly open: boolean };

/** `at` is the row that the keys are on, -1 for none; `page` is how many rows are in sight. Null for no meaning here. */
export function step(key: string, list: readonly Row[], at: number, page: number): Step | null {
  const group = list.findIndex(isGroup);
  const row = list[at];
  if (row !== undefined && isGroup(row)) {
    if (key === "Enter" || key === " ") return { kind: "open", open: !row.open };
    if (key === "ArrowRight" || key === "ArrowLeft") return { kind: "open", open: key === "ArrowRight" };
  } else if (row !== undefined) {
    if (key === "Enter") return { kind: "show" };
    if (key === "ArrowLeft" && group >= 0 && at > group) return { kind: "go", index: group };
  }
  const index = moved(key, at, list.length, page);
  return index === null ? null : { kind: "go", index };
}

/**
 * Where the keys are: on the group's row if they were moved there, else on the selected track. A selected track that
 * lies under the closed group, because it was lost since, leaves them on the group.
 */
export function keysAt(list: readonly Row[], selected: BoardTrack | null, onGroup: boolean): number {
  const found = onGroup || selected === null ? -1 : list.findIndex(({ id }) => id === selected.id);
  return found < 0 && (onGroup || selected?.status === "lost") ? list.findIndex(isGroup) : found;
}

interface Sight {
  /** Scroll position and height, pixels. */
  readonly top: number;
  readonly height: number;
  readonly selected: string | null;
  /** The row that the keys are on, -1 for none. */
  readonly at: number;
}

interface RowActions {
  choose(id: string): void;
  open(open: boolean): void;
}

/** The rows between two scroll positions only, on a spacer as high as all of them. */
export function trackRows(
  board: Board,
  list: readonly Row[],
  sight: Sight,
  picture: PictureOf,
  actions: RowActions,
): View {
  const from = Math.max(0, Math.floor(sight.top / ROW_PX) - 4);
  const to = Math.min(list.length, Math.ceil((sight.top + sight.height) / ROW_PX) + 4);
  const group = list.findIndex(isGroup);
  const level = group < 0 ? list.length : group + 1;
  const shown = list.slice(from, to).map((row, i) => {
    const index = from + i;
    const within = index > group && group >= 0;
    const place = {
      style: `top: ${index * ROW_PX}px`,
      role: "treeitem",
      "aria-level": within ? 2 : 1,
      "aria-setsize": within ? list.length - level : level,
      "aria-posinset": within ? index - group : index + 1,
    };
    return isGroup(row)
      ? groupRow(row, index === sight.at, place, actions)
      : trackRow(board, row, row.id === sight.selected, place, picture, actions);
  });
  return h("div", { class: "spacer", role: "presentation", style: `height: ${list.length * ROW_PX}px` }, shown);
}

/** The id of a row's element, for `aria-activedescendant`. */
export const rowElement = (row: Row): string => (isGroup(row) ? "row-lost-group" : `row-${row.id}`);

type Place = Readonly<Record<string, string | number>>;

function groupRow(row: LostGroup, at: boolean, place: Place, actions: RowActions): View {
  return h(
    "div",
    {
      ...place,
      "data-key": row.id,
      "data-testid": "lost-group",
      id: rowElement(row),
      class: `row group${at ? " at" : ""}`,
      "aria-expanded": String(row.open),
      title: "Lost: not heard of for so long that it is no longer followed",
      onclick: () => actions.open(!row.open),
    },
    h("span", { class: "fold", "aria-hidden": "true" }, row.open ? "▾" : "▸"),
    h("span", { class: "name" }, `lost (${many(row.count)})`),
  );
}

function trackRow(
  board: Board,
  track: BoardTrack,
  selected: boolean,
  place: Place,
  picture: PictureOf,
  actions: RowActions,
): View {
  const age = board.time - track.last_contact.time;
  const name = title(track);
  return h(
    "div",
    {
      ...place,
      "data-key": track.id,
      "data-testid": "track-row",
      "data-track": track.id,
      "data-standing": track.standing,
      id: rowElement(track),
      class: `row ${track.status}`,
      "aria-selected": String(selected),
      onclick: () => actions.choose(track.id),
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
    isDoubtful(track)
      ? h("span", { class: "badge", title: `Its number may be another aircraft's: ${percent(track.doubt)}` }, "no.?")
      : null,
  ];
}
