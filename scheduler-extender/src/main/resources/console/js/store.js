// What the console knows. Views subscribe to topics; a topic is told at most once a frame.
import { Colours } from "./colours.js";
import { merged } from "./decision.js";

const KEPT_DECISIONS = 300;
const KEPT_POINTS = 3600;
const KEPT_NODES = 400;

export class Store {
  status = null;
  fleet = null;
  nodes = new Map(); // details by name, those looked at last at the end
  summaries = new Map(); // fleet.nodes by name
  points = [];
  decisions = []; // as people count them, newest first
  pending = null;
  teams = null;
  line = null; // of one team, longer than the one in teams
  link = { state: "connecting" };
  failure = null; // why nothing could be loaded at all
  namespace = null; // the one to show, or all
  colours = new Colours();
  #listeners = new Map();
  #told = new Set();
  #decisions = []; // as they were told
  #ahead = 0;

  on(topics, listener) {
    for (const topic of topics.split(" ")) {
      if (!this.#listeners.has(topic)) this.#listeners.set(topic, new Set());
      this.#listeners.get(topic).add(listener);
    }
  }

  tell(topic) {
    if (this.#told.size === 0) requestAnimationFrame(() => this.#flush());
    this.#told.add(topic);
  }

  #flush() {
    const calls = new Set();
    for (const topic of this.#told) for (const listener of this.#listeners.get(topic) ?? []) calls.add(listener);
    this.#told.clear();
    for (const listener of calls) listener();
  }

  /** What time it is there: a demo has a clock of its own, and browsers are often wrong. */
  now() {
    return Date.now() + this.#ahead;
  }

  setFleet(fleet) {
    if (this.points.length === 0) this.#ahead = fleet.time - Date.now();
    this.fleet = fleet;
    this.summaries = new Map(fleet.nodes.map((node) => [node.name, node]));
    for (const name of this.nodes.keys()) if (!this.summaries.has(name)) this.nodes.delete(name);
    this.colours.learn((fleet.namespaces ?? []).map((each) => each.name));
    this.failure = null;
    this.tell("fleet");
  }

  setNodes(nodes) {
    const namespaces = new Set();
    for (const node of nodes) {
      this.nodes.delete(node.name);
      this.nodes.set(node.name, node);
      for (const gpu of node.gpus) for (const slot of gpu.slots) namespaces.add(slot.namespace);
    }
    this.colours.learn(namespaces);
    for (const name of this.nodes.keys()) {
      if (this.nodes.size <= KEPT_NODES) break;
      this.nodes.delete(name);
    }
    this.tell("nodes");
  }

  setStatus(status) {
    this.status = status;
    this.tell("status");
  }

  setPending(pods) {
    this.pending = pods;
    this.colours.learn(new Set(pods.pods.map((pod) => pod.namespace)));
    this.tell("pending");
  }

  setTeams(teams) {
    this.teams = teams;
    this.tell("teams");
  }

  setLine(team) {
    this.line = team;
    this.tell("line");
  }

  setPoints(points) {
    this.points = points.slice(-KEPT_POINTS);
    if (points.length) this.#ahead = points.at(-1).time - Date.now();
    this.tell("timeline");
  }

  addPoint(point) {
    if (point.time <= (this.points.at(-1)?.time ?? 0)) return;
    this.points.push(point);
    this.#ahead = point.time - Date.now();
    if (this.points.length > KEPT_POINTS) this.points.shift();
    this.tell("timeline");
  }

  /** Some of them, newest first; what is known already of before and after stays. */
  setDecisions(decisions) {
    const newest = decisions[0]?.id ?? 0;
    const oldest = decisions.at(-1)?.id ?? 0;
    const known = (holds) => this.#decisions.filter(({ id }) => holds(id));
    this.#keep([...known((id) => id > newest), ...decisions, ...known((id) => id < oldest)]);
  }

  addDecision(decision) {
    if (decision.id > this.latestDecision) this.#keep([decision, ...this.#decisions]);
  }

  get latestDecision() {
    return this.#decisions[0]?.id ?? 0;
  }

  #keep(decisions) {
    this.#decisions = decisions.slice(0, KEPT_DECISIONS);
    this.decisions = merged(this.#decisions);
    this.tell("decisions");
  }

  setLink(link) {
    this.link = { ...this.link, ...link };
    this.tell("link");
  }

  setFailure(error) {
    this.failure = error;
    this.tell("fleet");
    this.tell("link");
  }

  show(namespace) {
    this.namespace = namespace;
    this.tell("namespace");
  }
}
