// Numbers and times as people read them. Memory is MiB everywhere; here it becomes GiB or TiB.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const tenth = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const count = (n) => whole.format(n);

/** 9,856 MiB is "9.6 GiB", 40,320 MiB "39.4 GiB", 6,530,496 MiB "6.2 TiB". */
export function memory(mib) {
  const [value, unit] = memoryParts(mib);
  return `${value} ${unit}`;
}

export function memoryParts(mib) {
  if (mib >= 1024 ** 3) return [oneDecimal.format(mib / 1024 ** 3), "PiB"];
  if (mib >= 1024 * 1024) return [(mib >= 100 * 1024 * 1024 ? whole : oneDecimal).format(mib / 1024 / 1024), "TiB"];
  if (mib >= 1024) return [(mib >= 102400 ? whole : tenth).format(mib / 1024), "GiB"];
  return [whole.format(mib), "MiB"];
}

/** A part of a whole in percent; one decimal below ten, so that little stranding does not read as none. */
export function percent(part, all) {
  const value = all > 0 ? (100 * part) / all : 0;
  if (value > 0 && value < 0.05) return "< 0.1";
  return value > 0 && value < 9.95 ? tenth.format(value) : whole.format(value);
}

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** "4 s", "3 min", "2 h 5 min", "3 d 4 h". */
export function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const hours = Math.floor(min / 60);
  if (hours < 24) return min % 60 ? `${hours} h ${min % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const clock = (ms) => clockFormat.format(ms);
const minuteFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
export const minute = (ms) => minuteFormat.format(ms);

export const cores = (milli) => tenth.format(milli / 1000);

const MODES = { plain: "plain", mig: "MIG, fixed instances", "mig-dynamic": "MIG" };
export const mode = (word) => MODES[word] ?? word;

/** Of a pod that was deleted by force: "deleted by force; its containers may run until 12:03:20". */
export const heldWords = ({ heldUntil }) =>
  heldUntil == null ? "deleted by force; held until its node is heard again" : `deleted by force; its containers may run until ${clock(heldUntil)}`;

/** Who holds a slot: a pod, or a ResourceClaim that another scheduler allocated. Without a name where the reader may not see it. */
export const holderName = (slot) => slot.pod || slot.claim || "";
export const holderWords = (slot) => `${slot.namespace}${holderName(slot) && "/"}${holderName(slot)}`;

/** "2 pods", "1 pod and 1 claim". */
export function holdersWords(slots) {
  const claims = new Set(slots.filter((slot) => slot.state === "claimed").map((slot) => slot.uid)).size;
  const pods = new Set(slots.map((slot) => slot.uid)).size - claims;
  return [pods && plural(pods, "pod"), claims && plural(claims, "claim")].filter(Boolean).join(" and ");
}

/** What a slot is, in words: "2g.20gb at slice 4", "MPS share, 25 % of the SMs", "whole GPU". */
export function slotWords(slot) {
  if (slot.kind === "mig") return `${slot.profile} at slice ${slot.start}`;
  if (slot.kind === "mps") return slot.smMilli ? `MPS share, ${tenth.format(slot.smMilli / 10)} % of the SMs` : "MPS share";
  return "whole GPU";
}

const PLAIN = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][\w./-]*$/i;

/** A patch as a person would write it. Strings that YAML would read as something else stay quoted. */
export function yaml(value, indent = "") {
  if (Array.isArray(value)) {
    return value.map((each) => `${indent}- ${nested(each, `${indent}  `).trimStart()}`).join("\n");
  }
  return Object.entries(value).map(([key, each]) => `${indent}${scalar(key)}:${nested(each, `${indent}  `)}`).join("\n");
}

function nested(value, indent) {
  const hasParts = value !== null && typeof value === "object" && Object.keys(value).length > 0;
  return hasParts ? `\n${yaml(value, indent)}` : ` ${scalar(value)}`;
}

const scalar = (value) => (typeof value === "string" && PLAIN.test(value) ? value : JSON.stringify(value));
