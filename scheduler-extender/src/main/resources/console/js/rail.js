// Beside the fleet: what waits and what would help it, and what was just decided. The full lists are views of their own.
import { $, fill, h } from "./dom.js";
import { nodeLink, outcomeMark, podLink, shortWhy } from "./decision.js";
import { clock, duration } from "./format.js";

const WAITING = 4;
const DECIDED = 10;

export function railView(store) {
  const waiting = h("section", { class: "card" });
  const decided = h("section", { class: "card grows" });
  $("rail").append(waiting, decided);
  store.on("pending", () => drawWaiting(waiting, store));
  store.on("decisions", () => drawDecided(decided, store));
}

function drawWaiting(place, store) {
  const { pending, colours } = store;
  if (!pending) return;
  const waits = (pod) => waited(pod, store.now());
  const pods = [...pending.pods].sort((a, b) => a.since - b.since).slice(0, WAITING);
  fill(place, JSON.stringify([pods.map((pod) => [pod.uid, pod.reason, pod.change, waits(pod)]), pending.total]), () => [
    h("div", { class: "card-head" }, h("h2", { text: "Pending" }), pending.total > 0 && h("a", { href: "#/pending", data: { focusKey: "all" }, text: pending.total > WAITING ? `All ${pending.total}` : "Details" })),
    pods.length === 0
      ? h("p", { class: "quiet", text: "Nothing waits. Every pod that asked has its slot." })
      : h("ul", { class: "waiting" }, pods.map((pod) =>
        h("li", { class: colours.className(pod.namespace) },
          h("p", { class: "line" }, podLink(pod.uid, pod.namespace, pod.name), h("span", { class: "when", text: waits(pod) })),
          h("p", { class: "asks", text: pod.demand }),
          pod.change && h("p", { class: "change", text: pod.change })))),
  ]);
}

// Coarse, so that the list is not redrawn every second.
const waited = (pod, now) => duration(Math.floor((now - pod.since) / 10_000) * 10_000);

function drawDecided(place, { decisions, colours }) {
  const list = latestOfEachPod(decisions);
  fill(place, JSON.stringify(list.map((decision) => [decision.id, decision.why])), () => [
    h("div", { class: "card-head" }, h("h2", { text: "Latest decisions" }), list.length > 0 && h("a", { href: "#/decisions", data: { focusKey: "all" }, text: "All" })),
    list.length === 0
      ? h("p", { class: "quiet", text: "No decision yet. The first pod that asks for a GPU shows up here, with the reason for its place." })
      : h("ol", { class: "decided" }, list.map((decision) =>
        h("li", { class: colours.className(decision.namespace) },
          h("p", { class: "line" }, podLink(decision.uid, decision.namespace, decision.pod), h("time", { class: "when", text: clock(decision.time) })),
          h("p", { class: "what" }, outcomeMark(decision), decision.node && [" on ", nodeLink(decision.node)]),
          h("p", { class: "why", text: shortWhy(decision) })))),
  ]);
}

/** Who waits is tried again and again; that is one piece of news. */
function latestOfEachPod(decisions) {
  const latest = new Map();
  for (const each of decisions) {
    if (!latest.has(each.uid)) latest.set(each.uid, each);
    if (latest.size === DECIDED) break;
  }
  return [...latest.values()];
}

