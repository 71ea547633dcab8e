// What points are called here: POINTS_NAME, or what the language says.

export const currency = {
  one: "point",
  many: "points",

  /** From now on the page calls them so, also in what it shows already. */
  begin(names) {
    if (Array.isArray(names) && names.length === 2) [this.one, this.many] = names.map(String);
    for (const node of document.querySelectorAll("[data-words]")) node.textContent = this.fill(node.dataset.words);
    for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", this.fill(node.dataset.label));
  },

  /** A sentence with {point} and {points} in it. */
  fill(words) {
    return words.replaceAll("{points}", this.many).replaceAll("{point}", this.one);
  },
};
