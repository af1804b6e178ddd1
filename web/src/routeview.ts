/** The route of a flight in its form, and how far from it the flight may be, as views. Pure. */
import type { Draft } from "./declareform.ts";
import type { DeclareActions, Shown } from "./declareview.ts";
import { type Children, h, type View } from "./dom.ts";
import { control, doubt, drawButton, type Form, field, heightField, timeField, wrong } from "./formview.ts";
import type { Volume4D } from "./wire.ts";
import { clock, clockZ, heights } from "./words.ts";

export function routeFields({ form, draft, drawing, canDraw, farRoute }: Shown, actions: DeclareActions): Children {
  return [
    h(
      "div",
      { class: "plan", "data-key": "plan-fields" },
      timeField(form, "plan.start", "First point at (UTC)"),
      h(
        "div",
        { class: "pair" },
        field(form, "plan.speed", "Ground speed, m/s", { placeholder: "such as 55" }),
        heightField(form, "plan.height", "Height"),
      ),
      h("small", {}, "With these, points drawn on the map get their times and heights."),
    ),
    h(
      "p",
      { class: "buttons", "data-key": "route-buttons" },
      canDraw
        ? drawButton(
            drawing?.of === "route",
            draft.route.length === 0 ? "Draw the line" : "Change it on the map",
            actions.drawRoute,
          )
        : null,
      h("button", { type: "button", onclick: actions.addPoint }, "Add a point"),
      draft.route.length === 0
        ? null
        : h("button", { type: "button", onclick: actions.fill }, "Set all times by the speed"),
    ),
    wrong(form, "route"),
    doubt(farRoute),
    draft.route.length === 0 ? null : routeRows(form, draft, actions),
  ];
}

const PLACES = ["lat", "lon", "alt_m", "time"] as const;
const SPOKEN = ["Latitude", "Longitude", "Height", "Time"] as const;

/** Two lines a point: a panel is too narrow for one. */
function routeRows(form: Form, draft: Draft, actions: DeclareActions): View {
  return h(
    "div",
    { class: "route", "data-key": "route-rows" },
    h(
      "small",
      {},
      "Each point: latitude and longitude in degrees, such as 32.90 and 13.18; height, m above the ellipsoid; time, UTC.",
    ),
    h(
      "ol",
      { class: "plain" },
      ...draft.route.map((_, i) =>
        h(
          "li",
          { "data-key": `point-${i}` },
          h("b", { "aria-hidden": "true" }, String(i + 1)),
          ...PLACES.map((name, k) =>
            control(form, `route[${i}].${name}`, { spoken: `${SPOKEN[k]} of point ${i + 1}`, placeholder: SPOKEN[k] }),
          ),
          h(
            "button",
            {
              type: "button",
              class: "quiet",
              "aria-label": `Remove point ${i + 1}`,
              onclick: () => actions.removePoint(i),
            },
            "×",
          ),
          ...PLACES.map((name) => wrong(form, `route[${i}].${name}`)),
        ),
      ),
    ),
  );
}

export function marginFields({ form, corridor }: Shown): View {
  const field_ = (name: string, label: string): View => field(form, `margins.${name}`, label);
  return h(
    "fieldset",
    { class: "margins", "data-key": "margins" },
    h("legend", {}, "How far it may be from the route"),
    h("div", { class: "pair" }, field_("half_width", "To each side, m"), field_("vertical", "Up and down, m")),
    h("div", { class: "pair" }, field_("early", "Early, minutes"), field_("late", "Late, minutes")),
    corridor.length === 0
      ? h("small", {}, "The volumes appear when the route has its places, heights and times.")
      : h("small", { "data-testid": "corridor" }, corridorWords(corridor)),
  );
}

function corridorWords(corridor: readonly Volume4D[]): string {
  const least = Math.min(...corridor.map(({ lower_m }) => lower_m));
  const most = Math.max(...corridor.map(({ upper_m }) => upper_m));
  const start = Math.min(...corridor.map((volume) => volume.start));
  const end = Math.max(...corridor.map((volume) => volume.end));
  const many = corridor.length === 1 ? "1 volume" : `${corridor.length} volumes`;
  return `${many}, ${heights(least, most)}, ${clock(start)}–${clockZ(end)}. They are on the map.`;
}
