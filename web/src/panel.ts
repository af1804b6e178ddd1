/** The right side: one track with the reasons for its standing, or one flight, as views. */
import { type Board, partyName } from "./board.ts";
import { contactSection, doubtSentences, isDoubtful, type Opened } from "./contact.ts";
import { type Children, h, type View } from "./dom.ts";
import { course } from "./geo.ts";
import { NO_SENSORS, senses, standingChip, timing, tracksByFlight } from "./list.ts";
import { title } from "./marks.ts";
import { meaning, nothingDeclared, sentence } from "./standing.ts";
import type {
  BoardTrack,
  Candidate,
  Evidence,
  Flight,
  Identification,
  Identifier,
  IdentifierConflict,
  SilentParty,
} from "./wire.ts";
import * as words from "./words.ts";

/** The reasons for the selected track, as far as they have come. */
export interface Reasons {
  readonly identification: Identification | null;
  /** Why they could not be fetched; empty for no problem. */
  readonly problem: string;
}

export interface PanelActions {
  track(id: string): void;
  flight(id: string): void;
  close(): void;
}

export function trackPanel(
  board: Board,
  track: BoardTrack,
  reasons: Reasons,
  opened: Opened,
  actions: PanelActions,
): Children {
  const { identification } = reasons;
  return [
    header(title(track), title(track) === track.id ? "track" : `track ${track.id}`, actions),
    h(
      "section",
      { class: "verdict" },
      h(
        "p",
        { class: "chips" },
        standingChip(track.standing),
        track.shadowed ? h("span", { class: "chip flag" }, "shadowed") : null,
        track.conflicts.length > 0 ? h("span", { class: "chip flag" }, "identifier conflict") : null,
        isDoubtful(track) ? h("span", { class: "chip flag" }, "number doubtful") : null,
        track.status === "confirmed"
          ? null
          : h("span", { class: "chip flag" }, track.status === "lost" ? "lost" : "coasting"),
      ),
      h(
        "p",
        { class: "standing", "data-testid": "panel-standing", "data-standing": track.standing },
        sentence(board, track),
      ),
      h("p", { class: "dim" }, meaning(board, track)),
      track.shadowed
        ? h(
            "p",
            { class: "note" },
            "Shadowed: another aircraft is so close in this corridor that the two may be confused.",
          )
        : null,
      ...doubtSentences(track).map((words) => h("p", { class: "note", "data-testid": "doubt" }, words)),
      track.status === "coasting" ? h("p", { class: "note" }, coastingWords(board, track)) : null,
    ),
    contactSection(board, track, opened, actions.track),
    silentSection(board, track, identification?.silent ?? track.silent),
    candidatesSection(board, track, reasons, actions),
    claimsSection(board, track, actions),
    whereSection(board, track),
    h(
      "p",
      { class: "limits" },
      "A standing says whose declared flight an aircraft is, as far as is known. It says nothing of intent or status in law, and it clears nothing.",
    ),
  ];
}

function header(name: string, about: string, actions: PanelActions): View {
  return h(
    "header",
    {},
    h("h2", {}, name, " ", h("small", {}, about)),
    h(
      "button",
      { type: "button", class: "quiet", "aria-label": "Close the panel", onclick: () => actions.close() },
      "×",
    ),
  );
}

function coastingWords(board: Board, track: BoardTrack): string {
  const age = words.span(board.time - track.last_contact.time);
  return `Coasting: no contact now; its place is a prediction. Last contact ${words.clockZ(track.last_contact.time)}, ${age} ago.`;
}

function silentSection(board: Board, track: BoardTrack, silent: readonly SilentParty[]): View | null {
  if (silent.length === 0) return null;
  return h(
    "section",
    { "data-testid": "silent" },
    h("h3", {}, "Who has said nothing"),
    h(
      "ul",
      { class: "plain" },
      ...silent.map(({ party, silence }) =>
        h("li", { "data-key": party }, h("b", {}, partyName(board, party)), ` ${words.SILENCE_WORDS[silence]}`),
      ),
    ),
    h("p", { class: "note" }, `Silence says nothing against ${track.flight === null ? "this aircraft" : "it"}.`),
  );
}

