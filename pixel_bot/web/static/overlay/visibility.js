// Whether the page is visible: by the browser, and by OBS inside of it.

export class Visibility {
  /** `changed(visible)` is called when the answer changes. */
  constructor(changed) {
    this.source = true;
    this.visible = this.current();
    const update = () => {
      const now = this.current();
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

  current() {
    return this.source && document.visibilityState === "visible";
  }
}
