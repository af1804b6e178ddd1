/** What must survive a reload of this tab, as JSON in its session storage. */

const PREFIX = "safeconduct.";

export interface Remembered<T> {
  read(): T | null;
  write(value: T): void;
  drop(): void;
}

/** A browser that keeps nothing (its storage is full, or forbidden) loses the draft on a reload, and nothing else. */
export function remembered<T>(name: string): Remembered<T> {
  const guarded = <R>(act: (storage: Storage) => R): R | null => {
    try {
      return act(sessionStorage);
    } catch {
      return null;
    }
  };
  const key = PREFIX + name;
  return {
    read: () =>
      guarded((storage) => {
        const text = storage.getItem(key);
        return text === null ? null : (JSON.parse(text) as T);
      }),
    write: (value) => void guarded((storage) => storage.setItem(key, JSON.stringify(value))),
    drop: () => void guarded((storage) => storage.removeItem(key)),
  };
}
