/** One drawing at a time for a form: begins it on the map, shows it with what the form has, and hands over what comes of it. */
import type { Drawing, Shape } from "./drawing.ts";
import type { LonLat } from "./geo.ts";
import { draftFeatures, type Features } from "./layers.ts";

/** What of the map a sketch needs. */
export interface Canvas {
  set(name: "draft", features: Features): void;
  draw(shape: Shape, corners: readonly LonLat[], changed: (drawing: Drawing) => void): () => void;
}

export class Sketch {
  readonly #canvas: Canvas | null;
  readonly #changed: () => void;
  #of: string | null = null;
  #drawing: Drawing | null = null;
  #stop: () => void = () => {};
  #shown = "";

  constructor(canvas: Canvas | null, changed: () => void) {
    this.#canvas = canvas;
    this.#changed = changed;
  }

  /** Whether there is a map to draw on. */
  get can(): boolean {
    return this.#canvas !== null;
  }

  /** What is being drawn, as `toggle` called it; null for nothing. */
  get of(): string | null {
    return this.#of;
  }

  get drawing(): Drawing | null {
    return this.#drawing;
  }

  /** Begins to draw a thing, going on from its corners; cancels where that is being drawn already. */
  toggle(of: string, shape: Shape, corners: readonly LonLat[], finished: (corners: readonly LonLat[]) => void): void {
    const again = this.#of === of;
    this.stop();
    if (again || this.#canvas === null) return;
    this.#of = of;
    this.#stop = this.#canvas.draw(shape, corners, (drawing) => {
      this.#drawing = drawing;
      if (drawing.phase !== "open") {
        this.#of = this.#drawing = null;
        if (drawing.phase === "finished") finished(drawing.corners);
      }
      this.#changed();
    });
  }

  stop(): void {
    this.#stop();
    this.#stop = () => {};
    this.#of = this.#drawing = null;
  }

  /** Shows these outlines and this line on the map, and the drawing over them. */
  show(outlines: readonly (readonly LonLat[])[], line: readonly LonLat[]): void {
    const features = draftFeatures(this.#drawing, outlines, line);
    const key = JSON.stringify(features);
    if (key === this.#shown) return;
    this.#shown = key;
    this.#canvas?.set("draft", features);
  }
}
