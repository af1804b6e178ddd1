/** The way in: by a link that works once, or by a key that this device made before. */
import { signInPanel } from "./band.ts";
import { patch } from "./dom.ts";
import { type DeviceKey, NoKeys, PostKeys } from "./postkeys.ts";
import * as session from "./session.ts";
import type { Session } from "./wire.ts";

export class Gate {
  readonly #element: HTMLElement;
  readonly #entered: (who: Session) => void;
  #keys: readonly DeviceKey[] = [];
  #problem = "";
  #busy = false;

  constructor(element: HTMLElement, entered: (who: Session) => void) {
    this.#element = element;
    this.#entered = entered;
  }

  /** Enters with the link in the address bar, or with the session that this browser has; else shows the gate. */
  async enter(): Promise<void> {
    // A link opened in a tab that shows the console already changes the fragment only.
    addEventListener("hashchange", () => {
      if (location.hash.startsWith("#sign-in=")) location.reload();
    });
    const token = location.hash.startsWith("#sign-in=") ? session.tokenOf(location.hash) : null;
    // The token works once, but an address bar is read over shoulders and kept in histories.
    if (location.hash !== "") history.replaceState(null, "", location.pathname + location.search);
    try {
      this.#pass(token === null ? await session.whoAmI() : await session.signIn(token));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const expected = token === null && error instanceof session.Refused && error.status === 401;
      this.show(expected ? "" : error.message);
    }
  }

  show(problem: string): void {
    this.#problem = problem;
    this.#element.hidden = false;
    this.#render();
    void this.#lookForKeys();
  }

  #pass(who: Session): void {
    this.#element.hidden = true;
    this.#entered(who);
  }

  /** A browser that cannot keep keys has none: the link is left. */
  async #lookForKeys(): Promise<void> {
    try {
      this.#keys = (await PostKeys.open()).all.filter(({ enrolled }) => enrolled);
    } catch (error) {
      if (!(error instanceof NoKeys)) throw error;
    }
    this.#render();
  }

  #render(): void {
    const panel = signInPanel({
      problem: this.#problem,
      busy: this.#busy,
      keys: this.#keys,
      submit: (pasted) => this.#submit(pasted),
      key: (key) => void this.#try(() => session.signInByKey(key)),
    });
    patch(this.#element, [panel]);
  }

  #submit(pasted: string): void {
    const token = session.tokenOf(pasted);
    if (token === null) this.show("That is not a sign-in link. It ends in #sign-in= and a long word.");
    else void this.#try(() => session.signIn(token));
  }

  async #try(signIn: () => Promise<Session>): Promise<void> {
    [this.#problem, this.#busy] = ["", true];
    this.#render();
    try {
      const who = await signIn();
      this.#busy = false;
      this.#pass(who);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#busy = false;
      this.show(error.message);
    }
  }
}
