/** What seldom changes on the map: sectors and their names, sensors, flights. Given to it only when it has changed. */
import type { Board } from "./board.ts";
import { bounds, type LonLat } from "./geo.ts";
import type { Camera } from "./labels.ts";
import {
  contactFeatures,
  fallFeatures,
  flightFeatures,
  flightsKey,
  sectorFeatures,
  sectorNames,
  sensorFeatures,
} from "./layers.ts";
import type { AirMap } from "./map.ts";
import { within } from "./view.ts";
import type { BoardContact, FallPoint } from "./wire.ts";

export class Still {
  readonly #map: AirMap;
  #picture: Board | null = null;
  #sensorsOf: Board["sensors"] | null = null;
  #flights = "";
  #sectors = "";
  #names = "";
  #contacts: readonly BoardContact[] = [];
  #chosen: string | null = null;
  #falls: readonly FallPoint[] = [];

  constructor(map: AirMap) {
    this.#map = map;
  }

  show(picture: Board): void {
    this.#picture = picture;
    if (picture.sensors !== this.#sensorsOf) {
      this.#sensorsOf = picture.sensors;
      this.#map.set("sensors", sensorFeatures(picture));
    }
    const flights = flightsKey(picture);
    if (flights !== this.#flights) {
      this.#flights = flights;
      this.#map.set("flights", flightFeatures(picture));
    }
    const sectors = JSON.stringify([...picture.sectors.values()]);
    if (sectors === this.#sectors) return;
    this.#sectors = sectors;
    this.#map.set("sectors", sectorFeatures(picture));
    this.name(this.#map.camera());
  }

  /** The areas of lost tracks, and where the selected one lies if it fell. */
  lost(contacts: readonly BoardContact[], selected: string | null, falls: readonly FallPoint[]): void {
    if (contacts !== this.#contacts || selected !== this.#chosen) {
      [this.#contacts, this.#chosen] = [contacts, selected];
      this.#map.set("contacts", contactFeatures(contacts, selected));
    }
    if (falls !== this.#falls) {
      this.#falls = falls;
      this.#map.set("falls", fallFeatures(falls));
    }
  }

  /** Puts the sectors' names where this view shows them whole. */
  name(camera: Camera): void {
    if (this.#picture === null) return;
    const names = sectorNames(this.#picture, camera);
    const key = JSON.stringify(names);
    if (key === this.#names) return;
    this.#names = key;
    this.#map.set("sector-names", names);
  }

  /** Brings a flight into view where it is not wholly, and with it the air that it enters, if that is given. */
  bring(ref: string, air: readonly LonLat[]): void {
    const flight = this.#picture?.flights.get(ref);
    const box = flight && bounds([...flight.volumes.flatMap(({ outline }) => outline), ...air]);
    if (box && !within(this.#map.camera(), box)) this.#map.fit(box);
  }
}
