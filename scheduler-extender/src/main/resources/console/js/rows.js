// The fleet as rows of GPUs drawn to scale: a grid of which only the rows in view exist.
import { h, inFrame, timed } from "./dom.js";
import { count, memory, percent, plural } from "./format.js";
import { drawGpu, forgetPieces, gpuWords, pieceWords } from "./gpu.js";
import { visibleRows } from "./layout.js";
import { hideTip, showTip } from "./tip.js";

/** Rows share the height there is, between these two. */
const LOW = 44;
const HIGH = 84;

/** Below this width a node's name stands above its GPUs. */
const NARROW = 700;

/** Pixels that a name needs to be of use, and the height of a row with room for it. */
const NAMED = 62;
const TALL = 60;

export class Rows {
  #store;
  #live;
  #open;
  #order = [];
  #at = { row: 0, column: 0 };
  #shown = new Map();
  #spare = []; // rows out of view, to be used again: making elements is what costs in fast scrolling
  #highlight = null;
  #height = LOW;

  constructor(store, live, open) {
    this.#store = store;
    this.#live = live;
    this.#open = open;
    this.body = h("div", { class: "rows-body", role: "presentation" });
    this.element = h("div", { class: "rows", role: "grid", "aria-label": "GPUs by node", "aria-readonly": "true" }, this.body);
    this.draw = inFrame(() => timed("rows", () => this.#draw()));
    this.element.addEventListener("scroll", this.draw, { passive: true });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("click", (event) => this.#click(event));
    this.element.addEventListener("focusin", (event) => this.#focused(event));
    this.element.addEventListener("pointermove", (event) => this.#point(event), { passive: true });
    this.element.addEventListener("pointerleave", hideTip);
    new ResizeObserver(this.draw).observe(this.element);
  }

  setOrder(names) {
    this.#order = names;
    this.#at.row = Math.min(this.#at.row, Math.max(0, names.length - 1));
    this.element.setAttribute("aria-rowcount", names.length);
    this.draw();
  }

  /** Scrolls to a node and marks it for a moment. */
  reveal(name) {
    const row = this.#order.indexOf(name);
    if (row < 0) return;
    this.#at = { row, column: 0 };
    this.#fit();
    this.element.scrollTop = Math.max(0, (row + 0.5) * this.#height - this.element.clientHeight / 2);
    this.#highlight = name;
    this.draw();
  }

  focus() {
    this.#moveTo(this.#at.row, this.#at.column);
  }

  #fit() {
    const rows = Math.max(1, this.#order.length);
    const high = this.element.clientWidth < NARROW ? LOW : HIGH;
    this.#height = Math.max(LOW, Math.min(high, Math.floor(this.element.clientHeight / rows)));
    this.body.style.height = `${rows * this.#height}px`;
    this.body.style.setProperty("--row", `${this.#height}px`);
  }

  #draw() {
    if (!this.element.isConnected || this.element.clientHeight === 0) return;
    this.#fit();
    const { first, last } = visibleRows(this.element.scrollTop, this.element.clientHeight, this.#height, this.#order.length);
    const names = this.#order.slice(first, last);
    this.#live.want(names);
    const keep = new Set(names);
    const current = this.#order[this.#at.row];
    for (const [name, row] of this.#shown) {
      if (keep.has(name) || row.element.contains(document.activeElement)) continue;
      this.#shown.delete(name);
      this.#spare.push(row);
    }
    const scale = this.#scale();
    names.forEach((name, i) => this.#drawRow(name, first + i, scale));
    for (const row of this.#spare.splice(0)) row.element.remove();
    for (const [name, row] of this.#shown) this.#tabStops(row, name === current);
    if (!this.#shown.has(current) && names.length) this.#tabStops(this.#shown.get(names[Math.min(4, names.length - 1)]), true, 0);
  }

  /** Pixels per MiB: the largest node fills the width. Memory is to scale across all models. */
  #scale() {
    let most = 1;
    let gpus = 1;
    for (const node of this.#store.fleet?.nodes ?? []) {
      if (node.capacityMiB > most) most = node.capacityMiB;
      if (node.gpus > gpus) gpus = node.gpus;
    }
    const narrow = this.element.clientWidth < NARROW;
    const room = this.element.clientWidth - (narrow ? 16 : 150 + 112 + 32) - (gpus - 1) * 6;
    return Math.max(room, gpus * 34) / most;
  }

  #drawRow(name, index, scale) {
    let row = this.#shown.get(name);
    if (!row) {
      row = this.#spare.pop() ?? this.#newRow();
      row.title.textContent = name;
      row.header.dataset.node = name;
      row.node = row.sum = null;
      row.kind.textContent = "";
      row.cards.hidden = true;
      this.#shown.set(name, row);
    }
    row.element.style.transform = `translateY(${index * this.#height}px)`;
    row.element.setAttribute("aria-rowindex", index + 1);
    row.element.classList.toggle("is-sought", name === this.#highlight);
    row.index = index;
    this.#drawSums(row, name);
    const node = this.#store.nodes.get(name);
    if (node) this.#drawCards(row, node, scale);
  }

  #newRow() {
    const row = { gpus: [], node: null, sum: null };
    row.title = h("span", { class: "node-name" });
    row.kind = h("span", { class: "node-kind" });
    row.header = h("div", { class: "node-head", role: "rowheader", tabindex: "-1", data: { column: 0 } }, row.title, row.kind);
    row.cards = h("div", { class: "cards", role: "presentation" });
    row.held = h("span", { class: "node-held" });
    row.stranded = h("span", { class: "node-stranded" });
    row.sums = h("div", { class: "node-sums", role: "presentation", "aria-hidden": "true" }, row.held, row.stranded);
    row.element = h("div", { class: "row", role: "row" }, row.header, row.cards, row.sums);
    this.body.append(row.element);
    return row;
  }

  #drawSums(row, name) {
    const sum = this.#store.summaries.get(name);
    if (!sum || row.sum === sum) return;
    row.sum = sum;
    row.held.textContent = `${percent(sum.heldMiB, sum.capacityMiB)} %`;
    row.stranded.textContent = sum.strandedMiB > 0 ? `${memory(sum.strandedMiB)} stranded` : "";
    row.header.setAttribute(
      "aria-label",
      `${name}, ${plural(sum.gpus, "GPU")}, ${percent(sum.heldMiB, sum.capacityMiB)} percent held by ${plural(sum.pods, "pod")}` +
        (sum.strandedMiB > 0 ? `, ${memory(sum.strandedMiB)} stranded` : "") +
        (sum.unusableGpus > 0 ? `, ${count(sum.unusableGpus)} unusable` : ""),
    );
  }

  #drawCards(row, node, scale) {
    const named = this.#height >= TALL;
    if (row.node === node && row.scale === scale && row.named === named && row.namespace === this.#store.namespace) return;
    row.kind.textContent = kinds(node);
    row.cards.hidden = false;
    const theirs = this.#store.namespace;
    row.cards.classList.toggle("is-filtered", theirs !== null);
    while (row.gpus.length > node.gpus.length) row.gpus.pop().remove();
    node.gpus.forEach((gpu, i) => {
      let box = row.gpus[i];
      if (!box) {
        box = h("div", { class: "gpu", role: "gridcell", tabindex: "-1", data: { column: i + 1 } });
        row.gpus.push(box);
        row.cards.append(box);
      }
      const labels = named && NAMED / (gpu.memoryMiB * scale);
      const text = `${labels} ${JSON.stringify(gpu)}`;
      if (box.text !== text || box.dataset.node !== node.name) {
        if (box.dataset.node !== node.name) forgetPieces(box);
        box.text = text;
        box.dataset.node = node.name;
        box.dataset.gpu = gpu.index;
        drawGpu(box, gpu, this.#store.colours, { labels });
        box.setAttribute("aria-label", gpuWords(node.name, gpu));
      }
      box.style.width = `${(gpu.memoryMiB * scale).toFixed(1)}px`;
      for (const piece of box.children) piece.classList.toggle("is-other", theirs !== null && piece.dataset.namespace !== theirs);
    });
    row.node = node;
    row.scale = scale;
    row.namespace = theirs;
    row.named = named;
  }

  #tabStops(row, isCurrent, column = this.#at.column) {
    if (!row) return;
    row.header.tabIndex = isCurrent && column === 0 ? 0 : -1;
    row.gpus.forEach((box, i) => (box.tabIndex = isCurrent && column === i + 1 ? 0 : -1));
  }

  #focused(event) {
    const cell = event.target.closest("[data-column]");
    if (!cell) return;
    const row = this.#order.indexOf(cell.dataset.node);
    this.#at = { row, column: Number(cell.dataset.column) };
    for (const [name, each] of this.#shown) this.#tabStops(each, name === cell.dataset.node);
  }

  #key(event) {
    if (event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#height) - 1);
    const { row, column } = this.#at;
    const last = this.#order.length - 1;
    const columns = this.#store.summaries.get(this.#order[row])?.gpus ?? 0;
    const far = event.ctrlKey;
    const moves = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      PageUp: [row - page, column],
      PageDown: [row + page, column],
      Home: [far ? 0 : row, 0],
      End: [far ? last : row, columns],
    };
    const to = moves[event.key];
    if (to) {
      event.preventDefault();
      this.#moveTo(Math.max(0, Math.min(last, to[0])), Math.max(0, to[1]));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#activate(event.target);
    }
  }

  #moveTo(row, column) {
    const name = this.#order[row];
    if (!name) return;
    const gpus = this.#store.summaries.get(name)?.gpus ?? 0;
    this.#at = { row, column: Math.min(column, gpus) };
    const top = row * this.#height;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.#height > scrollTop + clientHeight) this.element.scrollTop = top + this.#height - clientHeight;
    this.#draw();
    const shown = this.#shown.get(name);
    const cell = this.#at.column === 0 ? shown?.header : shown?.gpus[this.#at.column - 1];
    (cell ?? shown?.header)?.focus({ preventScroll: true });
  }

  #click(event) {
    this.#activate(event.target);
  }

  #activate(target) {
    const cell = target.closest("[data-column]");
    if (!cell) return;
    hideTip();
    if (cell.dataset.gpu !== undefined) this.#open({ kind: "gpu", node: cell.dataset.node, gpu: Number(cell.dataset.gpu) }, cell);
    else this.#open({ kind: "node", node: cell.dataset.node }, cell);
  }

  #point(event) {
    if (event.pointerType === "touch") return;
    const target = event.target.closest(".piece");
    const gpu = event.target.closest(".gpu");
    if (!gpu) return hideTip();
    const words = target?.piece ? pieceWords(target.piece) : "Free";
    showTip(event, gpu.classList.contains("is-unusable") ? `Unusable\n${gpu.getAttribute("aria-label")}` : words);
  }
}

/** "8 × H100-80GB", or each model with its number. */
export function kinds(node) {
  const numbers = new Map();
  for (const gpu of node.gpus) numbers.set(gpu.model, (numbers.get(gpu.model) ?? 0) + 1);
  return [...numbers].map(([model, n]) => `${n} × ${model}`).join(", ");
}
