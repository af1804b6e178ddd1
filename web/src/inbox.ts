/** A post's inbox and one notice in it, as views. What a crew reads under stress: the time first, then what to do. */
import { type Board, partyName } from "./board.ts";
import type { InboxItem } from "./deskwire.ts";
import { type Children, h, type View } from "./dom.ts";
import type { Answerer, Duty } from "./duty.ts";
import type { LonLat } from "./geo.ts";
import { empty } from "./list.ts";
import { clockZ, DISCLOSURE_WORDS, distance, heights, position, typeWords, until } from "./words.ts";

/** Whether it still waits for the crew: a misread receipt is no answer. */
export const waits = ({ notice }: InboxItem): boolean => notice.state === "put" || notice.state === "shown";
export const overdue = (item: InboxItem, time: number): boolean => waits(item) && time > item.notice.due;

/** Of an answer that this crew did not give: whose it is. */
const BY: Readonly<Record<Answerer, string>> = {
  own: "",
  "on-duty": " by the crew on duty",
  before: " by the crew before",
};

/** Where a notice stands, in a word or two. */
export function answerWords(item: InboxItem, time: number, by: Answerer = "own"): string {
  const late = overdue(item, time);
  switch (item.notice.state) {
    case "received":
      return `received${BY[by]}`;
    case "refused":
      return `refused${BY[by]}`;
    case "superseded":
    case "closed":
      return "over";
    default:
      if (item.state === "misread") return late ? "overdue, look again" : "look again";
      if (item.notice.state === "put") return late ? "overdue, not seen" : "new";
      return late ? "overdue" : "not answered";
  }
}

/** What the crew signed before, where it signed for another version. */
export function changeWords({ flight, previous_version: before }: InboxItem): string {
  if (before === 0 || before === flight.version) return "";
  return `You signed version ${before} before: this one is changed.`;
}

export function entryWords({ entry_time, exit_time }: InboxItem, time: number): string {
  if (time > exit_time) return `left your sector ${until(exit_time, time)}`;
  return time >= entry_time ? "in your sector by its plan" : `enters ${until(entry_time, time)}`;
}

export function inboxRows(
  board: Board,
  items: readonly InboxItem[],
  time: number,
  opened: string | null,
  open: (id: string) => void,
  by: (item: InboxItem) => Answerer = () => "own",
): View[] {
  if (items.length === 0) return [empty("Nothing is before your post.")];
  return items.map((item) => {
    const { notice, flight } = item;
    const change = changeWords(item);
    const late = overdue(item, time);
    return h(
      "button",
      {
        "data-key": notice.id,
        "data-testid": "inbox-item",
        "data-flight": notice.flight,
        "data-state": notice.state,
        type: "button",
        class: `entry notice-${waits(item) ? "waits" : "done"}${late ? " late" : ""}`,
        "aria-pressed": String(notice.id === opened),
        onclick: () => open(notice.id),
      },
      h("span", { class: "line" }, h("b", {}, notice.flight), answerChip(item, time, by(item))),
      h(
        "span",
        { class: "line" },
        h("b", { class: "when" }, entryWords(item, time)),
        h("small", {}, `version ${flight.version}`),
      ),
      h(
        "span",
        { class: "line" },
        h("small", {}, `${partyName(board, flight.party)} · ${typeWords(flight.aircraft.type)}`),
      ),
      change === "" ? null : h("span", { class: "line" }, h("small", { class: "warn" }, change)),
    );
  });
}

function answerChip(item: InboxItem, time: number, by: Answerer): View {
  const answered = by === "own" ? item.notice.state : "others";
  const kind = overdue(item, time) ? "late" : waits(item) ? "waits" : answered;
  return h("span", { class: `chip answer-${kind}`, "data-testid": "answer" }, answerWords(item, time, by));
}

/** What the crew has put in so far, and what came of it. */
export interface Reply {
  /** Degrees, as typed or marked. */
  readonly lon: string;
  readonly lat: string;
  /** The next click on the map is the mark. */
  readonly picking: boolean;
  readonly refusing: boolean;
  /** The crew has answered, and wants to answer otherwise. */
  readonly again: boolean;
  readonly busy: boolean;
  readonly problem: string;
}

export const NO_REPLY: Reply = {
  lon: "",
  lat: "",
  picking: false,
  refusing: false,
  again: false,
  busy: false,
  problem: "",
};

