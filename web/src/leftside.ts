/** The left side on the page: which tab is open, its filter, and its rows. */
import type { Board } from "./board.ts";
import { tabs, tools } from "./controls.ts";
import { flightRows } from "./coverage.ts";
import type { DeskSide } from "./deskside.ts";
import { type Children, patch } from "./dom.ts";
import { declares } from "./flightside.ts";
import * as lists from "./list.ts";
import * as session from "./session.ts";
import type { Sort } from "./tracklist.ts";
import { TrackSide } from "./trackside.ts";
import type { BoardTrack, Feed, Role } from "./wire.ts";

const FEEDS_EVERY_MS = 5_000;

/** What is selected: a track, a declared flight by its ref, or a notice. */
export type Selection = { readonly kind: "track" | "flight" | "notice"; readonly id: string } | null;

export interface LeftAround {
  element(id: string): HTMLElement;
  select(selection: Selection, reveal?: boolean): void;
  changed(): void;
  desk(): DeskSide | null;
}

export class LeftSide {
  readonly #around: LeftAround;
  readonly #tracks: TrackSide;
  #role: Role = "watch";
  #tab: lists.Tab = "tracks";
  #filter = "";
  #sort: Sort = "standing";
  #feeds: readonly Feed[] | null = null;
  #feedsProblem = "";
  #shown: { readonly board: Board; readonly selection: Selection; readonly track: BoardTrack | null } | null = null;

  constructor(around: LeftAround) {
    this.#around = around;
    const select = (id: string, reveal: boolean): void => around.select({ kind: "track", id }, reveal);
    this.#tracks = new TrackSide(around.element("tracks"), select);
    setInterval(() => void this.#askFeeds(), FEEDS_EVERY_MS);
  }

  /** Whoever signed in has the tabs of their role. */
  begin(role: Role): void {
    this.#role = role;
    this.open(lists.TABS_OF[role][0] ?? "tracks");
  }

  open(tab: lists.Tab): void {
    if (tab !== this.#tab) this.#filter = "";
    this.#tab = tab;
    this.#around.desk()?.opened(tab);
    void this.#askFeeds();
    this.#render();
  }

  show(board: Board, selection: Selection, track: BoardTrack | null): void {
    this.#shown = { board, selection, track };
    this.#render();
  }

  /** A track was selected, here or elsewhere. */
  selected(track: BoardTrack | null): void {
    this.#tracks.selected(track);
  }

  /** Whether there was a filter to take off. */
  unfilter(): boolean {
    const filtered = this.#filter !== "";
    if (filtered) this.#refilter("");
    return filtered;
  }

  #render(): void {
    if (this.#shown === null) return;
    const { board, selection, track } = this.#shown;
    const { element } = this.#around;
    const desk = this.#around.desk();
    const view = desk?.view ?? null;
    patch(
      element("tabs"),
      tabs(
        lists.TABS_OF[this.#role],
        (tab) => this.#count(tab, board),
        this.#tab,
        (tab) => this.open(tab),
      ),
    );
    const [tracks, others] = [element("tracks"), element("others")];
    [tracks.hidden, others.hidden] = [this.#tab !== "tracks", this.#tab === "tracks"];
    if (this.#tab !== "tracks") patch(others, this.#rows(board, selection?.id ?? null));
    else this.#tracks.show({ board, filter: this.#filter, sort: this.#sort, selected: track });
    const acts = {
      filter: (text: string) => this.#refilter(text),
      sort: (sort: Sort) => this.#resort(sort),
      kept: { declare: desk?.keeps("declare") ?? false, zones: desk?.keeps("zones") ?? false },
      declare: view !== null && declares(view) ? () => desk?.declare() : null,
      zones: view !== null ? () => desk?.zone() : null,
    };
    patch(element("tools"), tools(this.#tab, this.#filter, this.#sort, this.#tracks.found, board.tracks.size, acts));
  }

  #count(tab: lists.Tab, board: Board): number | null {
    switch (tab) {
      case "tracks":
        return [...board.tracks.values()].filter(({ status }) => status !== "lost").length;
      case "flights":
        return this.#around.desk()?.count(tab) ?? board.flights.size;
      case "conflicts":
        return board.conflicts.length;
      default:
        return this.#around.desk()?.count(tab) ?? null;
    }
  }

  #rows(board: Board, selected: string | null): Children {
    const { select } = this.#around;
    const desk = this.#around.desk();
    const chooseFlight = (id: string): void => select({ kind: "flight", id }, true);
    switch (this.#tab) {
      case "flights": {
        const view = desk?.view ?? null;
        return view === null
          ? lists.flightRows(board, this.#filter, selected, chooseFlight)
          : flightRows(view, board, this.#filter, selected, { choose: chooseFlight });
      }
      case "conflicts":
        return lists.conflictRows(board, (id) => select({ kind: "track", id }, true));
      case "feeds":
        return lists.feedRows(this.#feeds, this.#feedsProblem);
      default:
        return desk?.rows(this.#tab, board, selected) ?? [lists.empty("Asking the node.")];
    }
  }

  #refilter(text: string): void {
    this.#filter = text;
    this.#around.element("tracks").scrollTop = 0;
    this.#render();
  }

  #resort(sort: Sort): void {
    this.#sort = sort;
    this.#render();
  }

  async #askFeeds(): Promise<void> {
    if (this.#tab !== "feeds") return;
    try {
      this.#feeds = await session.feeds();
      this.#feedsProblem = "";
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#feedsProblem = `The feeds cannot be shown: ${error.message}.`;
    }
    this.#around.changed();
  }
}
