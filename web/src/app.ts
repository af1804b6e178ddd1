/** The console's state and what changes it. Deltas are folded once a frame; lists and panel follow four times a second. */
import * as bands from "./band.ts";
import { type Board, fold, fromSnapshot, GapError } from "./board.ts";
import { mayOpen } from "./contact.ts";
import { controls, type LayerName, legend } from "./controls.ts";
import { withDesk } from "./deskboard.ts";
import { DeskSide } from "./deskside.ts";
import type { DeskView } from "./deskwire.ts";
import { type Children, patch } from "./dom.ts";
import { FallsKeeper } from "./falls.ts";
import { Gate } from "./gate.ts";
import * as keys from "./keys.ts";
import type { Box } from "./labels.ts";
import { extent } from "./layers.ts";
import { LeftSide, type Selection } from "./leftside.ts";
import { type LinkState, realSurroundings, socketUrl } from "./line.ts";
import { freshness, Live } from "./live.ts";
import { AirMap } from "./map.ts";
import { Marks, markedAt, uncertainty } from "./marks.ts";
import { flightPanel, trackPanel } from "./panel.ts";
import { ReasonsKeeper } from "./reasons.ts";
import * as session from "./session.ts";
import { Still } from "./still.ts";
import { pictureUrl } from "./symbols.ts";
import { applyTheme, onSystemTheme, PALETTES, preferredTheme, rememberTheme } from "./theme.ts";
import { Trails } from "./trails.ts";
import type { BoardDelta, BoardTrack, FallPoint, LiveMessage, Session } from "./wire.ts";
import { clockZ } from "./words.ts";

const SIDES_EVERY_MS = 250;
const NO_FALLS: readonly FallPoint[] = [];
const ENDED = "Your session has ended. Sign in with this device's key, or ask for a new link.";

