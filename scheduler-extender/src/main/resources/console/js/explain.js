// Paste a manifest: how its demand is read, where it fits, why not elsewhere, and the cheapest change.
import { api } from "./api.js";
import { $, h, say } from "./dom.js";
import { nodeLink } from "./decision.js";
import { memory, plural, slotWords, yaml } from "./format.js";
import { drawGpu, gpuWords } from "./gpu.js";

const EXAMPLES = {
  "A share of 8 GiB": pod("inference", "kerf.gpu/memory: 8Gi"),
  "20 GiB behind a MIG wall": pod("tenant", "kerf.gpu/memory: 20Gi", ["kerf.gpu/wall: mig"]),
  "Two whole GPUs": pod("training", "kerf.gpu/whole: 2"),
  "More than any GPU has": pod("too-big", "kerf.gpu/memory: 96Gi"),
};

function pod(name, limit, annotations = []) {
  const notes = annotations.length ? `\n  annotations:\n${annotations.map((line) => `    ${line}`).join("\n")}` : "";
  return `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n  namespace: default${notes}\nspec:\n  schedulerName: kerf\n  containers:\n  - name: main\n    image: example/app:1\n    resources:\n      limits: {${limit}}\n`;
}

export function explainView(store) {
  const area = h("textarea", { id: "manifest", rows: "18", spellcheck: "false", autocomplete: "off", wrap: "off", "aria-describedby": "manifest-hint" });
  area.value = EXAMPLES["A share of 8 GiB"];
  const answer = h("div", { class: "answer", "aria-live": "polite" }, h("div", { class: "blank" }, h("h2", { text: "No pod explained yet" }),
    h("p", { text: "Explain shows how Kerf reads the demand, which nodes could take the pod now, why the others could not, and the cheapest change that would help. Nothing is created." })));
  const button = h("button", { type: "submit", class: "primary", text: "Explain" });
  const form = h("form", { class: "ask", onsubmit: (event) => { event.preventDefault(); ask(); } },
    h("label", { for: "manifest", text: "Pod manifest" }), area,
    h("p", { class: "quiet", id: "manifest-hint", text: "One pod, YAML or JSON. Ctrl+Enter explains it." }),
    h("div", { class: "ask-row" }, button,
      h("label", { class: "pick" }, "Start from ", h("select", { onchange: (event) => { area.value = EXAMPLES[event.target.value]; } }, Object.keys(EXAMPLES).map((text) => h("option", { text }))))));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      ask();
    }
  });
  $("view-explain").append(h("div", { class: "view-head" }, h("h1", { id: "explain-title", text: "Explain" }), h("p", { class: "lead", text: "Where would Kerf place this pod? If it fits nowhere: what would help?" })),
    h("div", { class: "two" }, form, answer));

  async function ask() {
    button.disabled = true;
    button.textContent = "Explaining…";
    try {
      const told = await api.explain(area.value);
      answer.replaceChildren(...(await explained(told, store)));
    } catch (error) {
      answer.replaceChildren(h("div", { class: "problem" }, h("h2", { text: "The manifest was refused" }), h("p", { text: error.message }), error.hint && h("p", { text: error.hint })));
    } finally {
      button.disabled = false;
      button.textContent = "Explain";
    }
  }
}

async function explained(told, store) {
  return [
    h("h2", { text: "Read as" }),
    h("p", { class: "read-as", text: told.readAs }),
    told.problems?.length > 0 && h("ul", { class: "problems" }, told.problems.map((text) => h("li", { class: "problem" }, text.split("\n").map((line) => h("span", { text: line }))))),
    told.best && (await best(told.best, store)),
    told.change && change(told.change),
    told.verdicts?.length > 0 && verdicts(told.verdicts),
  ].flat().filter(Boolean);
}

async function best(place, store) {
  const parts = [h("h2", {}, "Would go to ", nodeLink(place.node)), h("p", { class: "why", text: place.why })];
  const node = await api.node(place.node).catch(() => null);
  for (const slot of place.slots) {
    const gpu = node?.gpus.find((each) => each.index === slot.gpu);
    const words = `GPU ${slot.gpu}: ${slotWords(slot)}, ${memory(slot.memoryMiB)}`;
    if (gpu) {
      const box = h("div", { class: "gpu big", role: "img", "aria-label": `${gpuWords(node.name, gpu)}. The pod would take ${words}` });
      drawGpu(box, gpu, store.colours, { labels: 0.15, ghost: ghostOf(slot, gpu) });
      parts.push(h("p", { class: "asks", text: words }), h("div", { class: "big-gpu" }, box));
    } else parts.push(h("p", { class: "asks", text: words }));
  }
  return parts;
}

/** Where the pod would lie: behind what is held. */
function ghostOf(slot, gpu) {
  if (slot.kind === "mig") return { ghost: true, from: slot.start / gpu.slices, to: (slot.start + slot.size) / gpu.slices };
  if (slot.kind === "whole") return { ghost: true, from: 0, to: 1 };
  const from = Math.min(1, gpu.slots.reduce((sum, each) => sum + each.memoryMiB, 0) / gpu.memoryMiB);
  return { ghost: true, from, to: Math.min(1, from + slot.memoryMiB / gpu.memoryMiB) };
}

function change(advice) {
  const patch = advice.manifestPatch && yaml(advice.manifestPatch);
  return [h("h2", { text: "The cheapest change that would make it fit" }), h("p", { class: "change", text: advice.text }),
    patch && h("div", { class: "patch" }, h("pre", {}, h("code", { text: patch })),
      h("button", { type: "button", class: "small", text: "Copy", onclick: async () => {
        await navigator.clipboard?.writeText(patch).then(() => say("Copied"), () => say("The browser did not allow copying"));
      } }))];
}

const VERDICTS = { fits: "Fits now", "not-now": "Not now", never: "Never" };

function verdicts(list) {
  const all = list.reduce((sum, each) => sum + each.nodes, 0) || 1;
  return [h("h2", { text: "Node by node" }),
    h("div", { class: "verdict-bar", "aria-hidden": "true" }, list.map((each) => h("i", { class: each.verdict, style: { width: `${(100 * each.nodes) / all}%` } }))),
    h("ul", { class: "verdicts" }, list.map((each) =>
      h("li", { class: each.verdict },
        h("p", {}, h("b", { text: VERDICTS[each.verdict] ?? each.verdict }), ` on ${plural(each.nodes, "node")}`, each.text && `: ${each.text}`),
        each.examples?.length > 0 && h("p", { class: "examples" }, each.examples.flatMap((name, i) => [i ? ", " : "", nodeLink(name)]), each.nodes > each.examples.length ? ", …" : ""))))];
}
