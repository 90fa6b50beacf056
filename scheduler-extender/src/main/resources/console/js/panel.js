// The panel at the side: one GPU, one node or one pod, with who holds what and why it was placed there.
import { api } from "./api.js";
import { $, fill, h } from "./dom.js";
import { decisionFacts, folded, merged, nodeLink, outcomeMark, podLink } from "./decision.js";
import { clock, cores, count, duration, heldWords, holdersWords, holderWords, memory, mode, percent, plural, slotWords } from "./format.js";
import { drawGpu, gpuWords } from "./gpu.js";
import { heldMiB } from "./layout.js";
import { kinds } from "./rows.js";

/** The smallest part of the large drawing that has room for a name. */
const LABELLED = 0.22;

const WORDS = { proposed: "proposed: held back for a pod whose bind is not here yet", binding: "binding: the API server is being told", bound: "", claimed: "a ResourceClaim that Kerf did not write", foreign: "a pod of another scheduler" };

/** Kerf did not place it, so it has no page of its own. */
const isOfOthers = (slot) => slot.state === "claimed" || slot.state === "foreign";
const holderLink = (slot) => isOfOthers(slot) ? h("span", { class: "ns", text: holderWords(slot) }) : podLink(slot.uid, slot.namespace, slot.pod);

export class Panel {
  #store;
  #open;
  #shown = null;
  #from = null;
  #why = new Map(); // decisions by pod uid
  #pods = new Map();
  #node = null;

