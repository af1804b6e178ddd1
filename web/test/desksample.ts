/** What the tests of the desk share: the views of fixtures/desk.json (made by the Python model), and a node to talk to. */
import { readFileSync } from "node:fs";
import { type DeskView, type InboxItem, parseDesk } from "../src/deskwire.ts";
import type { DeviceKey, KeyStore } from "../src/postkeys.ts";

const path = new URL("./fixtures/desk.json", import.meta.url);
// biome-ignore lint/suspicious/noExplicitAny: tests break it in ways that no type describes
export const rawDesk: any = JSON.parse(readFileSync(path, "utf8"));

export const desk = (who: "crew" | "officer" = "crew"): DeskView => parseDesk(JSON.stringify(rawDesk[who]));

export function item(change: Partial<InboxItem> = {}, notice: Partial<InboxItem["notice"]> = {}): InboxItem {
  const [one] = desk().inbox;
  if (one === undefined) throw new Error("the fixture has an empty inbox");
  return { ...one, ...change, notice: { ...one.notice, ...notice } };
}

/** Keys in memory, like the browser's store. */
export function memoryStore(): KeyStore & { readonly keys: Map<string, DeviceKey> } {
  const keys = new Map<string, DeviceKey>();
  const place = ({ party, person, rehearsal }: DeviceKey): string => `${rehearsal}/${party}/${person}`;
  return { keys, all: async () => [...keys.values()], put: async (key) => void keys.set(place(key), key) };
}

export const PROMISE = {
  promise: { node: "p1", leaf: "00", time: 1000, within_s: 1, rehearsal: true },
  public: "",
  signature: "",
};

/** Takes the place of `fetch`: answers by path, and keeps what was sent. */
export function fakeNode(answers: Readonly<Record<string, unknown>>) {
  // biome-ignore lint/suspicious/noExplicitAny: what was sent is looked into
  const sent: { call: string; body: any }[] = [];
  const before = globalThis.fetch;
  globalThis.fetch = async (path, init) => {
    const call = `${init?.method ?? "GET"} ${path}`;
    sent.push({ call, body: init?.body === undefined ? null : JSON.parse(String(init.body)) });
    const answer = answers[call];
    const refused = answer as { refused?: number } | undefined;
    if (answer === undefined || refused?.refused !== undefined) {
      const error = { reason: "unknown", what: "no", where: "", remedy: "", ...(answer as object) };
      return new Response(JSON.stringify({ error }), { status: refused?.refused ?? 404 });
    }
    return new Response(JSON.stringify(answer), { status: 200 });
  };
  return {
    sent,
    close: () => {
      globalThis.fetch = before;
    },
  };
}

/** Waits while somebody is busy: keys and signatures take their time. */
export async function settled(busy: () => boolean = () => false): Promise<void> {
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));
  do await pause();
  while (busy());
}
