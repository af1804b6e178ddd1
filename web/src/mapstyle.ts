/** The map's style: what is drawn how. Data only; every source is given by this machine, and fonts are the system's. */
import type { FeatureCollection } from "geojson";
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Palette } from "./theme.ts";

export const SOURCES = [
  "world",
  "crop",
  "airports",
  "sectors",
  "sector-names",
  "sensors",
  "zones",
  "flights",
  "contacts",
  "falls",
  "draft",
  "point",
] as const;
export type SourceName = (typeof SOURCES)[number];

const FONT = ["system-ui", "Segoe UI", "Roboto", "Liberation Sans", "DejaVu Sans", "sans-serif"];
const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

/** Without `glyphs`, MapLibre draws every letter with the fonts of the machine. */
export function style(palette: Palette): StyleSpecification {
  return {
    version: 8,
    sources: Object.fromEntries(SOURCES.map((name) => [name, { type: "geojson", data: EMPTY }])),
    layers: [
      { id: "sea", type: "background", paint: { "background-color": palette.sea } },
      ...shore("world", palette),
      {
        id: "crop-mask",
        type: "fill",
        source: "crop",
        filter: is("kind", "mask"),
        paint: { "fill-color": palette.sea, "fill-antialias": false },
      },
      ...shore("crop", palette),
      ...airports(palette),
      ...sensors(palette),
      ...sectors(palette),
      ...zones(palette),
      ...flights(palette),
      ...contacts(palette),
      ...zoneNames(palette),
      ...sectorNames(palette),
      ...draft(palette),
      ...point(palette),
    ],
  };
}

function shore(source: "world" | "crop", palette: Palette): LayerSpecification[] {
  return [
    {
      id: `${source}-land`,
      type: "fill",
      source,
      filter: is("kind", "land"),
      paint: { "fill-color": palette.land, "fill-antialias": false },
    },
    {
      id: `${source}-shore`,
      type: "line",
      source,
      filter: is("kind", "shore"),
      // The coarse shore gives way to the fine one where there is one; both are one mask apart.
      paint: { "line-color": palette.shore, "line-width": 1 },
    },
  ];
}

function airports(palette: Palette): LayerSpecification[] {
  const source = "airports";
  return [
    {
      id: "airports-point",
      type: "circle",
      source,
      minzoom: 6,
      paint: {
        "circle-radius": 2.5,
        "circle-color": "rgba(0, 0, 0, 0)",
        "circle-stroke-color": palette.dim,
        "circle-stroke-width": 1,
      },
    },
    {
      id: "airports-label",
      type: "symbol",
      source,
      minzoom: 7.5,
      layout: {
        "text-field": ["step", ["zoom"], ["get", "icao"], 9, ["concat", ["get", "icao"], "\n", ["get", "name"]]],
        ...label(10, "top"),
        "text-offset": [0, 0.5],
      },
      paint: halo(palette.dim, palette.halo),
    },
  ];
}

function sectors(palette: Palette): LayerSpecification[] {
  return [
    {
      id: "sectors-line",
      type: "line",
      source: "sectors",
      paint: { "line-color": palette.sector, "line-width": 1.25, "line-dasharray": [8, 3] },
    },
  ];
}

/** On top: other words give way to these. */
function sectorNames(palette: Palette): LayerSpecification[] {
  return [
    {
      id: "sectors-label",
      type: "symbol",
      source: "sector-names",
      layout: {
        "text-field": ["get", "label"],
        ...label(11, "bottom"),
        "text-offset": [0, -0.4],
        "text-max-width": 60,
      },
      paint: halo(palette.sector, palette.halo),
    },
  ];
}

function sensors(palette: Palette): LayerSpecification[] {
  const source = "sensors";
  return [
    {
      id: "sensors-reach",
      type: "line",
      source,
      filter: shape("LineString"),
      paint: { "line-color": palette.sensor, "line-width": 0.75, "line-opacity": 0.7, "line-dasharray": [2, 4] },
    },
    {
      id: "sensors-point",
      type: "circle",
      source,
      filter: shape("Point"),
      paint: {
        "circle-radius": 6,
        "circle-color": palette.halo,
        "circle-stroke-color": palette.sensor,
        "circle-stroke-width": 1,
      },
    },
    {
      id: "sensors-mark",
      type: "symbol",
      source,
      filter: shape("Point"),
      layout: { "text-field": ["get", "mark"], ...label(9, "center"), "text-allow-overlap": true },
      paint: { "text-color": palette.sensor },
    },
    {
      id: "sensors-label",
      type: "symbol",
      source,
      filter: shape("Point"),
      minzoom: 7,
      layout: { "text-field": ["get", "label"], ...label(10, "top"), "text-offset": [0, 0.8] },
      paint: halo(palette.sensor, palette.halo),
    },
  ];
}

