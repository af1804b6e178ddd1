/**
 * Keys of people, made in this browser and kept here (law 2): the secret half cannot be read out, not even by this
 * page, and the node has the public half only.
 */
import { base64url, hex, sha256 } from "./canonical.ts";

/** A key as it is kept: whose it is, at which node, and whether that is a rehearsal's (law 9). */
export interface DeviceKey {
  readonly party: string;
  readonly person: string;
  readonly rehearsal: boolean;
  /** The person's name and post when the key was made, to tell keys apart before anybody has signed in. */
  readonly name: string;
  readonly post: string | null;
  /** Base64url. */
  readonly public: string;
  readonly secret: CryptoKey;
  /** Whether the node has taken it. */
  readonly enrolled: boolean;
}

export type Owner = Pick<DeviceKey, "party" | "person" | "rehearsal">;

/** Where keys are kept. `put` resolves when the key is on disk. */
export interface KeyStore {
  all(): Promise<readonly DeviceKey[]>;
  put(key: DeviceKey): Promise<void>;
}

/** This browser cannot make or keep a key; the message says why and what to do. */
export class NoKeys extends Error {}

const ALGORITHM = "Ed25519";

export class PostKeys {
  readonly #store: KeyStore;
  #keys: readonly DeviceKey[];

  private constructor(store: KeyStore, keys: readonly DeviceKey[]) {
    this.#store = store;
    this.#keys = keys;
  }

  /** Throws NoKeys. */
  static async open(store: KeyStore = browserStore()): Promise<PostKeys> {
    if (globalThis.crypto?.subtle === undefined) {
      throw new NoKeys("This page may not use keys: open the console over https, or on the node's own machine.");
    }
    return new PostKeys(store, await store.all());
  }

  get all(): readonly DeviceKey[] {
    return this.#keys;
  }

  find(owner: Owner): DeviceKey | null {
    return this.#keys.find((key) => owned(key, owner)) ?? null;
  }

  /** A new key for a person, kept but not enrolled; it takes the place of an older one. Throws NoKeys. */
  async make(owner: Owner & Pick<DeviceKey, "name" | "post">): Promise<DeviceKey> {
    const pair = await generated();
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const { party, person, rehearsal, name, post } = owner;
    const key = { party, person, rehearsal, name, post, public: base64url(raw), secret: pair.privateKey };
    return this.#keep({ ...key, enrolled: false });
  }

  enrolled(key: DeviceKey, enrolled: boolean): Promise<DeviceKey> {
    return this.#keep({ ...key, enrolled });
  }

  async #keep(key: DeviceKey): Promise<DeviceKey> {
    await this.#store.put(key);
    this.#keys = [...this.#keys.filter((one) => !owned(one, key)), key];
    return key;
  }
}

const owned = (key: DeviceKey, { party, person, rehearsal }: Owner): boolean =>
  key.party === party && key.person === person && key.rehearsal === rehearsal;

/** The signature over `bytes`, base64url. */
export async function sign(key: DeviceKey, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.sign(ALGORITHM, key.secret, bytes)));
}

/** What people compare: the first 16 bytes of the key's SHA-256, hex. */
export async function fingerprint(publicKey: string): Promise<string> {
  const raw = atob(publicKey.replaceAll("-", "+").replaceAll("_", "/"));
  return hex((await sha256(Uint8Array.from(raw, (letter) => letter.charCodeAt(0)))).slice(0, 16));
}

async function generated(): Promise<CryptoKeyPair> {
  try {
    return (await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"])) as CryptoKeyPair;
  } catch {
    throw new NoKeys(
      "This browser cannot make an Ed25519 key. Use a newer one: Chromium 137, Firefox 130, Safari 17, or later.",
    );
  }
}

const DATABASE = "safeconduct";
const TABLE = "keys";
const NOT_KEPT =
  "This browser keeps nothing for this page (a private window, or storage is blocked), so no key can live here. Open the console in an ordinary window.";

/** IndexedDB of this origin. */
export function browserStore(): KeyStore {
  return {
    all: () => within("readonly", (table) => table.getAll()),
    put: async (key) => {
      await within("readwrite", (table) => table.put(key, placeOf(key)));
      // Asks the browser not to throw the key away when it runs out of room; it may say no.
      await navigator.storage?.persist?.();
    },
  };
}

const placeOf = ({ party, person, rehearsal }: Owner): string[] => [rehearsal ? "rehearsal" : "live", party, person];

async function within<T>(mode: IDBTransactionMode, act: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  if (globalThis.indexedDB === undefined) throw new NoKeys(NOT_KEPT);
  const database = await opened();
  try {
    const transaction = database.transaction(TABLE, mode, { durability: "strict" });
    const request = act(transaction.objectStore(TABLE));
    return await new Promise<T>((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(new NoKeys(NOT_KEPT));
    });
  } finally {
    database.close();
  }
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(TABLE);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new NoKeys(NOT_KEPT));
  });
}
