// Flame graphs. Every call is a button whose place and width are percentages, so that it fits any width, and paper. What is narrower
// than half a pixel or so is not drawn until somebody zooms in.
"use strict";

const ROW_PX = 20;
const LEAST_SHOWN = 1 / 1600;
const NAMED_FROM_PX = 30;

// The calls as a tree below one node that stands for all samples.
function treeOf({ samples, functions, calls }) {
  const root = { name: "all", samples, calls: [], depth: -1 };
  const path = [root];
  for (const [place, depth, count] of calls) {
    const { name, file, is_own: isOwn } = functions[place];
    const call = { name, file, isOwn, samples: count, calls: [], depth, caller: path[depth] };
    path[depth].calls.push(call);
    path[depth + 1] = call;
  }
  return root;
}

// The same with only the target's own calls: what others did counts for the own function that called them.
function ownOnly(root) {
  const copy = { ...root, calls: [] };
  const todo = root.calls.map((call) => [call, copy]);
  while (todo.length) {
    const [call, caller] = todo.shift();
    let below = caller;
    if (call.isOwn && call.name !== caller.name) {
      below = caller.calls.find((known) => known.name === call.name);
      if (!below) {
        below = { ...call, samples: 0, calls: [], depth: caller.depth + 1, caller };
        caller.calls.push(below);
      }
      below.samples += call.samples;
    }
    todo.push(...call.calls.map((next) => [next, below]));
  }
  const elsewhere = copy.samples - copy.calls.reduce((sum, call) => sum + call.samples, 0);
  if (elsewhere > 0) copy.calls.push({ name: "outside of own code", samples: elsewhere, calls: [], depth: 0, caller: copy });
  return copy;
}

// Warm hues: red to yellow, the same for the same name.
function hueOf(name) {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 997;
  return 8 + (hash % 45);
}

const share = (part, whole) => figure(whole ? part / whole : 0, "ratio");

function told(call, samples) {
  const own = call.samples - call.calls.reduce((sum, next) => sum + next.samples, 0);
  const where = call.file ? ` (${call.file})` : "";
  const counts = `${figure(call.samples)} of ${figure(samples)} samples, ${share(call.samples, samples)}`;
  return `${call.name}${where}: ${counts}; itself ${share(own, samples)}`;
}

// What is drawn while `focus` fills the width: its callers, itself and all below that is wide enough.
function layout(focus) {
  const placed = [];
  for (let caller = focus.caller; caller?.caller; caller = caller.caller) placed.push([caller, 0, 1]);
  const todo = [[focus, 0, 1]];
  while (todo.length) {
    const [call, left, width] = todo.pop();
    if (width < LEAST_SHOWN) continue;
    if (call.depth >= 0) placed.push([call, left, width]);
    let at = left;
    for (const next of call.calls) {
      const part = call.samples ? (width * next.samples) / call.samples : 0;
      todo.push([next, at, part]);
      at += part;
    }
  }
  return placed;
}

class FlameGraph {
  constructor(frame) {
    const article = frame.closest(".flame-graph");
    this.frame = frame;
    this.tools = article.querySelector(".flame-graph-tools");
    this.reset = article.querySelector(".flame-graph-reset");
    this.found = article.querySelector(".flame-graph-found");
    this.told = article.querySelector(".flame-graph-told");
    this.all = treeOf(data(frame.dataset.from));
    this.query = "";
    this.tools.hidden = false;
    const own = article.querySelector(".flame-graph-own");
    own?.addEventListener("change", () => this.show(own.checked));
    article.querySelector(".flame-graph-search").addEventListener("input", (event) => {
      this.query = event.target.value.trim().toLowerCase();
      this.mark();
    });
    this.reset.addEventListener("click", () => this.zoom(this.root));
    frame.addEventListener("keydown", (event) => this.key(event));
    frame.addEventListener("click", (event) => this.of(event.target) && this.zoom(this.of(event.target)));
    for (const kind of ["pointerover", "focusin"]) {
      frame.addEventListener(kind, (event) => this.tell(this.of(event.target)));
    }
    this.show(own?.checked);
  }

