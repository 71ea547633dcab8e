// What can be heard: whether the browser allows sound, how loud it is, and short notes without any file.

const PROBE_MS = 500;

export class Sound {
  /** `changed()` is called when `state` ("on" or "blocked") changes. */
  constructor(changed) {
    this.state = "blocked";
    this.changed = changed;
    this.volume = 0.8;
    this.volumes = new Map();
    this.playing = null;
    this.context = new AudioContext();
    this.context.onstatechange = () => this.context.state === "running" && this.found("on");
    const unlock = () => this.unlock();
    ["pointerdown", "pointerup", "keydown"].forEach((kind) => addEventListener(kind, unlock));
    addEventListener("message", ({ origin, data }) => {
      if (origin === location.origin && data?.pixel === "unlock") unlock();
    });
  }

  found(state) {
    if (state === this.state) return;
    this.state = state;
    this.changed();
  }

  /** Ends when it is known whether sound is allowed. An unused context sleeps: a running one would cost power. */
  async probe() {
    if (await this.awake()) await this.context.suspend();
  }

  async awake() {
    // Where sound is blocked, resume() stays pending instead of failing.
    const late = new Promise((done) => setTimeout(done, PROBE_MS));
    await Promise.race([this.context.resume(), late]);
    const running = this.context.state === "running";
    if (running) this.found("on");
    return running;
  }

  async unlock() {
    if (this.state === "blocked") await this.probe();
  }

  /** The bot's volume, 0 to 100. */
  turn(percent) {
    if (typeof percent !== "number" || !(percent >= 0)) return;
    this.volume = Math.min(1, percent / 100);
    for (const [node, own] of this.volumes) node.volume = this.volume * own;
    if (this.playing) this.playing.gain.value = this.volume;
  }

  add(node, own) {
    this.volumes.set(node, own);
    node.volume = this.volume * own;
  }

  drop(node) {
    this.volumes.delete(node);
  }

  /** Plays notes ({at, pitch, length, loud}, seconds and hertz, counted from now) where sound is allowed. */
  async notes(list, signal) {
    const asked = performance.now();
    if (this.state !== "on" || !(await this.awake()) || signal.aborted) return;
    // Waking took a moment: what was due meanwhile is left out, so that the rest stays in time with the picture.
    const late = (performance.now() - asked) / 1000;
    const due = list.filter(({ at }) => at >= late);
    if (!due.length) return this.context.suspend();
    const out = new GainNode(this.context, { gain: this.volume });
    out.connect(this.context.destination);
    const begin = this.context.currentTime - late;
    const last = due.map((note) => this.note(out, begin, note)).pop();
    this.playing = out;
    const quiet = () => {
      out.disconnect();
      if (this.playing === out) this.context.suspend();
    };
    last.onended = quiet;
    signal.addEventListener("abort", quiet, { once: true });
  }

  note(out, begin, { at, pitch, length, loud }) {
    const gain = new GainNode(this.context, { gain: 0 });
    const voice = new OscillatorNode(this.context, { type: "triangle", frequency: pitch });
    gain.gain.setValueAtTime(loud, begin + at);
    gain.gain.exponentialRampToValueAtTime(0.001, begin + at + length);
    voice.connect(gain).connect(out);
    voice.start(begin + at);
    voice.stop(begin + at + length);
    return voice;
  }
}