  constructor(store, open, closed) {
    this.#store = store;
    this.#open = open;
    this.closed = closed;
    this.place = $("panel");
    this.place.addEventListener("keydown", (event) => event.key === "Escape" && this.closed());
    store.on("nodes fleet namespace", () => this.#refresh());
    store.on("pending", () => this.#shown?.kind === "pod" && this.#loadPod(this.#shown.uid));
  }

  /** Shows what `target` names; null hides. `from` gets the focus back at the end. */
  show(target, from) {
    const same = JSON.stringify(target) === JSON.stringify(this.#shown);
    this.#shown = target;
    if (from) this.#from = from;
    this.place.hidden = !target;
    document.body.classList.toggle("has-panel", Boolean(target));
    if (!target) {
      this.place.replaceChildren();
      delete this.place.dataset.key;
      if (this.#from?.isConnected) this.#from.focus();
      this.#from = null;
      return;
    }
    if (same) return;
    this.#node = null;
    delete this.place.dataset.key;
    this.#refresh();
    this.place.querySelector("h2")?.focus();
  }

  #refresh() {
    const target = this.#shown;
    if (!target) return;
    if (target.kind === "pod") return this.#drawPod(target.uid);
    const node = this.#store.nodes.get(target.node) ?? this.#node;
    if (!node || node.name !== target.node) {
      this.#frame(`${target.node} loading`, target.node, "", () => h("p", { class: "quiet", text: "Loading…" }));
      this.#loadNode(target.node);
      return;
    }
    this.#node = node;
    if (target.kind === "gpu" && node.gpus.some((gpu) => gpu.index === target.gpu)) this.#drawGpu(node, node.gpus.find((gpu) => gpu.index === target.gpu));
    else this.#drawNode(node);
  }

  async #loadNode(name) {
    try {
      const node = await api.node(name);
      this.#store.setNodes([node]);
    } catch (error) {
      if (this.#shown?.node === name) this.#frame(`${name} ${error.message}`, name, "", () => h("p", { class: "problem", text: error.status === 404 ? "No managed node has this name. It may have left the fleet." : error.message }));
    }
  }

  /** Title, subtitle and close button around a body that is remade only when `key` changes. */
  #frame(key, title, under, body) {
    const opened = new Set([...this.place.querySelectorAll("details[open]")].map((each) => each.dataset.key));
    const hadTitle = document.activeElement === this.place.querySelector("h2");
    const { scrollTop } = this.place;
    const remade = fill(this.place, key, () => [
      h("div", { class: "panel-head" },
        h("div", {}, h("h2", { tabindex: "-1", text: title }), h("p", { class: "under", text: under })),
        h("button", { type: "button", class: "icon close", "aria-label": "Close the details", data: { focusKey: "close" }, onclick: () => this.closed() }, "×")),
      body()]);
    if (!remade) return;
    for (const each of this.place.querySelectorAll("details")) each.open = opened.has(each.dataset.key);
    if (hadTitle) this.place.querySelector("h2").focus();
    this.place.scrollTop = scrollTop;
  }

  // ---- one GPU ----

  #drawGpu(node, gpu) {
    for (const slot of gpu.slots) if (!isOfOthers(slot)) this.#askWhy(slot.uid);
    const why = gpu.slots.map((slot) => this.#why.get(slot.uid)?.id ?? null);
    this.#frame(`gpu ${JSON.stringify([node.name, gpu, node.freeCpuMilli, node.freeHostMemoryMiB, why])}`, `GPU ${gpu.index} of ${node.name}`, `${gpu.model} · ${mode(gpu.mode)}`, () => [
      !gpu.usable && h("p", { class: "problem", text: "Unusable: the GPU is unhealthy, or a pod that Kerf did not place uses it." }),
      this.#bigGpu(node, gpu),
      facts([["Held", memory(heldMiB(gpu)), `${percent(heldMiB(gpu), gpu.memoryMiB)} %`], ["Free", gpu.freeMiB ? memory(gpu.freeMiB) : "none"], ["Stranded", gpu.strandedMiB ? memory(gpu.strandedMiB) : "none"],
        gpu.mode === "plain" ? ["SMs free", `${percent(gpu.freeSmMilli, 1000)} %`] : ["Slices", `${gpu.slices}`],
        gpu.mode === "plain" && ["MPS clients", count(gpu.clients)], gpu.uuid && ["UUID", gpu.uuid]]),
      h("h3", { text: gpu.slots.length === 0 ? "No pod is on it" : gpu.slots.some((slot) => slot.state === "claimed") ? "Pods and claims on it" : "Pods on it" }),
      gpu.slots.length === 0 && h("p", { class: "quiet", text: gpu.mode === "plain" ? "The GPU can be given whole, or be shared." : "Every start of every profile is free." }),
      h("ul", { class: "holders" }, [...gpu.slots].sort((a, b) => (a.start ?? 0) - (b.start ?? 0)).map((slot) => this.#holder(slot))),
      this.#others(node, gpu),
      host(node)]);
  }

  #bigGpu(node, gpu) {
    const box = h("div", { class: "gpu big", role: "img", "aria-label": gpuWords(node.name, gpu) });
    drawGpu(box, gpu, this.#store.colours, { labels: LABELLED });
    const marks = gpu.slices > 0 && gpu.mode !== "plain"
      ? h("div", { class: "slice-marks", "aria-hidden": "true" }, Array.from({ length: gpu.slices }, (_, i) => h("span", { text: String(i) })))
      : h("div", { class: "scale-marks", "aria-hidden": "true" }, h("span", { text: "0" }), h("span", { text: memory(gpu.memoryMiB / 2) }), h("span", { text: memory(gpu.memoryMiB) }));
    return h("div", { class: "big-gpu" }, box, marks);
  }

  #holder(slot) {
    const decision = this.#why.get(slot.uid);
    return h("li", { class: this.#store.colours.className(slot.namespace) },
      h("p", { class: "line" }, h("i", { class: "dot", "aria-hidden": "true" }), holderLink(slot), h("span", { class: "when", text: memory(slot.memoryMiB) })),
      h("p", { class: "asks", text: slot.container ? `${slotWords(slot)} · container ${slot.container}` : slotWords(slot) }),
      slot.state === "quarantined" && h("p", { class: "asks", text: heldWords(slot) }),
      WORDS[slot.state ?? "bound"] && h("p", { class: "asks", text: WORDS[slot.state] }),
      decision && h("p", { class: "why", text: decision.why }),
      decision && this.#factsOf(decision),
      decision === null && h("p", { class: "quiet", text: "Kerf no longer has the reasons of this placement: it keeps the latest decisions only." }));
  }

  #factsOf(decision) {
    const inner = decisionFacts(decision);
    return inner.length > 0 && h("details", { class: "more", data: { key: `d${decision.id}` } },
      h("summary", { text: `Cost and alternatives · ${clock(decision.time)}` }), inner);
  }

  async #askWhy(uid) {
    if (this.#why.has(uid) || uid === "" || uid.startsWith("another-")) return;
    this.#why.set(uid, undefined);
    try {
      const decisions = merged((await api.decisions({ pod: uid, limit: 10 })).decisions);
      this.#why.set(uid, decisions.find((each) => each.outcome === "placed" && each.verb === "bind") ?? decisions.find((each) => each.outcome === "placed") ?? null);
    } catch {
      this.#why.delete(uid);
    }
    if (this.#why.size > 500) this.#why.delete(this.#why.keys().next().value);
    this.#refresh();
  }

  #others(node, current) {
    const row = h("div", { class: "mini-gpus" }, node.gpus.map((gpu) => {
      const box = h("button", { type: "button", class: "gpu mini", "aria-label": gpuWords(node.name, gpu), "aria-current": gpu === current ? "true" : undefined, data: { focusKey: `gpu-${gpu.index}` },
        onclick: () => this.#open({ kind: "gpu", node: node.name, gpu: gpu.index }) });
      drawGpu(box, gpu, this.#store.colours);
      return box;
    }));
    return [h("h3", {}, current ? "All GPUs of " : "", current ? nodeLink(node.name) : "GPUs"), row];
  }

  // ---- one node ----

  #drawNode(node) {
    const sum = (of) => node.gpus.reduce((total, gpu) => total + of(gpu), 0);
    const held = sum(heldMiB);
    const capacity = sum((gpu) => gpu.memoryMiB);
    const stranded = sum((gpu) => gpu.strandedMiB);
    const holders = new Map();
    for (const gpu of node.gpus) for (const slot of gpu.slots) {
      const entry = holders.get(slot.uid) ?? { slot, memoryMiB: 0, gpus: new Set() };
      entry.memoryMiB += slot.memoryMiB;
      entry.gpus.add(gpu.index);
      holders.set(slot.uid, entry);
    }
    const list = [...holders.values()].sort((a, b) => b.memoryMiB - a.memoryMiB);
    this.#frame(`node ${JSON.stringify(node)}`, node.name, kinds(node), () => [
      facts([["Held", memory(held), `${percent(held, capacity)} %`], ["Free", memory(sum((gpu) => gpu.freeMiB))], ["Stranded", stranded ? memory(stranded) : "none"], ["Pods", count(list.filter(({ slot }) => slot.state !== "claimed").length)]]),
      this.#others(node, null),
      host(node),
      h("h3", { text: list.length ? `${holdersWords(list.map(({ slot }) => slot))} on it` : "No pod on it" }),
      h("ul", { class: "holders" }, list.map(({ slot, memoryMiB, gpus }) =>
        h("li", { class: this.#store.colours.className(slot.namespace) },
          h("p", { class: "line" }, h("i", { class: "dot", "aria-hidden": "true" }), holderLink(slot), h("span", { class: "when", text: memory(memoryMiB) })),
          h("p", { class: "asks", text: gpus.size === 1 ? `${slotWords(slot)} · GPU ${[...gpus][0]}` : `${plural(gpus.size, "GPU")}: ${[...gpus].join(", ")}` }))))]);
  }

  // ---- one pod ----

  #drawPod(uid) {
    const known = this.#pods.get(uid);
    if (!known) {
      this.#frame(`${uid} loading`, "Pod", "", () => h("p", { class: "quiet", text: "Loading…" }));
      this.#loadPod(uid);
      return;
    }
    const { pod, decisions } = known;
    const named = pod ?? decisions[0];
    if (!named) return this.#frame(`${uid} gone`, "Pod", "", () => h("p", { class: "problem", text: "Kerf knows no pod with this uid. It may have finished." }));
    this.#frame(`pod ${JSON.stringify(known)}`, pod?.name ?? named.pod, `${named.namespace}${pod?.owner ? ` · ${pod.owner}` : ""}`, () => [
      pod ? podFacts(pod, this.#store.now()) : h("p", { class: "quiet", text: "The pod is gone. These are the decisions about it." }),
      pod?.node && pod.slots?.length > 0 && [h("h3", { text: "Slots that it holds" }), h("ul", { class: "holders" }, pod.slots.map((slot) => this.#podSlot(pod, slot)))],
      h("h3", { text: "Decisions about it" }),
      decisions.length === 0 && h("p", { class: "quiet", text: "None: Kerf keeps the latest decisions only." }),
      h("ul", { class: "holders plain" }, decisions.map((each) =>
        h("li", {},
          h("p", { class: "line" }, h("span", {}, outcomeMark(each), each.node && [" on ", nodeLink(each.node)], each.times > 1 && ` ${count(each.times)} times since ${clock(each.first)}`), h("time", { class: "when", text: clock(each.time) })),
          each.outcome === "refused" && each.refused.length > 0 ? decisionFacts(each) : [h("p", { class: "why", text: each.why }), this.#factsOf(each)])))]);
  }

  #podSlot(pod, slot) {
    const words = slot.kind === "mig" ? slot.profile : slot.kind === "mps" ? "MPS share" : "whole";
    return h("li", { class: this.#store.colours.className(pod.namespace) },
      h("p", { class: "line" }, h("i", { class: "dot", "aria-hidden": "true" }),
        h("a", { href: `#?node=${encodeURIComponent(pod.node)}&gpu=${slot.gpu}`, data: { node: pod.node, gpu: slot.gpu, focusKey: `slot-${slot.gpu}` }, text: `GPU ${slot.gpu} of ${pod.node}` }),
        h("span", { class: "when", text: memory(slot.memoryMiB) })),
      h("p", { class: "asks", text: words }));
  }

  async #loadPod(uid) {
    try {
      const [pending, { decisions }] = await Promise.all([this.#findPod(uid), api.decisions({ pod: uid, limit: 200 })]);
      this.#pods.set(uid, { pod: pending, decisions: folded(merged(decisions)) });
      if (this.#pods.size > 50) this.#pods.delete(this.#pods.keys().next().value);
      if (this.#shown?.uid === uid) this.#drawPod(uid);
    } catch (error) {
      if (this.#shown?.uid === uid && !this.#pods.has(uid)) this.#frame(`${uid} ${error.message}`, "Pod", "", () => h("p", { class: "problem", text: error.message }));
    }
  }

  async #findPod(uid) {
    const waiting = this.#store.pending?.pods.find((pod) => pod.uid === uid);
    if (waiting) return waiting;
    const { pods } = await api.pods({ uid });
    return pods.find((pod) => pod.uid === uid) ?? null;
  }
}

function facts(list) {
  return h("dl", { class: "facts-list" }, list.filter(Boolean).map(([name, value, note]) =>
    h("div", { class: value.length > 16 ? "wide" : "" }, h("dt", { text: name }), h("dd", {}, value, note && h("small", { text: ` ${note}` })))));
}

function podFacts(pod, now) {
  return [
    facts([["Asks", pod.demand || "no GPUs any more"], ["State", pod.state], ["Priority", count(pod.priority ?? 0)], [pod.state === "pending" ? "Waits" : "Since", duration(Math.floor((now - pod.since) / 5000) * 5000)]]),
    pod.state === "quarantined" && h("p", { class: "asks", text: heldWords(pod) }),
    pod.state !== "quarantined" && pod.reason && h("div", { class: "advice" }, h("h3", { text: "Why it waits" }), h("p", { text: pod.reason }),
      pod.change && [h("h3", { text: "What would make it fit" }), h("p", { class: "change", text: pod.change })],
      pod.change === null && h("p", { class: "quiet", text: "No smaller demand would fit either. The pod waits until another pod ends." }))];
}

/** CPU and memory of the node: GPUs are of no use without. */
function host(node) {
  const bar = (name, used, all, text) => all > 0 && h("div", { class: "host-bar" },
    h("span", { text: name }),
    h("span", { class: "meter", "aria-hidden": "true" }, h("i", { class: used / all > 0.95 ? "held full" : "held", style: { width: `${Math.min(100, (100 * used) / all)}%` } })),
    h("span", { class: "host-text", text }));
  const cpuUsed = node.cpuMilli - node.freeCpuMilli;
  const memoryUsed = node.hostMemoryMiB - node.freeHostMemoryMiB;
  return [h("h3", { text: "CPU and memory of the node" }),
    bar("CPU", cpuUsed, node.cpuMilli, `${cores(node.freeCpuMilli)} of ${cores(node.cpuMilli)} cores free`),
    bar("Memory", memoryUsed, node.hostMemoryMiB, `${memory(node.freeHostMemoryMiB)} of ${memory(node.hostMemoryMiB)} free`)];
}

