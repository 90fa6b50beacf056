// Keeps the store fresh: server-sent events while they flow, polling while they do not, and a plain word about which.
import { api } from "./api.js";
import { atMostEvery } from "./dom.js";

const POLL_MS = 3000;
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];
const QUIET_MS = 45_000;
const PAGE = 60;

export class Live {
  #store;
  #source = null;
  #tries = 0;
  #timers = new Set();
  #quiet = 0;
  #wanted = new Set();
  #stale = new Set();
  #loading = new Set();
  #paused = false;
  #missed = 0; // decisions that the stream did not tell
  #pollTimer = 0;
  #teams = false; // whether teams are on screen
  #line = null; // the team whose line is on screen

  constructor(store) {
    this.#store = store;
    // A large fleet is a large answer: ask for it less often.
    this.refreshFleet = atMostEvery(() => Math.max(1000, store.summaries.size), () => this.#load("fleet"));
    this.refreshPending = atMostEvery(() => 1500, () => this.#load("pending"));
    this.refreshStatus = atMostEvery(() => 5000, () => this.#load("status"));
    this.refreshTeams = atMostEvery(() => Math.max(2000, 2 * (store.teams?.teams.length ?? 0)), () => this.#loadTeams());
    this.refreshLine = atMostEvery(() => 500, () => this.#load("line"));
    this.refreshDecisions = atMostEvery(() => 2000, () => this.#load("decisions"));
    this.fetchNodes = atMostEvery(() => 250, () => this.#loadNodes());
  }

  async start() {
    const loaded = await this.loadAll();
    if (loaded) this.#listen();
    else this.#retry();
    setInterval(() => !this.#paused && this.#store.link.state !== "disconnected" && this.refreshStatus(), 15_000);
  }

  get paused() {
    return this.#paused;
  }

  pause(paused) {
    this.#paused = paused;
    if (paused) {
      this.#close();
      this.#clear();
      this.#store.setLink({ state: "paused" });
    } else {
      this.#tries = 0;
      this.start();
    }
  }

  /** Which nodes are on screen, so that their details are fetched and kept fresh. */
  want(names) {
    this.#wanted = new Set(names);
    if (this.#due().length) this.fetchNodes();
  }

  /** Teams are fetched while they are on screen: they may be many. */
  wantTeams(wanted) {
    if (wanted && !this.#teams) this.refreshTeams();
    this.#teams = wanted;
  }

  wantLine(team) {
    if (team === this.#line) return;
    this.#line = team;
    this.refreshLine();
  }

  #loadTeams() {
    if (!this.#teams) return;
    this.#load("teams");
    if (this.#line) this.#load("line");
  }

  async loadAll() {
    if (this.#teams) this.refreshTeams();
    const results = await Promise.allSettled(["status", "fleet", "timeline", "decisions", "pending"].map((what) => this.#fetch(what)));
    const failed = results.find((result) => result.status === "rejected");
    const fleet = results[1].status === "fulfilled";
    for (const name of this.#wanted) this.#stale.add(name);
    this.fetchNodes();
    if (!fleet) {
      if (!this.#store.fleet) this.#store.setFailure(failed.reason);
      return false;
    }
    return true;
  }

  async #fetch(what) {
    const store = this.#store;
    if (what === "status") store.setStatus(await api.status());
    else if (what === "fleet") store.setFleet(await api.fleet());
    else if (what === "timeline") store.setPoints((await api.timeline()).points);
    else if (what === "decisions") {
      const limit = Math.min(200, store.latestDecision ? this.#missed + 20 : 200);
      this.#missed = 0;
      store.setDecisions((await api.decisions({ limit })).decisions);
    }
    else if (what === "teams") store.setTeams(await api.teams());
    else if (what === "line") store.setLine((await api.team(this.#line)).team);
    else if (what === "pending") {
      const pods = await api.pods({ state: "pending", limit: 500 });
      store.setPending(pods);
      // Finding out what would help takes Kerf time; it tells it bit by bit.
      if (pods.pods.some((pod) => pod.reason && pod.change === undefined) && !this.#paused) this.refreshPending();
    }
  }

  #load(what) {
    this.#fetch(what).catch(() => {
      // The event stream notices an unreachable server by itself and says so.
    });
  }

  #due() {
    return [...this.#wanted].filter((name) => !this.#loading.has(name) && (this.#stale.has(name) || !this.#store.nodes.has(name)));
  }

  async #loadNodes() {
    const names = this.#due().slice(0, PAGE);
    if (names.length === 0) return;
    for (const name of names) {
      this.#loading.add(name);
      this.#stale.delete(name);
    }
    try {
      this.#store.setNodes((await api.nodes(names)).nodes);
    } catch {
      for (const name of names) this.#stale.add(name);
    } finally {
      for (const name of names) this.#loading.delete(name);
    }
    if (!this.#paused && this.#due().some((name) => !names.includes(name))) this.fetchNodes();
  }

  #listen() {
    this.#close();
    const source = (this.#source = api.events());
    source.onopen = () => this.#opened();
    source.onerror = () => {
      if (this.#source === source) this.#lost();
    };
    const on = (name, take) => source.addEventListener(name, (event) => this.#take(event, take));
    on("nodes", (data) => this.#changed(data.names));
    on("timeline", (point) => {
      this.#store.addPoint(point);
      if (this.#teams) this.refreshTeams();
    });
    on("decision", (decision) => this.#decided(decision));
    on("status", (status) => (status?.v ? this.#store.setStatus(status) : this.refreshStatus()));
  }

  #take(event, take) {
    this.#watch();
    let data;
    try {
      data = JSON.parse(event.data);
    } catch {
      return; // one message that cannot be read is no reason to drop the rest
    }
    take(data);
  }

  #changed(names) {
    for (const name of names) if (this.#store.nodes.has(name) || this.#wanted.has(name)) this.#stale.add(name);
    this.fetchNodes();
    this.refreshFleet();
    this.refreshPending();
  }

  /** The stream tells the latest decision four times a second; what came between is asked for. */
  #decided(decision) {
    const between = decision.id - this.#store.latestDecision - 1;
    this.#store.addDecision(decision);
    if (between > 0) {
      this.#missed += between + 1;
      this.refreshDecisions();
    }
    this.refreshPending();
  }

  #opened() {
    const again = this.#tries > 0;
    this.#tries = 0;
    clearTimeout(this.#pollTimer);
    this.#store.setLink({ state: "live", retryAt: 0 });
    this.#watch();
    if (again) this.loadAll(); // events in between were lost
  }

  /** A connection that is dead without a word would look live for ever: the server says something every two seconds. */
  #watch() {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#lost(), QUIET_MS);
  }

  #lost() {
    this.#close();
    this.#retry();
  }

  #retry() {
    const wait = RETRY_MS[Math.min(this.#tries, RETRY_MS.length - 1)];
    this.#tries++;
    this.#store.setLink({ state: this.#store.link.state === "polling" ? "polling" : "disconnected", retryAt: Date.now() + wait, since: this.#store.link.retryAt ? this.#store.link.since : Date.now() });
    this.#later(wait, async () => {
      if (this.#store.fleet || (await this.loadAll())) this.#listen();
      else this.#retry();
    });
    clearTimeout(this.#pollTimer);
    this.#pollTimer = setTimeout(() => this.#poll(), Math.min(wait / 2, POLL_MS));
  }

  async #poll() {
    if (this.#paused || this.#source?.readyState === EventSource.OPEN) return;
    const reached = await this.loadAll();
    if (this.#paused || this.#source?.readyState === EventSource.OPEN) return;
    this.#store.setLink({ state: reached ? "polling" : "disconnected" });
    if (reached) this.#pollTimer = setTimeout(() => this.#poll(), POLL_MS);
  }

  #later(ms, run) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  #clear() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    clearTimeout(this.#pollTimer);
  }

  #close() {
    clearTimeout(this.#quiet);
    this.#source?.close();
    this.#source = null;
  }
}
