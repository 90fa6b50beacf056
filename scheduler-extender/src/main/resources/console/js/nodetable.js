// The fleet as a table in pages: every number of the map, for those who read rather than look.
import { fill, h } from "./dom.js";
import { count, memory, percent, plural } from "./format.js";

const PAGE = 100;

export class NodeTable {
  #store;
  #open;
  #order = [];
  #page = 0;

  constructor(store, open) {
    this.#store = store;
    this.#open = open;
    this.body = h("tbody");
    this.where = h("span", { class: "where" });
    this.back = h("button", { type: "button", text: "Previous", onclick: () => this.#turn(-1) });
    this.next = h("button", { type: "button", text: "Next", onclick: () => this.#turn(1) });
    const heads = ["Node", "GPUs", "Memory", "Held", "Held", "Stranded", "Pods", "Unusable"];
    this.scroll = h("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Nodes" },
      h("table", { class: "data nodes" },
        h("caption", { class: "sr", text: "Nodes of the fleet" }),
        h("thead", {}, h("tr", {}, heads.map((text, i) => h("th", { scope: "col", class: i ? "n" : "", text })))),
        this.body));
    this.element = h("div", { class: "node-table" }, this.scroll,
      h("div", { class: "pager", role: "group", "aria-label": "Pages" }, this.back, this.where, this.next));
  }

  setOrder(names) {
    this.#order = names;
    this.draw();
  }

  #turn(by) {
    this.#page += by;
    this.scroll.scrollTop = 0;
    this.draw();
  }

  draw() {
    const pages = Math.max(1, Math.ceil(this.#order.length / PAGE));
    this.#page = Math.max(0, Math.min(this.#page, pages - 1));
    const first = this.#page * PAGE;
    const names = this.#order.slice(first, first + PAGE);
    this.back.disabled = this.#page === 0;
    this.next.disabled = this.#page === pages - 1;
    this.where.textContent = `${count(first + 1)}–${count(first + names.length)} of ${plural(this.#order.length, "node")}`;
    const nodes = names.map((name) => this.#store.summaries.get(name)).filter(Boolean);
    fill(this.body, JSON.stringify(nodes), () => nodes.map((node) => this.#row(node)));
  }

  #row(node) {
    const open = (event) => this.#open({ kind: "node", node: node.name }, event.currentTarget);
    return h("tr", {},
      h("th", { scope: "row" }, h("button", { type: "button", class: "link", text: node.name, data: { focusKey: node.name }, onclick: open })),
      h("td", { class: "n", text: count(node.gpus) }),
      h("td", { class: "n", text: memory(node.capacityMiB) }),
      h("td", { class: "n", text: memory(node.heldMiB) }),
      h("td", { class: "n", text: `${percent(node.heldMiB, node.capacityMiB)} %` }),
      h("td", { class: "n", text: node.strandedMiB ? memory(node.strandedMiB) : "–" }),
      h("td", { class: "n", text: count(node.pods) }),
      h("td", { class: "n", text: node.unusableGpus ? count(node.unusableGpus) : "–" }));
  }
}
