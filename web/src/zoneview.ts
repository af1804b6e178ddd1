/** Zones as views: the list, one zone with what can be done with it, and the form. Pure. */
import type { DeskView, Zone } from "./deskwire.ts";
import { type Children, h, type View } from "./dom.ts";
import { drawingHelp, type Form, field, tick, type VolumeActions, volumeFields, wrong } from "./formview.ts";
import type { LonLat } from "./geo.ts";
import { byText, empty } from "./list.ts";
import { timeText } from "./typed.ts";
import { clockZ, heights, span } from "./words.ts";
import type { ZoneDraft } from "./zoneform.ts";

export type ZonePhase = "list" | "form" | "busy";

export interface ZonesShown {
  readonly view: DeskView | null;
  readonly now: number;
  readonly phase: ZonePhase;
  readonly form: Form;
  readonly draft: ZoneDraft;
  readonly drawing: { readonly of: string; readonly corners: number } | null;
  readonly parties: readonly (readonly [id: string, name: string])[];
  readonly restored: boolean;
  /** Why the last write of the list failed; empty for no reason. */
  readonly problem: string;
  name(party: string): string;
}

export interface ZoneActions extends Omit<VolumeActions, "drawing"> {
  create(): void;
  edit(id: string): void;
  lift(id: string): void;
  show(at: LonLat): void;
  send(): void;
  list(): void;
  afresh(): void;
  close(): void;
  exempt(party: string, exempt: boolean): void;
}

export function zonesPanel(shown: ZonesShown, actions: ZoneActions): Children {
  const editing = shown.phase !== "list";
  const { version, id } = shown.draft;
  return [
    h(
      "header",
      { "data-key": "header" },
      h("h2", {}, !editing ? "Zones" : version === null ? "Set a zone" : `Change ${id}`),
      h("button", { type: "button", class: "quiet", "aria-label": "Close the zones", onclick: actions.close }, "×"),
    ),
    ...(editing ? formViews(shown, actions) : listViews(shown, actions)),
  ];
}

/** In force first, then those to come by their start, then lifted ones. */
export function zoneOrder(zones: readonly Zone[], now: number): Zone[] {
  const start = (zone: Zone): number => Math.min(...zone.volumes.map((volume) => volume.start));
  const rank = (zone: Zone): number => (zone.lifted ? 2 : start(zone) <= now ? 0 : 1);
  return zones.toSorted((a, b) => rank(a) - rank(b) || start(a) - start(b) || byText(a.id, b.id));
}

function listViews({ view, now, problem, name }: ZonesShown, actions: ZoneActions): Children {
  const officer = view?.role === "officer";
  const zones = zoneOrder(view?.zones ?? [], now);
  return [
    h(
      "section",
      { "data-key": "about" },
      h("p", { class: "dim" }, "A zone asks others not to fly somewhere for a time. It forbids nothing by force."),
      problem === "" ? null : h("p", { class: "problem", role: "alert" }, problem),
      officer
        ? h(
            "p",
            { class: "buttons" },
            h("button", { type: "button", "data-testid": "zone-new", onclick: actions.create }, "Set a zone"),
          )
        : h("p", { class: "dim" }, "Zones are set by this party's officer."),
    ),
    zones.length === 0 ? h("section", { "data-key": "none" }, empty("No zone is in force or to come.")) : null,
    ...zones.map((zone) => zoneItem(zone, now, officer && zone.party === view?.node, name, actions)),
  ];
}

