// Beside the tree of teams: the line of one team, and who took what from whom.
import { fill, h } from "./dom.js";
import { clock, count, duration, plural } from "./format.js";
import { gpus, gpuWords } from "./teambar.js";

const OUTCOMES = {
  running: ["under way", "refused"],
  done: ["done", "placed"],
  blocked: ["blocked", "error"],
  late: ["given up", "error"],
};

/** The detailed line belongs to one team; while another one's is on its way, the first entries are shown. */
export function lineCard(place, team, below, detailed, now) {
  const line = detailed?.name === team.name ? detailed.line : team.line;
  const coarse = line.map((each) => [each, waited(each.since, now)]);
  const waiting = below.filter((child) => child.waiting > 0);
  fill(place, JSON.stringify([{ ...team, line: null, oldest: null, budget: team.budget?.text }, coarse, waiting.map(({ name, waiting: n }) => [name, n])]), () => [
    h("div", { class: "card-head" }, h("h2", { text: `Team ${team.name}` }), h("span", { class: "when", text: team.waiting ? `${count(team.waiting)} waiting` : "nothing waits" })),
    h("p", { class: "asks", text: facts(team) }),
    team.budget && h("p", { class: team.budget.exhausted ? "problem" : "asks", text: `Budget: ${team.budget.text}.` }),
    team.problem && h("p", { class: "problem" }, h("b", { text: `Not accepted: ${team.acceptance}. ` }), h("span", { text: team.problem }), h("span", { text: "The form that was accepted last is in force." })),
    line.length > 0 && h("ol", { class: "team-line", tabindex: "0", "aria-label": `The line of ${team.name}` }, line.map((each) => entry(each, now))),
    line.length > 0 && line.length < team.waiting && below.length === 0 && h("p", { class: "quiet", text: `The first ${count(line.length)} of ${count(team.waiting)}.` }),
    below.length > 0 && h("p", { class: "quiet", text: waiting.length ? "The pods wait in the lines of the teams below:" : "The teams below it have lines; all of them are empty." }),
    waiting.length > 0 && h("ul", { class: "team-links" }, waiting.slice(0, 50).map((child) =>
      h("li", {}, h("a", { href: `#/teams?team=${encodeURIComponent(child.name)}`, data: { team: child.name, focusKey: `line-${child.name}` }, text: child.name }), ` ${count(child.waiting)} waiting`))),
  ]);
}

function facts(team) {
  const parts = [`weight ${gpus(team.weight)}`];
  if (team.priority) parts.push(`priority ${count(team.priority)}`);
  if (team.parent) parts.push(`below ${team.parent}`);
  if (team.window) parts.push(`window ${team.window} is open`);
  if (Number(team.borrowed) > 0) parts.push(`${gpuWords(team.borrowed)} borrowed`);
  if (Number(team.reserved) > 0) parts.push(`${gpuWords(team.reserved)} reserved`);
  return parts.join(" · ");
}

const waited = (since, now) => duration(Math.floor((now - since) / 5000) * 5000);

const entry = (each, now) =>
  h("li", {},
    h("p", { class: "line" }, h("span", { class: "place", text: count(each.place) }), h("b", { text: each.name, title: each.name }), h("span", { class: "when", text: waited(each.since, now) })),
    h("p", { class: "asks", text: [each.pods > 1 && `gang of ${plural(each.pods, "pod")}`, each.priority !== 0 && `priority ${count(each.priority)}`].filter(Boolean).join(" · ") }),
    h("p", { class: "why", text: each.why ?? "Its turn has not been looked at yet." }));

export function reclaimsCard(place, reclaims, now) {
  fill(place, JSON.stringify(reclaims.map((each) => [each, each.end === null && waited(each.since, now)])), () => [
    h("div", { class: "card-head" }, h("h2", { text: "Reclaims" }), reclaims.length > 0 && h("span", { class: "when", text: count(reclaims.length) })),
    reclaims.length === 0
      ? h("p", { class: "quiet", text: "No team has taken GPUs back yet." })
      : h("ol", { class: "reclaims" }, reclaims.map((each) => {
        const [word, kind] = OUTCOMES[each.outcome] ?? [each.outcome, "error"];
        return h("li", { class: each.outcome },
          h("p", { class: "line" }, h("span", { class: `outcome ${kind}`, text: word }), h("span", { class: "took", text: took(each, now) }), h("time", { class: "when", text: clock(each.since) })),
          h("p", { class: "reclaim-text", text: each.text }));
      })),
  ]);
}

const took = ({ since, end }, now) => (end === null ? `for ${waited(since, now)}` : `after ${end - since < 1000 ? `${count(end - since)} ms` : duration(end - since)}`);
