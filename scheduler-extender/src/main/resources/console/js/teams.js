// Teams: the tree on one scale of GPUs, with the line of one team and the reclaims beside it.
import { $, fill, h } from "./dom.js";
import { count, duration } from "./format.js";
import { gpus, scaleOf, teamBar, tickText, ticks } from "./teambar.js";
import { lineCard, reclaimsCard } from "./teamcards.js";
import { TeamTree } from "./teamtree.js";

const ROWS = 300;
const DEEPEST_INDENT = 10;
const KEYS = [["owned", "held"], ["borrowed", "borrowed"], ["reserved", "held, not bound yet"], ["asked", "asked for"], ["guarantee", "guarantee"], ["share", "share"], ["limit", "limit"]];
const HEADS = ["Held", "Guarantee", "Share", "Limit", "Asks", "Waits"];

export class TeamsView {
  #store;
  #live;
  #open;
  #tree = new TeamTree();
  #chosen = null; // by the address
  #most = ROWS;
  #at = null; // the row that is the tab stop

  constructor(store, live, open) {
    this.#store = store;
    this.#live = live;
    this.#open = open;
    this.note = h("p", { class: "lead" });
    this.axis = h("div", { class: "team-axis", "aria-hidden": "true" });
    this.body = h("div", { class: "team-rows", role: "rowgroup" });
    this.more = h("button", { type: "button", class: "small", hidden: true, onclick: () => this.#showMore() });
    this.grid = h("div", { class: "team-grid", role: "treegrid", "aria-labelledby": "teams-title", onkeydown: (event) => this.#key(event) },
      h("div", { role: "rowgroup" }, h("div", { class: "team-row team-heads", role: "row" },
        h("span", { role: "columnheader", text: "Team" }), h("div", { role: "columnheader", "aria-label": "Held, to scale" }, this.axis),
        HEADS.map((text) => h("span", { class: "n", role: "columnheader", text })))), this.body);
    this.line = h("section", { class: "card", "aria-label": "The line of one team" });
    this.reclaims = h("section", { class: "card grows", "aria-label": "Reclaims" });
    this.page = h("div", { class: "teams-body" },
      h("div", { class: "teams-main" }, keys(), h("div", { class: "team-scroll" }, this.grid, this.more)),
      h("div", { class: "rail" }, this.line, this.reclaims));
    this.blank = h("div", { class: "blank", hidden: true });
    $("view-teams").append(h("div", { class: "view-head" }, h("h1", { id: "teams-title", text: "Teams" }), this.note), this.page, this.blank);
    store.on("teams view", () => this.draw());
    store.on("line", () => this.#drawLine());
  }

  /** Shows the line of a team; of the one that waits longest if the address names none. */
  choose(name) {
    this.#chosen = name;
    if (name) this.#tree.reveal(name);
    this.draw();
  }

  draw() {
    const visible = !$("view-teams").hidden;
    this.#live.wantTeams(visible);
    if (!visible) return;
    const { teams } = this.#store;
    const empty = teams?.teams.length === 0;
    this.page.hidden = !teams || empty;
    this.blank.hidden = Boolean(teams) && !empty;
    this.note.textContent = "";
    if (!teams || empty) {
      fill(this.blank, teams ? "empty" : "loading", () => (teams ? noTeams() : h("p", { text: "Loading the teams…" })));
      return;
    }
    this.#tree.set(teams.teams);
    if (this.#chosen) this.#tree.reveal(this.#chosen);
    this.note.textContent = this.#sums(teams);
    this.#drawRows(teams);
    this.#drawLine();
    reclaimsCard(this.reclaims, teams.reclaims, this.#store.now());
  }

  #sums({ total, teams }) {
    const tops = teams.filter((team) => !team.parent);
    const sum = (what) => tops.reduce((all, team) => all + Number(team[what]), 0);
    return `${gpus(total)} GPUs to divide · ${gpus(sum("held"))} held by teams · ${gpus(sum("guarantee"))} guaranteed · ${count(tops.reduce((all, team) => all + team.waiting, 0))} in the lines`;
  }

  get #shown() {
    const { teams } = this.#store.teams;
    const oldest = (a, b) => (b.oldest !== null && (a === null || b.oldest < a.oldest) ? b : a);
    return this.#tree.team(this.#chosen) ?? teams.reduce(oldest, null) ?? teams[0];
  }

  #drawRows({ teams, total }) {
    const all = this.#tree.rows();
    const rows = all.slice(0, this.#most);
    const scale = scaleOf(teams, total);
    const shown = this.#shown.name;
    if (!rows.some(({ team }) => team.name === this.#at)) this.#at = rows[0].team.name;
    fill(this.axis, String(scale), () => ticks(scale).map((value) => h("span", { class: value > 0.96 * scale ? "is-end" : "", style: { left: `${(100 * value) / scale}%` }, text: tickText(value) })));
    fill(this.body, JSON.stringify([rows.map(({ team, level }) => [numbersOf(team), level, this.#tree.isOpen(team.name)]), scale, shown, this.#at, this.#waits(rows)]), () =>
      rows.map((row) => this.#row(row, scale, shown)));
    this.grid.setAttribute("aria-rowcount", all.length + 1);
    this.more.hidden = rows.length === all.length;
    this.more.textContent = `Show more: ${count(all.length - rows.length)} teams are left`;
  }

  /** Coarse, so that rows are not drawn again every second. */
  #waits(rows) {
    return rows.map(({ team }) => waited(team, this.#store.now()));
  }

  #row({ team, level, at, of }, scale, shown) {
    const below = this.#tree.childrenOf(team.name).length;
    const open = this.#tree.isOpen(team.name);
    const cell = (text, kind = "") => h("span", { class: `n ${kind}`, role: "gridcell", text });
    return h("div", {
      class: "team-row", role: "row", tabindex: team.name === this.#at ? "0" : "-1",
      "aria-level": level + 1, "aria-posinset": at, "aria-setsize": of, "aria-selected": String(team.name === shown),
      "aria-expanded": below > 0 ? String(open) : undefined,
      data: { team: team.name, focusKey: `team-${team.name}` },
      onclick: () => this.#choose(team.name),
    },
      h("span", { class: "team-name", role: "rowheader", style: { "--level": Math.min(level, DEEPEST_INDENT) } },
        below > 0 ? h("button", { type: "button", class: "twist", tabindex: "-1", "aria-hidden": "true", onclick: (event) => this.#toggle(event, team.name), text: open ? "▾" : "▸" }) : h("i", { class: "twist" }),
        h("b", { text: team.name, title: team.name }),
        level > DEEPEST_INDENT && h("small", { text: `level ${count(level + 1)}` }),
        !open && below > 0 && h("small", { text: `${count(below)} below` }),
        team.window && h("span", { class: "badge", text: `${team.window} open` }),
        team.budget?.exhausted && h("span", { class: "badge bad", text: "budget used up" }),
        team.problem && h("span", { class: "badge bad", text: `not accepted: ${team.acceptance}` })),
      h("div", { role: "gridcell" }, teamBar(team, scale)),
      cell(gpus(team.held), Number(team.held) < Number(team.guarantee) && Number(team.pending) > 0 ? "is-short" : ""),
      cell(gpus(team.guarantee)), cell(gpus(team.share)), cell(team.limit === null ? "–" : gpus(team.limit)),
      cell(Number(team.pending) > 0 ? gpus(team.pending) : "–"),
      cell(team.waiting ? waited(team, this.#store.now()) : "–"));
  }

  #drawLine() {
    if (!this.#store.teams || this.#store.teams.teams.length === 0 || $("view-teams").hidden) return;
    const team = this.#shown;
    this.#live.wantLine(team.name);
    lineCard(this.line, team, this.#tree.childrenOf(team.name), this.#store.line, this.#store.now());
  }

  #choose(name) {
    this.#at = name;
    this.#open({ kind: "team", team: name });
  }

  #toggle(event, name) {
    event.stopPropagation();
    this.#tree.setOpen(name, !this.#tree.isOpen(name));
    this.draw();
  }

  #showMore() {
    this.#most += ROWS;
    this.draw();
  }

  #key(event) {
    const row = event.target.closest?.(".team-row[data-team]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...this.body.children];
    const name = row.dataset.team;
    const at = rows.indexOf(row);
    const parent = this.#tree.team(name)?.parent;
    const below = this.#tree.childrenOf(name).length > 0;
    const open = below && this.#tree.isOpen(name);
    const turn = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (turn !== undefined) this.#focus(rows[Math.max(0, Math.min(rows.length - 1, turn))]);
    else if (event.key === "ArrowRight" && below) open ? this.#focus(rows[at + 1]) : this.#setOpen(name, true);
    else if (event.key === "ArrowLeft" && open) this.#setOpen(name, false);
    else if (event.key === "ArrowLeft" && parent) this.#focus(rows.find((each) => each.dataset.team === parent));
    else if (event.key === "Enter") this.#choose(name);
    else return;
    event.preventDefault();
  }

  #setOpen(name, open) {
    this.#tree.setOpen(name, open);
    this.draw();
  }

  #focus(row) {
    if (!row) return;
    for (const each of this.body.querySelectorAll("[tabindex='0']")) each.setAttribute("tabindex", "-1");
    this.#at = row.dataset.team;
    row.setAttribute("tabindex", "0");
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }
}

const waited = (team, now) => (team.oldest === null ? count(team.waiting) : `${count(team.waiting)} · ${duration(Math.floor((now - team.oldest) / 10_000) * 10_000)}`);

const numbersOf = ({ line, ...numbers }) => numbers;

const keys = () =>
  h("ul", { class: "team-keys", "aria-label": "What the bars mean" }, KEYS.map(([kind, text]) => h("li", {}, h("i", { class: `team-key ${kind}` }), text)));

const EXAMPLE = `kubectl apply -f - <<EOF
apiVersion: kerf.gpu/v1alpha1
kind: Team
metadata: {name: research}
spec: {namespaces: {names: [research]}, guarantee: "6", limit: "12"}
EOF`;

function noTeams() {
  return [
    h("h2", { text: "No teams yet" }),
    h("p", { text: "Without teams, every pod starts as soon as it has a place. A team gets back its guarantee whenever it asks, and shares the rest with the other teams. Four lines make one:" }),
    h("pre", {}, h("code", { text: EXAMPLE })),
    h("p", { class: "quiet", text: "If teams exist and this page does not show them: teams.enabled is false." }),
  ];
}
