/** The top of the screen, the sign-in and the help, as views. */
import { type Board, partyName } from "./board.ts";
import type { RecordHead } from "./deskwire.ts";
import { h, type View } from "./dom.ts";
import type { Freshness } from "./live.ts";
import type { DeviceKey } from "./postkeys.ts";
import type { ThemeName } from "./theme.ts";
import type { Session } from "./wire.ts";
import { clockZ, day, many, ROLE_WORDS, SENSOR_MARKS, SENSOR_WORDS } from "./words.ts";

export interface BandActions {
  theme(): void;
  help(): void;
  signOut(): void;
}

/** `postName` is the name of the post of whoever is signed in; empty for none, or not known yet. */
export function band(
  board: Board | null,
  session: Session | null,
  postName: string,
  fresh: Freshness,
  theme: ThemeName,
  actions: BandActions,
): View[] {
  return [
    h("h1", {}, "Safeconduct"),
    board === null
      ? null
      : h(
          "span",
          { class: "node" },
          h("b", { title: board.title }, board.title || partyName(board, board.node)),
          h("small", {}, partyName(board, board.node)),
        ),
    h("span", { class: "gap" }),
    board === null
      ? null
      : h(
          "time",
          { class: "clock", title: "Time of the picture, UTC", datetime: `${day(board.time)}T${clockZ(board.time)}` },
          h("small", {}, day(board.time)),
          h("b", {}, clockZ(board.time)),
        ),
    session === null
      ? null
      : h(
          "span",
          { class: `connection ${fresh.kind}`, "data-testid": "connection", "data-state": fresh.kind, role: "status" },
          fresh.text,
        ),
    session === null
      ? null
      : h(
          "span",
          { class: "who", "data-testid": "who", title: "Who is signed in here, and as what" },
          h("b", {}, session.name),
          h("small", {}, whoWords(session, postName)),
        ),
    h(
      "button",
      {
        type: "button",
        "data-testid": "theme-toggle",
        "aria-label": `Switch to the ${other(theme)} theme`,
        title: `Switch to the ${other(theme)} theme`,
        onclick: () => actions.theme(),
      },
      theme === "dark" ? "☀" : "☾",
    ),
    h(
      "button",
      { type: "button", "aria-label": "Help and keys", title: "Help and keys (?)", onclick: () => actions.help() },
      "?",
    ),
    session === null ? null : h("button", { type: "button", onclick: () => actions.signOut() }, "Sign out"),
  ].filter((view) => view !== null);
}

function whoWords({ role, post }: Session, postName: string): string {
  return post === null ? ROLE_WORDS[role] : `${ROLE_WORDS[role]}, ${postName || post}`;
}

const other = (theme: ThemeName): ThemeName => (theme === "dark" ? "light" : "dark");

/** Law 9: while the picture is a rehearsal this is on the screen, and nothing takes it away. */
export function rehearsalBand(board: Board | null): View[] {
  if (board === null || !board.rehearsal) return [];
  return [
    h(
      "div",
      { class: "rehearsal", "data-testid": "rehearsal-band", role: "note" },
      h("strong", {}, "REHEARSAL"),
      h("span", {}, board.notice || "Nothing on this screen is real."),
    ),
  ];
}

/** What must be said about a live picture. */
export function noticeBand(board: Board | null): View[] {
  return board === null || board.rehearsal || board.notice === ""
    ? []
    : [h("div", { class: "notice", role: "note" }, board.notice)];
}

export function staleBanner(fresh: Freshness): View[] {
  if (fresh.banner === "") return [];
  return [
    h(
      "div",
      { class: "stale-banner", "data-testid": "stale-banner", role: "alert" },
      h("strong", {}, "STALE"),
      h("span", {}, fresh.banner),
    ),
  ];
}

export interface SignIn {
  readonly problem: string;
  readonly busy: boolean;
  /** Enrolled keys that this device has. */
  readonly keys: readonly DeviceKey[];
  submit(pasted: string): void;
  key(key: DeviceKey): void;
}

