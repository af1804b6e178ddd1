/**
 * Draws many lines and many small pictures with WebGL 2. It knows nothing of what they mean. Places are CSS pixels from
 * the top left.
 *
 * Plain triangles, four corners a piece: software renderers pay about 10 µs for every instance of an instanced draw and
 * 30 µs for every `drawImage` of a 2D canvas, which 5,000 aircraft cannot afford.
 */
import type { Atlas } from "./atlas.ts";

export interface Stroke {
  /** Red, green, blue, opacity, 0..1. */
  readonly colour: readonly [number, number, number, number];
  /** On, off, on, off in pixels; empty for a solid line. */
  readonly dash: readonly number[];
}

/** Four corners a piece, `each` numbers a corner; the memory is kept from frame to frame. */
class Corners {
  readonly each: number;
  data = new Float32Array(4096);
  length = 0;

  constructor(each: number) {
    this.each = each;
  }

  get pieces(): number {
    return this.length / this.each / 4;
  }

  clear(): void {
    this.length = 0;
  }

  protected room(): void {
    if (this.length + 4 * this.each <= this.data.length) return;
    const larger = new Float32Array(this.data.length * 2);
    larger.set(this.data);
    this.data = larger;
  }

  protected corner(a: number, b: number, c: number, d: number, e?: number): void {
    const { data } = this;
    data[this.length++] = a;
    data[this.length++] = b;
    data[this.length++] = c;
    data[this.length++] = d;
    if (e !== undefined) data[this.length++] = e;
  }
}

/** Lines of one width: place, distance along, distance across. */
export class Lines extends Corners {
  readonly width: number;

  constructor(width: number) {
    super(4);
    this.width = width;
  }

  add(x: number, y: number, toX: number, toY: number): void {
    this.room();
    const length = Math.hypot(toX - x, toY - y) || 1e-3;
    const half = this.width / 2 + 1;
    const [ox, oy] = [(-(toY - y) / length) * half, ((toX - x) / length) * half];
    this.corner(x - ox, y - oy, 0, -half);
    this.corner(x + ox, y + oy, 0, half);
    this.corner(toX - ox, toY - oy, length, -half);
    this.corner(toX + ox, toY + oy, length, half);
  }
}

/** Pictures from an atlas: place, place on the sheet, opacity. */
export class Stamps extends Corners {
  constructor() {
    super(5);
  }

  add(x: number, y: number, width: number, height: number, source: Box, opacity: number): void {
    this.room();
    const [left, top, right, bottom] = source;
    this.corner(x, y, left, top, opacity);
    this.corner(x, y + height, left, bottom, opacity);
    this.corner(x + width, y, right, top, opacity);
    this.corner(x + width, y + height, right, bottom, opacity);
  }
}

type Box = readonly [left: number, top: number, right: number, bottom: number];

const LINE_VERTEX = `#version 300 es
uniform vec2 size;
in vec4 corner;
out float along;
out float across;
void main() {
  along = corner.z;
  across = corner.w;
  gl_Position = vec4(corner.x / size.x * 2.0 - 1.0, 1.0 - corner.y / size.y * 2.0, 0.0, 1.0);
}`;

const LINE_FRAGMENT = `#version 300 es
precision highp float;
uniform float width;
uniform vec4 colour;
uniform vec4 dash;
in float along;
in float across;
out vec4 shade;
void main() {
  float period = dash.x + dash.y + dash.z + dash.w;
  if (period > 0.0) {
    float at = mod(along, period);
    if (at > dash.x && (at < dash.x + dash.y || at > dash.x + dash.y + dash.z)) discard;
  }
  float edge = clamp(width * 0.5 + 0.5 - abs(across), 0.0, 1.0);
  shade = vec4(colour.rgb, 1.0) * colour.a * edge;
}`;

const PICTURE_VERTEX = `#version 300 es
uniform vec2 size;
in vec4 corner;
in float opacity;
out vec2 texel;
out float alpha;
void main() {
  texel = corner.zw;
  alpha = opacity;
  gl_Position = vec4(corner.x / size.x * 2.0 - 1.0, 1.0 - corner.y / size.y * 2.0, 0.0, 1.0);
}`;

