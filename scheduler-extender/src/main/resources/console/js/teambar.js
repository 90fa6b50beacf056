// One bar for each team, all on one scale of GPUs: what it holds, what of it is borrowed, and its marks.
import { h } from "./dom.js";

const decimals = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });

/** Amounts are texts with three decimals. "6.000" is "6". */
export const gpus = (text) => decimals.format(Number(text));

export const gpuWords = (text) => `${gpus(text)} ${Number(text) === 1 ? "GPU" : "GPUs"}`;

/** How many GPUs the width of all bars stands for. A limit above all that there is does not widen it. */
export function scaleOf(teams, total) {
  let most = 0;
  for (const { held, guarantee, share, limit } of teams) {
    most = Math.max(most, Number(held), Number(guarantee), Number(share), limit === null ? 0 : Math.min(Number(limit), Number(total)));
  }
  return most || Number(total) || 1;
}

/** Where to write numbers on the scale: 1, 2 or 5 times a power of ten, at most seven of them. */
export function ticks(scale) {
  let step = 10 ** Math.floor(Math.log10(scale / 6));
  for (const factor of [1, 2, 5, 10]) {
    if (scale / (step * factor) <= 6.0001) {
      step *= factor;
      break;
    }
  }
  const all = [];
  for (let i = 0; i * step <= scale * 1.0001; i++) all.push(i * step);
  return all;
}

export const tickText = (value) => decimals.format(value);

/** The pieces of a bar in GPUs: cut where the guarantee ends and where the part begins that is not bound yet. */
export function pieces(team) {
  const held = Number(team.held);
  const guarantee = Number(team.guarantee);
  const bound = held - Number(team.reserved);
  const cuts = [...new Set([0, Math.min(guarantee, held), bound, held])].sort((a, b) => a - b);
  const result = [];
  for (let i = 1; i < cuts.length; i++) {
    const from = cuts[i - 1];
    result.push({ from, to: cuts[i], borrowed: from >= guarantee, reserved: from >= bound });
  }
  return result;
}

/** "research holds 8 of 6 guaranteed GPUs, 2 borrowed, …" */
export function barWords(team) {
  const parts = [`${team.name} holds ${gpuWords(team.held)}`, Number(team.guarantee) > 0 ? `${gpus(team.guarantee)} guaranteed` : "nothing guaranteed"];
  if (Number(team.borrowed) > 0) parts.push(`${gpus(team.borrowed)} borrowed`);
  if (Number(team.reserved) > 0) parts.push(`${gpus(team.reserved)} reserved and not bound yet`);
  parts.push(`share ${gpus(team.share)}`, team.limit === null ? "no limit" : `limit ${gpus(team.limit)}`);
  if (Number(team.pending) > 0) parts.push(`asks for ${gpus(team.pending)} more`);
  return parts.join(", ");
}

export function teamBar(team, scale) {
  const at = (amount) => `${(100 * Math.min(Math.max(amount, 0), scale)) / scale}%`;
  const span = (from, to) => ({ left: at(from), width: `${(100 * (Math.min(to, scale) - Math.min(from, scale))) / scale}%` });
  const held = Number(team.held);
  const limit = team.limit === null ? Infinity : Number(team.limit);
  const mark = (kind, amount) => h("i", { class: `mark ${kind}${amount > scale ? " is-beyond" : ""}`, style: { left: at(amount) } });
  return h("div", { class: "team-bar", role: "img", "aria-label": barWords(team) },
    h("i", { class: "room", style: span(0, limit) }),
    Number(team.pending) > 0 && h("i", { class: "asked", style: span(held, held + Number(team.pending)) }),
    pieces(team).map(({ from, to, borrowed, reserved }) =>
      h("i", { class: `part${borrowed ? " borrowed" : " owned"}${reserved ? " reserved" : ""}`, style: span(from, to) })),
    limit !== Infinity && mark("limit", limit),
    Number(team.share) > 0 && mark("share", Number(team.share)),
    Number(team.guarantee) > 0 && mark("guarantee", Number(team.guarantee)));
}
