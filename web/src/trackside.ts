/** The list of tracks on the page: which rows it has now, whether the lost ones are open, and where the keys are. */
import type { Board } from "./board.ts";
import { patch } from "./dom.ts";
import { empty, NO_SENSORS, senses } from "./list.ts";
import { pictureUrl } from "./symbols.ts";
import {
  counted,
  keysAt,
  LOST_GROUP,
  ROW_PX,
  type Row,
  rowElement,
  rows,
  type Sort,
  step,
  trackRows,
} from "./tracklist.ts";
import type { BoardTrack } from "./wire.ts";

/** What the list shows. */
interface Content {
  readonly board: Board;
  readonly filter: string;
  readonly sort: Sort;
  readonly selected: BoardTrack | null;
}

/** Selects a track; `reveal` brings it into view on the map. */
type Select = (id: string, reveal: boolean) => void;

export class TrackSide {
  readonly #element: HTMLElement;
  readonly #select: Select;
  #content: Content | null = null;
  #rows: readonly Row[] = [];
  #open = false;
  /** The keys are on the row over the lost tracks. */
  #onGroup = false;

  constructor(element: HTMLElement, select: Select) {
    this.#element = element;
    this.#select = select;
    element.addEventListener("scroll", () => this.#render());
    element.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#render()).observe(element);
  }

  show(content: Content): void {
    this.#content = content;
    this.#rows = rows(content.board, content.filter, content.sort, this.#open);
    this.#render();
  }

  /** How many tracks the filter found, those under the closed group too. */
  get found(): number {
    return counted(this.#rows);
  }

  /** A track was selected, here or elsewhere; a lost one's row must not stay hidden. */
  selected(track: BoardTrack | null): void {
    this.#onGroup = false;
    if (track?.status === "lost") this.#open = true;
  }

  #render(): void {
    if (this.#content === null) return;
    const { board, filter, selected } = this.#content;
    const list = this.#element;
    const at = this.#at();
    const sight = { top: list.scrollTop, height: list.clientHeight, selected: selected?.id ?? null, at };
    const actions = { choose: (id: string) => this.#select(id, true), open: (open: boolean) => this.#fold(open) };
    const none = filter === "" ? (senses(board) ? "No aircraft is seen." : NO_SENSORS) : "No track matches the filter.";
    const views = trackRows(board, this.#rows, sight, pictureUrl, actions);
    patch(list, this.#rows.length === 0 ? [empty(none)] : [views]);
    const active = this.#rows[at] && rowElement(this.#rows[at]);
    if (active && list.ownerDocument.getElementById(active)) list.setAttribute("aria-activedescendant", active);
    else list.removeAttribute("aria-activedescendant");
  }

  #at(): number {
    return keysAt(this.#rows, this.#content?.selected ?? null, this.#onGroup);
  }

  #key(event: KeyboardEvent): void {
    const page = Math.floor(this.#element.clientHeight / ROW_PX);
    const taken = step(event.key, this.#rows, this.#at(), page);
    if (taken === null) return;
    event.preventDefault();
    if (taken.kind === "open") this.#fold(taken.open);
    else if (taken.kind === "go") this.#go(taken.index);
    else if (this.#content?.selected) this.#select(this.#content.selected.id, true);
  }

  #fold(open: boolean): void {
    this.#open = open;
    this.#onGroup = true;
    if (this.#content !== null) this.show(this.#content);
  }

  #go(index: number): void {
    const row = this.#rows[index];
    if (row === undefined) return;
    const top = index * ROW_PX;
    const list = this.#element;
    list.scrollTop = Math.max(top + ROW_PX - list.clientHeight, Math.min(list.scrollTop, top));
    if (row.id === LOST_GROUP) {
      this.#onGroup = true;
      this.#render();
    } else this.#select(row.id, false);
  }
}
