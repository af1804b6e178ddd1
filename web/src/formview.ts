/** The parts of a form as views: a label, a control and what is wrong with it, side by side. Pure. */
import { type Children, h, type View } from "./dom.ts";
import { type Problems, textAt, typedNumber } from "./typed.ts";
import type { VolumeRow } from "./volumeform.ts";
import { many } from "./words.ts";

/** A form on the page: what is typed, what is wrong, and what to do when something is typed. */
export interface Form {
  /** Makes ids unique on the page. */
  readonly name: string;
  readonly draft: unknown;
  readonly problems: Problems;
  change(path: string, value: unknown): void;
  /** Moves a time by so many seconds; null sets it to now. */
  shift(path: string, seconds: number | null): void;
}

export interface FieldLook {
  readonly hint?: string | undefined;
  readonly list?: string | undefined;
  readonly placeholder?: string | undefined;
  /** Shown to those who cannot see where it stands; the label's words where not given. */
  readonly spoken?: string | undefined;
  readonly lines?: number | undefined;
  readonly disabled?: boolean | undefined;
}

const idOf = (form: Form, path: string): string => `${form.name}-${path.replaceAll(/\W+/g, "-")}`;

/** One line of text, or several, without a label on the page. */
export function control(form: Form, path: string, look: FieldLook = {}): View {
  const id = idOf(form, path);
  const found = form.problems.has(path);
  return h(look.lines === undefined ? "input" : "textarea", {
    id,
    "data-key": path,
    "data-field": path,
    "aria-label": look.spoken ?? null,
    "aria-invalid": found ? "true" : null,
    "aria-describedby": found ? `${id}-wrong` : null,
    autocomplete: "off",
    spellcheck: "false",
    disabled: look.disabled,
    placeholder: look.placeholder,
    ...(look.lines === undefined ? { list: look.list } : { rows: look.lines }),
    value: textAt(form.draft, path),
    oninput: (event: Event) => form.change(path, (event.target as HTMLInputElement).value),
  });
}

export function field(form: Form, path: string, label: string, look: FieldLook = {}): View {
  return h(
    "div",
    { class: "field", "data-key": path },
    h("label", { for: idOf(form, path) }, label),
    control(form, path, look),
    look.hint === undefined ? null : h("small", {}, look.hint),
    wrong(form, path),
  );
}

/** What is wrong with a field; announced when it appears. */
export function wrong(form: Form, path: string): View | null {
  const found = form.problems.get(path);
  if (found === undefined) return null;
  return h("p", { id: `${idOf(form, path)}-wrong`, class: "problem", role: "alert", "data-problem": path }, found);
}

/** A time in UTC with buttons that move it. */
export function timeField(form: Form, path: string, label: string): View {
  const made = field(form, path, label, { placeholder: "YYYY-MM-DD hh:mm:ssZ" });
  const step = (words: string, spoken: string, seconds: number | null): View =>
    h(
      "button",
      { type: "button", "aria-label": `${label}: ${spoken}`, onclick: () => form.shift(path, seconds) },
      words,
    );
  const steps = h(
    "span",
    { class: "steps" },
    step("now", "set to now", null),
    step("−15 min", "15 minutes earlier", -900),
    step("+15 min", "15 minutes later", 900),
    step("+1 h", "one hour later", 3600),
  );
  return { ...made, children: [...made.children.slice(0, 2), steps, ...made.children.slice(2)] };
}

/** A height in metres, with feet beside it. */
export function heightField(form: Form, path: string, label: string): View {
  const metres = typedNumber(textAt(form.draft, path));
  const feet = metres === null ? "m above the ellipsoid" : `m above the ellipsoid, ${many(metres / 0.3048)} ft`;
  return field(form, path, label, { hint: feet });
}