/** Where the crew says that it enters; null for no place. A decimal comma is a decimal point. */
export function markOf({ lon, lat }: Pick<Reply, "lon" | "lat">): LonLat | null {
  const part = (text: string, most: number): number | null => {
    const plain = text.trim().replace(",", ".").replace("−", "-");
    const value = Number(plain);
    return plain !== "" && Number.isFinite(value) && Math.abs(value) <= most ? value : null;
  };
  const [x, y] = [part(lon, 180), part(lat, 90)];
  return x === null || y === null ? null : [x, y];
}

export interface ReplyActions {
  close(): void;
  /** Begins or ends waiting for a click on the map. */
  pick(on: boolean): void;
  typed(lon: string, lat: string): void;
  receive(): void;
  refusing(on: boolean): void;
  refuse(reason: string): void;
  again(): void;
  duty(): void;
}

export function noticePanel(
  board: Board,
  item: InboxItem,
  time: number,
  duty: Duty,
  hasMap: boolean,
  reply: Reply,
  actions: ReplyActions,
  by: Answerer = "own",
): Children {
  const { notice, flight } = item;
  const change = changeWords(item);
  return [
    heading(notice.flight, `notice, version ${flight.version}`, () => actions.close()),
    h(
      "section",
      { class: "verdict", "data-testid": "notice", "data-state": notice.state },
      h("p", { class: "chips" }, answerChip(item, time, by)),
      h("p", { class: "standing" }, capital(entryWords(item, time))),
      change === "" ? null : h("p", { class: "warn" }, change),
      h("p", { class: "dim" }, dueWords(item, time)),
    ),
    answerSection(item, duty, hasMap, reply, actions, by),
    aboutSection(board, item),
  ];
}

/** What was open is over: it must not vanish while somebody reads it. `open` shows the newer notice, if there is one. */
export function overPanel(flight: string, open: (() => void) | null, close: () => void): Children {
  return [
    heading(flight, "notice", close),
    h(
      "section",
      { class: "verdict", "data-key": "over", "data-testid": "notice-over" },
      h("p", { class: "standing" }, "This notice is over"),
      h("p", {}, "The flight was changed, has ended, or another crew has taken over."),
      open === null ? null : h("button", { type: "button", class: "main", onclick: open }, "Open the newer notice"),
    ),
  ];
}

function heading(name: string, about: string, close: () => void): View {
  return h(
    "header",
    {},
    h("h2", {}, name, " ", h("small", {}, about)),
    h("button", { type: "button", class: "quiet", "aria-label": "Close the notice", onclick: close }, "×"),
  );
}

function dueWords(item: InboxItem, time: number): string {
  const { put, due } = item.notice;
  const came = `Came ${clockZ(put)}.`;
  return waits(item) ? `${came} Answer due ${clockZ(due)}, ${until(due, time)}.` : came;
}

function answerSection(
  item: InboxItem,
  duty: Duty,
  hasMap: boolean,
  reply: Reply,
  actions: ReplyActions,
  by: Answerer,
): View {
  const problem = reply.problem === "" ? null : h("p", { class: "warn", role: "alert" }, reply.problem);
  const section = (...children: Children): View =>
    h(
      "section",
      { "data-key": "answer", "data-testid": "answer-form" },
      h("h3", {}, "Your answer"),
      ...children,
      problem,
    );
  if (!waits(item) && !reply.again) {
    const change = h("button", { type: "button", class: "quiet", onclick: () => actions.again() }, "Change the answer");
    return section(by === "own" ? resultView(item) : othersView(item, by), duty.kind === "on-duty" ? change : null);
  }
  if (duty.kind !== "on-duty") {
    return section(
      h("p", {}, "You are not on duty at this post. Only the crew on duty can answer."),
      h("button", { type: "button", class: "main", onclick: () => actions.duty() }, "Go on duty"),
    );
  }
  return section(
    item.state === null ? null : resultView(item),
    ...(reply.refusing ? refusalForm(reply, actions) : readBackForm(hasMap, reply, actions)),
  );
}

/** An answer that another crew gave counts as long as that crew is on duty, and is not this crew's. */
function othersView(item: InboxItem, by: Answerer): View {
  const words = item.notice.state === "refused" ? "Refused" : "Received";
  const ends = by === "on-duty" ? "It ends when you take over" : "It counts no more";
  return h(
    "p",
    { class: "result others", "data-key": "result", "data-testid": "receipt-result", role: "status" },
    `${words}${BY[by]}, not by you. ${ends}.`,
  );
}

/** What came of the last receipt. */
function resultView({ notice, state, read_back_error_m: off }: InboxItem): View {
  const far = off === null ? "" : `The place that you signed is ${distance(off)} from where it enters.`;
  const words =
    state === "misread"
      ? `Not held. ${far} Look again, and mark it anew.`
      : state === "refused" || notice.state === "refused"
        ? "Refused. Whoever declared it is told that your post does not take it."
        : `Held: you signed for this version. ${far}`;
  return h(
    "p",
    { class: `result ${state ?? notice.state}`, "data-key": "result", "data-testid": "receipt-result", role: "status" },
    words,
  );
}

