/** Colours of the map and of what is drawn over it. The page's own colours are in style.css. */
export type ThemeName = "dark" | "light";

export interface Palette {
  readonly sea: string;
  readonly land: string;
  readonly shore: string;
  readonly grid: string;
  readonly ink: string;
  readonly dim: string;
  readonly halo: string;
  readonly sector: string;
  readonly sensor: string;
  readonly own: string;
  readonly other: string;
  readonly zone: string;
  readonly draft: string;
  readonly trail: string;
  readonly leader: string;
  readonly selected: string;
  readonly badge: string;
  readonly badgeInk: string;
}

export const PALETTES: Readonly<Record<ThemeName, Palette>> = {
  dark: {
    sea: "#0b1117",
    land: "#18212a",
    shore: "#3a4a58",
    grid: "#1c2833",
    ink: "#e4ebf1",
    dim: "#8495a3",
    halo: "#0b1117",
    sector: "#6f8496",
    sensor: "#5a7183",
    own: "#63c5f0",
    other: "#7fcf8a",
    zone: "#d9a05b",
    draft: "#ffd166",
    trail: "#8fa3b3",
    leader: "#e4ebf1",
    selected: "#ffffff",
    badge: "#e4ebf1",
    badgeInk: "#0b1117",
  },
  light: {
    sea: "#dbe5ec",
    land: "#f5f3ec",
    shore: "#93a3ae",
    grid: "#cbd7df",
    ink: "#17212a",
    dim: "#566673",
    halo: "#f8f8f5",
    sector: "#5b6d7b",
    sensor: "#7a8c99",
    own: "#0b6e9e",
    other: "#2c7a3a",
    zone: "#94560f",
    draft: "#a33b7a",
    trail: "#5d6f7d",
    leader: "#17212a",
    selected: "#000000",
    badge: "#17212a",
    badgeInk: "#ffffff",
  },
};

const STORED = "safeconduct.theme";

/** The theme chosen here before, else the system's. */
export function preferredTheme(): ThemeName {
  const stored = localStorage.getItem(STORED);
  if (stored === "dark" || stored === "light") return stored;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

export function applyTheme(theme: ThemeName): void {
  document.documentElement.dataset.theme = theme;
}

export function rememberTheme(theme: ThemeName): void {
  localStorage.setItem(STORED, theme);
  applyTheme(theme);
}

/** Calls back when the system's theme changes, unless one was chosen here. */
export function onSystemTheme(call: (theme: ThemeName) => void): void {
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => {
    if (localStorage.getItem(STORED) === null) call(preferredTheme());
  });
}
