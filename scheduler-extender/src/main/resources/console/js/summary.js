// The fleet in numbers: held, free and stranded, in all and per GPU model.
import { $, fill, h } from "./dom.js";
import { count, memory, memoryParts, percent, plural } from "./format.js";

export function summaryView(store) {
  store.on("fleet pending", () => {
    const { fleet, pending } = store;
    if (!fleet) return;
    // The list of pending pods is asked for more often than the fleet; two numbers for one thing would puzzle.
    const totals = { ...fleet.totals, pending: pending?.total ?? fleet.totals.pending };
    fill($("summary"), JSON.stringify([totals, fleet.models]), () => [figures(totals), models(fleet.models)]);
  });
}

function figures(totals) {
  const { capacityMiB, heldMiB, freeMiB, strandedMiB, pods, pending, gpus } = totals;
  const [free, freeUnit] = memoryParts(freeMiB);
  const [stranded, strandedUnit] = memoryParts(strandedMiB);
  return h("dl", { class: "figures" },
    figure("Held", percent(heldMiB, capacityMiB), "%", `${memory(heldMiB)} of ${memory(capacityMiB)}`),
    figure("Free", free, freeUnit, `on ${plural(gpus, "GPU")}`),
    figure("Stranded", stranded, strandedUnit, `${percent(strandedMiB, capacityMiB)} % of the memory`, strandedMiB > 0 ? "is-stranded" : ""),
    figure("Pods", count(pods), "", pending ? `${count(pending)} pending` : "none pending"));
}

function figure(name, value, unit, note, mark = "") {
  return h("div", { class: `figure ${mark}` },
    h("dt", { text: name }),
    h("dd", {}, h("b", { text: value }), unit && h("span", { class: "unit", text: ` ${unit}` }), h("small", { text: note })));
}

function models(list) {
  if (list.length === 0) return null;
  return h("ul", { class: "models", "aria-label": "By GPU model" }, list.map((model) => {
    const part = (mib) => `${model.capacityMiB > 0 ? (100 * mib) / model.capacityMiB : 0}%`;
    return h("li", {},
      h("span", { class: "model-name" }, h("b", { text: model.name }), ` × ${count(model.gpus)}`),
      h("span", { class: "meter", "aria-hidden": "true" },
        h("i", { class: "held", style: { width: part(model.heldMiB) } }),
        h("i", { class: "stranded", style: { width: part(model.strandedMiB) } })),
      h("span", { class: "model-note", text: `${percent(model.heldMiB, model.capacityMiB)} % held · ${count(model.untouchedGpus)} untouched · largest share ${memory(model.largestShareMiB)}` }));
  }));
}