  show(isOwnOnly) {
    this.root = isOwnOnly ? ownOnly(this.all) : this.all;
    this.zoom(this.root);
  }

  of(button) {
    return this.calls.get(button);
  }

  tell(call) {
    if (call) this.told.textContent = told(call, this.root.samples);
  }

  zoom(focus) {
    this.focus = focus;
    this.reset.hidden = focus === this.root;
    const placed = layout(focus);
    this.calls = new Map(placed.map((one) => [this.button(...one), one[0]]));
    this.buttons = new Map([...this.calls].map(([button, call]) => [call, button]));
    const deepest = placed.reduce((most, [call]) => Math.max(most, call.depth), 0);
    const depth = element("div", { className: "flame-graph-depth" }, ...this.calls.keys());
    depth.style.height = `${(deepest + 1) * ROW_PX}px`;
    const hadFocus = this.frame.contains(document.activeElement);
    this.frame.replaceChildren(depth);
    const first = this.buttons.get(focus) ?? this.calls.keys().next().value;
    if (first) first.tabIndex = 0;
    if (hadFocus) first?.focus({ preventScroll: true });
    this.mark();
  }

  button(call, left, width) {
    const button = element("button", { type: "button", tabIndex: -1, className: "flame-graph-call", textContent: call.name });
    button.title = told(call, this.root.samples);
    button.classList.toggle("own", call.isOwn === true);
    button.classList.toggle("wide", width * this.frame.clientWidth >= NAMED_FROM_PX);
    button.classList.toggle("above", call.depth < this.focus.depth);
    button.style.setProperty("--hue", hueOf(call.name));
    Object.assign(button.style, { left: `${left * 100}%`, width: `${width * 100}%`, top: `${call.depth * ROW_PX}px` });
    return button;
  }

  // Marks what is searched for. A call below one that is marked counts once.
  mark() {
    const isHit = (call) => this.query !== "" && call.name.toLowerCase().includes(this.query);
    for (const [button, call] of this.calls) button.classList.toggle("hit", isHit(call));
    this.frame.classList.toggle("searched", this.query !== "");
    let hits = 0;
    const todo = [...this.root.calls];
    while (todo.length) {
      const call = todo.pop();
      if (isHit(call)) hits += call.samples;
      else todo.push(...call.calls);
    }
    this.found.textContent = this.query ? `${share(hits, this.root.samples)} of the samples` : "";
  }

  key(event) {
    const call = this.of(event.target);
    if (!call) return;
    if (event.key === "Escape" && this.focus !== this.root) {
      event.preventDefault();
      this.zoom(this.root);
      return;
    }
    const next = this.neighbour(call, event.key);
    if (next === undefined) return;
    event.preventDefault();
    const button = this.buttons.get(next);
    if (!button) return;
    event.target.tabIndex = -1;
    button.tabIndex = 0;
    button.focus();
  }

  // The call that a key leads to; undefined for other keys.
  neighbour(call, key) {
    const widest = (calls) => calls.reduce((most, one) => (!most || one.samples > most.samples ? one : most), null);
    const beside = call.caller?.calls.filter((one) => this.buttons.has(one)) ?? [];
    const at = beside.indexOf(call);
    switch (key) {
      case "ArrowDown": return widest(call.calls);
      case "ArrowUp": return call.caller;
      case "ArrowLeft": return beside[at - 1] ?? null;
      case "ArrowRight": return beside[at + 1] ?? null;
      case "Home": return widest(this.focus.depth < 0 ? this.root.calls : [this.focus]);
      default: return undefined;
    }
  }
}

for (const frame of document.querySelectorAll(".flame-graph-calls")) soon(frame, () => new FlameGraph(frame));
