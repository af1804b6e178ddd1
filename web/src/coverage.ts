/** Flights with their coverage, their conflicts, their moves and who looked at them, as views. Pure. */
import { type Board, partyName } from "./board.ts";
import {
  COVERAGE_STATES,
  type Coverage,
  type CoverageState,
  type DeskFlight,
  type DeskView,
  type FlightConflict,
  type Look,
  type Zone,
} from "./deskwire.ts";
import { h, type View } from "./dom.ts";
import type { LonLat } from "./geo.ts";
import { byText, empty, seenWords, timing, tracksByFlight } from "./list.ts";
import type { Flight } from "./wire.ts";
import { clock, clockZ, distance, heights, position, span, typeWords } from "./words.ts";

/** A word and a mark of its own for each state: colour only helps. Worst first, which is the order of chips. */
export const COVERAGE_LOOKS: Readonly<Record<CoverageState, { readonly mark: string; readonly word: string }>> = {
  refused: { mark: "✕", word: "refused" },
  overdue: { mark: "!", word: "overdue" },
  unreachable: { mark: "⊘", word: "unreachable" },
  unmanned: { mark: "○", word: "unmanned" },
  stale: { mark: "↻", word: "stale" },
  waiting: { mark: "…", word: "waiting" },
  held: { mark: "✓", word: "held" },
};

/** What each state means, for whoever has not read the glossary. */
export const COVERAGE_MEANINGS: Readonly<Record<CoverageState, string>> = {
  held: "The crew on duty has signed for the current version.",
  waiting: "Told, and there is still time to answer.",
  overdue: "Told, and not answered in time.",
  refused: "The crew on duty has signed that it does not take it.",
  stale: "Held once: for an older version, or by a crew that has gone.",
  unmanned: "Nobody is on duty at the post.",
  unreachable: "The party cannot be told: it does not take part, or its node does not answer.",
};

const RANKS = new Map(Object.keys(COVERAGE_LOOKS).map((state, i) => [state, i]));
const rank = ({ state }: Coverage): number => RANKS.get(state) ?? COVERAGE_STATES.length;

/** Worst first, then by who is entered first. */
export function worstFirst(lines: readonly Coverage[]): Coverage[] {
  const entry = ({ entry_time }: Coverage): number => entry_time ?? Number.MAX_VALUE;
  return lines.toSorted(
    (a, b) =>
      rank(a) - rank(b) || entry(a) - entry(b) || byText(a.party, b.party) || byText(a.post ?? "", b.post ?? ""),
  );
}

const whose = (line: Coverage, name: Names): string => line.post_name || line.post || name(line.party);

type Names = (party: string) => string;
const plain: Names = (party) => party;

export function coverageChip(line: Coverage, name: Names = plain): View {
  const { mark, word } = COVERAGE_LOOKS[line.state];
  return h(
    "span",
    {
      class: `chip coverage coverage-${line.state}`,
      "data-key": `${line.party}/${line.post ?? ""}`,
      "data-coverage": line.state,
      title: line.text,
    },
    h("span", { "aria-hidden": "true" }, `${mark} `),
    `${whose(line, name)}: ${word}`,
  );
}

/** The coverage of a flight in one line: what matters is who does not hold it. */
export function coverageSentence({ coverage, flight }: DeskFlight): string {
  if (flight.state === "Ended") return "Ended";
  const missing = coverage.filter(({ state }) => state !== "held").length;
  if (coverage.length === 0) return "Nobody is known to guard the air it crosses";
  if (missing === 0) return coverage.length === 1 ? "Held" : `Held by all ${coverage.length}`;
  return missing === coverage.length ? "Not held by anybody" : `Not held by ${missing} of ${coverage.length}`;
}

const heldByAll = ({ coverage }: DeskFlight): boolean => coverage.every(({ state }) => state === "held");

export interface RowActions {
  choose(ref: string): void;
}