function flights(palette: Palette): LayerSpecification[] {
  const source = "flights";
  const colour: ExpressionSpecification = ["case", ["get", "own"], palette.own, palette.other];
  const volume = is("part", "volume");
  return [
    {
      id: "flights-fill",
      type: "fill",
      source,
      filter: ["all", volume, ["get", "active"]],
      paint: { "fill-color": colour, "fill-opacity": 0.08 },
    },
    {
      id: "flights-active",
      type: "line",
      source,
      filter: ["all", volume, ["get", "active"]],
      paint: { "line-color": colour, "line-width": 1.25, "line-opacity": 0.9 },
    },
    {
      id: "flights-later",
      type: "line",
      source,
      filter: ["all", volume, ["!", ["get", "active"]]],
      paint: { "line-color": colour, "line-width": 0.75, "line-opacity": 0.45, "line-dasharray": [3, 3] },
    },
    {
      id: CHOSEN_LAYER,
      type: "line",
      source,
      filter: chosenFilter(null),
      paint: { "line-color": palette.selected, "line-width": 1.25, "line-opacity": 0.7 },
    },
    {
      id: "flights-route",
      type: "line",
      source,
      filter: is("part", "route"),
      paint: { "line-color": colour, "line-width": 1, "line-opacity": 0.6, "line-dasharray": [1, 3] },
    },
    {
      id: "flights-time",
      type: "symbol",
      source,
      filter: is("part", "time"),
      minzoom: 8,
      layout: { "text-field": ["get", "label"], ...label(9, "center"), "text-padding": 26 },
      paint: halo(colour, palette.halo),
    },
    {
      id: "flights-name",
      type: "symbol",
      source,
      filter: is("part", "name"),
      layout: { "text-field": ["get", "label"], ...label(11, "bottom"), "text-offset": [0, -0.3] },
      paint: halo(colour, palette.halo),
    },
  ];
}

/** Hatched, so that they are told from flights without colour; the pattern is drawn by `hatch`. */
function zones(palette: Palette): LayerSpecification[] {
  const source = "zones";
  const outline = is("part", "volume");
  return [
    {
      id: "zones-fill",
      type: "fill",
      source,
      filter: outline,
      paint: { "fill-pattern": HATCH, "fill-opacity": ["case", ["get", "active"], 0.55, 0.25] },
    },
    {
      id: "zones-line",
      type: "line",
      source,
      filter: ["all", outline, ["get", "active"]],
      paint: { "line-color": palette.zone, "line-width": 1.75 },
    },
    {
      id: "zones-later",
      type: "line",
      source,
      filter: ["all", outline, ["!", ["get", "active"]]],
      paint: { "line-color": palette.zone, "line-width": 1, "line-opacity": 0.7, "line-dasharray": [3, 3] },
    },
  ];
}

/** What follows from lost tracks: areas as thin as can be seen, and where the selected one lies if it fell. */
function contacts(palette: Palette): LayerSpecification[] {
  const chosen: ExpressionSpecification = ["get", "chosen"];
  return [
    {
      id: "contacts-fill",
      type: "fill",
      source: "contacts",
      paint: { "fill-color": palette.ink, "fill-opacity": ["case", chosen, 0.08, 0.03] },
    },
    {
      id: "contacts-line",
      type: "line",
      source: "contacts",
      paint: {
        "line-color": palette.ink,
        "line-width": ["case", chosen, 1.75, 1],
        "line-opacity": ["case", chosen, 0.9, 0.5],
        "line-dasharray": [1, 2],
      },
    },
    {
      id: "falls-line",
      type: "line",
      source: "falls",
      filter: is("part", "ellipse"),
      paint: { "line-color": palette.ink, "line-width": 1 },
    },
    {
      id: "falls-point",
      type: "circle",
      source: "falls",
      filter: is("part", "mean"),
      paint: { "circle-radius": 2.5, "circle-color": palette.ink },
    },
    {
      id: "falls-label",
      type: "symbol",
      source: "falls",
      filter: is("part", "name"),
      layout: { "text-field": ["get", "label"], ...label(10, "top"), "text-offset": [0, 0.2] },
      paint: halo(palette.ink, palette.halo),
    },
  ];
}

/** Before the flights' words, which give way to these: who is asked to stay out must be able to read of what. */
function zoneNames(palette: Palette): LayerSpecification[] {
  return [
    {
      id: "zones-name",
      type: "symbol",
      source: "zones",
      filter: is("part", "name"),
      layout: { "text-field": ["get", "label"], ...label(11, "bottom"), "text-offset": [0, -0.3] },
      paint: halo(palette.zone, palette.halo),
    },
  ];
}

