// The /api/v1 of this server. Addresses are relative, so the console also works behind a path prefix.

import { askForToken, authorization, hasToken, TokenEvents } from "./token.js";

const BASE = "api/v1/";

/** What went wrong, in words for the reader. */
export class ApiError extends Error {
  constructor(message, status, hint) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(BASE + path, { cache: "no-store", signal: AbortSignal.timeout(15_000), ...options, headers: { ...authorization(), ...options.headers } });
  } catch (error) {
    throw new ApiError(error.name === "TimeoutError" ? "Kerf did not answer within 15 seconds." : "Kerf cannot be reached.", 0);
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) {
    const { what, hint } = body?.error ?? {};
    if (response.status === 401) askForToken(what, hint);
    throw new ApiError(what ?? `Kerf answered ${response.status}.`, response.status, hint);
  }
  if (body === null) throw new ApiError("Kerf's answer is not JSON.", response.status);
  return body;
}

const query = (values) => {
  const text = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== undefined)).toString();
  return text ? `?${text}` : "";
};

export const api = {
  fleet: () => call("fleet"),
  status: () => call("status"),
  timeline: () => call("timeline"),
  node: (name) => call(`nodes/${encodeURIComponent(name)}`),
  nodes: (names) => call(`nodes${query({ names: names.join(","), limit: names.length })}`),
  pods: (values) => call(`pods${query(values)}`),
  teams: () => call("teams"),
  team: (name) => call(`teams${query({ team: name, limit: 200 })}`),
  decisions: (values) => call(`decisions${query(values)}`),
  explain: (manifest) =>
    call("explain", {
      method: "POST",
      body: manifest,
      headers: { "content-type": /^\s*\{/.test(manifest) ? "application/json" : "application/yaml" },
    }),
  events: () => (hasToken() ? new TokenEvents(`${BASE}events`) : new EventSource(`${BASE}events`)),
};
