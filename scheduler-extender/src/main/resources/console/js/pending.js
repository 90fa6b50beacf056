// Every pending pod: what it asks, why it waits, and the cheapest change that would make it fit.
import { $, fill, h } from "./dom.js";
import { podLink } from "./decision.js";
import { count, duration } from "./format.js";

export function pendingView(store) {
  const body = h("tbody");
  const note = h("p", { class: "lead" });
  const empty = h("div", { class: "blank", hidden: true }, h("h2", { text: "Nothing waits" }), h("p", { text: "Every pod that asked for a part of a GPU has its slot." }));
  const heads = ["Pod", "Asks", "Waits", "Priority", "Why it waits", "What would make it fit"];
  const table = h("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-labelledby": "pending-title" },
    h("table", { class: "data pending" },
      h("thead", {}, h("tr", {}, heads.map((text, i) => h("th", { scope: "col", class: i === 2 || i === 3 ? "n" : "", text })))), body));
  $("view-pending").append(h("div", { class: "view-head" }, h("h1", { id: "pending-title", text: "Pending" }), note), table, empty);

  const draw = () => {
    const { pending, namespace, colours } = store;
    const badge = $("pending-count");
    badge.hidden = !pending?.total;
    if (!pending) return;
    badge.textContent = count(pending.total);
    if ($("view-pending").hidden) return;
    const pods = pending.pods.filter((pod) => !namespace || pod.namespace === namespace).sort((a, b) => b.priority - a.priority || a.since - b.since);
    note.textContent = noteOf(pending, pods, namespace);
    empty.hidden = pods.length > 0;
    table.hidden = pods.length === 0;
    fill(body, JSON.stringify(pods.map((pod) => [pod, waits(pod, store.now())])), () => pods.map((pod) =>
      h("tr", { class: colours.className(pod.namespace) },
        h("th", { scope: "row" }, h("i", { class: "dot", "aria-hidden": "true" }), podLink(pod.uid, pod.namespace, pod.name), h("small", { text: pod.owner ?? "" })),
        h("td", { text: pod.demand }),
        h("td", { class: "n", text: waits(pod, store.now()) }),
        h("td", { class: "n", text: count(pod.priority ?? 0) }),
        h("td", { class: "reason", text: reasonOf(pod) }),
        h("td", { class: "change" }, pod.change ?? h("span", { class: "quiet", text: pod.change === null ? "no smaller demand fits; the pod waits until another pod ends" : pod.reason ? "Kerf is searching" : "–" })))));
  };
  store.on("pending namespace view", draw);
}

const reasonOf = (pod) => pod.reason ?? (pod.slots?.length ? "slots are held for it; kube-scheduler is about to bind it" : "not tried yet");

const waits = (pod, now) => duration(Math.floor((now - pod.since) / 5000) * 5000);

function noteOf(pending, pods, namespace) {
  if (pods.length === 0) return namespace ? `Only ${namespace} is shown.` : "";
  const shown = pods.length < pending.total && !namespace ? `The first ${count(pods.length)} of ${count(pending.total)} pods. ` : "";
  return `${shown}Highest priority first, then the longest wait.${namespace ? ` Only ${namespace} is shown.` : ""}`;
}
