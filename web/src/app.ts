/** The console's state and what changes it. Deltas are folded once a frame; lists and panel follow four times a second. */
import * as bands from "./band.ts";
import { type Board, fold, fromSnapshot, GapError } from "./board.ts";
import { controls, type LayerName, legend, tabs, tools } from "./controls.ts";
import { type Children, patch } from "./dom.ts";
import * as keys from "./keys.ts";
import type { Box, Camera } from "./labels.ts";
import { extent, flightFeatures, flightsKey, sectorFeatures, sectorNames, sensorFeatures } from "./layers.ts";
import * as lists from "./list.ts";
import { freshness, type LinkState, Live, type Socket } from "./live.ts";
import { AirMap } from "./map.ts";
import { Marks, markedAt, uncertainty } from "./marks.ts";
import { flightPanel, trackPanel } from "./panel.ts";
import { ReasonsKeeper } from "./reasons.ts";
import * as session from "./session.ts";
import { pictureUrl } from "./symbols.ts";
import { applyTheme, onSystemTheme, PALETTES, preferredTheme, rememberTheme } from "./theme.ts";
import type { Sort } from "./tracklist.ts";
import { TrackSide } from "./trackside.ts";
import { Trails } from "./trails.ts";
import type { BoardDelta, BoardTrack, Feed, LiveMessage, Session } from "./wire.ts";
import { clockZ } from "./words.ts";

type Selection = { readonly kind: "track" | "flight"; readonly id: string } | null;

const SIDES_EVERY_MS = 250;
const FEEDS_EVERY_MS = 5_000;

function webSocket(url: string): Socket {
  const real = new WebSocket(url);
  const socket: Socket = { onmessage: null, onclose: null, close: () => real.close() };
  real.onmessage = (event) => socket.onmessage?.(event);
  real.onclose = (event) => socket.onclose?.(event);
  return socket;
}

