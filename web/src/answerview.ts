/** What the node says to a declaration, as views: who will be told, what is in conflict, what became of it. Pure. */
import { COVERAGE_MEANINGS, conflictList, coverageSection } from "./coverage.ts";
import type { DeclareActions, Phase, Shown } from "./declareview.ts";
import type { DeskFlight, DeskView, FlightCheck } from "./deskwire.ts";
import { type Children, h, type View } from "./dom.ts";
import { wrong } from "./formview.ts";
import { clockZ, span } from "./words.ts";

/** Who gets it, whose crews must sign, and what else is there: before anything is sent. */
export function checkedView(shown: Shown, check: FlightCheck, actions: DeclareActions): View {
  const { draft, view, name } = shown;
  const conflicts = check.conflicts.filter(({ other }) => other !== draft.ref);
  return h(
    "div",
    { class: "checked", "data-key": "checked", "data-testid": "declare-checked" },
    receiversView(shown, check),
    signersView(shown, check),
    h(
      "section",
      {},
      h("h3", {}, "Conflicts", h("small", {}, String(conflicts.length))),
      conflicts.length === 0
        ? h("p", { class: "empty" }, "Nothing else that is known here claims this air then.")
        : null,
      conflictList(view, conflicts, { show: actions.showPlace }, name),
    ),
    h(
      "section",
      { class: "send" },
      wrong(shown.form, ""),
      h(
        "p",
        { class: "buttons" },
        h(
          "button",
          { type: "button", class: "main", "data-testid": "declare-send", onclick: actions.send },
          draft.ref === null ? `Declare ${draft.id}` : `Send the change of ${draft.ref}`,
        ),
        h("button", { type: "button", "data-testid": "declare-back", onclick: actions.edit }, "Back to the form"),
      ),
    ),
  );
}

/** All confirmed parties get every declaration; what of it, its disclosure says. */
function receiversView({ draft, name }: Shown, { peers }: FlightCheck): View {
  const what = draft.disclosure === "coarse" ? "blurred" : "all of it";
  return h(
    "section",
    { "data-testid": "receivers" },
    h("h3", {}, "Who gets it", h("small", {}, String(peers.length))),
    peers.length === 0
      ? h("p", { class: "empty" }, "No other party: this node has confirmed nobody's card.")
      : h(
          "ul",
          { class: "plain" },
          ...peers.map(({ party, name: known }) =>
            h("li", { "data-key": party, class: "line" }, h("b", {}, known || name(party)), h("small", {}, what)),
          ),
        ),
    peers.length > 0 && draft.disclosure === "coarse"
      ? h("p", { class: "dim" }, "Blurred: its name, volumes widened to 11 km, 500 m and 15 minutes, and the contact.")
      : null,
  );
}

function signersView({ view, now, name }: Shown, { told, posts }: FlightCheck): View {
  return h(
    "section",
    { "data-testid": "signers" },
    h("h3", {}, "Whose crews must sign for it", h("small", {}, String(told.length + posts.length))),
    told.length === 0 && posts.length === 0
      ? h(
          "p",
          { class: "not-covered" },
          h("span", { "aria-hidden": "true" }, "▲ "),
          "Nobody is known to guard this air: no crew will sign for it.",
        )
      : null,
    h(
      "ul",
      { class: "plain" },
      ...told
        .toSorted((a, b) => (a.entry_time ?? Infinity) - (b.entry_time ?? Infinity))
        .map(({ party, entry_time, reachable }) =>
          h(
            "li",
            { "data-key": party, class: "told" },
            h("b", {}, name(party)),
            h("small", {}, entry_time === null ? "time of entry not known" : entryWords(entry_time, now)),
            reachable ? null : h("small", { class: "not-covered" }, "▲ cannot be told: it has no confirmed node"),
          ),
        ),
      ...posts.map((post) =>
        h(
          "li",
          { "data-key": `post ${post}`, class: "told" },
          h("b", {}, postName(view, post)),
          h("small", {}, "own post"),
        ),
      ),
    ),
    told.length === 0 && posts.length === 0
      ? null
      : h("p", { class: "note" }, "It is covered once their crews on duty have signed for it, and not before."),
  );
}

function entryWords(entry: number, now: number): string {
  return entry > now
    ? `enters its air ${clockZ(entry)}, in ${span(entry - now)}`
    : `entered its air ${clockZ(entry)} by plan`;
}

const postName = (view: DeskView | null, id: string): string =>
  view?.posts.find(({ post }) => post.id === id)?.post.name ?? id;

export function changedView(phase: Extract<Phase, { kind: "changed" }>, actions: DeclareActions): View {
  return h(
    "section",
    { "data-key": "changed", "data-testid": "declare-changed", class: "changed" },
    h("h3", {}, "Somebody else changed it meanwhile"),
    phase.version === null
      ? h("p", { role: "status" }, "Waiting for the newer version.")
      : h("p", {}, `Version ${phase.version} is declared now. Against what you began with:`),
    h("ul", {}, ...phase.differences.map((words) => h("li", {}, words))),
    phase.version !== null && phase.differences.length === 0
      ? h("p", { class: "dim" }, "Nothing that is shown here.")
      : null,
    h(
      "p",
      { class: "buttons" },
      h(
        "button",
        {
          type: "button",
          class: "main",
          "data-testid": "declare-over",
          disabled: phase.version === null,
          onclick: actions.over,
        },
        "Go on with mine, over theirs",
      ),
      h(
        "button",
        { type: "button", "data-testid": "declare-theirs", disabled: phase.version === null, onclick: actions.theirs },
        "Begin again from theirs",
      ),
    ),
  );
}

/** What became of it: each flight with its coverage as it is now. */
export function doneViews(
  { draft, view, now, name }: Shown,
  { refs, version }: Extract<Phase, { kind: "done" }>,
  actions: DeclareActions,
): Children {
  const changed = version !== null && draft.ref !== null;
  const found = refs.map((ref) => view?.flights.find((one) => one.ref === ref)).filter((one) => one !== undefined);
  return [
    h(
      "section",
      { "data-key": "done", "data-testid": "declare-done" },
      h(
        "p",
        { class: "standing", role: "status" },
        changed
          ? `${draft.ref} is changed: version ${version}. Receipts of version ${draft.replaces} count no more.`
          : refs.length === 1
            ? `${refs[0]} is declared`
            : `${refs.length} flights are declared`,
      ),
      h(
        "p",
        { class: "dim" },
        "It is on the record. It is covered where a crew on duty has signed for it; until then, whoever watches that air may not know of it.",
      ),
      h(
        "p",
        { class: "buttons" },
        refs.length === 1
          ? h(
              "button",
              { type: "button", "data-testid": "declare-open", onclick: () => actions.flight(refs[0] as string) },
              "Open the flight",
            )
          : null,
        h("button", { type: "button", onclick: actions.afresh }, "Declare another"),
        h("button", { type: "button", onclick: actions.close }, "Close"),
      ),
    ),
    ...found.map((one: DeskFlight) =>
      h(
        "div",
        { "data-key": `done-${one.ref}` },
        refs.length > 1 ? h("h3", { class: "of" }, one.ref) : null,
        coverageSection(view, one.ref, now, name),
      ),
    ),
    found.length > 0
      ? h(
          "details",
          { class: "meanings", "data-key": "meanings" },
          h("summary", {}, "What the words mean"),
          h(
            "dl",
            {},
            ...Object.entries(COVERAGE_MEANINGS).flatMap(([state, words]) => [h("dt", {}, state), h("dd", {}, words)]),
          ),
        )
      : null,
  ];
}