export function signInPanel({ problem, busy, keys, submit, key }: SignIn): View {
  return h(
    "form",
    {
      class: "sign-in",
      "data-testid": "sign-in",
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        submit(new FormData(event.target as HTMLFormElement).get("link")?.toString() ?? "");
      },
    },
    h("h1", {}, "Safeconduct"),
    h("p", {}, "You are not signed in on this browser."),
    ...keys.map((one) =>
      h(
        "button",
        {
          type: "button",
          class: "main",
          "data-key": one.public,
          "data-testid": "sign-in-key",
          disabled: busy,
          onclick: () => key(one),
        },
        `Sign in with this device's key: ${one.name}${one.post === null ? "" : `, ${one.post}`}`,
        one.rehearsal ? " (rehearsal)" : "",
      ),
    ),
    h(
      "p",
      {},
      "Whoever runs the node gives you a sign-in link: ",
      h("code", {}, "safeconduct run"),
      " and ",
      h("code", {}, "safeconduct serve"),
      " print one when they start, and an officer of the node can make one. It works once. Open it here, or paste it below.",
    ),
    h("label", { for: "link" }, "Sign-in link"),
    h("input", {
      id: "link",
      name: "link",
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "http://127.0.0.1:…/#sign-in=…",
      autofocus: true,
    }),
    h("button", { type: "submit", class: "main", disabled: busy }, busy ? "Signing in" : "Sign in"),
    problem === "" ? null : h("p", { class: "warn", role: "alert" }, problem),
  );
}

function recordWords(record: RecordHead | null): string {
  if (record === null) return "Not known yet.";
  const { size, root, time, waiting } = record;
  const late = waiting > 0 ? `; ${many(waiting)} more on the way` : "";
  return `${many(size)} entries at ${clockZ(time)}, root ${root.slice(0, 16)}…${late}. Every declaration, notice, receipt, advisory, look and sign-in is one.`;
}

const PLACES: readonly (readonly [string, string])[] = [
  [
    "Inbox",
    "What is before a post: flights that cross its sector. Its crew takes over, marks where each enters, and signs for it or refuses it. Only the crew on duty can.",
  ],
  [
    "Flights",
    "All declared flights that this node knows. Your own show who holds the current version; open one to move its state, to change it, or to see its conflicts.",
  ],
  [
    "Declare",
    "In Flights: a form with a map, or a file. Check before sending says who gets it and whose crews must sign for it. What is typed is kept until it is sent.",
  ],
  ["Advisories", "What the node tells you of itself: somebody comes, or a post does not hold your flight."],
];

const KEYS: readonly (readonly [string, string])[] = [
  ["/", "go to the filter"],
  ["↑ ↓ Home End", "move through the list of tracks"],
  ["→ ←", "open and close the lost tracks in that list"],
  ["Enter", "bring the selected track into view on the map"],
  ["Esc", "clear the filter, then the selection"],
  ["f", "fit the whole picture on the map"],
  ["+ −", "zoom the map; its arrow keys pan it when it has the focus"],
  ["Enter ⌫ Esc", "while drawing: finish, take the last corner back, cancel"],
  ["?", "this help"],
];

/** `record` is the node's own record; null while it is not known. */
export function help(samples: readonly View[], record: RecordHead | null, close: () => void): View[] {
  return [
    h(
      "header",
      {},
      h("h2", {}, "Reading this screen"),
      h("button", { type: "button", class: "quiet", "aria-label": "Close help", onclick: close }, "×"),
    ),
    h("table", { class: "legend" }, ...samples),
    h(
      "p",
      {},
      "Blue, arched frames are your own declared flights; green, square frames are other parties' declared flights. Yellow, clover-shaped frames are no declared flight: with a dashed edge the aircraft says who it is, which anyone can; with a solid edge it is not known. No symbol on this screen says more than that.",
    ),
    h(
      "p",
      {},
      "The line ahead of a symbol is its course; longer is faster. A dashed ring: coasting, its place is a prediction. A cross: last contact with a lost track, its name when pointed at; the dotted outline about it holds all that it can have reached. ",
      h("span", { class: "badge" }, "ID"),
      " its identifier is claimed elsewhere too. ",
      h("span", { class: "badge" }, "≈"),
      " shadowed: another aircraft is so close that the two may be confused. ",
      h("span", { class: "badge" }, "no.?"),
      " its number may be another aircraft's.",
    ),
    h(
      "p",
      {},
      "Sensors: ",
      ...Object.entries(SENSOR_MARKS).flatMap(([kind, mark], i) => [
        i === 0 ? "" : ", ",
        h("span", { class: "sensor-mark" }, mark),
        ` ${SENSOR_WORDS[kind as keyof typeof SENSOR_MARKS]}`,
      ]),
      ".",
    ),
    h("h3", {}, "What is where"),
    h("dl", { class: "keys" }, ...PLACES.flatMap(([name, does]) => [h("dt", {}, h("b", {}, name)), h("dd", {}, does)])),
    h("h3", {}, "The record of this node"),
    h("p", { "data-testid": "record" }, recordWords(record)),
    h("h3", {}, "Keys"),
    h("dl", { class: "keys" }, ...KEYS.flatMap(([key, does]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, does)])),
    h(
      "p",
      { class: "dim" },
      "Shore: Wessel and Smith (1996), GSHHG, LGPL. Airports: airportsdata, MIT. Not for navigation.",
    ),
  ];
}