export class App {
  readonly #page: Document;
  readonly #gate: Gate;
  readonly #trails = new Trails();
  readonly #marks = new Marks();
  readonly #hidden = new Set<LayerName>();
  readonly #reasons = new ReasonsKeeper({
    fetch: session.trackDetail,
    after: (ms, call) => setTimeout(call, ms),
    changed: () => this.#soon(),
  });
  readonly #falls = new FallsKeeper({ fetch: session.lastContact, changed: () => this.#changedFalls() });
  #live: Live | null = null;
  #desk: DeskSide | null = null;
  #left: LeftSide | null = null;
  #map: AirMap | null = null;
  #still: Still | null = null;
  #board: Board | null = null;
  /** The board with what the desk adds to it, and what that was made of. */
  #whole: { readonly board: Board; readonly view: DeskView | null; readonly made: Board } | null = null;
  #session: Session | null = null;
  #link: LinkState = { kind: "connecting" };
  #heard: number | null = null;
  #pending: BoardDelta[] = [];
  #shown = -1;
  #fitted = false;
  #framed = false;
  #waiting = false;
  #theme = preferredTheme();
  #selection: Selection = null;
  #troubles: string[] = [];

  constructor(page: Document) {
    this.#page = page;
    this.#gate = new Gate(this.#element("gate"), (who) => this.#enter(who));
  }

  summary(): { readonly number: number; readonly tracks: number } | null {
    return this.#board && { number: this.#board.number, tracks: this.#board.tracks.size };
  }

  shown(): number {
    return this.#shown;
  }

  desk(): DeskView | null {
    return this.#desk?.view ?? null;
  }

  async start(): Promise<void> {
    applyTheme(this.#theme);
    onSystemTheme((theme) => this.#retheme(theme));
    this.#renderBand();
    await this.#gate.enter();
  }

  // Signing in and out

  #shut(problem: string): void {
    this.#live?.stop();
    this.#desk?.stop();
    this.#element("screen").hidden = true;
    this.#gate.show(problem);
    this.#renderBand();
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
    this.#element("screen").hidden = false;
    if (this.#live === null) this.#furnish();
    this.#live ??= new Live({
      ...realSurroundings((state) => this.#linked(state)),
      url: socketUrl("./live"),
      message: (message) => this.#receive(message),
    });
    this.#select(null);
    this.#live.start();
    this.#desk?.start();
    this.#left?.begin(who.role);
    this.#renderAll();
  }

  #furnish(): void {
    this.#map = this.#hangMap();
    this.#still = this.#map && new Still(this.#map);
    this.#desk = new DeskSide({
      map: this.#map,
      element: (id) => this.#element(id),
      board: () => this.#board,
      select: (kind, id) => this.#select({ kind, id }, true),
      leave: () => this.#select(null),
      open: (tab) => this.#left?.open(tab),
      linked: (state) => {
        if (state.kind === "signed-out") this.#shut(ENDED);
      },
      formed: () => this.#renderAll(),
      changed: () => this.#soon(),
    });
    this.#left = new LeftSide({
      element: (id) => this.#element(id),
      select: (selection, reveal) => this.#select(selection, reveal),
      changed: () => this.#soon(),
      desk: () => this.#desk,
    });
    this.#page.addEventListener("keydown", (event) => this.#pageKey(event));
    // Also when nothing comes any more: what is shown grows old.
    setInterval(() => {
      this.#renderBand();
      this.#desk?.render(this.#page);
    }, 500);
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
        moved: (camera) => this.#still?.name(camera),
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
    if (state.kind === "signed-out") this.#shut(ENDED);
    this.#renderBand();
  }

  #receive(message: LiveMessage): void {
    this.#heard = performance.now();
    if (message.kind === "snapshot") {
      if (this.#board?.epoch !== message.snapshot.epoch) this.#trails.clear();
      this.#pending = [];
      this.#board = fromSnapshot(message.snapshot);
      for (const track of this.#board.tracks.values()) this.#trails.add(track);
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
    this.#showStill();
    this.#draw();
    this.#shown = this.#board.number;
    this.#soon();
  }

  /** The board as it is shown: with the flights and the posts' sectors that the desk knows besides. */
  get #picture(): Board | null {
    const [board, view] = [this.#board, this.#desk?.view ?? null];
    if (board === null) return null;
    if (this.#whole?.board !== board || this.#whole.view !== view) {
      this.#whole = { board, view, made: withDesk(board, view) };
    }
    return this.#whole.made;
  }

  #showStill(): void {
    const picture = this.#picture;
    if (picture !== null) this.#still?.show(picture);
  }

  #draw(): void {
    const board = this.#board;
    if (board === null) return;
    if (!this.#fitted) this.#fit();
    const selected = this.#selectedTrack();
    this.#falls.watch(selected, mayOpen(this.#session?.role));
    this.#still?.lost(board.contacts, selected?.id ?? null, this.#falls.opened.detail?.falls ?? NO_FALLS);
    this.#map?.highlight(this.#named(selected));
    this.#map?.show({
      marks: this.#marks.all(board),
      showTracks: !this.#hidden.has("tracks"),
      trails: this.#hidden.has("trails") ? [] : this.#trails.entries(),
      selected: selected?.id ?? null,
      uncertainty: selected === null || this.#hidden.has("uncertainty") ? [] : uncertainty(selected),
      palette: PALETTES[this.#theme],
    });
  }

  #changedFalls(): void {
    this.#draw();
    this.#soon();
  }

  /** The flight whose volumes are drawn stronger. */
  #named(track: BoardTrack | null): string | null {
    if (this.#selection?.kind === "flight") return this.#selection.id;
    if (this.#selection?.kind === "notice") return this.#desk?.noticed?.notice.flight ?? null;
    return track?.flight ?? null;
  }

  #fit(): void {
    const box = this.#picture && extent(this.#picture);
    if (!box) return;
    this.#map?.fit(box);
    this.#fitted = true;
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
    this.#showStill();
    this.#renderLeft();
    this.#desk?.render(this.#page);
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
    patch(this.#element("band"), bands.band(board, this.#session, this.#postName, fresh, this.#theme, actions));
    patch(this.#element("rehearsal"), bands.rehearsalBand(board));
    patch(this.#element("notice"), bands.noticeBand(board));
    patch(this.#element("stale"), bands.staleBanner(fresh));
    this.#element("centre").classList.toggle("stale", fresh.kind === "stale");
    this.#element("watermark").hidden = board?.rehearsal !== true;
  }

  get #postName(): string {
    return this.#desk?.view?.posts.find(({ post }) => post.id === this.#session?.post)?.post.name ?? "";
  }

  #renderLeft(): void {
    const picture = this.#picture;
    if (picture !== null) this.#left?.show(picture, this.#selection, this.#selectedTrack());
  }

  #selectedTrack(): BoardTrack | null {
    return this.#selection?.kind === "track" ? (this.#board?.tracks.get(this.#selection.id) ?? null) : null;
  }

  #renderPanel(): void {
    const panel = this.#element("panel");
    const views = this.#panelViews();
    const form = this.#desk?.form != null;
    panel.hidden = views.length === 0 || form;
    this.#element("screen").classList.toggle("with-panel", views.length > 0 || form);
    patch(panel, views);
  }

  #panelViews(): Children {
    const board = this.#picture;
    if (board === null || this.#selection === null) return [];
    const { kind, id } = this.#selection;
    const actions = {
      track: (track: string) => this.#select({ kind: "track", id: track }, true),
      flight: (flight: string) => this.#select({ kind: "flight", id: flight }),
      close: () => this.#select(null),
    };
    if (kind === "notice") return this.#desk?.noticePanel(board) ?? [];
    if (kind === "flight") {
      const flight = board.flights.get(id);
      return flight === undefined ? [] : flightPanel(board, flight, actions, this.#desk?.flightSections(board, id));
    }
    const track = board.tracks.get(id);
    return track === undefined ? [] : trackPanel(board, track, this.#reasons.reasons, this.#falls.opened, actions);
  }

  #help(): void {
    const dialog = this.#element("help") as HTMLDialogElement;
    patch(
      dialog,
      bands.help(legend(pictureUrl), this.#desk?.view?.record ?? null, () => dialog.close()),
    );
    dialog.showModal();
  }

  // What the person does

  #select(selection: Selection, reveal = false): void {
    if (selection?.id !== this.#selection?.id) this.#element("panel").scrollTop = 0;
    this.#selection = selection;
    if (selection !== null) this.#desk?.putAway();
    const track = this.#selectedTrack();
    this.#left?.selected(track);
    this.#desk?.selected(selection?.kind ?? null, selection?.id ?? null);
    this.#reasons.watch(selection?.kind === "track" ? selection.id : null);
    this.#renderLeft();
    this.#renderPanel();
    this.#draw();
    if (track && reveal) this.#map?.reveal(markedAt(track));
    else if (reveal && selection?.kind === "flight") this.#still?.bring(selection.id, []);
    else if (reveal) this.#still?.bring(this.#named(null) ?? "", this.#desk?.ownSector ?? []);
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
    else if (!this.#left?.unfilter()) this.#select(null);
  }

  #element(id: string): HTMLElement {
    const found = this.#page.getElementById(id);
    if (found === null) throw new Error(`index.html has no element #${id}`);
    return found;
  }
}
