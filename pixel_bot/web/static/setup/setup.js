// The set-up page follows the bot: it asks again and again how far things are, and replaces only what has changed.

import "./copy.js";

const EVERY_MS = 3000;
const PATIENCE_MS = 5000;
const MISSES = 2;

const board = document.querySelector("#board");

const part = (name) => board.querySelector(`[data-part="${CSS.escape(name)}"]`);
const sources = (root) => new Map([...root.querySelectorAll("[data-part]")].map((p) => [p.dataset.part, p.outerHTML]));
const names = (map) => [...map.keys()].join();
const pressable = (root) => [...root.querySelectorAll("a, button, summary")];

let known = sources(board); // as the bot sent them; on the page some are unfolded
let misses = 0;
let wake = () => {};

/** Puts the new element in place of the old one: what was unfolded stays so, and the keyboard stays where it was. */
function replace(old, fresh) {
  for (const fold of fresh.querySelectorAll("details")) {
    fold.open = old.querySelector(`[data-fold="${CSS.escape(fold.dataset.fold)}"]`)?.open ?? false;
  }
  const place = pressable(old).indexOf(document.activeElement);
  fresh.classList.add("fresh");
  old.replaceWith(fresh);
  if (place >= 0) pressable(fresh).at(Math.min(place, pressable(fresh).length - 1))?.focus({ preventScroll: true });
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const told = sources(fresh);
  if (names(told) !== names(known)) return location.reload(); // another version of the bot
  for (const [name, source] of told) {
    if (known.get(name) !== source) replace(part(name), fresh.querySelector(`[data-part="${CSS.escape(name)}"]`));
  }
  known = told;
  const title = `${board.querySelector("h1").textContent} · Pixel Bot`;
  if (document.title !== title) document.title = title;
}

/** What the bot says now; null when it does not answer. */
async function ask() {
  try {
    const answer = await fetch("/setup/state", { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status === 401) location.reload(); // signed out: the page says how to get in again
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

/** A while, or less when somebody comes back to the page. */
function pause() {
  return new Promise((done) => {
    wake = done;
    setTimeout(done, EVERY_MS);
  });
}

async function follow() {
  for (;;) {
    await pause();
    if (document.hidden) continue;
    const html = await ask();
    misses = html === null ? misses + 1 : 0;
    document.documentElement.classList.toggle("away", misses >= MISSES);
    if (html !== null) show(html);
  }
}

document.addEventListener("visibilitychange", () => wake());
follow();
