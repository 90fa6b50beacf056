// Which colour a namespace has: the same on every visit, and one of nine that stay apart for colour-blind eyes.

export const COLOURS = 9;

/** FNV-1a: small, and spreads short names well. */
function hash(text) {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}

/**
 * Gives each namespace the colour of its hash, or the next one that nobody has yet. Names are taken in
 * alphabetical order, so that one set of namespaces always gets the same colours; one that comes later
 * never changes the colour of another.
 */
export class Colours {
  #given = new Map();
  #used = new Array(COLOURS).fill(0);

  learn(namespaces) {
    for (const name of [...namespaces].sort()) this.of(name);
  }

  of(name) {
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
    return [...this.#given.keys()].sort();
  }
}