/** Own flights first; ended ones last; by their start. */
export function flightRows(
  view: DeskView,
  board: Board | null,
  filter: string,
  selected: string | null,
  actions: RowActions,
): View[] {
  const name: Names = (party) => (board === null ? party : partyName(board, party));
  const identified = board === null ? new Map<string, string[]>() : tracksByFlight(board);
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found = view.flights
    .filter((one) => words.every((word) => searchable(one, name).includes(word)))
    .toSorted((a, b) => order(a) - order(b) || first(a.flight) - first(b.flight) || byText(a.ref, b.ref));
  if (found.length === 0)
    return [
      empty(words.length > 0 ? "No flight matches the filter." : "No flight is known here. Nobody has declared one."),
    ];
  const time = Math.max(view.time, board?.time ?? view.time);
  return found.map((one) =>
    flightRow(one, { board, time, name, selected, tracks: identified.get(one.ref) ?? [], actions }),
  );
}

const order = ({ own, flight }: DeskFlight): number => (own ? 0 : 1) + (flight.state === "Ended" ? 2 : 0);
const first = ({ volumes }: Flight): number => Math.min(...volumes.map(({ start }) => start));

function searchable({ ref, own, flight, coverage }: DeskFlight, name: Names): string {
  const posts = coverage.map((line) => `${whose(line, name)} ${line.state}`).join(" ");
  return `${ref} ${name(flight.party)} ${flight.party} ${flight.aircraft.type} ${flight.state} ${own ? "own" : ""} ${posts}`.toLowerCase();
}

interface RowAbout {
  readonly board: Board | null;
  readonly time: number;
  readonly name: Names;
  readonly selected: string | null;
  readonly tracks: readonly string[];
  readonly actions: RowActions;
}

function flightRow(one: DeskFlight, { board, time, name, selected, tracks, actions }: RowAbout): View {
  const { ref, own, flight, coverage, conflicts } = one;
  return h(
    "button",
    {
      "data-key": ref,
      "data-flight": ref,
      "data-testid": "flight-row",
      type: "button",
      class: "entry",
      "aria-pressed": String(ref === selected),
      onclick: () => actions.choose(ref),
    },
    h("span", { class: "line" }, h("b", {}, ref), h("small", {}, flight.state === "Ended" ? "" : timing(flight, time))),
    h(
      "span",
      { class: "line" },
      h("small", {}, `${own ? "own" : name(flight.party)} · ${typeWords(flight.aircraft.type)}`),
      h("small", {}, flight.state),
    ),
    own && flight.state !== "Ended" ? coverageLine(one, time, name) : null,
    h(
      "span",
      { class: "line" },
      h("small", { class: tracks.length > 0 ? "seen" : "" }, seenWords(board, tracks)),
      conflicts.length === 0
        ? null
        : h("small", { class: "warn" }, `${conflicts.length} ${conflicts.length === 1 ? "conflict" : "conflicts"}`),
    ),
    coverage.length > 0 && own && flight.state !== "Ended"
      ? h("span", { class: "chips" }, ...worstFirst(coverage).map((line) => coverageChip(line, name)))
      : null,
  );
}

function nextWords({ entry_time }: Coverage, where: string, time: number): string {
  const entry = entry_time ?? 0;
  return entry > time ? `enters ${where} ${clockZ(entry)}` : `entered ${where} ${clockZ(entry)} by plan`;
}

function coverageLine(one: DeskFlight, time: number, name: Names): View {
  const next = nextEntry(one.coverage);
  const all = heldByAll(one) && one.coverage.length > 0;
  return h(
    "span",
    { class: "coverage-line" },
    h(
      "b",
      { class: all ? "covered" : "not-covered", "data-testid": "coverage-line" },
      h("span", { "aria-hidden": "true" }, all ? "✓ " : "▲ "),
      coverageSentence(one),
    ),
    next === null ? null : h("small", {}, nextWords(next, whose(next, name), time)),
  );
}

/** Of those that do not hold it, the one whose air it enters first; null for none. */
function nextEntry(lines: readonly Coverage[]): Coverage | null {
  const open = lines.filter(({ state, entry_time }) => state !== "held" && entry_time !== null);
  return open.toSorted((a, b) => (a.entry_time ?? 0) - (b.entry_time ?? 0))[0] ?? null;
}

const found = (view: DeskView | null, ref: string): DeskFlight | null =>
  view?.flights.find((one) => one.ref === ref) ?? null;

