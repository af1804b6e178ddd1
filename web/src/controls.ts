/** Tabs, filter, map controls and the legend, as views. */
import { h, type View } from "./dom.ts";
import { standingChip, type Tab } from "./list.ts";
import { frame, LOOKS } from "./standing.ts";
import { type PictureOf, SORT_WORDS, SORTS, type Sort } from "./tracklist.ts";
import { STANDINGS } from "./wire.ts";
import { many } from "./words.ts";

export const LAYER_NAMES = [
  "tracks",
  "trails",
  "uncertainty",
  "contacts",
  "flights",
  "zones",
  "sectors",
  "sensors",
  "airports",
] as const;
export type LayerName = (typeof LAYER_NAMES)[number];

/** Where the name alone would not do. */
const LAYER_WORDS: Partial<Readonly<Record<LayerName, string>>> = { contacts: "Lost: areas" };

const TAB_WORDS: Readonly<Record<Tab, string>> = {
  inbox: "Inbox",
  advisories: "Advisories",
  tracks: "Tracks",
  flights: "Flights",
  posts: "Posts",
  people: "People",
  peers: "Peers",
  conflicts: "Identifiers",
  feeds: "Feeds",
};

/** Tabs whose number is of things that wait to be seen. */
const CALLING: ReadonlySet<Tab> = new Set(["inbox", "advisories", "conflicts"]);

export function tabs(
  shown: readonly Tab[],
  counts: (tab: Tab) => number | null,
  open: Tab,
  choose: (tab: Tab) => void,
): View[] {
  return shown.map((tab) => {
    const count = counts(tab);
    const calls = CALLING.has(tab) && (count ?? 0) > 0;
    return h(
      "button",
      {
        "data-key": tab,
        "data-testid": `tab-${tab}`,
        type: "button",
        role: "tab",
        "aria-selected": String(tab === open),
        class: calls ? "has-some" : "",
        title: tab === "conflicts" ? "Identifiers that are claimed in two places" : null,
        onclick: () => choose(tab),
      },
      TAB_WORDS[tab],
      count === null || (CALLING.has(tab) && count === 0) ? null : h("small", {}, many(count)),
    );
  });
}

interface ToolActions {
  filter(text: string): void;
  sort(sort: Sort): void;
  /** Opens the form for a new flight; null where the role declares none. */
  declare: (() => void) | null;
  /** Forms that keep a draft. */
  kept: { readonly declare: boolean; readonly zones: boolean };
  /** Opens the zones; null before the desk is there. */
  zones: (() => void) | null;
}

export function tools(
  tab: Tab,
  filter: string,
  sort: Sort,
  found: number,
  total: number,
  actions: ToolActions,
): View[] {
  if (tab !== "tracks" && tab !== "flights") return [];
  const input = h("input", {
    "data-key": "filter",
    id: "filter",
    "data-testid": "filter",
    type: "search",
    placeholder: "Filter  ( / )",
    "aria-label": `Filter the ${tab}`,
    autocomplete: "off",
    spellcheck: "false",
    value: filter,
    oninput: (event: InputEvent) => actions.filter((event.target as HTMLInputElement).value),
  });
  if (tab === "flights") {
    const { declare, zones, kept } = actions;
    const button = (testid: string, words: string, act: (() => void) | null, main: boolean, keeps: boolean) =>
      act &&
      h(
        "button",
        { type: "button", "data-key": testid, "data-testid": testid, class: main ? "main" : "", onclick: act },
        words,
        keeps ? h("small", {}, "Your draft is kept") : null,
      );
    return [
      input,
      button("zones-button", "Zones", zones, false, kept.zones),
      button("declare-button", "Declare", declare, true, kept.declare),
    ].filter((view) => view !== null);
  }
  const select = h(
    "select",
    {
      "data-key": "sort",
      "aria-label": "Sort by",
      onchange: (event: Event) => actions.sort((event.target as HTMLSelectElement).value as Sort),
    },
    ...SORTS.map((one) => h("option", { value: one, selected: one === sort }, SORT_WORDS[one])),
  );
  return [
    input,
    select,
    filter === "" ? null : h("small", { class: "found" }, `${many(found)} of ${many(total)}`),
  ].filter((view) => view !== null);
}

interface MapActions {
  toggle(layer: LayerName): void;
  fit(): void;
  zoom(steps: number): void;
}

export function controls(hidden: ReadonlySet<LayerName>, troubles: readonly string[], actions: MapActions): View {
  return h(
    "div",
    { class: "stack" },
    h(
      "div",
      { class: "zoom covers", role: "group", "aria-label": "Map view" },
      h("button", { type: "button", "aria-label": "Zoom in", onclick: () => actions.zoom(1) }, "+"),
      h("button", { type: "button", "aria-label": "Zoom out", onclick: () => actions.zoom(-1) }, "−"),
      h(
        "button",
        { type: "button", "aria-label": "Fit the whole picture", title: "Fit (f)", onclick: () => actions.fit() },
        "⤢",
      ),
    ),
    h(
      "details",
      { class: "layers covers" },
      h("summary", {}, "Layers"),
      h(
        "div",
        { class: "switches covers" },
        ...LAYER_NAMES.map((layer) =>
          h(
            "label",
            { "data-key": layer },
            h("input", {
              type: "checkbox",
              "data-testid": `layer-${layer}`,
              checked: !hidden.has(layer),
              onchange: () => actions.toggle(layer),
            }),
            LAYER_WORDS[layer] ?? (layer[0] ?? "").toUpperCase() + layer.slice(1),
          ),
        ),
      ),
    ),
    ...troubles.map((trouble) => h("p", { class: "warn covers", "data-key": trouble }, trouble)),
  );
}

/** One row per standing: symbol (own, other parties'), word, line. */
export function legend(picture: PictureOf): View[] {
  return STANDINGS.map((standing) => {
    const look = LOOKS[standing];
    const frames = look.own === look.other ? [look.own] : [look.own, look.other];
    const y = look.double ? [4, 8] : [6];
    return h(
      "tr",
      {},
      h("td", {}, ...frames.map((shown) => h("img", { src: picture(frame(shown)), alt: "", width: 26, height: 24 }))),
      h("td", {}, standingChip(standing)),
      h(
        "td",
        {},
        h(
          "svg",
          { width: 60, height: 12, "aria-hidden": "true" },
          ...y.map((at) =>
            h("line", {
              x1: 0,
              x2: 60,
              y1: at,
              y2: at,
              stroke: "currentColor",
              "stroke-width": look.width,
              "stroke-dasharray": look.dash.join(" ") || "none",
            }),
          ),
        ),
      ),
    );
  });
}
