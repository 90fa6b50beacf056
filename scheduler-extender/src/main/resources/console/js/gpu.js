// Draws one GPU, and says it in words.
import { h } from "./dom.js";
import { heldWords, holderName, holdersWords, holderWords, memory, mode, slotWords } from "./format.js";
import { heldMiB, heldSlices, pieces } from "./layout.js";

/** "GPU 3 of node-a, H100-80GB, MIG, 5 of 8 slices held by 3 pods, 10 GiB stranded". */
export function gpuWords(node, gpu) {
  const parts = [`GPU ${gpu.index} of ${node}`, gpu.model, mode(gpu.mode)];
  if (!gpu.usable) parts.push("unusable");
  const holders = holdersWords(gpu.slots);
  if (!holders) parts.push("nothing held");
  else if (gpu.slots.some((slot) => slot.kind === "whole")) parts.push(`held whole by ${holderWords(gpu.slots[0])}`);
  else if (gpu.slices > 0 && gpu.mode !== "plain") parts.push(`${heldSlices(gpu)} of ${gpu.slices} slices held by ${holders}`);
  else parts.push(`${memory(heldMiB(gpu))} of ${memory(gpu.memoryMiB)} held by ${holders}`);
  if (gpu.strandedMiB > 0) parts.push(`${memory(gpu.strandedMiB)} stranded`);
  return parts.join(", ");
}

const pieceKey = (piece) =>
  piece.slot ? `${piece.slot.uid}/${piece.slot.container}/${piece.slot.start ?? ""}` : `${piece.kind}@${piece.from.toFixed(3)}`;

/** What the pointer reads on a piece. */
export function pieceWords(piece) {
  if (piece.kind === "slot") {
    const { slot } = piece;
    const state = slot.state === "bound" ? "" : slot.state === "quarantined" ? `\n${heldWords(slot)}` : ` · ${slot.state}`;
    return `${holderWords(slot)}\n${slotWords(slot)} · ${memory(slot.memoryMiB)}${state}`;
  }
  if (piece.kind === "instance") return `${piece.instance.profile} at slice ${piece.instance.start}\nan instance that no pod holds`;
  return piece.kind === "stranded" ? "Stranded\nfree, but no usual demand could use it" : "Free";
}

/**
 * Brings `box` up to date with the GPU. Pieces that stay keep their element, so that a change moves instead of blinking.
 * `labels` is the smallest part of the GPU that has room for a name, or nothing; a `ghost` is a place that no pod holds yet.
 */
export function drawGpu(box, gpu, colours, { labels = 0, ghost = null } = {}) {
  const first = !box.pieces;
  const old = box.pieces ?? new Map();
  const next = new Map();
  const list = pieces(gpu);
  if (ghost) list.push(ghost);
  for (const piece of list) {
    const key = piece.ghost ? "ghost" : pieceKey(piece);
    let element = old.get(key);
    if (!element) {
      element = h("div");
      if (!first && piece.slot) element.classList.add("arriving");
      box.append(element);
    }
    old.delete(key);
    next.set(key, element);
    drawPiece(element, piece, colours, labels);
  }
  for (const element of old.values()) element.remove();
  box.pieces = next;
  box.classList.toggle("is-unusable", !gpu.usable);
  box.classList.toggle("is-mig", gpu.slices > 0 && gpu.mode !== "plain");
  box.style.setProperty("--slices", gpu.slices || 1);
}

/** The box will draw another GPU: what comes now is not news, and must not arrive with a movement. */
export function forgetPieces(box) {
  box.replaceChildren();
  box.pieces = undefined;
}

function drawPiece(element, piece, colours, labels) {
  const arriving = element.classList.contains("arriving");
  const { slot } = piece;
  let name = `piece ${piece.ghost ? "ghost" : piece.kind}`;
  if (slot) name += ` ${slot.kind} ${slot.state ?? "bound"} ${colours.className(slot.namespace)}`;
  if (arriving) name += " arriving";
  element.className = name;
  element.style.left = `${piece.from * 100}%`;
  element.style.width = `${(piece.to - piece.from) * 100}%`;
  element.piece = piece;
  if (slot) {
    element.dataset.namespace = slot.namespace;
    element.dataset.uid = slot.uid;
  }
  const text = slot && labels && piece.to - piece.from >= labels ? holderName(slot) : "";
  if (element.textContent !== text) element.textContent = text;
}
