/** MIL-STD-2525 symbols as bitmaps, each made once. */
import ms from "milsymbol";

const SIZE = 17;

export interface Bitmap {
  readonly image: HTMLCanvasElement;
  /** Size and anchor in CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly anchorX: number;
  readonly anchorY: number;
}

const bitmaps = new Map<string, Bitmap>();
const pictures = new Map<string, string>();

// The standard's dashes would be finer than a pixel here.
ms.setDashArrays("14,10", "8,12", "8,8");
const PLAIN = { civilianColor: false, outlineColor: "rgba(0, 0, 0, 0.55)", outlineWidth: 4 };
/** A pending frame is pale with a heavy dashed edge, so that a mere claim is told from the unknown at a glance. */
const PENDING = { fillOpacity: 0.45, strokeWidth: 7 };
const pending = (sidc: string): boolean => sidc[3] === "0";

const symbol = (sidc: string, size: number) =>
  new ms.Symbol({ sidc, size, ...PLAIN, ...(pending(sidc) ? PENDING : {}) });

/** The symbol for a canvas of `density` device pixels per CSS pixel; `scale` makes it smaller. */
export function bitmap(sidc: string, density: number, scale: number): Bitmap {
  const key = `${sidc}@${density}*${scale}`;
  let made = bitmaps.get(key);
  if (made === undefined) {
    const drawn = symbol(sidc, SIZE * scale);
    const [size, anchor] = [drawn.getSize(), drawn.getAnchor()];
    made = {
      image: drawn.asCanvas(density),
      width: size.width,
      height: size.height,
      anchorX: anchor.x,
      anchorY: anchor.y,
    };
    bitmaps.set(key, made);
  }
  return made;
}

/** The symbol as the address of a picture, for lists. */
export function pictureUrl(sidc: string): string {
  let made = pictures.get(sidc);
  if (made === undefined) {
    made = `data:image/svg+xml,${encodeURIComponent(symbol(sidc, 24).asSVG())}`;
    pictures.set(sidc, made);
  }
  return made;
}