/** Who holds the current version, in the flight's panel; for own flights only, until they have ended. */
export function coverageSection(
  view: DeskView | null,
  ref: string,
  time = view?.time ?? 0,
  name: Names = plain,
): View | null {
  const one = found(view, ref);
  if (one === null || !one.own || one.flight.state === "Ended") return null;
  const lines = worstFirst(one.coverage);
  return h(
    "section",
    { "data-key": "coverage", "data-testid": "coverage" },
    h("h3", {}, "Coverage", h("small", {}, `version ${one.flight.version}`)),
    h("p", { class: heldByAll(one) && lines.length > 0 ? "covered" : "not-covered" }, `${coverageSentence(one)}.`),
    lines.length === 0
      ? h("p", { class: "note" }, "No post was told. Whoever watches that air may know nothing of this flight.")
      : h("ul", { class: "plain coverage-lines" }, ...lines.map((line) => coverageItem(line, time, name))),
  );
}

function coverageItem(line: Coverage, time: number, name: Names): View {
  const { entry_time, read_back_error_m: error } = line;
  return h(
    "li",
    { "data-key": `${line.party}/${line.post ?? ""}`, "data-coverage": line.state },
    h("span", { class: "line" }, coverageChip(line, name), h("small", {}, line.post === null ? "" : name(line.party))),
    h("span", {}, line.text || COVERAGE_MEANINGS[line.state]),
    h("small", {}, `since ${clockZ(line.since)}, ${span(time - line.since)}`),
    entry_time === null ? null : entryWords(entry_time, time, line.state !== "held"),
    error === null ? null : h("small", {}, `read back ${distance(error)} from where it enters`),
  );
}

function entryWords(entry: number, time: number, open: boolean): View {
  if (entry <= time) return h("small", {}, `entered ${clockZ(entry)} by plan`);
  const words = `enters in ${span(entry - time)}, ${clockZ(entry)}`;
  return open ? h("b", { class: "warn" }, words) : h("small", {}, words);
}

export interface ConflictActions {
  /** Shows a place on the map. */
  show(at: LonLat): void;
  flight(ref: string): void;
}

/** What else claims the same air at the same time, in the flight's panel. */
export function conflictsSection(
  view: DeskView | null,
  ref: string,
  actions: Partial<ConflictActions> = {},
  name: Names = plain,
): View | null {
  const one = found(view, ref);
  if (one === null || one.flight.state === "Ended") return null;
  return h(
    "section",
    { "data-key": "flight-conflicts", "data-testid": "flight-conflicts" },
    h("h3", {}, "Conflicts", h("small", {}, String(one.conflicts.length))),
    one.conflicts.length === 0
      ? h("p", { class: "empty" }, "Nothing else that is known here claims this air then.")
      : null,
    conflictList(view, one.conflicts, actions, name),
  );
}

export function conflictList(
  view: DeskView | null,
  conflicts: readonly FlightConflict[],
  actions: Partial<ConflictActions>,
  name: Names = plain,
): View {
  return h(
    "ul",
    { class: "plain conflicts", "data-key": "conflict-list" },
    ...conflicts.toSorted((a, b) => a.start - b.start).map((one) => conflictItem(view, one, actions, name)),
  );
}

function conflictItem(
  view: DeskView | null,
  conflict: FlightConflict,
  { show, flight }: Partial<ConflictActions>,
  name: Names,
): View {
  const { kind, other, party, start, end, lower_m, upper_m, lon, lat, blurred } = conflict;
  // A zone stands here as "party:id".
  const named = (one: Zone): boolean => one.party === party && (one.id === other || `${party}:${one.id}` === other);
  const zone = kind === "zone" ? view?.zones.find(named) : undefined;
  const title =
    kind === "flight" && flight
      ? h("button", { type: "button", class: "quiet", onclick: () => flight(other) }, other)
      : h("b", {}, zone?.name ?? other);
  return h(
    "li",
    { "data-key": `${kind}:${other}:${start}:${lon}:${lat}`, "data-conflict": other },
    h(
      "span",
      { class: "line" },
      h("span", {}, `${kind === "flight" ? "flight" : "zone"} `, title, ` of ${name(party)}`),
      blurred ? h("span", { class: "chip flag" }, "blurred") : null,
    ),
    zone === undefined ? null : h("small", {}, zone.reason),
    h("span", {}, `${clock(start)}–${clockZ(end)}, ${heights(lower_m, upper_m)}`),
    blurred ? h("small", {}, "One of the two is declared coarse: the true volumes may not meet.") : null,
    show === undefined
      ? h("small", {}, position(lon, lat))
      : h(
          "button",
          { type: "button", class: "quiet", onclick: () => show([lon, lat]) },
          `Show on the map, ${position(lon, lat)}`,
        ),
  );
}

