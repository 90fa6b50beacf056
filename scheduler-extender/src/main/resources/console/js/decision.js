// A decision in words; used by the rail, the list and the panel.
import { h } from "./dom.js";
import { count, memory, plural } from "./format.js";

/**
 * The decisions of a list, newest first, as people count them: what filter chose and bind then did is one decision,
 * with the reasons of the first and the time of the second.
 */
export function merged(decisions) {
  const binds = new Map();
  const result = [];
  for (const each of decisions) {
    const bind = each.verb === "filter" && each.outcome === "placed" && binds.get(each.uid);
    if (bind && bind.node === each.node) {
      Object.assign(bind, { cost: each.cost, runnerUp: each.runnerUp, refused: each.refused, alternatives: each.alternatives, why: each.why, micros: bind.micros + each.micros });
      binds.delete(each.uid);
      continue;
    }
    const own = { ...each };
    if (each.verb === "bind" && each.outcome === "placed") binds.set(each.uid, own);
    result.push(own);
  }
  return result;
}

const OUTCOMES = { placed: "placed", refused: "refused", error: "error", evicts: "evicts" };

export const outcomeMark = (decision) =>
  h("span", { class: `outcome ${OUTCOMES[decision.outcome] ?? "error"}`, text: decision.verb === "filter" && decision.outcome === "placed" ? "proposed" : OUTCOMES[decision.outcome] ?? decision.outcome });

/** The reason in short: that a refused pod fits on no node is said already. */
export const shortWhy = (decision) => decision.why.replace(/^It fits on no node now\. /, "");

/** Decisions of one pod, newest first, where the same refusal again and again is one with `times` and `first`. */
export function folded(decisions) {
  const result = [];
  for (const each of decisions) {
    const last = result.at(-1);
    if (last && each.outcome === "refused" && last.outcome === "refused") {
      last.times++;
      last.first = each.time;
    } else result.push({ ...each, times: 1, first: each.time });
  }
  return result;
}

/** Cost and runner-up, what was refused and why, who must go. */
export function decisionFacts(decision) {
  const parts = [];
  if (decision.cost) parts.push(costTable(decision));
  if (decision.refused?.length) {
    parts.push(h("h4", { text: decision.outcome === "placed" ? "Why not on other nodes" : "Why on no node" }),
      h("ul", { class: "reasons" }, decision.refused.map((each) =>
        h("li", {}, h("b", { text: plural(each.nodes, "node") }), ` ${each.text}`))));
  }
  if (decision.victims?.length) {
    parts.push(h("h4", { text: "Pods to evict" }),
      h("ul", { class: "reasons" }, decision.victims.map((each) =>
        h("li", {}, podLink(each.uid, each.namespace, each.pod), ` of priority ${count(each.priority)}`))));
  }
  return parts;
}

function costTable({ node, cost, runnerUp }) {
  const row = (name, value) =>
    h("tr", {}, h("th", { scope: "row", text: name }),
      h("td", { class: "n", text: memory(value.takenMiB) }),
      h("td", { class: "n", text: count(value.distance) }),
      h("td", { class: "n", text: memory(value.leftover) }),
      h("td", { class: "n", text: memory(value.free) }));
  return h("table", { class: "cost" },
    h("caption", { text: "Cost: the worth that the placement takes from the usual demands. If this is equal: the distance between its GPUs, the memory left on them, and the free memory of the node" }),
    h("thead", {}, h("tr", {}, ["Node", "Takes", "Distance", "Left over", "Node free"].map((text, i) => h("th", { scope: "col", class: i ? "n" : "", text })))),
    h("tbody", {}, row(`${node} (chosen)`, cost), runnerUp && row(`${runnerUp.node} (next best)`, runnerUp.cost)));
}

/** A pod of another team has no name here, and no page. */
export const podLink = (uid, namespace, name) =>
  name === "" ? h("span", { class: "ns", text: namespace }) :
  h("a", { class: "pod-link", href: `#?pod=${encodeURIComponent(uid)}`, data: { pod: uid, focusKey: `pod-${uid}` } },
    h("span", { class: "ns", text: `${namespace}/` }), name);

export const nodeLink = (name) => h("a", { class: "node-link", href: `#?node=${encodeURIComponent(name)}`, data: { node: name, focusKey: `node-${name}` }, text: name });