function zoneItem(zone: Zone, now: number, mine: boolean, name: (party: string) => string, actions: ZoneActions): View {
  const at = zone.volumes[0]?.outline[0];
  const others = zone.exempt.filter((party) => party !== zone.party);
  return h(
    "section",
    { "data-key": zone.id, "data-zone": zone.id, class: zone.lifted ? "zone lifted" : "zone" },
    h("h3", {}, h("b", {}, zone.name), h("small", {}, zoneTiming(zone, now))),
    h("p", {}, zone.reason),
    h(
      "p",
      { class: "dim" },
      `Set by ${name(zone.party)}`,
      others.length === 0 ? "" : `; does not concern ${others.map(name).join(", ")}`,
    ),
    h(
      "ul",
      { class: "plain" },
      ...zone.volumes.map((volume, i) =>
        h(
          "li",
          { "data-key": i },
          `${timeText(volume.start)} to ${timeText(volume.end)}, ${heights(volume.lower_m, volume.upper_m)}`,
        ),
      ),
    ),
    h(
      "div",
      { class: "moves" },
      at === undefined
        ? null
        : h("button", { type: "button", "data-key": "show", onclick: () => actions.show(at) }, "Show on the map"),
      mine && !zone.lifted
        ? h("button", { type: "button", "data-key": "edit", onclick: () => actions.edit(zone.id) }, "Change")
        : null,
      mine && !zone.lifted
        ? h(
            "details",
            { class: "sure", "data-key": "lift" },
            h("summary", {}, "Lift …"),
            h("p", {}, "It is taken back before its time, for everybody."),
            h(
              "button",
              { type: "button", "data-testid": "zone-lift", onclick: () => actions.lift(zone.id) },
              `Yes, lift ${zone.name}`,
            ),
          )
        : null,
    ),
  );
}

/** "in force until 13:00:00Z", "from 12:00:00Z, in 5 min 00 s", "over", "lifted". */
export function zoneTiming(zone: Zone, now: number): string {
  if (zone.lifted) return "lifted";
  const open = zone.volumes.filter(({ start, end }) => start <= now && now <= end);
  if (open.length > 0) return `in force until ${clockZ(Math.max(...open.map(({ end }) => end)))}`;
  const next = zone.volumes.map(({ start }) => start).filter((start) => start > now);
  if (next.length === 0) return "over";
  const start = Math.min(...next);
  return `from ${clockZ(start)}, in ${span(start - now)}`;
}

function formViews(shown: ZonesShown, actions: ZoneActions): Children {
  const { form, draft, drawing, phase, restored, parties, view } = shown;
  const busy = phase === "busy";
  return [
    restored
      ? h(
          "p",
          { class: "note kept", "data-key": "restored" },
          "This is as you left it. ",
          h("button", { type: "button", class: "quiet", onclick: actions.afresh }, "Start afresh"),
        )
      : null,
    h(
      "form",
      {
        class: "declare-form",
        "data-key": "form",
        novalidate: true,
        onsubmit: (event: Event) => {
          event.preventDefault();
          actions.send();
        },
      },
      h(
        "section",
        { "data-key": "what" },
        field(form, "name", "Name, as it stands on the map", { placeholder: "such as Food drop, Ben Ghashir" }),
        field(form, "reason", "Reason, for those it asks to stay out", { lines: 2 }),
        field(form, "id", "Id", { disabled: draft.version !== null }),
        h(
          "fieldset",
          { class: "choice", "data-key": "exempt" },
          h("legend", {}, "Parties that it does not concern"),
          ...parties
            .filter(([id]) => id !== view?.node)
            .map(([id, name]) => tick(name, draft.exempt.includes(id), (on) => actions.exempt(id, on), `exempt.${id}`)),
          h("small", {}, "Whoever sets it is always exempt."),
          wrong(form, "exempt"),
        ),
      ),
      h(
        "section",
        { "data-key": "where" },
        h("h3", {}, "Where and when", h("small", {}, `all times UTC; now ${clockZ(shown.now)}`)),
        drawing === null ? null : drawingHelp("outline", drawing.corners),
        ...volumeFields(form, draft.volumes, { ...actions, drawing: drawing === null ? null : Number(drawing.of) }),
      ),
      h(
        "section",
        { class: "send", "data-key": "send" },
        wrong(form, ""),
        h(
          "p",
          { class: "buttons" },
          h(
            "button",
            { type: "submit", class: "main", "data-testid": "zone-send", disabled: busy },
            busy ? "Sending" : draft.version === null ? "Set the zone" : "Send the change",
          ),
          h("button", { type: "button", onclick: actions.list }, "Back to the list"),
        ),
      ),
    ),
  ];
}