type State = Flight["state"];

/** Every allowed move: `safeconduct.model.flight.FLIGHT_MOVES`. */
export const FLIGHT_MOVES: Readonly<Record<State, readonly State[]>> = {
  Accepted: ["Activated", "Nonconforming", "Contingent", "Ended"],
  Activated: ["Nonconforming", "Contingent", "Ended"],
  Nonconforming: ["Activated", "Contingent", "Ended"],
  Contingent: ["Ended"],
  Ended: [],
};

/** States that a slip of the hand must not reach: they are asked for twice, with these words. */
const ASKED: Partial<Record<State, (ref: string) => string>> = {
  Nonconforming: (ref) => `Yes, ${ref} does not fly as declared`,
  Contingent: (ref) => `Yes, ${ref} is contingent`,
  Ended: (ref) => `Yes, ${ref} has ended`,
};

const MOVE_WORDS: Readonly<Record<State, { readonly label: string; readonly about: string }>> = {
  Accepted: { label: "Accepted", about: "It is declared." },
  Activated: { label: "Activate", about: "It flies now, as declared." },
  Nonconforming: { label: "Nonconforming", about: "It flies, for now not as declared." },
  Contingent: { label: "Contingent", about: "It cannot keep to what is declared, and will not come back to it." },
  Ended: { label: "End", about: "It is over. This cannot be taken back." },
};

export interface MoveActions {
  move(ref: string, state: State): void;
  amend?(ref: string): void;
  /** A change was begun, and not sent. */
  readonly kept?: boolean;
}

/** What can be done with an own flight now. What says that it does not fly as declared, or no more, asks once more. */
export function moves({ ref, own, flight }: DeskFlight, actions: MoveActions): View | null {
  const allowed = FLIGHT_MOVES[flight.state];
  if (!own || allowed.length === 0) return null;
  const button = (state: State, words: string): View =>
    h(
      "button",
      {
        type: "button",
        title: MOVE_WORDS[state].about,
        "data-key": state,
        "data-move": state,
        onclick: () => actions.move(ref, state),
      },
      words,
    );
  return h(
    "div",
    { class: "moves", "data-key": "moves", "data-testid": "moves" },
    actions.amend
      ? h(
          "button",
          { type: "button", "data-key": "amend", onclick: () => actions.amend?.(ref) },
          "Change the declaration",
          actions.kept ? h("small", {}, "Your draft is kept") : null,
        )
      : null,
    ...allowed.map((state) => {
      const { label, about } = MOVE_WORDS[state];
      const sure = ASKED[state];
      if (sure === undefined) return button(state, label);
      return h(
        "details",
        { class: "sure", "data-key": state },
        h("summary", {}, `${label} …`),
        h("p", {}, about),
        button(state, sure(ref)),
      );
    }),
  );
}

/** Who opened the details of an own flight; null while they are asked for. */
export function looksSection(looks: readonly Look[] | null, count: number, name: Names = plain): View {
  return h(
    "section",
    { "data-key": "looks", "data-testid": "looks" },
    h("h3", {}, "Who looked at it", h("small", {}, String(looks?.length ?? count))),
    looks === null && count > 0 ? h("p", { class: "empty" }, "Asking the node.") : null,
    looks?.length === 0 || (looks === null && count === 0)
      ? h("p", { class: "empty" }, "Nobody outside this party has opened its details.")
      : null,
    h(
      "ul",
      { class: "plain" },
      ...(looks ?? [])
        .toSorted((a, b) => b.time - a.time)
        .map(({ party, role, version, time }) =>
          h(
            "li",
            { "data-key": `${party}:${role}:${time}`, class: "line" },
            h("span", {}, h("b", {}, name(party)), ` (${role})`),
            h("small", {}, `version ${version}, ${clockZ(time)}`),
          ),
        ),
    ),
  );
}
