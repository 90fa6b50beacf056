// The bearer token that Kerf asks for where it shows each client only what that may see. It is gone with the tab.
import { h } from "./dom.js";

const KEY = "kerf.token";

/** The headers of a request. */
export function authorization() {
  const token = sessionStorage.getItem(KEY);
  return token ? { authorization: `Bearer ${token}` } : {};
}

export const hasToken = () => sessionStorage.getItem(KEY) !== null;

/** Asks for a token, once at a time; the console begins anew with it. */
export function askForToken(why, hint) {
  if (document.getElementById("token")) return;
  const input = h("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false", "aria-label": "Bearer token" });
  const use = () => {
    const token = input.value.trim();
    if (!token) return;
    sessionStorage.setItem(KEY, token);
    location.reload();
  };
  input.addEventListener("keydown", (event) => event.key === "Enter" && use());
  const dialog = h(
    "dialog",
    { class: "sign-in", "aria-labelledby": "token-title" },
    h("h1", { id: "token-title", text: "Kerf asks for a token" }),
    h("p", { text: why }),
    hint && h("p", { text: hint }),
    input,
    h("button", { type: "button", text: "Use it", onclick: use }),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** An EventSource cannot send a token; this can, and has as much of its interface as the console uses. */
export class TokenEvents extends EventTarget {
  readyState = EventSource.CONNECTING;
  onopen = null;
  onerror = null;
  #abort = new AbortController();

  constructor(address) {
    super();
    this.#read(address).catch(() => {}).finally(() => this.#end());
  }

  async #read(address) {
    const response = await fetch(address, { cache: "no-store", headers: { accept: "text/event-stream", ...authorization() }, signal: this.#abort.signal });
    if (!response.ok) return;
    this.readyState = EventSource.OPEN;
    this.onopen?.();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const messages = (text + part.value).split("\n\n");
      text = messages.pop();
      for (const message of messages) this.#tell(message);
    }
  }

  #tell(message) {
    let event = "message";
    const data = [];
    for (const line of message.split("\n")) {
      if (line.startsWith("event: ")) event = line.slice("event: ".length);
      if (line.startsWith("data: ")) data.push(line.slice("data: ".length));
    }
    if (data.length) this.dispatchEvent(new MessageEvent(event, { data: data.join("\n") }));
  }

  #end() {
    const closed = this.readyState === EventSource.CLOSED;
    this.readyState = EventSource.CLOSED;
    if (!closed) this.onerror?.();
  }

  close() {
    this.readyState = EventSource.CLOSED;
    this.#abort.abort();
  }
}
