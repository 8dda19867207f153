// What every section's script may use:
//   data(id)                  the values that the section carries under this id (`data_block` in Rust)
//   element(name, set, …)     a new element with these properties and children; `class` and `aria-*` are attributes
//   soon(node, draw)          calls `draw` when `node` is about to be seen, or printed
//   onTheme(redraw)           calls `redraw` when light has become dark or the other way
//   colour(name)              the colour of a custom property of the style sheet, as a canvas takes it
"use strict";

const data = (id) => JSON.parse(document.getElementById(id).textContent);

function element(name, set = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(set)) {
    if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

const unseen = new Map();
const watcher = new IntersectionObserver(
  (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => show(entry.target)),
  { rootMargin: "400px" },
);

function show(node) {
  watcher.unobserve(node);
  unseen.get(node)?.();
  unseen.delete(node);
}

function soon(node, draw) {
  unseen.set(node, draw);
  watcher.observe(node);
}

// Light and dark: the reader's system decides until the button is pressed. Paper is light.
const themes = { listeners: [], system: matchMedia("(prefers-color-scheme: dark)") };
themes.isDark = () => (document.documentElement.dataset.theme ?? (themes.system.matches ? "dark" : "light")) === "dark";
themes.changed = () => {
  themes.button.textContent = themes.isDark() ? "Light" : "Dark";
  themes.button.setAttribute("aria-label", themes.isDark() ? "Show light colours" : "Show dark colours");
  themes.listeners.forEach((redraw) => redraw());
};
themes.set = (theme) => {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  themes.changed();
};
themes.button = document.getElementById("theme");
themes.button.hidden = false;
themes.button.addEventListener("click", () => themes.set(themes.isDark() ? "light" : "dark"));
themes.system.addEventListener("change", themes.changed);

const onTheme = (redraw) => themes.listeners.push(redraw);

function colour(name) {
  const probe = element("span", { hidden: true });
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

// A printed page shows everything that folds, and draws what nobody has scrolled to.
const printing = { theme: undefined, opened: [] };
addEventListener("beforeprint", () => {
  printing.theme = document.documentElement.dataset.theme;
  printing.opened = [...document.querySelectorAll("details:not([open])")];
  printing.opened.forEach((folded) => (folded.open = true));
  [...unseen.keys()].forEach(show);
  themes.set("light");
});
addEventListener("afterprint", () => {
  printing.opened.forEach((folded) => (folded.open = false));
  themes.set(printing.theme);
});

// A link to something that is folded away opens it.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let fold = target?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  target?.scrollIntoView();
}
addEventListener("hashchange", reveal);
addEventListener("load", () => location.hash && reveal());

// `<pre class="copyable">` has a button that copies its text.
async function copyText(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}

for (const source of document.querySelectorAll("pre.copyable")) {
  const button = element("button", { type: "button", className: "copy quiet", textContent: "Copy" });
  button.addEventListener("click", async () => {
    button.textContent = (await copyText(source)) ? "Copied" : "Selected: press Ctrl+C";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  const frame = element("div", { className: "copy-frame" });
  source.replaceWith(frame);
  frame.append(source, button);
}

// The link of the section that is being read is marked.
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const reading = new IntersectionObserver(
  (entries) => {
    const current = entries.find((entry) => entry.isIntersecting);
    if (!current) return;
    for (const [id, link] of links) {
      if (id === current.target.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  },
  { rootMargin: "-15% 0px -75% 0px" },
);
document.querySelectorAll("main > section").forEach((section) => reading.observe(section));

themes.changed();
