// Finds nodes, pods and namespaces: a combobox whose list is moved through with the arrow keys.
import { api } from "./api.js";
import { $, atMostEvery, h, say } from "./dom.js";
import { plural } from "./format.js";

const EACH = 6;

export class Search {
  #store;
  #open;
  #found = [];
  #at = -1;
  #asked = 0;

  constructor(store, open) {
    this.#store = store;
    this.#open = open;
    this.input = $("search");
    this.list = $("search-results");
    this.find = atMostEvery(() => 150, () => this.#find());
    this.input.addEventListener("input", this.find);
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.#close());
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.input.focus();
      this.input.select();
    });
  }

  async #find() {
    const text = this.input.value.trim().toLowerCase();
    const mine = ++this.#asked;
    if (!text) return this.#close();
    const nodes = (this.#store.fleet?.nodes ?? []).filter((node) => node.name.toLowerCase().includes(text)).slice(0, EACH)
      .map((node) => ({ kind: "node", text: node.name, note: plural(node.gpus, "GPU"), go: { kind: "node", node: node.name } }));
    const namespaces = this.#store.colours.names().filter((name) => name.toLowerCase().includes(text)).slice(0, EACH)
      .map((name) => ({ kind: "namespace", text: name, note: "show only it", namespace: name }));
    this.#show([...namespaces, ...nodes]);
    const pods = await this.#pods(text);
    if (mine === this.#asked) this.#show([...namespaces, ...nodes, ...pods]);
  }

  async #pods(text) {
    try {
      const { pods } = await api.pods({ q: text, limit: EACH });
      return pods.map((pod) => ({ kind: "pod", text: `${pod.namespace}/${pod.name}`, note: pod.node ?? "pending", go: { kind: "pod", uid: pod.uid } }));
    } catch {
      return [];
    }
  }

  #show(found) {
    this.#found = found;
    this.#at = found.length ? 0 : -1;
    this.list.replaceChildren(...(found.length === 0
      ? [h("li", { class: "none", role: "option", "aria-disabled": "true", text: "Nothing has that in its name." })]
      : found.map((each, i) =>
        h("li", { role: "option", id: `found-${i}`, onpointerdown: (event) => { event.preventDefault(); this.#choose(i); } },
          h("span", { class: `kind ${each.kind}`, text: each.kind }), h("span", { class: "found-text", text: each.text }), h("span", { class: "found-note", text: each.note })))));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.#mark();
  }

  #mark() {
    [...this.list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === this.#at)));
    if (this.#at >= 0) {
      this.input.setAttribute("aria-activedescendant", `found-${this.#at}`);
      this.list.children[this.#at].scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    if (event.key === "Escape") {
      if (this.list.hidden) this.input.value = "";
      this.#close();
    } else if (event.key === "Enter" && this.#at >= 0 && !this.list.hidden) {
      event.preventDefault();
      this.#choose(this.#at);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && this.#found.length) {
      event.preventDefault();
      this.#at = (this.#at + (event.key === "ArrowDown" ? 1 : -1) + this.#found.length) % this.#found.length;
      this.#mark();
    }
  }

  #choose(index) {
    const chosen = this.#found[index];
    this.#close();
    this.input.value = "";
    if (chosen.namespace) {
      this.#store.show(chosen.namespace);
      say(`Only ${chosen.namespace} is shown`);
    } else this.#open(chosen.go, this.input);
  }

  #close() {
    this.#asked++;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
