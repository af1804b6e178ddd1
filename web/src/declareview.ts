/** Declaring a flight, as views: by form and drawing or by file; what the node says to it; the answer. Pure. */
import { changedView, checkedView, doneViews } from "./answerview.ts";
import { type Draft, EMISSIONS, serialDoubt } from "./declareform.ts";
import type { DeskView, FlightCheck } from "./deskwire.ts";
import { type Children, h, type View } from "./dom.ts";
import { fileViews } from "./fileview.ts";
import type { FileSummary } from "./flightsfile.ts";
import {
  choice,
  datalist,
  drawingHelp,
  type Form,
  field,
  tick,
  type VolumeActions,
  volumeFields,
  wrong,
} from "./formview.ts";
import type { LonLat } from "./geo.ts";
import { marginFields, routeFields } from "./routeview.ts";
import type { Identifier, Volume4D } from "./wire.ts";
import { clockZ, IDENTIFIER_WORDS, SENSOR_WORDS } from "./words.ts";

export type Way = "form" | "file";

/** Where declaring stands. */
export type Phase =
  | { readonly kind: "edit" }
  /** The node is asked; nothing can be changed meanwhile. */
  | { readonly kind: "busy"; readonly words: string }
  | { readonly kind: "checked"; readonly check: FlightCheck }
  /** Somebody else changed the flight: what differs from what this change began with, once the newer one is here. */
  | { readonly kind: "changed"; readonly version: number | null; readonly differences: readonly string[] }
  /** `version` is of a flight that was changed; null for new ones. */
  | { readonly kind: "done"; readonly refs: readonly string[]; readonly version: number | null };

export interface Shown {
  readonly form: Form;
  readonly draft: Draft;
  readonly way: Way;
  readonly phase: Phase;
  readonly view: DeskView | null;
  readonly now: number;
  /** The volumes about the route as they would be sent; empty while they cannot be made. */
  readonly corridor: readonly Volume4D[];
  readonly file: { readonly name: string; readonly summary: FileSummary } | null;
  /** What is being drawn: `route`, or the number of a volume; null for nothing. */
  readonly drawing: { readonly of: string; readonly corners: number } | null;
  readonly canDraw: boolean;
  /** Why the route is doubtful; null for no reason. */
  readonly farRoute: string | null;
  /** The draft is one that was left here before. */
  readonly restored: boolean;
  readonly parties: readonly (readonly [id: string, name: string])[];
  name(party: string): string;
}

export interface DeclareActions extends Omit<VolumeActions, "drawing"> {
  way(way: Way): void;
  check(): void;
  send(): void;
  edit(): void;
  afresh(): void;
  close(): void;
  /** After somebody else's change: sends this one over it, or begins again from theirs. */
  over(): void;
  theirs(): void;
  drawRoute(): void;
  fill(): void;
  addPoint(): void;
  removePoint(index: number): void;
  addIdentifier(): void;
  removeIdentifier(index: number): void;
  file(file: File): void;
  sendFile(): void;
  showPlace(at: LonLat): void;
  flight(ref: string): void;
}

export function declarePanel(shown: Shown, actions: DeclareActions): Children {
  const { draft, phase } = shown;
  const title = draft.ref === null ? "Declare a flight" : `Change ${draft.ref}`;
  const about = draft.replaces === null || phase.kind === "done" ? "" : `version ${draft.replaces}`;
  return [
    h(
      "header",
      { "data-key": "header" },
      h("h2", {}, title, " ", h("small", {}, about)),
      h(
        "button",
        { type: "button", class: "quiet", "aria-label": "Close; what is typed is kept", onclick: actions.close },
        "×",
      ),
    ),
    ...(phase.kind === "done" ? doneViews(shown, phase, actions) : openViews(shown, actions)),
  ];
}

