// Which effects this page has finished. A reload remembers; without a storage only the page object does.

const NAME = "pixel-overlay-finished";
const MOST = 500;

export class Memory {
  constructor() {
    this.ids = this.stored();
  }

  has(id) {
    return this.ids.includes(id);
  }

  add(id) {
    // Another page of the same overlay may have written meanwhile: what it finished is finished here too.
    this.ids = [...new Set([...this.stored(), ...this.ids, id])].slice(-MOST);
    try {
      localStorage.setItem(NAME, JSON.stringify(this.ids));
    } catch {
      // No storage, or a full one: the list in memory has to do.
    }
  }

  stored() {
    try {
      const ids = JSON.parse(localStorage.getItem(NAME));
      return Array.isArray(ids) ? ids.filter((id) => typeof id === "string").slice(-MOST) : [];
    } catch {
      return [];
    }
  }
}