export class App {
  readonly #page: Document;
  readonly #trails = new Trails();
  readonly #marks = new Marks();
  readonly #hidden = new Set<LayerName>();
  readonly #reasons = new ReasonsKeeper({
    fetch: session.trackDetail,
    after: (ms, call) => setTimeout(call, ms),
    changed: () => this.#soon(),
  });
  #live: Live | null = null;
  #map: AirMap | null = null;
  #board: Board | null = null;
  #session: Session | null = null;
  #link: LinkState = { kind: "connecting" };
  #heard: number | null = null;
  #pending: BoardDelta[] = [];
  #shown = -1;
  #fitted = false;
  #flightsShown = "";
  #flightsOf: Board["flights"] | null = null;
  #framed = false;
  #waiting = false;
  #theme = preferredTheme();
  #tab: lists.Tab = "tracks";
  #filter = "";
  #sort: Sort = "standing";
  #selection: Selection = null;
  #tracks: TrackSide | null = null;
  #namesShown = "";
  #feeds: readonly Feed[] | null = null;
  #feedsProblem = "";
  #troubles: string[] = [];

  constructor(page: Document) {
    this.#page = page;
  }

  summary(): { readonly number: number; readonly tracks: number } | null {
    return this.#board && { number: this.#board.number, tracks: this.#board.tracks.size };
  }

  shown(): number {
    return this.#shown;
  }

  async start(): Promise<void> {
    applyTheme(this.#theme);
    onSystemTheme((theme) => this.#retheme(theme));
    // A link opened in a tab that shows the console already changes the fragment only.
    addEventListener("hashchange", () => {
      if (location.hash.startsWith("#sign-in=")) location.reload();
    });
    const token = location.hash.startsWith("#sign-in=") ? session.tokenOf(location.hash) : null;
    // The token works once, but an address bar is read over shoulders and kept in histories.
    if (location.hash !== "") history.replaceState(null, "", location.pathname + location.search);
    this.#renderBand();
    try {
      this.#enter(token === null ? await session.whoAmI() : await session.signIn(token));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const expected = token === null && error instanceof session.Refused && error.status === 401;
      this.#gate(expected ? "" : error.message);
    }
  }

  // Signing in and out

  #gate(problem: string, busy = false): void {
    this.#live?.stop();
    const gate = this.#element("gate");
    gate.hidden = false;
    this.#element("screen").hidden = true;
    patch(gate, [bands.signInPanel({ problem, busy, submit: (pasted) => void this.#submit(pasted) })]);
    this.#renderBand();
  }

  async #submit(pasted: string): Promise<void> {
    const token = session.tokenOf(pasted);
    if (token === null) {
      this.#gate("That is not a sign-in link. It ends in #sign-in= and a long word.");
      return;
    }
    this.#gate("", true);
    try {
      this.#enter(await session.signIn(token));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#gate(error.message);
    }
  }

  async #signOut(): Promise<void> {
    try {
      await session.signOut();
    } catch (error) {
      if (!(error instanceof session.Refused)) throw error;
      // Without an answer the session may live on; whoever signs out must know.
      if (error.status !== 401) return void alert(`Not signed out: ${error.message}`);
    }
    location.reload();
  }

  #enter(who: Session): void {
    this.#session = who;
    this.#element("gate").hidden = true;
    this.#element("screen").hidden = false;
    if (this.#live === null) this.#furnish();
    this.#live ??= new Live({
      url: new URL("./live", location.href).href.replace(/^http/, "ws"),
      open: webSocket,
      after: (ms, call) => {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
      now: () => performance.now(),
      random: Math.random,
      message: (message) => this.#receive(message),
      state: (state) => this.#linked(state),
    });
    this.#live.start();
    this.#renderAll();
  }

  #furnish(): void {
    this.#map = this.#hangMap();
    this.#tracks = new TrackSide(this.#element("tracks"), (id, reveal) => this.#select({ kind: "track", id }, reveal));
    this.#page.addEventListener("keydown", (event) => this.#pageKey(event));
    setInterval(() => this.#renderBand(), 500);
    setInterval(() => void this.#askFeeds(), FEEDS_EVERY_MS);
  }

  /** Without a map the lists still say everything, so a browser that cannot draw it is told and not turned away. */
  #hangMap(): AirMap | null {
    const trouble = (words: string): void => {
      this.#troubles.push(words);
      this.#soon();
    };
    try {
      return new AirMap(this.#element("map"), this.#theme, {
        picked: (found) => this.#select(found),
        moved: (camera) => this.#nameSectors(camera),
        missing: (file) => trouble(`A part of the base map is missing: ${file}`),
      });
    } catch (error) {
      trouble(`The map cannot be drawn: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  // The live picture

  #linked(state: LinkState): void {
    this.#link = state;
    if (state.kind === "signed-out") this.#gate("Your session has ended. Ask for a new link.");
    this.#renderBand();
  }

  #receive(message: LiveMessage): void {
    this.#heard = performance.now();
    if (message.kind === "snapshot") {
      if (this.#board?.epoch !== message.snapshot.epoch) this.#trails.clear();
      this.#pending = [];
      this.#board = fromSnapshot(message.snapshot);
      for (const track of this.#board.tracks.values()) this.#trails.add(track);
      this.#map?.set("sectors", sectorFeatures(this.#board));
      this.#map?.set("sensors", sensorFeatures(this.#board));
      if (this.#map) this.#nameSectors(this.#map.camera());
      this.#reasons.touch();
    } else {
      this.#pending.push(message.delta);
    }
    if (this.#framed) return;
    this.#framed = true;
    // A hidden page gets no frames, and must not pile up deltas meanwhile.
    if (this.#page.hidden) setTimeout(() => this.#frame());
    else requestAnimationFrame(() => this.#frame());
  }

  #frame(): void {
    this.#framed = false;
    const deltas = this.#pending;
    this.#pending = [];
    if (this.#board === null) return;
    try {
      this.#board = fold(this.#board, deltas);
    } catch (error) {
      if (!(error instanceof GapError)) throw error;
      this.#live?.renew(`a part of the picture was missed (${error.message})`);
      return;
    }
    for (const delta of deltas) {
      for (const track of delta.tracks) this.#trails.add(track);
      for (const id of delta.removed) this.#trails.forget(id);
      if (this.#selection !== null && delta.tracks.some(({ id }) => id === this.#selection?.id)) this.#reasons.touch();
    }
    this.#showFlights(this.#board);
    this.#draw();
    this.#shown = this.#board.number;
    this.#soon();
  }

  #showFlights(board: Board): void {
    const key = flightsKey(board);
    if (board.flights === this.#flightsOf && key === this.#flightsShown) return;
    [this.#flightsOf, this.#flightsShown] = [board.flights, key];
    this.#map?.set("flights", flightFeatures(board));
  }

  #nameSectors(camera: Camera): void {
    if (this.#board === null) return;
    const names = sectorNames(this.#board, camera);
    const key = JSON.stringify(names);
    if (key === this.#namesShown) return;
    this.#namesShown = key;
    this.#map?.set("sector-names", names);
  }

  #draw(): void {
    const board = this.#board;
    if (board === null) return;
    if (!this.#fitted) this.#fit();
    const selected = this.#selectedTrack();
    const named = this.#selection?.kind === "flight" ? this.#selection.id : (selected?.flight ?? null);
    this.#map?.highlight(named);
    this.#map?.show({
      marks: this.#marks.all(board),
      showTracks: !this.#hidden.has("tracks"),
      trails: this.#hidden.has("trails") ? [] : this.#trails.entries(),
      selected: selected?.id ?? null,
      uncertainty: selected === null || this.#hidden.has("uncertainty") ? [] : uncertainty(selected),
      palette: PALETTES[this.#theme],
    });
  }

  #fit(): void {
    const box = this.#board && extent(this.#board);
    if (!box) return;
    this.#map?.fit(box);
    this.#fitted = true;
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
    this.#soon();
  }

  // Views

  #soon(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => {
      this.#waiting = false;
      this.#renderAll();
    }, SIDES_EVERY_MS);
  }

  #renderAll(): void {
    this.#renderBand();
    this.#renderLeft();
    this.#renderPanel();
    patch(this.#element("controls"), [
      controls(this.#hidden, this.#troubles, {
        toggle: (layer) => this.#toggle(layer),
        fit: () => this.#fit(),
        zoom: (steps) => this.#map?.zoom(steps),
      }),
    ]);
    this.#map?.cover(this.#covered());
  }

  /** Where buttons, scale and banners lie over the map. */
  #covered(): Box[] {
    const { left, top } = this.#element("map").getBoundingClientRect();
    const over = this.#element("centre").querySelectorAll(".covers, .maplibregl-ctrl-scale, .stale-banner");
    return [...over].map((one) => {
      const box = one.getBoundingClientRect();
      return [box.left - left, box.top - top, box.right - left, box.bottom - top] as const;
    });
  }

  #renderBand(): void {
    const board = this.#board;
    const fresh = freshness(this.#link, this.#heard, performance.now(), board ? clockZ(board.time) : "");
    const actions = {
      theme: () => this.#retheme(this.#theme === "dark" ? "light" : "dark", true),
      help: () => this.#help(),
      signOut: () => void this.#signOut(),
    };
    patch(this.#element("band"), bands.band(board, this.#session, fresh, this.#theme, actions));
    patch(this.#element("rehearsal"), bands.rehearsalBand(board));
    patch(this.#element("notice"), bands.noticeBand(board));
    patch(this.#element("stale"), bands.staleBanner(fresh));
    this.#element("centre").classList.toggle("stale", fresh.kind === "stale");
    this.#element("watermark").hidden = board?.rehearsal !== true;
  }

  #renderLeft(): void {
    const board = this.#board;
    if (board === null) return;
    patch(
      this.#element("tabs"),
      tabs(board, this.#tab, (tab) => this.#open(tab)),
    );
    const acts = { filter: (text: string) => this.#refilter(text), sort: (sort: Sort) => this.#resort(sort) };
    const [tracks, others] = [this.#element("tracks"), this.#element("others")];
    [tracks.hidden, others.hidden] = [this.#tab !== "tracks", this.#tab === "tracks"];
    if (this.#tab !== "tracks") patch(others, this.#otherRows(board));
    else this.#tracks?.show({ board, filter: this.#filter, sort: this.#sort, selected: this.#selectedTrack() });
    patch(
      this.#element("tools"),
      tools(this.#tab, this.#filter, this.#sort, this.#tracks?.found ?? 0, board.tracks.size, acts),
    );
  }

  #otherRows(board: Board) {
    const selected = this.#selection?.id ?? null;
    switch (this.#tab) {
      case "flights":
        return lists.flightRows(board, this.#filter, selected, (id) => this.#select({ kind: "flight", id }));
      case "conflicts":
        return lists.conflictRows(board, (id) => this.#select({ kind: "track", id }, true));
      default:
        return lists.feedRows(this.#feeds, this.#feedsProblem);
    }
  }

  #selectedTrack(): BoardTrack | null {
    return this.#selection?.kind === "track" ? (this.#board?.tracks.get(this.#selection.id) ?? null) : null;
  }

  #renderPanel(): void {
    const panel = this.#element("panel");
    const views = this.#panelViews();
    panel.hidden = views.length === 0;
    this.#element("screen").classList.toggle("with-panel", views.length > 0);
    patch(panel, views);
  }

  #panelViews(): Children {
    const board = this.#board;
    if (board === null || this.#selection === null) return [];
    const { kind, id } = this.#selection;
    const actions = {
      track: (track: string) => this.#select({ kind: "track", id: track }, true),
      flight: (flight: string) => this.#select({ kind: "flight", id: flight }),
      close: () => this.#select(null),
    };
    if (kind === "flight") {
      const flight = board.flights.get(id);
      return flight === undefined ? [] : flightPanel(board, flight, actions);
    }
    const track = board.tracks.get(id);
    return track === undefined ? [] : trackPanel(board, track, this.#reasons.reasons, actions);
  }

  #help(): void {
    const dialog = this.#element("help") as HTMLDialogElement;
    patch(
      dialog,
      bands.help(legend(pictureUrl), () => dialog.close()),
    );
    dialog.showModal();
  }

  // What the person does

  #select(selection: Selection, reveal = false): void {
    if (selection?.id !== this.#selection?.id) this.#element("panel").scrollTop = 0;
    this.#selection = selection;
    const track = this.#selectedTrack();
    this.#tracks?.selected(track);
    this.#reasons.watch(selection?.kind === "track" ? selection.id : null);
    this.#renderLeft();
    this.#renderPanel();
    this.#draw();
    if (track && reveal) this.#map?.reveal(markedAt(track));
  }

  #open(tab: lists.Tab): void {
    this.#tab = tab;
    void this.#askFeeds();
    this.#renderLeft();
  }

  #refilter(text: string): void {
    this.#filter = text;
    this.#element("tracks").scrollTop = 0;
    this.#renderLeft();
  }

  #resort(sort: Sort): void {
    this.#sort = sort;
    this.#renderLeft();
  }

  #toggle(layer: LayerName): void {
    const visible = this.#hidden.delete(layer);
    if (!visible) this.#hidden.add(layer);
    if (layer !== "tracks" && layer !== "trails" && layer !== "uncertainty") this.#map?.toggle(layer, visible);
    this.#draw();
    this.#renderAll();
  }

  #retheme(theme: ReturnType<typeof preferredTheme>, chosen = false): void {
    this.#theme = theme;
    if (chosen) rememberTheme(theme);
    else applyTheme(theme);
    this.#map?.theme(theme);
    this.#draw();
    this.#renderAll();
  }

  #pageKey(event: KeyboardEvent): void {
    const act = keys.action(event);
    if (act === null || this.#page.querySelector("dialog[open]")) return;
    event.preventDefault();
    if (act === "help") this.#help();
    else if (act === "fit") this.#fit();
    else if (act === "zoom-in" || act === "zoom-out") this.#map?.zoom(act === "zoom-in" ? 1 : -1);
    else if (act === "filter") this.#page.getElementById("filter")?.focus();
    else if (this.#filter !== "") this.#refilter("");
    else this.#select(null);
  }

  #element(id: string): HTMLElement {
    const found = this.#page.getElementById(id);
    if (found === null) throw new Error(`index.html has no element #${id}`);
    return found;
  }
}
