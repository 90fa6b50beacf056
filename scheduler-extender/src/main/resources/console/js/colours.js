// Which colour a namespace has: the same on every visit, and one of nine that stay apart for colour-blind eyes.

export const COLOURS = 9;
const KEPT = "kerf.colours";
const MOST_KEPT = 300;

/** FNV-1a: small, and spreads short names well. */
function hash(text) {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}

/**
 * Gives each namespace the colour of its hash, or the next one that no namespace has yet. Names are taken in
 * alphabetical order, so that one set of namespaces always gets the same colours; one that comes later
 * never changes the colour of another. The browser remembers what was given, for the visits to come.
 */
export class Colours {
  #given = new Map();
  #used = new Array(COLOURS).fill(0);
  #seen = new Set();

  constructor() {
    for (const [name, colour] of remembered()) {
      this.#given.set(name, colour);
      this.#used[colour]++;
    }
  }

  learn(namespaces) {
    const before = this.#given.size;
    for (const name of [...namespaces].sort()) this.of(name);
    if (this.#given.size > before) remember(this.#given);
  }

  of(name) {
    this.#seen.add(name);
    let colour = this.#given.get(name);
    if (colour === undefined) {
      colour = hash(name) % COLOURS;
      const fewest = Math.min(...this.#used);
      while (this.#used[colour] > fewest) colour = (colour + 1) % COLOURS;
      this.#used[colour]++;
      this.#given.set(name, colour);
    }
    return colour;
  }

  /** The CSS class that sets --c and --on-c. */
  className(name) {
    return `c${this.of(name)}`;
  }

  names() {
    return [...this.#seen].sort();
  }
}

function remembered() {
  try {
    return Object.entries(JSON.parse(localStorage.getItem(KEPT) ?? "{}")).filter(([, colour]) => Number.isInteger(colour) && colour >= 0 && colour < COLOURS);
  } catch {
    return []; // storage is closed to this page, or holds something else
  }
}

function remember(given) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries([...given].slice(-MOST_KEPT))));
  } catch {
    // The colours hold until the page is left.
  }
}