function candidatesSection(
  board: Board,
  track: BoardTrack,
  { identification, problem }: Reasons,
  actions: PanelActions,
): View {
  if (identification === null) {
    const text = problem === "" ? "Asking the node for the reasons." : `The reasons cannot be shown: ${problem}.`;
    return h(
      "section",
      { "data-testid": "candidates" },
      h("h3", {}, "Which declared flight"),
      h("p", { class: "empty" }, text),
    );
  }
  const since = track.status === "lost" ? "as it last stood," : "as of";
  return h(
    "section",
    { "data-testid": "candidates" },
    h("h3", {}, "Which declared flight", h("small", {}, `${since} ${words.clockZ(identification.time)}`)),
    problem === "" ? null : h("p", { class: "warn" }, `These reasons are old: ${problem}.`),
    identification.candidates.map((candidate, i) => candidateView(board, candidate, i === 0, actions)),
    nothingDeclared(board) && identification.candidates.length === 0
      ? h("p", { class: "empty" }, "Nothing was declared to this node.")
      : h(
          "div",
          { class: "candidate none", "data-key": "none of them" },
          h("div", { class: "summary" }, ...probabilityBar("None of the declared flights", "", identification.unknown)),
        ),
  );
}

function probabilityBar(name: string, about: string, probability: number): Children {
  return [
    h("span", { class: "who" }, h("b", {}, name), about === "" ? null : h("small", {}, about)),
    h("span", { class: "number" }, words.percent(probability)),
    h(
      "span",
      { class: "bar", "aria-hidden": "true" },
      h("span", { style: `width: ${(probability * 100).toFixed(1)}%` }),
    ),
  ];
}

function candidateView(board: Board, candidate: Candidate, open: boolean, actions: PanelActions): View {
  const flight = board.flights.get(candidate.flight);
  const items = candidate.evidence.toSorted((a, b) => Math.abs(b.log_odds) - Math.abs(a.log_odds));
  const scale = Math.max(1, ...items.map((item) => Math.abs(item.log_odds)));
  const sum = items.reduce((total, item) => total + item.log_odds, 0);
  return h(
    "details",
    { class: "candidate", "data-key": candidate.flight, "data-flight": candidate.flight, open },
    h(
      "summary",
      { class: "summary" },
      ...probabilityBar(candidate.flight, flight ? partyName(board, flight.party) : "", candidate.probability),
    ),
    h(
      "ul",
      { class: "plain evidence", "data-testid": "evidence" },
      items.map((item) => evidenceView(item, scale)),
      h(
        "li",
        { class: "sum" },
        h("span", {}, "Sum of the log-odds"),
        h("b", {}, words.signed(sum)),
        h("small", {}, `${words.odds(sum)}, against none of the declared flights`),
      ),
    ),
    flight === undefined
      ? null
      : h(
          "button",
          { type: "button", class: "quiet", onclick: () => actions.flight(candidate.flight) },
          "Show the declaration",
        ),
  );
}

function evidenceView(item: Evidence, scale: number): View {
  const half = (Math.abs(item.log_odds) / scale) * 50;
  const side = item.log_odds < 0 ? `right: 50%; width: ${half.toFixed(1)}%` : `left: 50%; width: ${half.toFixed(1)}%`;
  const sensor = item.sensor === null ? "" : ` · ${item.sensor}`;
  return h(
    "li",
    { class: item.log_odds < 0 ? "against" : "for" },
    h("span", { class: "kind" }, words.EVIDENCE_WORDS[item.kind]),
    h("b", { class: "number" }, words.signed(item.log_odds)),
    h("span", { class: "balance", "aria-hidden": "true" }, h("span", { style: side })),
    h("span", { class: "text" }, asSentence(item.text)),
    h("small", {}, `${words.clockZ(item.time)}${sensor} · ${words.position(item.lon, item.lat)}`),
  );
}

function asSentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

function claimsSection(board: Board, track: BoardTrack, actions: PanelActions): View {
  const disputes = (claim: Identifier): IdentifierConflict[] =>
    board.conflicts.filter(
      ({ identifier, tracks }) =>
        identifier.kind === claim.kind && identifier.value === claim.value && tracks.includes(track.id),
    );
  return h(
    "section",
    {},
    h("h3", {}, "What it claims"),
    track.identifiers.length === 0
      ? h("p", { class: "empty" }, "It claims no identifier. That says nothing against it.")
      : null,
    h(
      "ul",
      { class: "plain" },
      ...track.identifiers.map((claim) =>
        h(
          "li",
          { "data-key": `${claim.kind}:${claim.value}` },
          `claims to be “${claim.value}” (${words.IDENTIFIER_WORDS[claim.kind]})`,
          ...disputes(claim).map((conflict) => disputeView(conflict, track.id, actions)),
        ),
      ),
    ),
  );
}