const PICTURE_FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D atlas;
in vec2 texel;
in float alpha;
out vec4 shade;
void main() {
  shade = texture(atlas, texel) * alpha;
}`;

export class Brush {
  readonly #gl: WebGL2RenderingContext;
  readonly #lines: Drawing;
  readonly #stamps: Drawing;
  readonly #triangles: WebGLBuffer;
  readonly #texture: WebGLTexture;
  #triangled = 0;
  #sheet: { readonly atlas: Atlas; readonly version: number } | null = null;
  #width = 1;
  #height = 1;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#triangles = gl.createBuffer();
    this.#lines = drawing(gl, this.#triangles, program(gl, LINE_VERTEX, LINE_FRAGMENT), [["corner", 4]]);
    this.#stamps = drawing(gl, this.#triangles, program(gl, PICTURE_VERTEX, PICTURE_FRAGMENT), [
      ["corner", 4],
      ["opacity", 1],
    ]);
    this.#texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    // Stamps lie on whole device pixels at the size they were made, so nothing need be blended.
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  /** An empty sheet of this size, CSS pixels. */
  clear(width: number, height: number): void {
    const gl = this.#gl;
    [this.#width, this.#height] = [width, height];
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  lines(lines: Lines, { colour, dash }: Stroke): void {
    if (lines.length === 0) return;
    const { gl, place } = this.#begin(this.#lines);
    gl.uniform1f(place("width"), lines.width);
    gl.uniform4fv(place("colour"), colour);
    gl.uniform4f(place("dash"), dash[0] ?? 0, dash[1] ?? 0, dash[2] ?? 0, dash[3] ?? 0);
    this.#draw(this.#lines, lines);
  }

  stamps(stamps: Stamps, atlas: Atlas): void {
    if (stamps.length === 0) return;
    const { gl } = this.#begin(this.#stamps);
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    if (this.#sheet?.atlas !== atlas || this.#sheet.version !== atlas.version) {
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, atlas.canvas);
      this.#sheet = { atlas, version: atlas.version };
    }
    this.#draw(this.#stamps, stamps);
  }

  #begin({ program: used }: Drawing) {
    const gl = this.#gl;
    gl.useProgram(used);
    const place = (name: string) => gl.getUniformLocation(used, name);
    gl.uniform2f(place("size"), this.#width, this.#height);
    return { gl, place };
  }

  #draw({ shape, corners }: Drawing, what: Corners): void {
    const gl = this.#gl;
    gl.bindVertexArray(shape);
    gl.bindBuffer(gl.ARRAY_BUFFER, corners);
    gl.bufferData(gl.ARRAY_BUFFER, what.data, gl.STREAM_DRAW, 0, what.length);
    this.#reach(what.pieces);
    gl.drawElements(gl.TRIANGLES, what.pieces * 6, gl.UNSIGNED_INT, 0);
  }

  /** Two triangles for each of so many pieces; made once and kept. */
  #reach(pieces: number): void {
    if (pieces <= this.#triangled) return;
    this.#triangled = Math.max(pieces, 2 * this.#triangled);
    const order = new Uint32Array(this.#triangled * 6);
    for (let i = 0, at = 0; i < this.#triangled; i++) {
      for (const corner of [0, 1, 2, 1, 3, 2]) order[at++] = 4 * i + corner;
    }
    this.#gl.bufferData(this.#gl.ELEMENT_ARRAY_BUFFER, order, this.#gl.STATIC_DRAW);
  }
}

interface Drawing {
  readonly program: WebGLProgram;
  readonly shape: WebGLVertexArrayObject;
  readonly corners: WebGLBuffer;
}

function program(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const made = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(kind);
    if (shader === null) continue;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`a shader was refused: ${gl.getProgramInfoLog(made)}`);
  }
  return made;
}

/** A program with its attributes one after the other in a buffer of its own; the order of corners is shared. */
function drawing(
  gl: WebGL2RenderingContext,
  triangles: WebGLBuffer,
  of: WebGLProgram,
  attributes: readonly (readonly [string, number])[],
): Drawing {
  const shape = gl.createVertexArray();
  const corners = gl.createBuffer();
  gl.bindVertexArray(shape);
  gl.bindBuffer(gl.ARRAY_BUFFER, corners);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, triangles);
  const stride = attributes.reduce((sum, [, size]) => sum + size, 0) * 4;
  let offset = 0;
  for (const [name, size] of attributes) {
    const location = gl.getAttribLocation(of, name);
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, size, gl.FLOAT, false, stride, offset);
    offset += size * 4;
  }
  return { program: of, shape, corners };
}