/** One of a few, each with a sentence of its own. */
export function choice<T extends string>(
  form: Form,
  path: string,
  legend: string,
  options: readonly { readonly value: T; readonly label: string; readonly about?: string }[],
): View {
  const chosen = textAt(form.draft, path);
  return h(
    "fieldset",
    { class: "choice", "data-key": path },
    h("legend", {}, legend),
    ...options.map(({ value, label, about }) =>
      h(
        "label",
        {},
        h("input", {
          type: "radio",
          name: idOf(form, path),
          value,
          "data-field": `${path}=${value}`,
          checked: value === chosen,
          onchange: () => form.change(path, value),
        }),
        h("span", {}, h("b", {}, label), about === undefined ? null : h("small", {}, about)),
      ),
    ),
    wrong(form, path),
  );
}

export function tick(label: string, checked: boolean, change: (checked: boolean) => void, name: string): View {
  return h(
    "label",
    { class: "tick", "data-key": name },
    h("input", {
      type: "checkbox",
      "data-field": name,
      checked,
      onchange: (event: Event) => change((event.target as HTMLInputElement).checked),
    }),
    label,
  );
}

/** Everywhere people type corners. */
export const CORNERS = "Corners: latitude, longitude, such as 32.90\u00a013.18; one a line";

/** What is likely wrong, though it may be so; announced when it appears. Null for nothing. */
export function doubt(words: string | null): View | null {
  return words === null ? null : h("p", { class: "doubt", role: "status", "data-testid": "doubt" }, words);
}

/** What can be done with the volumes of a form. `drawing` is the volume that is being drawn now; null for none. */
export interface VolumeActions {
  readonly drawing: number | null;
  draw(index: number): void;
  add(): void;
  remove(index: number): void;
  /** Why its corners are doubtful; null for no reason. */
  far(row: VolumeRow): string | null;
}

export function volumeFields(form: Form, volumes: readonly VolumeRow[], actions: VolumeActions): Children {
  return [
    wrong(form, "volumes"),
    ...volumes.map((row, i) => {
      const path = (name: string): string => `volumes[${i}].${name}`;
      const drawing = actions.drawing === i;
      return h(
        "fieldset",
        { class: "volume", "data-key": `volume-${i}` },
        h("legend", {}, `Volume ${i + 1}`),
        h(
          "p",
          { class: "buttons" },
          drawButton(drawing, row.outline === "" ? "Draw its outline" : "Change it on the map", () => actions.draw(i)),
          h("button", { type: "button", class: "quiet", onclick: () => actions.remove(i) }, `Remove volume ${i + 1}`),
        ),
        field(form, path("outline"), CORNERS, { lines: 4 }),
        doubt(actions.far(row)),
        h(
          "div",
          { class: "pair" },
          heightField(form, path("lower_m"), "Lower height"),
          heightField(form, path("upper_m"), "Upper height"),
        ),
        timeField(form, path("start"), "From (UTC)"),
        timeField(form, path("end"), "Until (UTC)"),
      );
    }),
    h("p", { class: "buttons" }, h("button", { type: "button", onclick: () => actions.add() }, "Add a volume")),
  ];
}

export function drawButton(drawing: boolean, words: string, begin: () => void): View {
  return h(
    "button",
    { type: "button", "data-key": "draw", "aria-pressed": String(drawing), onclick: begin },
    drawing ? "Stop drawing" : words,
  );
}

/** How to draw, while somebody does. */
export const drawingHelp = (shape: "outline" | "line", corners: number): View =>
  h(
    "p",
    { class: "note", role: "status", "data-key": "drawing-help" },
    `${shape === "outline" ? "Drawing an outline" : "Drawing a line"}, ${corners} ${corners === 1 ? "corner" : "corners"}. `,
    "Click to add a corner, drag one to move it. Enter or a double click finishes, Backspace takes the last one back, Escape cancels.",
  );

export function datalist(id: string, values: readonly (readonly [value: string, about: string])[]): View {
  return h("datalist", { id, "data-key": id }, ...values.map(([value, about]) => h("option", { value }, about)));
}
