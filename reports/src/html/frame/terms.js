// What `data-term="key"` names is explained by `#term-key`, in a tip beside it while the pointer or the focus is there; Escape closes it.
"use strict";

const tip = element("div", { className: "tip", role: "tooltip", id: "tip", hidden: true });
document.body.append(tip);

function explain(word) {
  const meaning = document.getElementById(`term-${word.dataset.term}`)?.querySelector("dd");
  if (!meaning) return;
  tip.textContent = meaning.textContent;
  tip.hidden = false;
  word.setAttribute("aria-describedby", "tip");
  const at = word.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - tip.offsetWidth - 8));
  const below = at.bottom + 6 + tip.offsetHeight < innerHeight;
  tip.style.left = `${left + scrollX}px`;
  tip.style.top = `${(below ? at.bottom + 6 : at.top - tip.offsetHeight - 6) + scrollY}px`;
}

function leave(event) {
  if (event.relatedTarget === tip) return;
  tip.hidden = true;
  document.querySelector('[aria-describedby="tip"]')?.removeAttribute("aria-describedby");
}

for (const word of document.querySelectorAll("[data-term]")) {
  word.addEventListener("pointerenter", () => explain(word));
  word.addEventListener("focus", () => explain(word));
  word.addEventListener("pointerleave", leave);
  word.addEventListener("blur", leave);
}
tip.addEventListener("pointerleave", leave);
addEventListener("keydown", (event) => event.key === "Escape" && leave(event));