/** What somebody is drawing or about to declare: over everything else that is still. */
function draft(palette: Palette): LayerSpecification[] {
  const source = "draft";
  return [
    {
      id: "draft-fill",
      type: "fill",
      source,
      filter: shape("Polygon"),
      paint: { "fill-color": palette.draft, "fill-opacity": 0.1 },
    },
    {
      id: "draft-outline",
      type: "line",
      source,
      filter: shape("Polygon"),
      paint: { "line-color": palette.draft, "line-width": 1.25, "line-dasharray": [4, 2] },
    },
    {
      id: "draft-line",
      type: "line",
      source,
      filter: shape("LineString"),
      paint: { "line-color": palette.draft, "line-width": 2 },
    },
    {
      id: "draft-corner",
      type: "circle",
      source,
      filter: is("part", "corner"),
      paint: {
        "circle-radius": 5,
        "circle-color": palette.halo,
        "circle-stroke-color": palette.draft,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "draft-number",
      type: "symbol",
      source,
      filter: is("part", "corner"),
      layout: { "text-field": ["get", "label"], ...label(10, "bottom"), "text-offset": [0, -0.7] },
      paint: halo(palette.draft, palette.halo),
    },
  ];
}

/** One place that a person marked: a ring with a dot. */
function point(palette: Palette): LayerSpecification[] {
  const ring = (id: string, radius: number, colour: string): LayerSpecification => ({
    id,
    type: "circle",
    source: "point",
    paint: {
      "circle-radius": radius,
      "circle-color": colour,
      "circle-stroke-color": palette.draft,
      "circle-stroke-width": 2,
    },
  });
  return [ring("point-ring", 11, "rgba(0, 0, 0, 0)"), ring("point-dot", 2, palette.draft)];
}

/** The name of the picture with which zones are filled. */
export const HATCH = "hatch";
const HATCH_PX = 10;

/** Strokes at 45 degrees in a colour "#rrggbb", for `addImage`; seamless when tiled. */
export function hatch(colour: string): { width: number; height: number; data: Uint8ClampedArray } {
  const value = Number.parseInt(colour.slice(1), 16);
  const data = new Uint8ClampedArray(HATCH_PX * HATCH_PX * 4);
  for (let y = 0; y < HATCH_PX; y++) {
    for (let x = 0; x < HATCH_PX; x++) {
      const away = Math.min((x + y) % HATCH_PX, HATCH_PX - ((x + y) % HATCH_PX));
      const strength = away === 0 ? 255 : away === 1 ? 110 : 0;
      data.set([(value >> 16) & 255, (value >> 8) & 255, value & 255, strength], (y * HATCH_PX + x) * 4);
    }
  }
  return { width: HATCH_PX, height: HATCH_PX, data };
}

/** The volumes of the flight that is selected, or that the selected track is identified as. */
export const CHOSEN_LAYER = "flights-chosen";
export const chosenFilter = (flight: string | null): ExpressionSpecification => [
  "all",
  is("part", "volume"),
  is("id", flight ?? ""),
];

/** Layers that a click can hit, and those that belong to each switch of the layer list. */
export const FLIGHT_LAYERS = ["flights-fill", "flights-active", "flights-later", "flights-route", "flights-name"];
export const LAYERS_OF: Readonly<
  Record<"airports" | "sectors" | "sensors" | "zones" | "flights" | "contacts", readonly string[]>
> = {
  airports: ["airports-point", "airports-label"],
  sectors: ["sectors-line", "sectors-label"],
  sensors: ["sensors-reach", "sensors-point", "sensors-mark", "sensors-label"],
  contacts: ["contacts-fill", "contacts-line", "falls-line", "falls-point", "falls-label"],
  zones: ["zones-fill", "zones-line", "zones-later", "zones-name"],
  flights: [...FLIGHT_LAYERS, CHOSEN_LAYER, "flights-time"],
};

const is = (name: string, value: string): ExpressionSpecification => ["==", ["get", name], value];
const shape = (type: string): ExpressionSpecification => ["==", ["geometry-type"], type];
const label = (size: number, anchor: "top" | "bottom" | "center") => ({
  "text-font": FONT,
  "text-size": size,
  "text-anchor": anchor,
  "text-padding": 2,
});
const halo = (colour: string | ExpressionSpecification, around: string) => ({
  "text-color": colour,
  "text-halo-color": around,
  "text-halo-width": 1.5,
});
