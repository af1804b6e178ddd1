/** The map. The only file that touches MapLibre: it is given features and marks, and says what was clicked. */
import "maplibre-gl/dist/maplibre-gl.css";
import type { Geometry } from "geojson";
import {
  type GeoJSONSource,
  Map as MapLibre,
  type MapMouseEvent,
  type MapTouchEvent,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { begin, type Drawing, draw, rounded, type Shape, type Stroke } from "./drawing.ts";
import { type Bounds, bounds, type LonLat, mercator } from "./geo.ts";
import type { Box, Camera } from "./labels.ts";
import { type Features, pointFeatures } from "./layers.ts";
import {
  CHOSEN_LAYER,
  chosenFilter,
  FLIGHT_LAYERS,
  HATCH,
  hatch,
  LAYERS_OF,
  type SourceName,
  style,
} from "./mapstyle.ts";
import { Picture, type Scene } from "./picture.ts";
import { PALETTES, type ThemeName } from "./theme.ts";
import { shift } from "./view.ts";

setWorkerUrl(workerUrl);

const TILE_PX = 512;
/** Room left around what is fitted: for a name above it, for the buttons and the scale below. */
const PADDING_PX = { top: 36, right: 36, bottom: 56, left: 36 };
const SMALL_PADDING_PX = { top: 26, right: 12, bottom: 48, left: 12 };
const SMALL_PX = 500;
/** Two of them and the buttons share the bottom of a telephone's map. */
const SCALE_PX = 80;
/** How near to a corner a hand must be to mean it. */
const NEAR_PX = 9;
const TOUCH_PX = 18;
const BASE_FILES = {
  world: "map/world.geojson",
  crop: "map/tripoli.geojson",
  airports: "map/airports.geojson",
} as const;

export type Pick = { readonly kind: "track" | "flight"; readonly id: string };

export interface MapEvents {
  picked(found: Pick | null): void;
  /** The map came to rest, or has another size. */
  moved(camera: Camera): void;
  /** A file of the base map that is not there or cannot be read. */
  missing(file: string): void;
}

type Pointed = MapMouseEvent | MapTouchEvent;

/** What a hand on the map does while something is drawn or marked. `key` says whether the key meant anything. */
interface Hand {
  click(event: Pointed): void;
  key(key: string): boolean;
  twice?(event: Pointed): void;
  down?(event: Pointed): void;
  move?(event: Pointed): void;
  up?(): void;
}

export class AirMap {
  readonly #map: MapLibre;
  readonly #picture: Picture;
  readonly #events: MapEvents;
  readonly #data = new Map<SourceName, Features>();
  readonly #hidden = new Set<string>();
  #ready = false;
  #highlit: string | null = null;
  #scene: Scene | null = null;
  #hovered: string | null = null;
  #covered: readonly Box[] = [];
  /** What was fitted, until somebody moves the map: it is fitted again when the map's size changes. */
  #fitted: Bounds | null = null;
  #theme: ThemeName;
  /** What a hand on the map does now instead of selecting. */
  #hand: Hand | null = null;

  constructor(container: HTMLElement, theme: ThemeName, events: MapEvents) {
    this.#events = events;
    this.#theme = theme;
    this.#map = new MapLibre({
      container,
      style: style(PALETTES[theme]),
      center: [13.4, 32.6],
      zoom: 7,
      // North stays up and the map flat, so that a bearing read off the screen is a bearing.
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: 0,
      renderWorldCopies: false,
      attributionControl: false,
      fadeDuration: 0,
      maxZoom: 16,
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new ScaleControl({ unit: "metric", maxWidth: SCALE_PX }), "bottom-left");
    this.#map.addControl(new ScaleControl({ unit: "nautical", maxWidth: SCALE_PX }), "bottom-left");
    this.#picture = new Picture(this.#map.getCanvasContainer());
    this.#map.getCanvas().setAttribute("aria-label", "Map of the air picture; the track list has the same in words");
    this.#map.on("styledata", () => this.#styled());
    this.#map.setMissingStyleImageResolver((id) => {
      if (id === HATCH) this.#map.addImage(HATCH, hatch(PALETTES[this.#theme].zone));
    });
    this.#map.on("render", () => this.#redraw());
    this.#map.on("resize", () => this.#resized());
    this.#map.on("movestart", ({ originalEvent }) => {
      if (originalEvent !== undefined) this.#fitted = null;
    });
    this.#map.on("moveend", () => events.moved(this.camera()));
    this.#map.on("click", (event) => {
      if (this.#hand !== null) this.#hand.click(event);
      else events.picked(this.#under(event.point.x, event.point.y));
    });
    this.#listenToHands();
    this.#map.on("mousemove", ({ point }) => {
      if (this.#hand !== null) return;
      const mark = this.#picture.pick(point.x, point.y);
      this.#map.getCanvas().style.cursor = mark ? "pointer" : "";
      this.#point(mark?.id ?? null);
    });
    this.#map.on("mouseout", () => this.#point(null));
    for (const [name, file] of Object.entries(BASE_FILES)) void this.#load(name as SourceName, file, events);
  }

  /** Draws the moving half, now. */
  show(scene: Omit<Scene, "hovered">): void {
    this.#scene = { ...scene, hovered: this.#hovered };
    this.#redraw();
  }

  /** What lies over the map, CSS pixels from its corner: no words are put there. */
  cover(boxes: readonly Box[]): void {
    if (String(boxes) === String(this.#covered)) return;
    this.#covered = boxes;
    this.#redraw();
    this.#events.moved(this.camera());
  }

  set(name: SourceName, features: Features): void {
    this.#data.set(name, features);
    if (this.#ready) void this.#source(name)?.setData(features);
  }

  toggle(layer: keyof typeof LAYERS_OF, visible: boolean): void {
    for (const id of LAYERS_OF[layer]) {
      if (visible) this.#hidden.delete(id);
      else this.#hidden.add(id);
      if (this.#ready) this.#map.setLayoutProperty(id, "visibility", visible ? "visible" : "none");
    }
  }

  theme(name: ThemeName): void {
    this.#ready = false;
    this.#theme = name;
    this.#map.setStyle(style(PALETTES[name]), { diff: false });
  }

  fit(box: Bounds): void {
    const [west, south, east, north] = box;
    const { clientWidth, clientHeight } = this.#map.getContainer();
    const padding = Math.min(clientWidth, clientHeight) < SMALL_PX ? SMALL_PADDING_PX : PADDING_PX;
    this.#map.fitBounds([west, south, east, north], { padding, maxZoom: 11, animate: false });
    this.#fitted = box;
  }

  /** Brings a place into view where it is not, moving no further than needed. */
  reveal([lon, lat]: LonLat): void {
    this.#map.resize();
    this.#follow(...mercator(lon, lat), 300);
  }

  /** Draws the volumes of one flight stronger; null for none. */
  highlight(flight: string | null): void {
    if (flight === this.#highlit) return;
    this.#highlit = flight;
    if (this.#ready) this.#map.setFilter(CHOSEN_LAYER, chosenFilter(flight));
  }

  zoom(steps: number): void {
    this.#fitted = null;
    this.#map.zoomTo(this.#map.getZoom() + steps, { duration: 150 });
  }

  /** The next click is a place and no selection. Returns what cancels it; Escape does too. */
  pickPoint(done: (at: LonLat) => void): () => void {
    return this.#take({
      click: ({ lngLat }) => {
        this.#let();
        done(rounded([lngLat.lng, lngLat.lat]));
      },
      key: (key) => {
        if (key !== "Escape") return false;
        this.#let();
        return true;
      },
    });
  }

  /** Marks one place, such as a read-back; null for none. */
  markPoint(at: LonLat | null): void {
    this.set("point", pointFeatures(at));
  }

  /**
   * Draws an outline or a line: a click adds a corner, a drag moves one; a double click, the first corner or Enter
   * finishes; Backspace takes the last corner back; Escape cancels. `changed` hears of every stroke, and the last time
   * with the phase `finished` or `cancelled`. Returns what cancels it.
   */
  draw(shape: Shape, corners: readonly LonLat[], changed: (drawing: Drawing) => void): () => void {
    let drawing = begin(shape, corners);
    const stroke = (made: Stroke): void => {
      const before = drawing;
      drawing = draw(drawing, made);
      if (drawing === before) return;
      if (drawing.phase !== "open") this.#let();
      changed(drawing);
    };
    const reach = (px: number): number => (px * 360) / (TILE_PX * 2 ** this.#map.getZoom());
    const at = ({ lngLat }: Pointed): LonLat => [lngLat.lng, lngLat.lat];
    const keys: Readonly<Record<string, Stroke>> = {
      Enter: { kind: "finish" },
      Backspace: { kind: "back" },
      Escape: { kind: "cancel" },
    };
    const cancel = this.#take({
      click: (event) => stroke({ kind: "press", at: at(event), reach: reach(NEAR_PX) }),
      twice: () => stroke({ kind: "finish" }),
      down: (event) => {
        stroke({ kind: "grab", at: at(event), reach: reach("touches" in event.originalEvent ? TOUCH_PX : NEAR_PX) });
        if (drawing.held !== null) event.preventDefault();
      },
      move: (event) => stroke({ kind: "move", at: at(event) }),
      up: () => stroke({ kind: "drop" }),
      key: (key) => {
        const made = keys[key];
        if (made !== undefined) stroke(made);
        return made !== undefined;
      },
    });
    changed(drawing);
    return () => {
      if (drawing.phase === "open") cancel();
    };
  }

  drawOutline(corners: readonly LonLat[], changed: (drawing: Drawing) => void): () => void {
    return this.draw("outline", corners, changed);
  }

  drawLine(corners: readonly LonLat[], changed: (drawing: Drawing) => void): () => void {
    return this.draw("line", corners, changed);
  }

  #take(hand: Hand): () => void {
    this.#hand?.key("Escape");
    this.#hand = hand;
    this.#map.doubleClickZoom.disable();
    const canvas = this.#map.getCanvas();
    canvas.style.cursor = "crosshair";
    // Or Enter would press again the button that began it.
    canvas.focus({ preventScroll: true });
    this.#point(null);
    return () => {
      if (this.#hand === hand) hand.key("Escape");
    };
  }

  #let(): void {
    this.#hand = null;
    // The second half of the double click that ended it is still to come.
    setTimeout(() => this.#map.doubleClickZoom.enable(), 0);
    this.#map.getCanvas().style.cursor = "";
  }

  #listenToHands(): void {
    this.#map.on("dblclick", (event) => this.#hand?.twice?.(event));
    this.#map.on("mousedown", (event) => this.#hand?.down?.(event));
    this.#map.on("touchstart", (event) => this.#hand?.down?.(event));
    this.#map.on("mousemove", (event) => this.#hand?.move?.(event));
    this.#map.on("touchmove", (event) => this.#hand?.move?.(event));
    for (const name of ["mouseup", "touchend", "touchcancel"] as const) this.#map.on(name, () => this.#hand?.up?.());
    // Before the page's own keys, which would close what is being filled in.
    document.addEventListener(
      "keydown",
      (event) => {
        const typing =
          event.target instanceof Element && event.target.closest("input, textarea, select, button, summary");
        if (this.#hand === null || (typing && event.key !== "Escape") || !this.#hand.key(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
      },
      true,
    );
  }

  #source(name: SourceName): GeoJSONSource | undefined {
    return this.#map.getSource<GeoJSONSource>(name);
  }

  #styled(): void {
    if (this.#ready || this.#source("flights") === undefined) return;
    this.#ready = true;
    for (const [name, features] of this.#data) void this.#source(name)?.setData(features);
    this.#map.setFilter(CHOSEN_LAYER, chosenFilter(this.#highlit));
    for (const id of this.#hidden) this.#map.setLayoutProperty(id, "visibility", "none");
  }

  async #load(name: SourceName, file: string, events: MapEvents): Promise<void> {
    try {
      const response = await fetch(file);
      if (!response.ok) throw new Error(`status ${response.status}`);
      const features = (await response.json()) as Features;
      this.set(name, name === "crop" ? masked(features) : features);
    } catch {
      events.missing(file);
    }
  }

  camera(): Camera {
    const { clientWidth, clientHeight } = this.#map.getContainer();
    const { lng, lat } = this.#map.getCenter();
    const [x, y] = mercator(lng, lat);
    const world = TILE_PX * 2 ** this.#map.getZoom();
    return {
      x,
      y,
      world,
      width: clientWidth,
      height: clientHeight,
      density: devicePixelRatio,
      covered: this.#covered,
    };
  }

  #redraw(): void {
    if (this.#scene !== null) this.#picture.draw(this.camera(), this.#scene);
  }

  #point(id: string | null): void {
    if (id === this.#hovered) return;
    this.#hovered = id;
    if (this.#scene !== null) this.show(this.#scene);
  }

  /** The selected track stays in view whatever opens beside the map. */
  #resized(): void {
    if (this.#fitted !== null) this.fit(this.#fitted);
    const chosen = this.#scene?.marks.find(({ id }) => id === this.#scene?.selected);
    if (chosen) this.#follow(chosen.x, chosen.y, 0);
    this.#redraw();
  }

  #follow(x: number, y: number, duration: number): void {
    const [right, down] = shift(this.camera(), x, y);
    if (right !== 0 || down !== 0) this.#map.panBy([right, down], { duration });
  }

  #under(px: number, py: number): Pick | null {
    const mark = this.#picture.pick(px, py);
    if (mark) return { kind: "track", id: mark.id };
    const layers = FLIGHT_LAYERS.filter((id) => !this.#hidden.has(id));
    const [hit] = this.#ready && layers.length > 0 ? this.#map.queryRenderedFeatures([px, py], { layers }) : [];
    const id: unknown = hit?.properties.id;
    return typeof id === "string" ? { kind: "flight", id } : null;
  }
}

/** The crop with a box of sea under it, which hides the coarse coast there. */
function masked(crop: Features): Features {
  const box = bounds(crop.features.flatMap(({ geometry }) => places(geometry)));
  if (box === null) return crop;
  const [west, south, east, north] = box;
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  const mask = {
    type: "Feature" as const,
    geometry: { type: "Polygon" as const, coordinates: [ring] },
    properties: { kind: "mask" },
  };
  return { ...crop, features: [mask, ...crop.features] };
}

function places(geometry: Geometry): LonLat[] {
  if (geometry.type === "MultiPolygon") return geometry.coordinates.flat(2) as unknown as LonLat[];
  if (geometry.type === "MultiLineString") return geometry.coordinates.flat(1) as unknown as LonLat[];
  return [];
}
