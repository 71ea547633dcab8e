// Whether anybody can see the page: the browser's word, and OBS's where it speaks.

export class Seen {
  /** `changed(visible)` is called when the answer changes. */
  constructor(changed) {
    this.source = true;
    this.visible = this.look();
    const update = () => {
      const now = this.look();
      if (now === this.visible) return;
      this.visible = now;
      changed(now);
    };
    document.addEventListener("visibilitychange", update);
    // Not obsSourceActiveChanged: in studio mode a source in the preview is seen, but not active.
    addEventListener("obsSourceVisibleChanged", (event) => {
      this.source = event.detail?.visible !== false;
      update();
    });
  }

  look() {
    return this.source && document.visibilityState === "visible";
  }
}
