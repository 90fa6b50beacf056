// Wires the console: one store, one source of news, the views, and the address that says which of them shows.
import { $, say } from "./dom.js";
import { decisionsView } from "./decisions.js";
import { explainView } from "./explain.js";
import { FleetView } from "./fleet.js";
import { Live } from "./live.js";
import { noticesView } from "./notices.js";
import { Panel } from "./panel.js";
import { pendingView } from "./pending.js";
import { railView } from "./rail.js";
import { Search } from "./search.js";
import { Store } from "./store.js";
import { summaryView } from "./summary.js";
import { TeamsView } from "./teams.js";
import { Timeline } from "./timeline.js";

const VIEWS = ["fleet", "teams", "pending", "decisions", "explain"];

const store = new Store();
const live = new Live(store);
let opener = null;

/** The address: #/view?node=a&gpu=3, #/view?pod=uid or #/teams?team=name. */
function readAddress() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const values = new URLSearchParams(query);
  const view = VIEWS.includes(path) ? path : "fleet";
  if (values.has("pod")) return { view, target: { kind: "pod", uid: values.get("pod") } };
  if (values.has("gpu")) return { view, target: { kind: "gpu", node: values.get("node"), gpu: Number(values.get("gpu")) } };
  if (values.has("node")) return { view, target: { kind: "node", node: values.get("node") } };
  if (view === "teams" && values.has("team")) return { view, target: { kind: "team", team: values.get("team") } };
  return { view, target: null };
}

function addressOf(view, target) {
  if (!target) return `#/${view}`;
  if (target.kind === "team") return `#/teams?${new URLSearchParams({ team: target.team })}`;
  const values = target.kind === "pod" ? { pod: target.uid } : target.kind === "gpu" ? { node: target.node, gpu: target.gpu } : { node: target.node };
  return `#/${view}?${new URLSearchParams(values)}`;
}

function open(target, from) {
  opener = from ?? opener;
  const address = addressOf(readAddress().view, target);
  if (location.hash === address) showAddress();
  else location.hash = address;
}

function showAddress() {
  const { view, target } = readAddress();
  const shown = VIEWS.find((name) => !$(`view-${name}`).hidden);
  for (const name of VIEWS) $(`view-${name}`).hidden = name !== view;
  for (const link of $("tabs").querySelectorAll("a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    link.href = `#/${link.dataset.view}`;
  }
  document.title = view === "fleet" ? "Kerf" : `${view[0].toUpperCase()}${view.slice(1)} · Kerf`;
  document.body.dataset.view = view;
  if (shown !== view) store.tell("view");
  const team = target?.kind === "team" ? target.team : null;
  if (view === "teams" && (team || !target)) teams.choose(team);
  panel.show(team ? null : target, opener);
  opener = null;
}

/** Links to pods and nodes keep the view that shows and open the panel beside it. */
function followLink(event) {
  const link = event.target.closest("a[data-pod], a[data-node]");
  if (!link || event.ctrlKey || event.metaKey || event.button !== 0) return;
  event.preventDefault();
  const { pod, node, gpu } = link.dataset;
  const from = $("panel").contains(link) ? null : link;
  if (pod) open({ kind: "pod", uid: pod }, from);
  else if (gpu !== undefined) open({ kind: "gpu", node, gpu: Number(gpu) }, from);
  else open({ kind: "node", node }, from);
}

const panel = new Panel(store, open, () => open(null));
const fleet = new FleetView(store, live, open);
const timeline = new Timeline(store);
summaryView(store);
railView(store);
pendingView(store);
decisionsView(store);
explainView(store);
const teams = new TeamsView(store, live, open);
noticesView(store, live);
new Search(store, open);

function themeSwitch() {
  const words = { system: "Colours: as the system", light: "Colours: light", dark: "Colours: dark" };
  const button = $("theme");
  const repaint = () => {
    fleet.repaint();
    timeline.repaint();
  };
  const theme = window.kerfTheme;
  const describe = () => {
    button.setAttribute("aria-label", words[theme.choice()]);
    button.title = words[theme.choice()];
  };
  button.addEventListener("click", () => {
    const order = matchMedia("(prefers-color-scheme: dark)").matches ? ["system", "light", "dark"] : ["system", "dark", "light"];
    const next = order[(order.indexOf(theme.choice()) + 1) % 3];
    theme.choose(next);
    describe();
    repaint();
    say(words[next]);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  describe();
}

themeSwitch();
document.addEventListener("click", followLink);
window.addEventListener("hashchange", showAddress);
showAddress();
live.start();