function openViews(shown: Shown, actions: DeclareActions): Children {
  const { draft, way, restored, phase } = shown;
  return [
    draft.ref !== null
      ? null
      : h(
          "div",
          { class: "tabs ways", role: "tablist", "aria-label": "How to declare", "data-key": "ways" },
          ...(["form", "file"] as const).map((one) =>
            h(
              "button",
              {
                type: "button",
                role: "tab",
                "data-testid": `declare-${one}`,
                "aria-selected": String(one === way),
                onclick: () => actions.way(one),
              },
              one === "form" ? "Form and drawing" : "File",
            ),
          ),
        ),
    restored && phase.kind === "edit"
      ? h(
          "p",
          { class: "note kept", "data-key": "restored" },
          "This is as you left it. ",
          h("button", { type: "button", class: "quiet", onclick: actions.afresh }, "Start afresh"),
        )
      : null,
    ...(way === "file" && draft.ref === null ? fileViews(shown, actions) : formViews(shown, actions)),
  ];
}

function formViews(shown: Shown, actions: DeclareActions): Children {
  const { phase } = shown;
  const locked = phase.kind !== "edit";
  return [
    h(
      "form",
      {
        class: "declare-form",
        "data-key": "form",
        novalidate: true,
        hidden: phase.kind === "checked" || phase.kind === "changed",
        onsubmit: (event: Event) => {
          event.preventDefault();
          actions.check();
        },
      },
      whatFields(shown, actions),
      discloseFields(shown),
      whereFields(shown, actions),
      h(
        "section",
        { class: "send", "data-key": "send" },
        wrong(shown.form, ""),
        phase.kind === "busy" ? h("p", { role: "status" }, phase.words) : null,
        shown.form.problems.size > 0 ? h("p", { class: "problem" }, problemCount(shown.form.problems.size)) : null,
        h(
          "button",
          { type: "submit", class: "main", "data-testid": "declare-check", disabled: locked },
          "Check before sending",
        ),
        h("p", { class: "dim" }, "Nothing is sent to anybody by the check."),
      ),
    ),
    phase.kind === "checked" ? checkedView(shown, phase.check, actions) : null,
    phase.kind === "changed" ? changedView(phase, actions) : null,
  ];
}

const problemCount = (count: number): string =>
  count === 1
    ? "One thing is not right yet; it is marked above."
    : `${count} things are not right yet; they are marked above.`;

function whatFields({ form, draft, parties }: Shown, actions: DeclareActions): View {
  const kinds = Object.keys(IDENTIFIER_WORDS) as Identifier["kind"][];
  return h(
    "section",
    { "data-key": "what" },
    h("h3", {}, "What flies, and whose it is"),
    field(form, "id", "Name of the flight", { disabled: draft.ref !== null }),
    field(form, "aircraft.type", "Type of aircraft", { list: "declare-types", placeholder: "such as male_uav" }),
    h(
      "div",
      { class: "triple" },
      field(form, "aircraft.owner", "Owner", { list: "declare-parties" }),
      field(form, "aircraft.operator", "Operator", { list: "declare-parties" }),
      field(form, "aircraft.crew", "Crew", { list: "declare-parties" }),
    ),
    datalist("declare-types", TYPES),
    datalist("declare-parties", parties),
    h("h4", {}, "What it would say of itself"),
    ...draft.aircraft.identifiers.map((one, i) =>
      h(
        "div",
        { class: "identifier", "data-key": `identifier-${i}` },
        h(
          "select",
          {
            "aria-label": `Kind of identifier ${i + 1}`,
            // For a change from outside; when it is made, its options say which.
            value: one.kind,
            onchange: (event: Event) =>
              form.change(`aircraft.identifiers[${i}].kind`, (event.target as HTMLSelectElement).value),
          },
          ...kinds.map((kind) => h("option", { value: kind, selected: kind === one.kind }, KIND_WORDS[kind])),
        ),
        field(form, `aircraft.identifiers[${i}].value`, "", {
          spoken: KIND_WORDS[one.kind],
          placeholder: KIND_EXAMPLES[one.kind],
          hint: one.kind === "remote_id_serial" ? (serialDoubt(one.value) ?? undefined) : undefined,
        }),
        h(
          "button",
          {
            type: "button",
            class: "quiet",
            "aria-label": `Remove identifier ${i + 1}`,
            onclick: () => actions.removeIdentifier(i),
          },
          "×",
        ),
      ),
    ),
    h("p", { class: "buttons" }, h("button", { type: "button", onclick: actions.addIdentifier }, "Add an identifier")),
    h(
      "fieldset",
      { class: "choice", "data-key": "emits" },
      h("legend", {}, "Which receivers should hear it"),
      ...EMISSIONS.map((kind) =>
        tick(SENSOR_WORDS[kind], draft.emits[kind], (on) => form.change(`emits.${kind}`, on), `emits.${kind}`),
      ),
      h(
        "small",
        {},
        draft.emits.adsb || draft.emits.remote_id ? "" : "None: it will be silent, and silence will be expected of it.",
      ),
      wrong(form, "emits"),
    ),
  );
}

