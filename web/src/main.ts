/** Puts the parts together: session, live link, board, map and views. */
import "./style.css";
import "./desk.css";
import { App } from "./app.ts";
import type { DeskView } from "./deskwire.ts";

const app = new App(document);
void app.start();

declare global {
  interface Window {
    /** For measuring: what the console holds and what it has drawn. */
    safeconduct: {
      board(): { readonly number: number; readonly tracks: number } | null;
      shown(): number;
      desk(): DeskView | null;
    };
  }
}

window.safeconduct = { board: () => app.summary(), shown: () => app.shown(), desk: () => app.desk() };