function readBackForm(hasMap: boolean, reply: Reply, actions: ReplyActions): View[] {
  const { picking, busy } = reply;
  const mark = markOf(reply);
  const field = (name: "lat" | "lon", label: string): View =>
    h(
      "label",
      { "data-key": name },
      label,
      h("input", {
        name,
        type: "text",
        inputmode: "decimal",
        autocomplete: "off",
        "data-testid": `read-back-${name}`,
        value: reply[name],
      }),
    );
  const typed = (event: Event): void => {
    const data = new FormData((event.target as HTMLInputElement).form ?? undefined);
    actions.typed(String(data.get("lon")), String(data.get("lat")));
  };
  return [
    h(
      "form",
      {
        class: "read-back",
        "data-key": "read-back",
        oninput: typed,
        onsubmit: (event: SubmitEvent) => {
          event.preventDefault();
          actions.receive();
        },
      },
      h("p", {}, h("b", {}, "Mark where it enters your sector, or is first in it.")),
      hasMap
        ? h(
            "button",
            {
              type: "button",
              "data-key": "mark",
              "data-testid": "mark",
              "aria-pressed": String(picking),
              class: picking ? "picking" : "",
              onclick: () => actions.pick(!picking),
            },
            picking ? "Now click on the map (Esc stops)" : mark === null ? "Mark on the map" : "Mark anew on the map",
          )
        : null,
      h(
        "fieldset",
        { "data-key": "typed" },
        h("legend", {}, hasMap ? "or type it, degrees" : "degrees"),
        field("lat", "Latitude, north +"),
        field("lon", "Longitude, east +"),
      ),
      mark === null ? null : h("p", { class: "dim", "data-key": "marked" }, `Marked: ${position(...mark)}`),
      h(
        "p",
        { class: "buttons", "data-key": "answers" },
        h(
          "button",
          { type: "submit", class: "main", "data-testid": "receive", disabled: busy },
          busy ? "Signing" : "Received: sign",
        ),
        h(
          "button",
          { type: "button", "data-testid": "refuse", disabled: busy, onclick: () => actions.refusing(true) },
          "Refuse",
        ),
      ),
    ),
  ];
}

function refusalForm({ busy }: Reply, actions: ReplyActions): View[] {
  return [
    h(
      "form",
      {
        class: "refusal",
        "data-key": "refusal",
        onsubmit: (event: SubmitEvent) => {
          event.preventDefault();
          actions.refuse(String(new FormData(event.target as HTMLFormElement).get("reason") ?? ""));
        },
      },
      h(
        "label",
        {},
        "Why do you refuse it?",
        h("input", { name: "reason", required: true, maxlength: 500, "data-testid": "reason" }),
      ),
      h(
        "p",
        { class: "buttons" },
        h(
          "button",
          { type: "submit", class: "main", "data-testid": "sign-refusal", disabled: busy },
          busy ? "Signing" : "Refused: sign",
        ),
        h("button", { type: "button", disabled: busy, onclick: () => actions.refusing(false) }, "Back"),
      ),
    ),
  ];
}

function aboutSection(board: Board, { notice, flight }: InboxItem): View {
  const party = (id: string | null): string => (id === null ? "not said" : partyName(board, id));
  const facts: readonly (readonly [string, string])[] = [
    ["Declared by", party(flight.party)],
    ["Contact", flight.contact || "not said"],
    ["Type", typeWords(flight.aircraft.type)],
    ["Owner", party(flight.aircraft.owner)],
    ["Operator", party(flight.aircraft.operator)],
    ["Crew", party(flight.aircraft.crew)],
    ["Would claim", flight.aircraft.identifiers.map(({ value }) => `“${value}”`).join(", ") || "nothing declared"],
    ["Disclosure", DISCLOSURE_WORDS[flight.disclosure]],
    ["State", flight.state],
    ["Before your post", `shift ${notice.shift}`],
  ];
  return h(
    "section",
    { "data-key": "about" },
    h("h3", {}, "What was declared"),
    h("dl", {}, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h(
      "ul",
      { class: "plain volumes" },
      ...flight.volumes.map((volume, i) =>
        h(
          "li",
          { "data-key": i },
          h("b", {}, `${clockZ(volume.start)} to ${clockZ(volume.end)}`),
          h("span", {}, heights(volume.lower_m, volume.upper_m)),
        ),
      ),
    ),
  );
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
