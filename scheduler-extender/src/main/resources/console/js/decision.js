// A decision in words; used by the rail, the list and the panel.
import { h } from "./dom.js";
import { count, memory, plural } from "./format.js";

const OUTCOMES = { placed: "placed", refused: "refused", error: "error", evicts: "evicts" };

export const outcomeMark = (decision) =>
  h("span", { class: `outcome ${OUTCOMES[decision.outcome] ?? "error"}`, text: OUTCOMES[decision.outcome] ?? decision.outcome });

/** Cost and runner-up, what was refused and why, who must go. */
export function decisionFacts(decision) {
  const parts = [];
  if (decision.cost) parts.push(costTable(decision));
  if (decision.refused?.length) {
    parts.push(h("h4", { text: decision.outcome === "placed" ? "Why not elsewhere" : "Why nowhere" }),
      h("ul", { class: "reasons" }, decision.refused.map((each) =>
        h("li", {}, h("b", { text: plural(each.nodes, "node") }), ` ${each.text}`))));
  }
  if (decision.victims?.length) {
    parts.push(h("h4", { text: "Who must go" }),
      h("ul", { class: "reasons" }, decision.victims.map((each) =>
        h("li", {}, podLink(each.uid, each.namespace, each.pod), ` of priority ${count(each.priority)}`))));
  }
  return parts;
}

function costTable({ node, cost, runnerUp }) {
  const row = (name, value) =>
    h("tr", {}, h("th", { scope: "row", text: name }),
      h("td", { class: "n", text: (value.taken / 10_000).toFixed(2) }),
      h("td", { class: "n", text: count(value.distance) }),
      h("td", { class: "n", text: memory(value.leftover) }));
  return h("table", { class: "cost" },
    h("caption", { text: "Cost: what it takes from the demands that usually come; lower is better" }),
    h("thead", {}, h("tr", {}, ["Placement", "Taken, % of a GPU", "Distance", "Left over"].map((text, i) => h("th", { scope: "col", class: i ? "n" : "", text })))),
    h("tbody", {}, row(`${node} (chosen)`, cost), runnerUp && row(`${runnerUp.node} (next best)`, runnerUp.cost)));
}

export const podLink = (uid, namespace, name) =>
  h("a", { class: "pod-link", href: `#?pod=${encodeURIComponent(uid)}`, data: { pod: uid, focusKey: `pod-${uid}` } },
    h("span", { class: "ns", text: `${namespace}/` }), name);

export const nodeLink = (name) => h("a", { class: "node-link", href: `#?node=${encodeURIComponent(name)}`, data: { node: name, focusKey: `node-${name}` }, text: name });
