/** One sheet with every small picture that the map needs: symbols, badges, the ring and the cross; each drawn once. */
import { bitmap } from "./symbols.ts";
import type { Palette } from "./theme.ts";

export interface Sprite {
  /** Size and anchor, CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly anchorX: number;
  readonly anchorY: number;
  /** Box on the sheet as fractions: left, top, right, bottom. */
  readonly source: readonly [number, number, number, number];
}

type Pen = CanvasRenderingContext2D;

const SIDE_PX = 1024;
const MARGIN_PX = 2;
const BADGE_FONT = '700 9px system-ui, "Liberation Sans", "DejaVu Sans", sans-serif';

export class Atlas {
  readonly canvas: HTMLCanvasElement;
  readonly palette: Palette;
  readonly density: number;
  /** Size of everything on it, 1 for full. */
  readonly scale: number;
  /** Grows with every picture that is added. */
  version = 0;
  readonly #pen: Pen;
  readonly #sprites = new Map<string, Sprite>();
  #x = 0;
  #y = 0;
  #row = 0;

  constructor(palette: Palette, density: number, scale: number) {
    this.palette = palette;
    this.density = density;
    this.scale = scale;
    this.canvas = document.createElement("canvas");
    this.canvas.width = this.canvas.height = SIDE_PX;
    this.#pen = this.canvas.getContext("2d") as Pen;
  }

  symbol(sidc: string): Sprite {
    return this.#get(`symbol ${sidc}`, () => {
      const { image, width, height, anchorX, anchorY } = bitmap(sidc, this.density, this.scale);
      return this.#add(width, height, anchorX, anchorY, 1, (pen) => pen.drawImage(image, 0, 0, width, height));
    });
  }

  /** A plate with words, to lie centred on its anchor. */
  badge(words: string): Sprite {
    return this.#get(`badge ${words}`, () => {
      const width = Math.ceil(words.length * 6.5 + 6);
      return this.#add(width, 12, width / 2, 6, this.scale, (pen) => {
        pen.fillStyle = this.palette.badge;
        pen.beginPath();
        pen.roundRect(0, 0, width, 12, 3);
        pen.fill();
        pen.fillStyle = this.palette.badgeInk;
        pen.font = BADGE_FONT;
        pen.textAlign = "center";
        pen.textBaseline = "middle";
        pen.fillText(words, width / 2, 6.5);
      });
    });
  }

  /** Around a coasting track. */
  ring(): Sprite {
    return this.#get("ring", () =>
      this.#add(36, 36, 18, 18, this.scale, (pen) => {
        pen.strokeStyle = this.palette.dim;
        pen.lineWidth = 1.25;
        pen.setLineDash([3, 3]);
        pen.beginPath();
        pen.arc(18, 18, 17, 0, 2 * Math.PI);
        pen.stroke();
      }),
    );
  }

  /** Where a lost track was last heard of. */
  cross(): Sprite {
    return this.#get("cross", () =>
      this.#add(18, 18, 9, 9, this.scale, (pen) => {
        pen.lineCap = "round";
        for (const [width, colour] of [
          [5, this.palette.halo],
          [2, this.palette.ink],
        ] as const) {
          pen.lineWidth = width;
          pen.strokeStyle = colour;
          pen.beginPath();
          pen.moveTo(3, 3);
          pen.lineTo(15, 15);
          pen.moveTo(15, 3);
          pen.lineTo(3, 15);
          pen.stroke();
        }
      }),
    );
  }

  #get(key: string, make: () => Sprite): Sprite {
    let sprite = this.#sprites.get(key);
    if (sprite === undefined) {
      sprite = make();
      this.#sprites.set(key, sprite);
    }
    return sprite;
  }

  #add(
    width: number,
    height: number,
    anchorX: number,
    anchorY: number,
    scale: number,
    draw: (pen: Pen) => void,
  ): Sprite {
    const unit = this.density * scale;
    const [w, h] = [Math.ceil(width * unit), Math.ceil(height * unit)];
    if (this.#x + w > SIDE_PX) [this.#x, this.#y, this.#row] = [0, this.#y + this.#row + MARGIN_PX, 0];
    const [x, y] = [this.#x, this.#y];
    this.#pen.save();
    this.#pen.setTransform(unit, 0, 0, unit, x, y);
    draw(this.#pen);
    this.#pen.restore();
    this.#x += w + MARGIN_PX;
    this.#row = Math.max(this.#row, h);
    this.version += 1;
    return {
      width: w / this.density,
      height: h / this.density,
      anchorX: anchorX * scale,
      anchorY: anchorY * scale,
      source: [x / SIDE_PX, y / SIDE_PX, (x + w) / SIDE_PX, (y + h) / SIDE_PX],
    };
  }
}
