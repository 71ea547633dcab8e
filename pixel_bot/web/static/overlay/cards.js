// Speech with its caption, sounds with a tag, and cards: what stands in the column at the left.

import { BELOW, enter, leave, pause, pin, rearrange, until } from "./motion.js";
import { note } from "./pixels.js";
import { element, words } from "./text.js";
import { AudioPlayer } from "./audio-player.js";

const SHORTEST_CAPTION_MS = 1600;
const LONGEST_SHOW_SECONDS = 60;

const size = (text) => (text.length <= 80 ? "big" : text.length <= 220 ? "middle" : "small");

function come(column, node, signal, first = () => undefined) {
  rearrange(column, () => {
    first();
    column.append(node);
  });
  // Cut short, the effect itself says so; the motion has nothing to add.
  enter(node, BELOW, signal).catch(() => undefined);
}

function go(column, node, signal) {
  rearrange(column, () => pin(node));
  return leave(node, BELOW, signal);
}

function captionOf({ by, text }) {
  const node = element("div", "speech");
  const mascot = element("div", "mascot");
  const face = new Image();
  face.src = "/static/mascot.svg";
  face.alt = "";
  mascot.append(face, element("i", "mouth"));
  const bubble = element("div", "card bubble");
  const line = element("bdi", "words", words(text));
  line.dataset.size = size(words(text));
  if (words(by)) bubble.append(element("bdi", "who", words(by)));
  bubble.append(line);
  node.append(mascot, bubble);
  return node;
}

export function speakEffect({ column, sound }) {
  let late;
  return async ({ by, text, audio }, turn) => {
    const player = new AudioPlayer(sound, audio);
    const node = captionOf({ by, text });
    try {
      turn.started(await player.begin(turn.signal));
      come(column, node, turn.signal, late);
      const shown = performance.now();
      await player.end(turn.signal);
      turn.finished();
      node.classList.add("silent");
      const next = new Promise((done) => {
        late = () => {
          pin(node);
          done();
        };
      });
      await Promise.race([next, pause(Math.max(0, shown + SHORTEST_CAPTION_MS - performance.now()), turn.signal)]);
      await go(column, node, turn.signal);
    } finally {
      player.release();
      rearrange(column, () => node.remove());
    }
  };
}

function tagOf({ by, name }) {
  const node = element("div", "card tag-card");
  const what = element("bdi", "tag-name", words(name));
  node.append(note(), what);
  if (words(by)) node.append(element("i", "dot", "\u00b7"), element("bdi", "tag-by", words(by)));
  return node;
}

export function soundEffect({ column, sound }) {
  return async ({ by, name, audio, volume }, turn) => {
    const player = new AudioPlayer(sound, audio, volume ?? 1);
    const node = tagOf({ by, name });
    try {
      turn.started(await player.begin(turn.signal));
      come(column, node, turn.signal);
      await player.end(turn.signal);
      turn.finished();
      await go(column, node, turn.signal);
    } finally {
      player.release();
      rearrange(column, () => node.remove());
    }
  };
}

function showOf({ by, text }, picture) {
  const node = element("div", "card show");
  if (picture) node.append(picture);
  const line = element("bdi", "words", words(text));
  line.dataset.size = size(words(text));
  node.append(line);
  if (words(by)) node.append(element("bdi", "who", words(by)));
  return node;
}

/** A picture that is there already when its card comes. */
async function pictureOf(address, signal) {
  if (!address) return null;
  const picture = new Image();
  picture.className = "picture";
  picture.alt = "";
  picture.src = address;
  await until(picture.decode(), signal);
  return picture;
}

export const stayOf = (seconds) => Math.min(LONGEST_SHOW_SECONDS, Math.max(1, Number(seconds) || 5));

export function showEffect({ column, sound }) {
  return async ({ by, text, audio, seconds, image }, turn) => {
    const stay = stayOf(seconds);
    const node = showOf({ by, text }, await pictureOf(image, turn.signal));
    const player = audio ? new AudioPlayer(sound, audio) : null;
    try {
      await player?.begin(turn.signal);
      turn.started(stay);
      come(column, node, turn.signal);
      await pause(stay * 1000, turn.signal);
      turn.finished();
      await go(column, node, turn.signal);
    } finally {
      player?.release();
      rearrange(column, () => node.remove());
    }
  };
}
