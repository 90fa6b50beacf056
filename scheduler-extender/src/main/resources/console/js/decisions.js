// The decisions, newest first; each opens to its cost, the runner-up and what was refused.
import { $, fill, h } from "./dom.js";
import { decisionFacts, nodeLink, outcomeMark, podLink, shortWhy } from "./decision.js";
import { clock, count } from "./format.js";

const SHOWN = 150;

export function decisionsView(store) {
  let outcome = "";
  const open = new Set();
  const list = h("div", { class: "decisions", role: "list" });
  const pick = h("select", { onchange: (event) => { outcome = event.target.value; draw(); } },
    [["", "all"], ["placed", "placed"], ["refused", "refused"], ["evicts", "evicts"], ["error", "error"]].map(([value, text]) => h("option", { value, text })));
  $("view-decisions").append(
    h("div", { class: "view-head" }, h("h1", { id: "decisions-title", text: "Decisions" }), h("label", { class: "pick" }, "Show ", pick),
      h("p", { class: "lead", text: "Why each pod is where it is. Kerf keeps the latest ones in memory." })),
    list);

  const draw = () => {
    if ($("view-decisions").hidden) return;
    const { decisions, namespace } = store;
    const shown = decisions.filter((each) => (!outcome || each.outcome === outcome) && (!namespace || each.namespace === namespace)).slice(0, SHOWN);
    const known = list.rows ?? new Map();
    const keyOf = (each) => `${each.id} ${each.why}`;
    const next = new Map(shown.map((each) => [keyOf(each), known.get(keyOf(each)) ?? row(each, store, open)]));
    for (const [id, element] of known) if (!next.has(id)) element.remove();
    if (next.size === 0) {
      fill(list, "empty", () => h("div", { class: "blank" }, h("h2", { text: "No decision to show" }),
        h("p", { text: decisions.length ? "None of the latest ones matches." : "The first pod that asks for a GPU brings the first one." })));
    } else {
      if (list.dataset.key) list.replaceChildren();
      delete list.dataset.key;
      let at = list.firstChild;
      for (const element of next.values()) {
        if (element === at) at = at.nextSibling;
        else list.insertBefore(element, at);
      }
    }
    list.rows = next;
  };
  store.on("decisions namespace view", draw);
}

function row(decision, store, open) {
  const details = h("details", { class: `decision ${store.colours.className(decision.namespace)}`, role: "listitem", open: open.has(decision.id) },
    h("summary", {},
      h("time", { text: clock(decision.time) }),
      h("span", { class: "verb", text: decision.verb }),
      outcomeMark(decision),
      h("span", { class: "who" }, h("i", { class: "dot", "aria-hidden": "true" }), h("span", { class: "ns", text: `${decision.namespace}/` }), decision.pod),
      h("span", { class: "where", text: decision.node ?? "" }),
      h("span", { class: "why", text: shortWhy(decision) }),
      h("span", { class: "micros", title: "How long Kerf took to decide", text: `${count(decision.micros)} µs` })));
  details.addEventListener("toggle", () => {
    open[details.open ? "add" : "delete"](decision.id);
    if (details.open && details.children.length === 1) {
      details.append(h("div", { class: "facts" }, h("p", { class: "why-full", text: decision.why }),
        h("p", { class: "links" }, "Pod ", podLink(decision.uid, decision.namespace, decision.pod), decision.node && [", node ", nodeLink(decision.node)]),
        decisionFacts(decision)));
    }
  });
  return details;
}
