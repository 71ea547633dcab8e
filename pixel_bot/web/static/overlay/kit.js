// What art of cogs may use of the page: `import { ... } from "/static/overlay/kit.js"`.

export { ABOVE, BELOW, SMALL, burst, enter, leave, pause, still, until } from "./motion.js";
export { picture, ring, squares, svg } from "./pixels.js";
export { element, words } from "./text.js";

/** Puts a style sheet beside the module on the stage; ends when it applies. It goes with the stage. */
export function styled(stage, address) {
  const sheet = document.createElement("link");
  return new Promise((resolve, reject) => {
    sheet.onload = resolve;
    sheet.onerror = () => reject(new Error("its style sheet cannot be loaded"));
    Object.assign(sheet, { rel: "stylesheet", href: address });
    stage.append(sheet);
  });
}
