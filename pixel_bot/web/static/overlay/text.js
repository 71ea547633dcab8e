// Words on the page. What viewers wrote is only ever text.

/** What the bot sent as a text without spaces around it; "" where it sent none. */
export const words = (value) => String(value ?? "").trim();

export function element(name, className, text) {
  const node = document.createElement(name);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}
