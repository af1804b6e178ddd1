/** The moving half of the picture on two canvases over the map: symbols, leaders and trails by WebGL, words by 2D. */
import { Atlas, type Sprite } from "./atlas.ts";
import { Brush, Lines, Stamps } from "./brush.ts";
import { type Camera, type Label, LINE_PX, type Placed, placeLabels } from "./labels.ts";
import type { Mark } from "./marks.ts";
import { LOOKS } from "./standing.ts";
import type { Palette } from "./theme.ts";
import { KEPT_S, type Trail } from "./trails.ts";
import { project } from "./view.ts";

export interface Scene {
  readonly marks: readonly Mark[];
  readonly showTracks: boolean;
  readonly trails: Iterable<readonly [string, Trail]>;
  readonly selected: string | null;
  /** The mark that is pointed at; null for none. */
  readonly hovered: string | null;
  /** Closed outline of the selected track's 95 % uncertainty, x, y, …; empty for none. */
  readonly uncertainty: readonly number[];
  readonly palette: Palette;
}

const FONT = '12px system-ui, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif';
const BOLD = `600 ${FONT}`;
const MARGIN_PX = 40;
/** Above so many tracks in view, symbols and leaders are smaller and trails shorter. */
const MANY = 1_000;
const SMALL = 0.6;
const SHORT_TRAIL_S = 60;
/** Trails leave out steps shorter than this, but never the last one. */
const STEP_PX = 2;
const BADGE_BELOW_PX = 19;

type Pen = CanvasRenderingContext2D;

export class Picture {
  readonly #glCanvas = canvas();
  readonly #penCanvas = canvas();
  readonly #gl: WebGL2RenderingContext;
  readonly #pen: Pen;
  readonly #trails = new Lines(1);
  readonly #leaders = new Map(Object.entries(LOOKS).map(([standing, { width }]) => [standing, new Lines(width)]));
  readonly #stamps = new Stamps();
  #brush: Brush;
  #atlas: Atlas | null = null;
  #placed: readonly Placed[] = [];

  /** Throws where there is no WebGL 2. */
  constructor(parent: HTMLElement) {
    const gl = this.#glCanvas.getContext("webgl2", { antialias: false, depth: false, premultipliedAlpha: true });
    const pen = this.#penCanvas.getContext("2d");
    if (gl === null || pen === null) throw new Error("this browser has no WebGL 2");
    [this.#gl, this.#pen] = [gl, pen];
    this.#brush = new Brush(gl);
    this.#glCanvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.#glCanvas.addEventListener("webglcontextrestored", () => {
      this.#brush = new Brush(gl);
    });
    parent.append(this.#glCanvas, this.#penCanvas);
  }

