/** Views are plain data; `patch` makes the document like them, touching only what changed, so focus and scroll stay. */

export type Handler = (event: never) => void;
export type Attributes = Readonly<Record<string, string | number | boolean | null | undefined | Handler>>;

export interface View {
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly (View | string)[];
}

export type Children = readonly (View | string | null | false | readonly (View | string)[])[];

/** An element. Attributes named `on…` are handlers; null, undefined and false leave an attribute out. */
export function h(tag: string, attributes: Attributes = {}, ...children: Children): View {
  return { tag, attributes, children: flat(children) };
}

/** All words in a view, for tests and titles. */
export function textOf(view: View | string): string {
  return typeof view === "string" ? view : view.children.map(textOf).join("");
}

/** Every view below (and with) this one, depth first. */
export function* walk(view: View): Iterable<View> {
  yield view;
  for (const child of view.children) if (typeof child !== "string") yield* walk(child);
}

const shown = new WeakMap<Node, View>();

/** Makes the children of `parent` like `views`. Elements are matched by place and tag, or by `data-key` where given. */
export function patch(parent: Element, views: Children): void {
  const wanted = flat(views);
  const keyed = new Map<string, Node>();
  for (const node of parent.childNodes) {
    const key = shown.get(node)?.attributes["data-key"];
    if (key !== undefined) keyed.set(String(key), node);
  }
  let next: ChildNode | null = parent.firstChild;
  for (const view of wanted) {
    const key = typeof view === "string" ? undefined : view.attributes["data-key"];
    const found = key === undefined ? next : (keyed.get(String(key)) ?? null);
    const node = found !== null && fits(found, view) ? found : make(view, parent);
    if (node !== next) parent.insertBefore(node, next);
    else next = next?.nextSibling ?? null;
    if (typeof view === "string") {
      if (node.nodeValue !== view) node.nodeValue = view;
    } else update(node as Element, view);
  }
  while (next !== null) {
    const rest: ChildNode | null = next.nextSibling;
    next.remove();
    next = rest;
  }
}

function flat(children: Children): (View | string)[] {
  return children.flat().filter((child): child is View | string => child !== null && child !== false);
}

function fits(node: Node, view: View | string): boolean {
  if (typeof view === "string") return node.nodeType === 3;
  const before = shown.get(node);
  return (
    before !== undefined && before.tag === view.tag && before.attributes["data-key"] === view.attributes["data-key"]
  );
}

function make(view: View | string, parent: Element): Node {
  if (typeof view === "string") return document.createTextNode(view);
  const space = view.tag === "svg" ? "http://www.w3.org/2000/svg" : parent.namespaceURI;
  return document.createElementNS(space, view.tag);
}

function update(element: Element, view: View): void {
  const before = shown.get(element)?.attributes ?? {};
  for (const name of Object.keys(before)) if (!(name in view.attributes)) set(element, name, null);
  for (const [name, value] of Object.entries(view.attributes)) if (before[name] !== value) set(element, name, value);
  shown.set(element, view);
  patch(element, view.children);
}

function set(element: Element, name: string, value: Attributes[string]): void {
  if (name.startsWith("on")) Object.assign(element, { [name]: value ?? null });
  else if (name === "value") (element as HTMLInputElement).value = String(value ?? "");
  else if (name === "checked") (element as HTMLInputElement).checked = value === true;
  else if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}
