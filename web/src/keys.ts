/** What keys mean. Pure, so that it can be tested without a page. */

export type Action = "help" | "filter" | "clear" | "fit" | "zoom-in" | "zoom-out";

const ACTIONS: Readonly<Record<string, Action>> = {
  "?": "help",
  "/": "filter",
  f: "fit",
  "+": "zoom-in",
  "-": "zoom-out",
  Escape: "clear",
};

type Pressed = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "target">;

/** The action of a key anywhere on the page; null for none. Where text is typed, only Escape means anything. */
export function action({ key, ctrlKey, metaKey, altKey, target }: Pressed): Action | null {
  if (ctrlKey || metaKey || altKey) return null;
  const tag = (target as { tagName?: string } | null)?.tagName ?? "";
  const typing =
    tag === "TEXTAREA" || tag === "SELECT" || (tag === "INPUT" && (target as HTMLInputElement).type !== "checkbox");
  if (typing && key !== "Escape") return null;
  return ACTIONS[key] ?? null;
}

/** The row that a key moves to from row `index` (-1 for none) of `total`; null where the key does not move. */
export function moved(key: string, index: number, total: number, page: number): number | null {
  if (total === 0) return null;
  const last = total - 1;
  const clamp = (row: number): number => Math.max(0, Math.min(last, row));
  switch (key) {
    case "ArrowDown":
      return clamp(index + 1);
    case "ArrowUp":
      return index < 0 ? last : clamp(index - 1);
    case "PageDown":
      return clamp(index + page);
    case "PageUp":
      return clamp(index - page);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