const TYPES = [
  ["male_uav", "drone, medium altitude, long endurance"],
  ["fixed_wing_uav", "drone with wings"],
  ["quadcopter", "small drone"],
  ["helicopter", ""],
  ["transport", "transport aeroplane"],
  ["A320", "airliner"],
] as const;

const KIND_WORDS: Readonly<Record<Identifier["kind"], string>> = {
  icao_address: "Mode S address",
  remote_id_serial: "Remote ID serial",
  session_id: "Remote ID session",
  drip_entity_tag: "DRIP entity tag",
  callsign: "Callsign",
};
const KIND_EXAMPLES: Readonly<Record<Identifier["kind"], string>> = {
  icao_address: "0a1b2c",
  remote_id_serial: "1581F5FJC2470000UN07",
  session_id: "",
  drip_entity_tag: "2001:30:280:1405:a3ad:1952:ad0:a69e",
  callsign: "AFR1234",
};

function discloseFields({ form }: Shown): View {
  return h(
    "section",
    { "data-key": "disclose" },
    h("h3", {}, "What others see of it"),
    choice(form, "disclosure", "Disclosure", [
      {
        value: "open",
        label: "Open",
        about: "Every party that takes part sees all of it: route, volumes, heights, times, aircraft and identifiers.",
      },
      {
        value: "coarse",
        label: "Coarse",
        about:
          "Others see its name, the contact, and volumes blurred outward to 11 km, 500 m and 15 minutes: no route, no type, nobody's name, no identifier.",
      },
    ]),
    field(form, "contact", "Desk to call about it", {
      placeholder: "a telephone number, a frequency, an address; no person",
    }),
  );
}

function whereFields(shown: Shown, actions: DeclareActions): View {
  const { form, draft, drawing } = shown;
  return h(
    "section",
    { "data-key": "where" },
    h("h3", {}, "Where and when", h("small", {}, `all times UTC; now ${clockZ(shown.now)}`)),
    choice(form, "way", "How to say where", [
      { value: "route", label: "A route", about: "Volumes are made about it." },
      { value: "volumes", label: "Volumes", about: "Outlines between two heights and two times." },
    ]),
    drawing === null ? null : drawingHelp(drawing.of === "route" ? "line" : "outline", drawing.corners),
    ...(draft.way === "route"
      ? [...routeFields(shown, actions), marginFields(shown)]
      : [
          ...volumeFields(form, draft.volumes, { ...actions, drawing: drawing === null ? null : volumeOf(drawing.of) }),
          h(
            "details",
            { "data-key": "plan", open: [...form.problems.keys()].some((path) => path.startsWith("route")) },
            h("summary", {}, `Route, if there is one: ${draft.route.length} points`),
            ...routeFields(shown, actions),
          ),
        ]),
  );
}

const volumeOf = (of: string): number | null => (of === "route" ? null : Number(of));
