// Where everything on one GPU lies: the state of a GPU as pieces from 0 (its first byte or slice) to 1. No DOM here.

/**
 * The pieces of a GPU, from left to right. A piece is {kind, from, to} with kind slot | instance | free | stranded;
 * a slot carries its `slot`, an instance its `instance`.
 */
export function pieces(gpu) {
  return gpu.slices > 0 && gpu.mode !== "plain" ? migPieces(gpu) : plainPieces(gpu);
}

function plainPieces(gpu) {
  const result = [];
  let at = 0;
  for (const slot of gpu.slots) {
    const to = slot.kind === "whole" ? 1 : Math.min(1, at + slot.memoryMiB / gpu.memoryMiB);
    result.push({ kind: "slot", from: at, to, slot });
    at = to;
  }
  const stranded = Math.min(1 - at, gpu.strandedMiB / gpu.memoryMiB);
  // Less than half a percent is what the driver keeps for itself; a sliver of it would only be noise.
  if (1 - at - stranded > 0.005) result.push({ kind: "free", from: at, to: 1 - stranded });
  if (stranded > 0.001) result.push({ kind: "stranded", from: 1 - stranded, to: 1 });
  return result;
}

function migPieces(gpu) {
  const { slices } = gpu;
  const owner = new Array(slices).fill(null);
  const result = [];
  const put = (piece, start, size) => {
    result.push({ ...piece, from: start / slices, to: Math.min(1, (start + size) / slices) });
    for (let s = start; s < start + size && s < slices; s++) owner[s] = piece;
  };
  for (const slot of gpu.slots) {
    if (slot.kind === "mig") put({ kind: "slot", slot }, slot.start, slot.size);
    else put({ kind: "slot", slot }, 0, slices);
  }
  for (const instance of gpu.instances ?? []) {
    const taken = owner.slice(instance.start, instance.start + instance.size).some(Boolean);
    if (!instance.held && !taken) put({ kind: "instance", instance }, instance.start, instance.size);
  }
  const stranded = strandedSlices(gpu, owner);
  for (let s = 0; s < slices; ) {
    if (owner[s]) {
      s++;
      continue;
    }
    const kind = stranded.has(s) ? "stranded" : "free";
    let end = s + 1;
    while (end < slices && !owner[end] && stranded.has(end) === (kind === "stranded")) end++;
    result.push({ kind, from: s / slices, to: end / slices });
    s = end;
  }
  return result.sort((a, b) => a.from - b.from);
}

/** The slices named by the server, or as many of the last free ones as the stranded memory makes. */
function strandedSlices(gpu, owner) {
  if (gpu.strandedSlices) return new Set(gpu.strandedSlices.filter((s) => !owner[s]));
  let left = Math.round(gpu.strandedMiB / (gpu.memoryMiB / gpu.slices));
  const result = new Set();
  for (let s = gpu.slices - 1; s >= 0 && left > 0; s--) {
    if (!owner[s]) {
      result.add(s);
      left--;
    }
  }
  return result;
}

/** How many slices of a MIG GPU are held. */
export function heldSlices(gpu) {
  return gpu.slots.reduce((sum, slot) => sum + (slot.kind === "mig" ? slot.size : gpu.slices), 0);
}

export function heldMiB(gpu) {
  return gpu.slots.reduce((sum, slot) => sum + slot.memoryMiB, 0);
}

/** Positions of virtual rows: which rows of `total` show in a viewport, with `spare` more on each side. */
export function visibleRows(scrollTop, height, rowHeight, total, spare = 4) {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const last = Math.min(total, Math.ceil((scrollTop + height) / rowHeight) + spare);
  return { first, last };
}

/** The grid of a heat map: the largest square cells with which `total` of them fill width by height. */
export function heatGrid(total, width, height, largest = 56) {
  if (total === 0 || width <= 0 || height <= 0) return { cell: 0, columns: 1, rows: 0 };
  let cell = Math.min(largest, Math.floor(Math.sqrt((width * height) / total)));
  cell = Math.max(3, cell);
  while (cell > 3 && Math.ceil(total / Math.floor(width / cell)) * cell > height) cell--;
  const columns = Math.max(1, Math.floor(width / cell));
  return { cell, columns, rows: Math.ceil(total / columns) };
}
