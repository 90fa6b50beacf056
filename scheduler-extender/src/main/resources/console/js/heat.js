// The fleet as a map: one square per node, the darker the more of it is held. For fleets that no list can show.
import { h, inFrame, say, timed } from "./dom.js";
import { memory, percent, plural } from "./format.js";
import { heatGrid } from "./layout.js";
import { hideTip, showTip } from "./tip.js";

const STEPS = 32;

export class Heat {
  #store;
  #zoom;
  #order = [];
  #grid = { cell: 0, columns: 1, rows: 0 };
  #cursor = -1;

  constructor(store, zoom) {
    this.#store = store;
    this.#zoom = zoom;
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.box = h("div", {
      class: "heat-box",
      tabindex: "0",
      role: "application",
      "aria-roledescription": "heat map",
      "aria-describedby": "heat-help",
    }, this.canvas);
    this.scale = h("canvas", { class: "heat-scale", width: 120, height: 8, "aria-hidden": "true" });
    this.element = h("div", { class: "heat" },
      h("p", { class: "heat-help", id: "heat-help" },
        h("span", { class: "heat-key" }, "held 0 %", this.scale, "100 %"),
        h("span", { class: "heat-key" }, h("i", { class: "key stranded" }), "stranded part"),
        h("span", { class: "heat-key" }, h("i", { class: "key corner" }), "has an unusable GPU"),
        h("span", { class: "heat-hint" }, "Arrow keys move, Enter shows the node’s GPUs. The table holds the same numbers.")),
      this.box);
    this.draw = inFrame(() => timed("map", () => this.#draw()));
    new ResizeObserver(this.draw).observe(this.box);
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("focus", () => this.#moveTo(Math.max(0, this.#cursor)));
    this.box.addEventListener("blur", this.draw);
    this.box.addEventListener("pointermove", (event) => this.#point(event), { passive: true });
    this.box.addEventListener("pointerleave", hideTip);
    this.box.addEventListener("click", (event) => {
      const index = this.#indexAt(event);
      if (index >= 0) this.#zoom(this.#order[index]);
    });
  }

  setOrder(names) {
    this.#order = names;
    this.box.setAttribute("aria-label", `${plural(names.length, "node")}, one square each`);
    this.draw();
  }

  #draw() {
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    if (!this.box.isConnected || width === 0) return;
    this.#grid = heatGrid(this.#order.length, width, height);
    const { cell, columns, rows } = this.#grid;
    const density = window.devicePixelRatio || 1;
    const drawnHeight = Math.max(1, rows * cell);
    if (this.canvas.width !== Math.round(width * density) || this.canvas.height !== Math.round(drawnHeight * density)) {
      this.canvas.width = Math.round(width * density);
      this.canvas.height = Math.round(drawnHeight * density);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${drawnHeight}px`;
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(density, 0, 0, density, 0, 0);
    pen.clearRect(0, 0, width, drawnHeight);
    const colours = this.#colours();
    this.#drawScale(colours.ramp);
    const gap = cell >= 8 ? 2 : cell >= 5 ? 1 : 0;
    const size = cell - gap;
    const names = this.#order;
    for (let i = 0; i < names.length; i++) {
      const node = this.#store.summaries.get(names[i]);
      if (!node) continue;
      const x = (i % columns) * cell;
      const y = Math.floor(i / columns) * cell;
      const held = node.capacityMiB > 0 ? node.heldMiB / node.capacityMiB : 0;
      pen.fillStyle = colours.ramp[Math.round(held * (STEPS - 1))];
      pen.fillRect(x, y, size, size);
      const stranded = node.capacityMiB > 0 ? node.strandedMiB / node.capacityMiB : 0;
      if (stranded > 0.004) {
        const tall = Math.max(1, Math.round(stranded * size));
        pen.fillStyle = colours.stranded;
        pen.fillRect(x, y + size - tall, size, tall);
      }
      if (node.unusableGpus > 0) {
        const half = Math.max(3, Math.round(size * 0.4));
        pen.fillStyle = colours.bad;
        pen.beginPath();
        pen.moveTo(x + size - half, y);
        pen.lineTo(x + size, y);
        pen.lineTo(x + size, y + half);
        pen.fill();
      }
    }
    if (this.#cursor >= 0 && this.#cursor < names.length && document.activeElement === this.box) {
      const x = (this.#cursor % columns) * cell;
      const y = Math.floor(this.#cursor / columns) * cell;
      pen.lineWidth = 2;
      pen.strokeStyle = colours.ink;
      pen.strokeRect(x - 1, y - 1, size + 2, size + 2);
    }
  }

  #drawScale(ramp) {
    const pen = this.scale.getContext("2d");
    ramp.forEach((colour, i) => {
      pen.fillStyle = colour;
      pen.fillRect((i * 120) / STEPS, 0, 120 / STEPS + 1, 8);
    });
  }

  /** From the style sheet, mixed to a ramp. Read again at every drawing: the theme may have changed. */
  #colours() {
    const style = getComputedStyle(this.box);
    const read = (name) => style.getPropertyValue(name).trim();
    const from = rgb(read("--heat-0"));
    const middle = rgb(read("--heat-1"));
    const to = rgb(read("--heat-2"));
    const ramp = Array.from({ length: STEPS }, (_, i) => {
      const t = i / (STEPS - 1);
      const [a, b, u] = t < 0.5 ? [from, middle, t * 2] : [middle, to, t * 2 - 1];
      return `rgb(${a.map((v, k) => Math.round(v + (b[k] - v) * u)).join(" ")})`;
    });
    return { ramp, stranded: read("--stranded"), bad: read("--bad"), ink: read("--focus") };
  }

  #indexAt(event) {
    const { cell, columns } = this.#grid;
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / cell);
    const row = Math.floor((event.clientY - box.top) / cell);
    const index = row * columns + column;
    return column >= 0 && column < columns && row >= 0 && index < this.#order.length ? index : -1;
  }

  #point(event) {
    if (event.pointerType === "touch") return;
    const index = this.#indexAt(event);
    this.box.style.cursor = index < 0 ? "default" : "pointer";
    if (index < 0) hideTip();
    else showTip(event, this.#words(index).replace(", ", "\n"));
  }

  #words(index) {
    const node = this.#store.summaries.get(this.#order[index]);
    if (!node) return "";
    const parts = [node.name, `${percent(node.heldMiB, node.capacityMiB)} % held by ${plural(node.pods, "pod")}`, plural(node.gpus, "GPU")];
    if (node.strandedMiB > 0) parts.push(`${memory(node.strandedMiB)} stranded`);
    if (node.unusableGpus > 0) parts.push(`${node.unusableGpus} unusable`);
    return parts.join(", ");
  }

  #key(event) {
    const { columns } = this.#grid;
    const last = this.#order.length - 1;
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -columns * 10, PageDown: columns * 10, Home: -Infinity, End: Infinity };
    if (event.key in moves) {
      event.preventDefault();
      this.#moveTo(Math.max(0, Math.min(last, this.#cursor + moves[event.key])));
    } else if (event.key === "Enter" && this.#cursor >= 0) {
      event.preventDefault();
      this.#zoom(this.#order[this.#cursor]);
    }
  }

  #moveTo(index) {
    if (this.#order.length === 0) return;
    this.#cursor = index;
    this.draw();
    say(this.#words(index));
  }
}

function rgb(text) {
  const value = parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
