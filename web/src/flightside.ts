/** A declared flight in the panel: what the desk knows of it, what its owner can do, and who looked at it. */
import { type Board, partyName } from "./board.ts";
import { conformanceSection } from "./conformance.ts";
import { conflictsSection, coverageSection, looksSection, moves } from "./coverage.ts";
import * as calls from "./deskcalls.ts";
import type { DeskFlight, DeskView, Look } from "./deskwire.ts";
import { type Children, h } from "./dom.ts";
import type { LonLat } from "./geo.ts";
import type { Flight } from "./wire.ts";

export interface FlightAround {
  /** Shows a place on the map. */
  show(at: LonLat): void;
  flight(ref: string): void;
  /** Opens the form that changes a flight. */
  amend(ref: string): void;
  /** Whether that form has something typed that was not sent. */
  keeps(ref: string): boolean;
  changed(): void;
}

/** Who declares and changes flights. */
export const declares = (view: DeskView): boolean => view.role === "operator" || view.role === "officer";

export class FlightSide {
  readonly #around: FlightAround;
  #ref: string | null = null;
  /** What was asked of the node for this flight: its number of looks, or that it was opened. */
  #asked = "";
  #looks: readonly Look[] | null = null;
  #problem = "";

  constructor(around: FlightAround) {
    this.#around = around;
  }

  /** A flight's panel was opened, or the view is another. Opening another party's is a look, and its owner is told. */
  follow(view: DeskView, ref: string | null): void {
    if (ref !== this.#ref) {
      [this.#ref, this.#asked, this.#looks, this.#problem] = [ref, "", null, ""];
    }
    const one = view.flights.find((flight) => flight.ref === ref);
    if (one === undefined) return;
    const ask = one.own ? `looks ${one.looks}` : `open ${one.flight.version}`;
    if (ask === this.#asked || (one.own && !declares(view))) return;
    this.#asked = ask;
    void this.#do(one.ref, async () => {
      if (!one.own) return calls.openFlight(one.ref);
      const looks = await calls.flightLooks(one.ref);
      if (this.#ref === one.ref) this.#looks = looks;
    });
  }

  sections(board: Board, view: DeskView, ref: string): Children {
    const one = view.flights.find((flight) => flight.ref === ref);
    if (one === undefined) return [];
    const name = (party: string): string => partyName(board, party);
    const { show, flight, amend } = this.#around;
    const move = (moved: string, state: Flight["state"]): void => {
      void this.#do(moved, async () => {
        await calls.moveFlight(moved, state);
      });
    };
    const mine = one.own && declares(view);
    const moving = mine ? moves(one, { move, amend, kept: this.#around.keeps(ref) }) : null;
    return [
      moving && h("section", { "data-key": "moving" }, moving),
      this.#problem === "" ? null : h("p", { class: "warn pad", "data-key": "problem", role: "alert" }, this.#problem),
      coverageSection(view, ref, view.time, name),
      conflictsSection(view, ref, { show, flight }, name),
      one.conformance && conformanceSection(one.conformance),
      mine ? looksSection(this.#looks, one.looks, name) : null,
      contactSection(one),
    ];
  }

  async #do(ref: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
      if (this.#ref === ref) this.#problem = "";
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (this.#ref === ref) this.#problem = error.message;
    }
    this.#around.changed();
  }
}

function contactSection({ flight }: DeskFlight) {
  return h(
    "section",
    { "data-key": "contact" },
    h("h3", {}, "Whom to call about it"),
    h("p", {}, flight.contact || "Nobody was named."),
  );
}
