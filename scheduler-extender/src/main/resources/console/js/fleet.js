// The fleet: as GPUs, as a map or as a table, in one order; with the legend of namespaces above.
import { $, fill, h, timed } from "./dom.js";
import { Heat } from "./heat.js";
import { NodeTable } from "./nodetable.js";
import { Rows } from "./rows.js";

/** Above this many nodes the map comes first. */
const MANY = 150;

const ORDERS = {
  held: (a, b) => share(b, "heldMiB") - share(a, "heldMiB"),
  free: (a, b) => share(a, "heldMiB") - share(b, "heldMiB"),
  stranded: (a, b) => b.strandedMiB - a.strandedMiB,
  unusable: (a, b) => b.unusableGpus - a.unusableGpus,
};
const names = new Intl.Collator("en", { numeric: true });
const byName = (a, b) => names.compare(a.name, b.name);
const share = (node, what) => (node.capacityMiB > 0 ? node[what] / node.capacityMiB : 0);

export class FleetView {
  #store;
  #shape = null;
  #chosen = false;
  #order = "name";
  #names = [];

  constructor(store, live, open) {
    this.#store = store;
    this.rows = new Rows(store, live, open);
    this.heat = new Heat(store, (name) => this.reveal(name));
    this.table = new NodeTable(store, open);
    for (const button of $("shapes").children) button.addEventListener("click", () => this.setShape(button.dataset.shape, true));
    $("order").addEventListener("change", (event) => {
      this.#order = event.target.value;
      this.#sorted = 0;
      this.draw();
    });
    store.on("fleet", () => this.draw());
    store.on("nodes namespace", () => this.#shape === "rows" && this.rows.draw());
    store.on("fleet nodes pending namespace", () => this.#drawLegend());
  }

  setShape(shape, chosen = false) {
    this.#chosen ||= chosen;
    if (this.#shape === shape) return;
    this.#shape = shape;
    for (const button of $("shapes").children) button.setAttribute("aria-pressed", button.dataset.shape === shape);
    for (const key of document.querySelectorAll(".keys")) key.hidden = shape !== "rows";
    $("legend").hidden = shape !== "rows";
    this.draw();
  }

  /** Zooms into one node. */
  reveal(name) {
    this.setShape("rows", true);
    requestAnimationFrame(() => {
      this.rows.reveal(name);
      requestAnimationFrame(() => this.rows.focus());
    });
  }

  repaint() {
    this.heat.draw();
  }

  #sorted = 0;

  draw() {
    const { fleet } = this.#store;
    const place = $("fleet");
    if (!fleet || fleet.nodes.length === 0) {
      this.#shape = null;
      fill(place, fleet ? "empty" : "loading", () => (fleet ? noNodes() : h("p", { class: "blank quiet", text: "Loading the fleet…" })));
      return;
    }
    if (!this.#shape) this.setShape(this.#chosen ? "rows" : fleet.nodes.length > MANY ? "map" : "rows");
    const shown = { rows: this.rows, map: this.heat, table: this.table }[this.#shape];
    if (place.firstChild !== shown.element) {
      place.dataset.key = this.#shape;
      place.replaceChildren(shown.element);
    }
    this.#sort(fleet);
    shown.setOrder(this.#names);
  }

  /** Rows must not jump under the reader's eyes: a live order is renewed at most every ten seconds. */
  #sort(fleet) {
    const stable = this.#names.length === fleet.nodes.length && this.#names.every((name) => this.#store.summaries.has(name));
    if (stable && (this.#order === "name" || performance.now() - this.#sorted < 10_000) && this.#sorted) return;
    timed("order", () => {
      this.#names = [...fleet.nodes].sort(ORDERS[this.#order] ?? byName).map((node) => node.name);
    });
    this.#sorted = performance.now();
  }

  #drawLegend() {
    const { colours, namespace } = this.#store;
    const names = colours.names();
    const legend = $("legend");
    fill(legend, JSON.stringify([names, namespace]), () => {
      const chips = names.map((name) =>
        h("button", {
          type: "button",
          class: `chip ${colours.className(name)}`,
          "aria-pressed": String(name === namespace),
          data: { focusKey: name },
          onclick: () => this.#store.show(name === namespace ? null : name),
        }, h("i", { "aria-hidden": "true" }), name));
      if (namespace) chips.push(h("button", { type: "button", class: "link", text: "Show all", onclick: () => this.#store.show(null) }));
      return chips;
    });
  }
}

function noNodes() {
  return h("div", { class: "blank" },
    h("h2", { text: "No GPUs yet" }),
    h("p", { text: "Kerf manages the GPUs of nodes that carry its label. Label one, and it appears here within seconds:" }),
    h("pre", {}, h("code", { text: "kubectl label node NAME kerf.gpu/managed=true" })),
    h("p", { class: "quiet", text: "To see a fleet without a cluster, run: kerf demo" }));
}
