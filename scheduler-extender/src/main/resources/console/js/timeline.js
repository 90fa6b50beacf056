// Held and stranded memory and the pending pods over time, on a canvas, with a reading line and words for those who do not see it.
import { $, h, inFrame, timed } from "./dom.js";
import { clock, count, minute, percent, plural } from "./format.js";

const SPANS = [[5, "5 min"], [15, "15 min"], [60, "1 h"]];
const LEFT = 40;
const RIGHT = 6;
const BELOW = 16;
const STRIP = 16;

/** How many pods wait is not for clients that see some namespaces only. */
const pendingWords = (point) => (point.pending === null ? "" : `; ${plural(point.pending, "pod")} pending`);

export class Timeline {
  #store;
  #span = 5;
  #chosen = false;
  #at = null;
  #hatch = null;

  constructor(store) {
    this.#store = store;
    this.canvas = h("canvas", {});
    this.box = h("div", { class: "chart", role: "img", tabindex: "0" }, this.canvas);
    this.reading = h("p", { class: "reading", "aria-hidden": "true" });
    this.buttons = SPANS.map(([minutes, text]) =>
      h("button", { type: "button", text, "aria-pressed": String(minutes === this.#span), onclick: () => this.#setSpan(minutes) }));
    $("timeline").append(
      h("div", { class: "timeline-head" }, h("h2", { text: "Over time" }), this.reading,
        h("div", { class: "segmented small", role: "group", "aria-label": "Time span" }, this.buttons)),
      this.box);
    this.draw = inFrame(() => timed("timeline", () => this.#draw()));
    new ResizeObserver(this.draw).observe(this.box);
    this.box.addEventListener("pointermove", (event) => this.#point(event), { passive: true });
    this.box.addEventListener("pointerleave", () => this.#read(null));
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("blur", () => this.#read(null));
    store.on("timeline", () => this.#grow());
    store.on("timeline", this.draw);
  }

  repaint() {
    this.#hatch = null;
    this.draw();
  }

  /** Until the user chooses, five minutes, and then fifteen as soon as there is so much to show. */
  #grow() {
    const { points } = this.#store;
    if (!this.#chosen && this.#span === 5 && points.length > 1 && points.at(-1).time - points[0].time > 5 * 60_000) this.#show(15);
  }

  #setSpan(minutes) {
    this.#chosen = true;
    this.#show(minutes);
  }

  #show(minutes) {
    this.#span = minutes;
    this.buttons.forEach((button, i) => button.setAttribute("aria-pressed", SPANS[i][0] === minutes));
    this.draw();
  }

  #shown() {
    const { points } = this.#store;
    if (points.length === 0) return [];
    const from = points.at(-1).time - this.#span * 60_000;
    let first = points.length - 1;
    while (first > 0 && points[first - 1].time >= from) first--;
    return points.slice(first);
  }

  #draw() {
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    if (width === 0) return;
    const density = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * density) || this.canvas.height !== Math.round(height * density)) {
      this.canvas.width = Math.round(width * density);
      this.canvas.height = Math.round(height * density);
      this.#hatch = null;
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(density, 0, 0, density, 0, 0);
    pen.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.box);
    const colour = (name) => style.getPropertyValue(name).trim();
    const points = this.#shown();
    const plot = { left: LEFT, top: 6, right: width - RIGHT, bottom: height - BELOW - STRIP - 6 };
    this.#frame(pen, plot, colour, height);
    if (points.length < 2) {
      pen.fillStyle = colour("--quiet");
      pen.fillText("The first minutes will be drawn here.", plot.left + 12, (plot.top + plot.bottom) / 2 + 4);
      this.box.setAttribute("aria-label", "Held memory over time: nothing recorded yet");
      return;
    }
    const end = points.at(-1).time;
    const start = end - this.#span * 60_000;
    const x = (time) => plot.left + ((time - start) / (end - start)) * (plot.right - plot.left);
    const y = (part) => plot.bottom - part * (plot.bottom - plot.top);
    const held = (p) => (p.capacityMiB > 0 ? p.heldMiB / p.capacityMiB : 0);
    const both = (p) => (p.capacityMiB > 0 ? Math.min(1, (p.heldMiB + p.strandedMiB) / p.capacityMiB) : 0);
    const path = (upper, lower) => {
      pen.beginPath();
      points.forEach((p, i) => (i ? pen.lineTo(x(p.time), y(upper(p))) : pen.moveTo(x(p.time), y(upper(p)))));
      for (let i = points.length - 1; i >= 0; i--) pen.lineTo(x(points[i].time), y(lower(points[i])));
      pen.closePath();
    };
    path(held, () => 0);
    pen.fillStyle = colour("--area");
    pen.fill();
    path(both, held);
    pen.fillStyle = this.#hatching(pen, colour("--stranded"));
    pen.fill();
    pen.beginPath();
    points.forEach((p, i) => (i ? pen.lineTo(x(p.time), y(held(p))) : pen.moveTo(x(p.time), y(held(p)))));
    pen.lineWidth = 1.5;
    pen.strokeStyle = colour("--accent");
    pen.stroke();
    this.#pending(pen, points, x, plot, colour, height);
    this.#times(pen, start, end, x, height, colour);
    if (this.#at !== null) this.#line(pen, points, x, plot, colour, height);
    this.#words(points, held);
  }

  #frame(pen, plot, colour, height) {
    pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    pen.textAlign = "right";
    for (const part of [0, 0.5, 1]) {
      const y = Math.round(plot.bottom - part * (plot.bottom - plot.top)) + 0.5;
      pen.strokeStyle = colour("--line");
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(plot.left, y);
      pen.lineTo(plot.right, y);
      pen.stroke();
      pen.fillStyle = colour("--quiet");
      pen.fillText(`${part * 100}${part === 1 ? " %" : ""}`, plot.left - 6, y + 4);
    }
    pen.textAlign = "left";
  }

  /** The pending pods in a strip of their own: another unit, so never on the same axis. */
  #pending(pen, points, x, plot, colour, height) {
    const most = Math.max(4, ...points.map((p) => p.pending));
    const bottom = height - BELOW;
    pen.beginPath();
    pen.moveTo(x(points[0].time), bottom);
    let last = 0;
    for (const p of points) {
      const y = bottom - (p.pending / most) * STRIP;
      pen.lineTo(x(p.time), bottom - (last / most) * STRIP);
      pen.lineTo(x(p.time), y);
      last = p.pending;
    }
    pen.lineTo(x(points.at(-1).time), bottom);
    pen.closePath();
    pen.fillStyle = colour("--pending");
    pen.fill();
    pen.fillStyle = colour("--quiet");
    pen.textAlign = "right";
    pen.fillText("wait", plot.left - 6, bottom - 3);
    pen.textAlign = "left";
  }

  #times(pen, start, end, x, height, colour) {
    const step = (this.#span <= 5 ? 1 : this.#span <= 15 ? 3 : 10) * 60_000;
    pen.fillStyle = colour("--quiet");
    pen.textAlign = "center";
    for (let time = Math.ceil(start / step) * step; time < end; time += step) {
      const at = x(time);
      if (at > LEFT + 14 && at < x(end) - 14) pen.fillText(minute(time), at, height - 3);
    }
    pen.textAlign = "left";
  }

  #line(pen, points, x, plot, colour, height) {
    const at = Math.round(x(points[Math.min(this.#at, points.length - 1)].time)) + 0.5;
    pen.strokeStyle = colour("--ink");
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(at, plot.top);
    pen.lineTo(at, height - BELOW);
    pen.stroke();
  }

  #hatching(pen, colour) {
    if (this.#hatch) return this.#hatch;
    const tile = new OffscreenCanvas(6, 6);
    const p = tile.getContext("2d");
    p.strokeStyle = colour;
    p.lineWidth = 1.6;
    p.beginPath();
    p.moveTo(-1, 7);
    p.lineTo(7, -1);
    p.moveTo(-1, 1);
    p.lineTo(1, -1);
    p.moveTo(5, 7);
    p.lineTo(7, 5);
    p.stroke();
    this.#hatch = pen.createPattern(tile, "repeat");
    return this.#hatch;
  }

  #words(points, held) {
    const shares = points.map(held);
    const last = points.at(-1);
    this.box.setAttribute("aria-label",
      `Held memory over the last ${SPANS.find(([m]) => m === this.#span)[1]}: now ${percent(last.heldMiB, last.capacityMiB)} percent, ` +
      `between ${percent(Math.min(...shares), 1)} and ${percent(Math.max(...shares), 1)} percent; ` +
      `stranded now ${percent(last.strandedMiB, last.capacityMiB)} percent${pendingWords(last)}. Arrow keys read single moments.`);
    const shown = this.#at === null ? last : points[Math.min(this.#at, points.length - 1)];
    const text = [`${percent(shown.heldMiB, shown.capacityMiB)} % held`, `${percent(shown.strandedMiB, shown.capacityMiB)} % stranded`, ...(shown.pending === null ? [] : [`${count(shown.pending)} pending`])];
    this.reading.replaceChildren(h("b", { text: this.#at === null ? "now" : clock(shown.time) }), ` ${text.join(" · ")}`);
    this.reading.hidden = false;
  }

  #point(event) {
    const points = this.#shown();
    if (points.length < 2) return;
    const box = this.box.getBoundingClientRect();
    const end = points.at(-1).time;
    const span = this.#span * 60_000;
    const time = end - span + ((event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT)) * span;
    let best = 0;
    for (let i = 1; i < points.length; i++) if (Math.abs(points[i].time - time) < Math.abs(points[best].time - time)) best = i;
    this.#read(best);
  }

  #key(event) {
    const points = this.#shown();
    if (points.length < 2 || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    const step = Math.max(1, Math.round(points.length / 60));
    const from = this.#at ?? points.length - 1;
    this.#read(Math.max(0, Math.min(points.length - 1, from + (event.key === "ArrowLeft" ? -step : step))));
    const p = points[this.#at];
    this.box.setAttribute("aria-label", `${clock(p.time)}: ${percent(p.heldMiB, p.capacityMiB)} percent held, ${percent(p.strandedMiB, p.capacityMiB)} percent stranded${pendingWords(p)}`);
  }

  #read(at) {
    this.#at = at;
    this.draw();
  }
}
