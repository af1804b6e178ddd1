/** What an officer of a node sees and does, as views: what its tabs share, and the posts. */
import type { DeskPost, DeskView, KeyedPerson, Link, Peer, SignedCard } from "./deskwire.ts";
import { type Children, h, type View } from "./dom.ts";
import { elsewhere, farWords } from "./far.ts";
import { CORNERS, doubt } from "./formview.ts";
import { empty } from "./list.ts";
import { outlineText } from "./officeform.ts";
import { cornersSoFar, placeText } from "./typed.ts";
import { clockZ, heights, many } from "./words.ts";

/** What the officer has begun, and what the node has said. */
export interface OfficeState {
  readonly busy: boolean;
  readonly problem: string;
  /** Name of the field that the problem is about; empty for none. */
  readonly problemAt: string;
  readonly done: string;
  /** Counts what was sent, so that a form is empty after it. */
  readonly sent: number;
  /** The post whose form is open; "" for a new one, null for none. */
  readonly editing: string | null;
  /** Corners that were drawn or typed for that form; null for those it has. */
  readonly outline: string | null;
  readonly drawing: boolean;
  readonly people: readonly KeyedPerson[] | null;
  /** By public key. */
  readonly prints: ReadonlyMap<string, string>;
  readonly link: { readonly person: string; readonly link: Link } | null;
  readonly card: SignedCard | null;
  /** Something that was pressed and waits for a second word: such as "key:amal:…" or "peer:p2". */
  readonly asking: string | null;
}

export interface OfficeActions {
  showPost(post: DeskPost): void;
  editPost(id: string | null): void;
  drawPost(outline: string): void;
  typeOutline(outline: string): void;
  setPost(form: FormData): void;
  standDown(post: string): void;
  setPerson(form: FormData): void;
  makeLink(person: string): void;
  forgetLink(): void;
  revokeKey(person: string, publicKey: string): void;
  addPeer(card: string): void;
  confirmPeer(peer: Peer, typed: string): void;
  revokePeer(party: string, reason: string): void;
  ask(what: string | null): void;
  copy(text: string): void;
}

export function told({ problem, problemAt, done }: OfficeState): View | null {
  if (problem !== "" && problemAt === "")
    return h("p", { class: "warn pad", "data-key": "told", role: "alert" }, problem);
  return done === "" ? null : h("p", { class: "pad", "data-key": "told", role: "status" }, done);
}

/** A form that hands over what was filled in; emptied by another key. */
export function form(
  key: string,
  attributes: Readonly<Record<string, string>>,
  submit: (data: FormData) => void,
  ...children: Children
): View {
  return h(
    "form",
    {
      ...attributes,
      class: "office-form",
      "data-key": key,
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        submit(new FormData(event.target as HTMLFormElement));
      },
    },
    ...children,
  );
}

/** What is wrong with a field of the form that was sent, where it stands. */
export const wrongAt = (name: string, state: OfficeState): View | null =>
  state.problemAt === name && state.problem !== ""
    ? h("span", { class: "problem", role: "alert", "data-problem": name }, state.problem)
    : null;

export const field = (
  name: string,
  label: string,
  value: string,
  state: OfficeState,
  more: Readonly<Record<string, string | boolean>> = {},
): View =>
  h(
    "label",
    { "data-key": name },
    label,
    h("input", {
      name,
      autocomplete: "off",
      value,
      "aria-invalid": state.problemAt === name ? "true" : null,
      ...more,
    }),
    wrongAt(name, state),
  );

/** For what is there to be copied. */
export const selectAll = (event: Event): void => (event.target as HTMLInputElement | HTMLTextAreaElement).select();

/** Two steps for what cannot be taken back: first the button, then the sentence with a second one. */
export function sure(
  what: string,
  label: string,
  warning: string,
  state: OfficeState,
  actions: OfficeActions,
  act: () => void,
): View {
  if (state.asking !== what) {
    return h(
      "button",
      { type: "button", "data-key": what, disabled: state.busy, onclick: () => actions.ask(what) },
      label,
    );
  }
  return h(
    "span",
    { class: "sure", "data-key": `${what}?`, role: "group", "aria-label": label },
    h("span", {}, warning),
    h("button", { type: "button", class: "main", disabled: state.busy, onclick: act }, `Yes, ${label.toLowerCase()}`),
    h("button", { type: "button", onclick: () => actions.ask(null) }, "No"),
  );
}

