// What the reader must know at once: the connection, a bad configuration, a service that is not ready.
import { $, fill, h, say } from "./dom.js";
import { clock, duration } from "./format.js";

const LINKS = {
  connecting: "connecting",
  live: "live",
  polling: "polling",
  disconnected: "disconnected",
  paused: "paused",
};

export function noticesView(store, live) {
  let before = "connecting";
  const draw = () => {
    const { link, status, fleet, failure } = store;
    const state = $("link-state");
    state.dataset.state = link.state;
    state.lastChild.textContent = LINKS[link.state];
    state.title = { live: "Changes arrive at once.", polling: "The event stream is down. The console asks every few seconds.", paused: "The console shows no updates until you resume." }[link.state] ?? "";
    document.body.classList.toggle("is-stale", link.state === "disconnected" || link.state === "paused");
    if (link.state !== before && (link.state === "disconnected" || (link.state === "live" && before === "disconnected"))) say(link.state === "live" ? "Connected again" : "Disconnected, retrying");
    before = link.state;
    const notices = [];
    if (link.state === "disconnected") notices.push(lost(link, fleet, failure));
    if (status?.settings?.problem) notices.push(notice("warn", "Kerf refused the changed settings. The earlier settings are still in force.", status.settings.problem));
    if (status && (!status.ready || !status.synced) && link.state !== "disconnected") notices.push(notice("info", "Kerf is not ready.", status.synced ? "It is warming up. It does not answer kube-scheduler yet." : "It is reading nodes and pods from the cluster. It does not answer kube-scheduler yet."));
    else if (status?.staleMs > 30_000) notices.push(notice("warn", "Kerf's state of the cluster is old.", `The last event came ${duration(status.staleMs)} ago.`));
    notices.push(...missing(status?.installation ?? []));
    fill($("banners"), JSON.stringify([status?.installation, link.state === "disconnected" && [link.retryAt, Boolean(fleet)], status?.settings?.problem, status?.ready, status?.synced, status?.staleMs > 30_000]), () => notices);
    const mode = $("mode");
    mode.hidden = !status;
    if (status) {
      mode.textContent = status.mode === "demo" ? "simulated fleet" : "cluster";
      mode.title = `Kerf ${status.version}, up ${duration(status.uptimeMs)}, answers ${status.answer}`;
    }
  };
  store.on("link status fleet", draw);

  const pause = $("pause");
  pause.addEventListener("click", () => {
    live.pause(!live.paused);
    pause.setAttribute("aria-pressed", String(live.paused));
    pause.setAttribute("aria-label", live.paused ? "Resume live updates" : "Pause live updates");
    pause.title = pause.getAttribute("aria-label");
  });
}

function lost(link, fleet, failure) {
  const words = fleet ? `This page shows the state of ${clock(fleet.time)}.` : failure?.message ?? "Kerf cannot be reached.";
  const retry = h("span", {});
  const tick = () => {
    const left = Math.ceil((link.retryAt - Date.now()) / 1000);
    retry.textContent = left > 0 ? `Retrying in ${left} s.` : "Retrying…";
    if (left > 0 && retry.isConnected) setTimeout(tick, 500);
  };
  setTimeout(tick);
  return notice("bad", "Disconnected, retrying.", words, retry);
}

/** Up to so many things that the cluster lacks have a line each; more are one line that opens. */
const MOST_LINES = 2;

function missing(parts) {
  if (parts.length <= MOST_LINES) return parts.map((part) => notice("warn", part.what, part.hint));
  return [h("details", { class: "notice warn" },
    h("summary", {}, h("b", { text: `The cluster lacks ${parts.length} things that Kerf needs.` }), h("span", { text: "Show them" })),
    h("ul", {}, parts.map((part) => h("li", {}, h("b", { text: part.what }), h("span", { text: part.hint })))))];
}

const notice = (kind, title, ...rest) =>
  h("div", { class: `notice ${kind}` }, h("b", { text: title }), rest.map((each) => (typeof each === "string" ? h("span", { text: each }) : each)));