  draw(camera: Camera, scene: Scene): void {
    for (const one of [this.#glCanvas, this.#penCanvas]) fit(one, camera);
    this.#placed = scene.showTracks ? place(camera, scene.marks) : [];
    const scale = this.#placed.length > MANY ? SMALL : 1;
    if (
      this.#atlas?.palette !== scene.palette ||
      this.#atlas.density !== camera.density ||
      this.#atlas.scale !== scale
    ) {
      this.#atlas = new Atlas(scene.palette, camera.density, scale);
    }
    if (!this.#gl.isContextLost()) this.#paint(camera, scene, this.#atlas);
    this.#write(camera, scene);
  }

  /** The mark nearest to a point, within reach of a finger; null for none. */
  pick(px: number, py: number, reach = 18): Mark | null {
    let best: Mark | null = null;
    let least = reach;
    for (const one of this.#placed) {
      const away = Math.hypot(one.px - px, one.py - py);
      if (away <= least) [best, least] = [one.mark, away];
    }
    return best;
  }

  #paint(camera: Camera, scene: Scene, atlas: Atlas): void {
    this.#brush.clear(camera.width, camera.height);
    const many = atlas.scale < 1;
    this.#trails.clear();
    trailLines(this.#trails, camera, scene.trails, many ? SHORT_TRAIL_S : KEPT_S);
    this.#brush.lines(this.#trails, { colour: rgba(scene.palette.trail, 0.55), dash: [] });
    for (const [standing, look] of Object.entries(LOOKS)) {
      const lines = this.#leaders.get(standing) as Lines;
      lines.clear();
      leaderLines(lines, this.#placed, standing, look.double, atlas.scale);
      this.#brush.lines(lines, { colour: rgba(scene.palette.leader, 1), dash: look.dash });
    }
    this.#stamps.clear();
    for (const one of this.#placed) stampsOf(this.#stamps, one, atlas);
    this.#brush.stamps(this.#stamps, atlas);
  }

  #write(camera: Camera, scene: Scene): void {
    const pen = this.#pen;
    pen.setTransform(camera.density, 0, 0, camera.density, 0, 0);
    pen.clearRect(0, 0, camera.width, camera.height);
    if (!scene.showTracks) return;
    const chosen = this.#placed.find(({ mark }) => mark.id === scene.selected);
    drawUncertainty(pen, camera, scene);
    if (chosen) drawSelection(pen, chosen, scene.palette);
    const hovered = this.#placed.find(({ mark }) => mark.id === scene.hovered);
    const singled = [chosen, hovered].filter((one) => one !== undefined);
    drawLabels(pen, placeLabels(this.#placed, camera, singled), scene.palette);
  }
}

function canvas(): HTMLCanvasElement {
  const made = document.createElement("canvas");
  made.className = "picture";
  made.setAttribute("aria-hidden", "true");
  return made;
}

function fit(one: HTMLCanvasElement, camera: Camera): void {
  const [width, height] = [Math.round(camera.width * camera.density), Math.round(camera.height * camera.density)];
  if (one.width === width && one.height === height) return;
  one.width = width;
  one.height = height;
}

function place(camera: Camera, marks: readonly Mark[]): Placed[] {
  const placed: Placed[] = [];
  for (const mark of marks) {
    const [px, py] = project(camera, mark.x, mark.y);
    if (px < -MARGIN_PX || py < -MARGIN_PX || px > camera.width + MARGIN_PX || py > camera.height + MARGIN_PX) continue;
    placed.push({ mark, px, py });
  }
  return placed;
}

function trailLines(into: Lines, camera: Camera, trails: Scene["trails"], seconds: number): void {
  const [left, top] = [camera.width / 2 - camera.x * camera.world, camera.height / 2 - camera.y * camera.world];
  for (const [, points] of trails) {
    const oldest = (points.at(-3) ?? 0) - seconds;
    let first = 0;
    while ((points[first] ?? Number.POSITIVE_INFINITY) < oldest) first += 3;
    let fromX = (points[first + 1] ?? 0) * camera.world + left;
    let fromY = (points[first + 2] ?? 0) * camera.world + top;
    for (let i = first + 3; i < points.length; i += 3) {
      const px = (points[i + 1] as number) * camera.world + left;
      const py = (points[i + 2] as number) * camera.world + top;
      if (Math.abs(px - fromX) + Math.abs(py - fromY) < STEP_PX && i + 3 < points.length) continue;
      into.add(fromX, fromY, px, py);
      [fromX, fromY] = [px, py];
    }
  }
}

function leaderLines(into: Lines, placed: readonly Placed[], standing: string, double: boolean, scale: number): void {
  for (const { mark, px, py } of placed) {
    if (mark.standing !== standing) continue;
    const [dx, dy] = [mark.leader[0] * scale, mark.leader[1] * scale];
    const length = Math.hypot(dx, dy);
    if (length === 0) continue;
    const [ox, oy] = double ? [(-dy / length) * 1.6, (dx / length) * 1.6] : [0, 0];
    into.add(px + ox, py + oy, px + dx + ox, py + dy + oy);
    if (double) into.add(px - ox, py - oy, px + dx - ox, py + dy - oy);
  }
}

function stampsOf(into: Stamps, { mark, px, py }: Placed, atlas: Atlas): void {
  const { density, scale } = atlas;
  const stamp = (sprite: Sprite, y: number, opacity: number): void => {
    // On whole device pixels, or a symbol would be blurred.
    const left = Math.round((px - sprite.anchorX) * density) / density;
    const top = Math.round((y - sprite.anchorY) * density) / density;
    into.add(left, top, sprite.width, sprite.height, sprite.source, opacity);
  };
  if (mark.status === "lost") {
    stamp(atlas.cross(), py, 1);
    return;
  }
  stamp(atlas.symbol(mark.sidc), py, mark.opacity);
  if (mark.status === "coasting") stamp(atlas.ring(), py, 1);
  const words = [mark.conflict && "ID", mark.shadowed && "≈", mark.doubtful && "no.?"].filter(Boolean).join(" ");
  if (words !== "") stamp(atlas.badge(words), py + BADGE_BELOW_PX * scale, 1);
}

function drawUncertainty(pen: Pen, camera: Camera, scene: Scene): void {
  if (scene.uncertainty.length === 0) return;
  pen.strokeStyle = scene.palette.selected;
  pen.lineWidth = 1;
  pen.setLineDash([3, 3]);
  pen.beginPath();
  for (let i = 0; i < scene.uncertainty.length; i += 2) {
    pen.lineTo(...project(camera, scene.uncertainty[i] as number, scene.uncertainty[i + 1] as number));
  }
  pen.stroke();
  pen.setLineDash([]);
}

function drawSelection(pen: Pen, { px, py }: Placed, palette: Palette): void {
  pen.strokeStyle = palette.selected;
  pen.lineWidth = 2;
  for (let quarter = 0; quarter < 4; quarter++) {
    pen.beginPath();
    pen.arc(px, py, 22, (quarter * Math.PI) / 2 + 0.35, ((quarter + 1) * Math.PI) / 2 - 0.35);
    pen.stroke();
  }
}

function drawLabels(pen: Pen, labels: readonly Label[], palette: Palette): void {
  pen.textBaseline = "top";
  pen.lineJoin = "round";
  pen.lineWidth = 3;
  pen.strokeStyle = palette.halo;
  for (const { lines, x, y, left } of labels) {
    pen.textAlign = left ? "right" : "left";
    lines.forEach((text, i) => {
      pen.font = i === 0 ? BOLD : FONT;
      pen.strokeText(text, x, y + i * LINE_PX);
      pen.fillStyle = i === 0 ? palette.ink : palette.dim;
      pen.fillText(text, x, y + i * LINE_PX);
    });
  }
}

/** "#rrggbb" with an opacity. */
function rgba(hex: string, opacity: number): [number, number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [((value >> 16) & 255) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255, opacity];
}
