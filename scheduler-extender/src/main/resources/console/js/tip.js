// One floating note for the pointer. Screen readers get the same words from the labels of the cells.
import { $ } from "./dom.js";

export function showTip(event, text) {
  const tip = $("tip");
  const [title, ...rest] = text.split("\n");
  if (tip.dataset.text !== text) {
    tip.dataset.text = text;
    const strong = document.createElement("b");
    strong.textContent = title;
    tip.replaceChildren(strong, ...rest.map((line) => Object.assign(document.createElement("span"), { textContent: line })));
  }
  tip.hidden = false;
  const { innerWidth: width, innerHeight: height } = window;
  const box = tip.getBoundingClientRect();
  const x = Math.min(event.clientX + 14, width - box.width - 8);
  const y = event.clientY + 18 + box.height > height ? event.clientY - box.height - 10 : event.clientY + 18;
  tip.style.transform = `translate(${Math.max(8, x)}px, ${Math.max(8, y)}px)`;
}

export function hideTip() {
  $("tip").hidden = true;
}
