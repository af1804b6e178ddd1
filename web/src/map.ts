/** The map. The only file that touches MapLibre: it is given features and marks, and says what was clicked. */
import "maplibre-gl/dist/maplibre-gl.css";
import type { Geometry } from "geojson";
import { type GeoJSONSource, Map as MapLibre, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { type Bounds, bounds, type LonLat, mercator } from "./geo.ts";
import type { Camera } from "./labels.ts";
import type { Features } from "./layers.ts";
import { CHOSEN_LAYER, chosenFilter, FLIGHT_LAYERS, LAYERS_OF, type SourceName, style } from "./mapstyle.ts";
import { Picture, type Scene } from "./picture.ts";
import { PALETTES, type ThemeName } from "./theme.ts";

setWorkerUrl(workerUrl);

const TILE_PX = 512;
const BASE_FILES = {
  world: "map/world.geojson",
  crop: "map/tripoli.geojson",
  airports: "map/airports.geojson",
} as const;

export type Pick = { readonly kind: "track" | "flight"; readonly id: string };

export interface MapEvents {
  picked(found: Pick | null): void;
  /** A file of the base map that is not there or cannot be read. */
  missing(file: string): void;
}

export class AirMap {
  readonly #map: MapLibre;
  readonly #picture: Picture;
  readonly #data = new Map<SourceName, Features>();
  readonly #hidden = new Set<string>();
  #ready = false;
  #highlit: string | null = null;
  #scene: Scene | null = null;

  constructor(container: HTMLElement, theme: ThemeName, events: MapEvents) {
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
    this.#map.addControl(new ScaleControl({ unit: "metric", maxWidth: 120 }), "bottom-left");
    this.#map.addControl(new ScaleControl({ unit: "nautical", maxWidth: 120 }), "bottom-left");
    this.#picture = new Picture(this.#map.getCanvasContainer());
    this.#map.getCanvas().setAttribute("aria-label", "Map of the air picture; the track list has the same in words");
    this.#map.on("styledata", () => this.#styled());
    this.#map.on("render", () => this.#redraw());
    this.#map.on("resize", () => this.#redraw());
    this.#map.on("click", ({ point }) => events.picked(this.#under(point.x, point.y)));
    this.#map.on("mousemove", ({ point }) => {
      this.#map.getCanvas().style.cursor = this.#picture.pick(point.x, point.y) ? "pointer" : "";
    });
    for (const [name, file] of Object.entries(BASE_FILES)) void this.#load(name as SourceName, file, events);
  }

  /** Draws the moving half, now. */
  show(scene: Scene): void {
    this.#scene = scene;
    this.#redraw();
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
    this.#map.setStyle(style(PALETTES[name]), { diff: false });
  }

  fit([west, south, east, north]: Bounds): void {
    this.#map.fitBounds([west, south, east, north], { padding: 40, maxZoom: 11, animate: false });
  }

  /** Brings a place into view where it is not. */
  reveal([lon, lat]: LonLat): void {
    this.#map.resize();
    if (!this.#map.getBounds().contains([lon, lat])) this.#map.easeTo({ center: [lon, lat], duration: 300 });
  }

  /** Draws the volumes of one flight stronger; null for none. */
  highlight(flight: string | null): void {
    if (flight === this.#highlit) return;
    this.#highlit = flight;
    if (this.#ready) this.#map.setFilter(CHOSEN_LAYER, chosenFilter(flight));
  }

  zoom(steps: number): void {
    this.#map.zoomTo(this.#map.getZoom() + steps, { duration: 150 });
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

  #camera(): Camera {
    const container = this.#map.getContainer();
    const { lng, lat } = this.#map.getCenter();
    const [x, y] = mercator(lng, lat);
    const world = TILE_PX * 2 ** this.#map.getZoom();
    return { x, y, world, width: container.clientWidth, height: container.clientHeight, density: devicePixelRatio };
  }

  #redraw(): void {
    if (this.#scene !== null) this.#picture.draw(this.#camera(), this.#scene);
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
