/** Advisories as views: what a post or an operator is told without having asked, newest first. */
import { type Board, partyName } from "./board.ts";
import type { Advisory } from "./deskwire.ts";
import { h, type View } from "./dom.ts";
import { empty, standingChip } from "./list.ts";
import { ADVISORY_WORDS, clockZ, percent, until } from "./words.ts";

/** What a person should see before the rest: an aircraft that comes or is here, a gap, or one to come. */
const URGENT: ReadonlySet<Advisory["kind"]> = new Set(["inbound", "inside", "uncovered", "ending", "off-plan"]);

export function kindChip({ kind }: Advisory): View {
  return h("span", { class: `chip advisory-${URGENT.has(kind) ? "urgent" : "calm"}` }, ADVISORY_WORDS[kind]);
}

export function advisoryRows(
  board: Board,
  advisories: readonly Advisory[],
  time: number,
  selected: string | null,
  choose: (advisory: Advisory) => void,
): View[] {
  if (advisories.length === 0) return [empty("Nothing to tell you.")];
  return advisories.map((advisory) => {
    const { id, flight, track, reasons } = advisory;
    const chosen = selected !== null && (selected === track || selected === flight);
    return h(
      "div",
      {
        class: "advisory",
        "data-key": id,
        "data-testid": "advisory",
        "data-kind": advisory.kind,
        "data-flight": flight,
      },
      h(
        "button",
        { type: "button", class: "entry", "aria-pressed": String(chosen), onclick: () => choose(advisory) },
        h("span", { class: "line" }, kindChip(advisory), h("small", {}, clockZ(advisory.time))),
        h("span", { class: "line" }, h("b", {}, advisory.text)),
        h("span", { class: "line" }, h("small", {}, whoseWords(board, advisory)), entryView(advisory, time)),
        track === null ? null : h("span", { class: "line" }, h("small", {}, `track ${track}`), standingView(advisory)),
      ),
      reasons.length === 0
        ? null
        : h(
            "details",
            { class: "reasons" },
            h("summary", {}, "Why"),
            h("ul", { class: "plain" }, ...reasons.map((reason, i) => h("li", { "data-key": i }, reason))),
          ),
    );
  });
}

function whoseWords(board: Board, { flight, version, post }: Advisory): string {
  const party = board.flights.get(flight)?.party;
  const whose = party === undefined ? "" : `${partyName(board, party)} · `;
  return `${whose}${flight}, version ${version}${post === null ? "" : ` · ${post}`}`;
}

function entryView({ entry_time: entry, kind }: Advisory, time: number): View | null {
  if (entry === null || kind === "covered") return null;
  return h(
    "small",
    { class: "when" },
    entry >= time ? `enters ${until(entry, time)}` : `entered ${until(entry, time)}`,
  );
}

/** The chip as everywhere else, and how probable: as they were when the advisory was given, which is said. */
function standingView({ standing, probability, time }: Advisory): View {
  const chance = probability > 0 ? ` ${percent(probability)}` : "";
  return h("span", {}, standingChip(standing), h("small", {}, `${chance} as of ${clockZ(time)}`));
}
