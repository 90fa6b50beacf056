// The tree of teams: which of them are in view, in which order, and how deep. No DOM.

/** So many rows are opened at first; the reader opens the rest. */
const OPEN_ROWS = 100;

export class TeamTree {
  #teams = new Map();
  #children = new Map();
  #tops = [];
  #opened = new Map(); // what the reader chose
  #openAtFirst = new Set();
  #shape = "";

  /** The API tells each team before the teams below it; a team whose parent is not told stands at the top. */
  set(teams) {
    this.#teams = new Map(teams.map((team) => [team.name, team]));
    this.#children = new Map();
    this.#tops = [];
    const seen = new Set();
    for (const team of teams) {
      const parent = seen.has(team.parent) ? team.parent : null;
      seen.add(team.name);
      if (parent === null) this.#tops.push(team);
      else if (this.#children.has(parent)) this.#children.get(parent).push(team);
      else this.#children.set(parent, [team]);
    }
    const shape = JSON.stringify(teams.map(({ name, parent }) => [name, parent]));
    if (shape !== this.#shape) this.#openFirst();
    this.#shape = shape;
  }

  /** Level by level, as long as the page stays short. */
  #openFirst() {
    this.#openAtFirst = new Set();
    let rows = this.#tops.length;
    let level = this.#tops;
    while (level.length > 0) {
      const below = level.flatMap((team) => this.childrenOf(team.name));
      if (rows + below.length > OPEN_ROWS) return;
      for (const team of level) this.#openAtFirst.add(team.name);
      rows += below.length;
      level = below;
    }
  }

  team(name) {
    return this.#teams.get(name);
  }

  childrenOf(name) {
    return this.#children.get(name) ?? [];
  }

  isOpen(name) {
    return this.#opened.get(name) ?? this.#openAtFirst.has(name);
  }

  setOpen(name, open) {
    this.#opened.set(name, open);
  }

  /** Opens all teams above one, so that its row is in view. */
  reveal(name) {
    const above = new Set();
    for (let team = this.team(this.team(name)?.parent); team && !above.has(team.name); team = this.team(team.parent)) {
      above.add(team.name);
      this.setOpen(team.name, true);
    }
  }

  /** The rows from top to bottom: the team, its level from 0, and where it stands among its siblings. A stack, because a tree may have a thousand levels. */
  rows() {
    const rows = [];
    const stack = [];
    const push = (teams, level) => {
      for (let i = teams.length - 1; i >= 0; i--) stack.push({ team: teams[i], level, at: i + 1, of: teams.length });
    };
    push(this.#tops, 0);
    while (stack.length > 0) {
      const row = stack.pop();
      rows.push(row);
      if (this.isOpen(row.team.name)) push(this.childrenOf(row.team.name), row.level + 1);
    }
    return rows;
  }
}
