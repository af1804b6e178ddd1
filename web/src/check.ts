/**
 * Checks of data that came over the wire. A check says what is wrong, or null; its type parameter is what the data
 * then is. Nothing is copied: 5,000 tracks a second pass through here.
 */
export type Check<T> = ((value: unknown) => Fault | null) & { readonly of?: T };

/** What is wrong and where: `path` is a field path like `tracks[3].standing`. */
export interface Fault {
  readonly path: string;
  readonly what: string;
}

export type Of<C> = C extends Check<infer T> ? T : never;

export class WireError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(`${fault.path || "message"}: ${fault.what}`);
    this.name = "WireError";
    this.fault = fault;
  }
}

/** The value, typed, or WireError. */
export function checked<T>(check: Check<T>, value: unknown): T {
  const fault = check(value);
  if (fault !== null) throw new WireError(fault);
  return value as T;
}

const wrong = (what: string): Fault => ({ path: "", what });
const within = (place: string, fault: Fault): Fault => ({
  path: fault.path === "" || fault.path.startsWith("[") ? place + fault.path : `${place}.${fault.path}`,
  what: fault.what,
});

export const text: Check<string> = (value) => (typeof value === "string" ? null : wrong("is not text"));
export const flag: Check<boolean> = (value) => (typeof value === "boolean" ? null : wrong("is not true or false"));
export const number: Check<number> = (value) =>
  typeof value === "number" && Number.isFinite(value) ? null : wrong("is not a number");
export const count: Check<number> = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? null : wrong("is not a whole number");

export function probability(value: unknown): Fault | null {
  return typeof value === "number" && value >= 0 && value <= 1 ? null : wrong("is not between 0 and 1");
}
export const chance: Check<number> = probability;

export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value) => (value === null ? null : check(value));
}

export function oneOf<const T extends string>(words: readonly T[]): Check<T> {
  const known = new Set<unknown>(words);
  return (value) => (known.has(value) ? null : wrong(`${JSON.stringify(value)} is none of ${words.join(", ")}`));
}

export function list<T>(check: Check<T>): Check<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return wrong("is not a list");
    for (let i = 0; i < value.length; i++) {
      const fault = check(value[i]);
      if (fault !== null) return within(`[${i}]`, fault);
    }
    return null;
  };
}

export function tuple<T extends readonly unknown[]>(...checks: { [K in keyof T]: Check<T[K]> }): Check<T> {
  return (value) => {
    if (!Array.isArray(value) || value.length !== checks.length) return wrong(`is not a list of ${checks.length}`);
    for (let i = 0; i < checks.length; i++) {
      const fault = checks[i]?.(value[i]) ?? null;
      if (fault !== null) return within(`[${i}]`, fault);
    }
    return null;
  };
}

type Fields = Record<string, Check<unknown>>;
type Record_<F extends Fields> = { readonly [K in keyof F]: Of<F[K]> };

/** A record with at least these fields; a newer server may send more. */
export function record<F extends Fields>(fields: F): Check<Record_<F>> {
  const entries = Object.entries(fields);
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong("is not a record");
    for (const [name, check] of entries) {
      const fault = check((value as Record<string, unknown>)[name]);
      if (fault !== null) return within(name, fault);
    }
    return null;
  };
}

/** A table with free keys. */
export function table<T>(check: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong("is not a table");
    for (const [name, item] of Object.entries(value)) {
      const fault = check(item);
      if (fault !== null) return within(name, fault);
    }
    return null;
  };
}
