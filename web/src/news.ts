/** What is new on the desk, so that nobody has to look for it: pure, and the banner over the map as views. */
import type { Advisory, DeskView, InboxItem } from "./deskwire.ts";
import { h, type View } from "./dom.ts";
import { entryWords, waits } from "./inbox.ts";
import { ADVISORY_WORDS } from "./words.ts";

export type News =
  | { readonly kind: "notice"; readonly id: string; readonly item: InboxItem }
  | { readonly kind: "advisory"; readonly id: string; readonly advisory: Advisory };

/** Banners of advisories at once; the list has the rest. */
export const MOST_BANNERS = 2;

/**
 * What came since the view before; nothing where there was none, so that signing in announces no old things but the
 * notices that still wait.
 */
export function newsIn(before: DeskView | null, after: DeskView): News[] {
  const notices = new Set(before?.inbox.map(({ notice }) => notice.id));
  const told = new Set(before?.advisories.map(({ id }) => id));
  const items = after.inbox.filter((item) => waits(item) && !notices.has(item.notice.id));
  const advisories = before === null ? [] : after.advisories.filter(({ id }) => !told.has(id));
  return [
    ...items.map((item): News => ({ kind: "notice", id: item.notice.id, item })),
    ...advisories.map((advisory): News => ({ kind: "advisory", id: advisory.id, advisory })),
  ];
}

/** The banners that are still worth showing: a notice until it is answered, of a flight's advisories the newest. */
export function still(news: readonly News[], view: DeskView): News[] {
  const waiting = new Set(view.inbox.filter(waits).map(({ notice }) => notice.id));
  const told = new Set<string>();
  return news.filter((one) => {
    if (one.kind === "notice") return waiting.has(one.id);
    const about = `${one.advisory.flight} ${one.advisory.post}`;
    const first = !told.has(about);
    told.add(about);
    return first;
  });
}

/** One banner for all notices, with the one that enters first: the map below is needed to answer them. */
export function newsBanners(
  news: readonly News[],
  time: number,
  open: (one: News) => void,
  away: (some: readonly News[]) => void,
): View[] {
  const notices = news.filter((one) => one.kind === "notice").sort((a, b) => a.item.entry_time - b.item.entry_time);
  const advisories = news.filter((one) => one.kind === "advisory").slice(0, MOST_BANNERS);
  const [first] = notices;
  const others = notices.length - 1;
  const more = others > 0 ? `, and ${others} more in the inbox` : "";
  return [
    first && banner("notices", first, title(first), `${words(first, time)}${more}`, open, () => away(notices)),
    ...advisories.map((one) => banner(one.id, one, title(one), words(one, time), open, () => away([one]))),
  ].filter((view) => view !== undefined);
}

function banner(
  key: string,
  one: News,
  title: string,
  words: string,
  open: (one: News) => void,
  away: () => void,
): View {
  return h(
    "div",
    { class: `news covers ${one.kind}`, "data-key": key, "data-testid": `news-${one.kind}` },
    h("span", {}, h("strong", {}, title), " ", words),
    h("button", { type: "button", onclick: () => open(one) }, "Open"),
    h("button", { type: "button", class: "quiet", "aria-label": "Put this away", onclick: away }, "×"),
  );
}

function title(one: News): string {
  return one.kind === "notice" ? `New notice: ${one.item.notice.flight}` : ADVISORY_WORDS[one.advisory.kind];
}

function words(one: News, time: number): string {
  return one.kind === "notice" ? entryWords(one.item, time) : one.advisory.text;
}

/** What a screen reader says, once. */
export function spoken(news: readonly News[], time: number): string {
  return news.map((one) => `${title(one)}. ${words(one, time)}.`).join(" ");
}