function disputeView(conflict: IdentifierConflict, self: string, actions: PanelActions): View {
  const others = conflict.tracks.filter((id) => id !== self);
  return h(
    "p",
    { class: "note", "data-key": conflict.tracks.join() },
    "Claimed too by ",
    ...others.map((id) => h("button", { type: "button", class: "quiet", onclick: () => actions.track(id) }, id)),
    `: ${words.conflictWords(conflict)}.`,
  );
}

function whereSection(board: Board, track: BoardTrack): View {
  const [east, north, up] = track.velocity;
  const moving = Math.hypot(east, north) >= 1;
  return h(
    "section",
    {},
    h("h3", {}, "Where it is"),
    facts([
      [track.status === "lost" ? "Position when lost" : "Position", words.position(track.lon, track.lat)],
      [
        "95 % of its error",
        `within ${words.distance(Math.sqrt(5.991 * Math.max(track.covariance[0], track.covariance[2])))}`,
      ],
      ["Height above the ellipsoid", track.height_m === null ? "not measured" : words.height(track.height_m)],
      [
        "Pressure altitude (1013.25 hPa)",
        track.pressure_altitude_m === null ? "not heard" : words.height(track.pressure_altitude_m),
      ],
      ["Ground speed", words.speed(Math.hypot(east, north))],
      ["Course over the ground", moving ? `${words.bearing(course(east, north))} true` : "not moving"],
      ["Climb", up === null ? "not known" : words.climb(up)],
      [
        "Last contact",
        `${words.clockZ(track.last_contact.time)}, ${words.span(board.time - track.last_contact.time)} ago`,
      ],
      ["First seen", words.clockZ(track.first_time)],
    ]),
  );
}

function facts(pairs: readonly (readonly [string, string])[]): View {
  return h("dl", {}, ...pairs.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** `more` is what the desk knows of it besides. */
export function flightPanel(board: Board, flight: Flight, actions: PanelActions, more: Children = []): Children {
  const party = (id: string | null): string => (id === null ? "not said" : partyName(board, id));
  const tracks = tracksByFlight(board).get(flight.id) ?? [];
  const emits = flight.emits.map((kind) => words.SENSOR_WORDS[kind]);
  return [
    header(flight.id, `declared flight, version ${flight.version}`, actions),
    h(
      "section",
      { class: "verdict" },
      h("p", { class: "standing" }, `Declared by ${party(flight.party)}`),
      h("p", { class: "dim" }, `${flight.state}; ${timing(flight, board.time)}`),
      h(
        "p",
        { class: "buttons" },
        tracks.length > 0 ? "Seen as " : senses(board) ? "No track is identified as it now." : NO_SENSORS,
        ...tracks.map((id) => h("button", { type: "button", class: "quiet", onclick: () => actions.track(id) }, id)),
      ),
    ),
    ...more,
    h(
      "section",
      {},
      h("h3", {}, "Aircraft"),
      facts([
        ["Type", words.typeWords(flight.aircraft.type)],
        ["Owner", party(flight.aircraft.owner)],
        ["Operator", party(flight.aircraft.operator)],
        ["Crew", party(flight.aircraft.crew)],
        ["Would claim", flight.aircraft.identifiers.map(({ value }) => `“${value}”`).join(", ") || "nothing declared"],
        ["Can be heard by", emits.join(", ") || "nothing: it will be silent"],
        ["Disclosure", words.DISCLOSURE_WORDS[flight.disclosure]],
      ]),
    ),
    h(
      "section",
      {},
      h("h3", {}, "Volumes"),
      h(
        "ul",
        { class: "plain volumes" },
        ...flight.volumes.map((volume, i) =>
          h(
            "li",
            { "data-key": i, class: volume.start <= board.time && board.time <= volume.end ? "now" : "" },
            h("b", {}, `${words.clock(volume.start)}–${words.clockZ(volume.end)}`),
            h("span", {}, words.heights(volume.lower_m, volume.upper_m)),
          ),
        ),
      ),
    ),
  ];
}