// Posts

export function postRows(view: DeskView, state: OfficeState, actions: OfficeActions): View[] {
  return [
    told(state),
    ...view.posts.map((post) => postRow(post, view, state, actions)),
    view.posts.length === 0 ? empty("This node has no post.") : null,
    state.editing === ""
      ? postForm(null, view, state, actions)
      : h(
          "p",
          { class: "pad", "data-key": "add" },
          h("button", { type: "button", onclick: () => actions.editPost("") }, "Add a post"),
        ),
  ].filter((one) => one !== null);
}

function postRow(row: DeskPost, view: DeskView, state: OfficeState, actions: OfficeActions): View {
  const { post, shift, waiting } = row;
  if (state.editing === post.id) return postForm(row, view, state, actions);
  const name = (id: string): string => view.people.find((one) => one.id === id)?.name ?? id;
  const duty = shift === null ? "nobody on duty" : `${name(shift.person)} on duty until ${clockZ(shift.until)}`;
  const { sector } = post;
  return h(
    "div",
    { class: "entry", "data-key": post.id, "data-testid": "post", "data-post": post.id },
    h("span", { class: "line" }, h("b", {}, post.name), h("small", {}, post.id)),
    h(
      "span",
      { class: "line" },
      h("span", { class: shift === null ? "warn" : "" }, duty),
      h("small", {}, `${many(waiting)} waiting`),
    ),
    h(
      "span",
      { class: "line" },
      h("small", {}, `${sector.name}: ${sector.outline.length} corners, ${heights(sector.lower_m, sector.upper_m)}`),
    ),
    h(
      "span",
      { class: "line buttons" },
      h("button", { type: "button", onclick: () => actions.showPost(row) }, "Show on the map"),
      h("button", { type: "button", onclick: () => actions.editPost(post.id) }, "Change"),
      shift === null
        ? null
        : sure(`duty:${post.id}`, "End the shift", "The crew's receipts end.", state, actions, () =>
            actions.standDown(post.id),
          ),
    ),
    h(
      "details",
      {},
      h("summary", {}, "Corners, latitude longitude"),
      h("pre", {}, sector.outline.map((at, i) => `${i + 1}. ${placeText(at)}`).join("\n")),
    ),
  );
}

function postForm(row: DeskPost | null, view: DeskView, state: OfficeState, actions: OfficeActions): View {
  const post = row?.post;
  const outline = state.outline ?? outlineText(post?.sector.outline ?? []);
  return form(
    `post-form-${post?.id ?? ""}`,
    { "data-testid": "post-form" },
    actions.setPost,
    h("h3", {}, post === undefined ? "A new post" : `Change ${post.name}`),
    post === undefined
      ? field("id", "Id, such as tower-1", "", state)
      : h("input", { type: "hidden", name: "id", value: post.id }),
    field("name", "Name", post?.name ?? "", state),
    field("sector", "Name of its sector", post?.sector.name ?? "", state),
    field("lower", "Floor, m above the ellipsoid", String(post?.sector.lower_m ?? 0), state, { inputmode: "decimal" }),
    field("upper", "Ceiling, m above the ellipsoid", String(post?.sector.upper_m ?? 15_000), state, {
      inputmode: "decimal",
    }),
    h(
      "label",
      { "data-key": "outline" },
      CORNERS,
      h("textarea", {
        name: "outline",
        rows: 5,
        spellcheck: "false",
        "aria-invalid": state.problemAt === "outline" ? "true" : null,
        value: outline,
        oninput: (event: Event) => actions.typeOutline((event.target as HTMLTextAreaElement).value),
      }),
      wrongAt("outline", state),
    ),
    doubt(farWords("sector", cornersSoFar(outline), elsewhere(view, { post: post?.id }))),
    h(
      "p",
      { class: "buttons", "data-key": "act" },
      h(
        "button",
        {
          type: "button",
          "aria-pressed": String(state.drawing),
          onclick: (event: Event) => {
            const filled = new FormData((event.target as HTMLButtonElement).form ?? undefined);
            actions.drawPost(String(filled.get("outline") ?? ""));
          },
        },
        state.drawing ? "Drawing: Enter ends it" : "Draw on the map",
      ),
      h("button", { type: "submit", class: "main", disabled: state.busy }, "Save"),
      h("button", { type: "button", onclick: () => actions.editPost(null) }, "Cancel"),
    ),
  );
}
