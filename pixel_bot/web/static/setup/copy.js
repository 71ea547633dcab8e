// Buttons that copy what stands in the element whose id they name.

const COPIED_MS = 2000;

/** Copies as pages did before there was `navigator.clipboard`, which plain http has on this machine only. */
function copyOldWay(text) {
  const area = Object.assign(document.createElement("textarea"), { value: text, className: "unseen" });
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

async function copy(button) {
  const text = document.getElementById(button.dataset.copy).textContent;
  let copied = false;
  try {
    await navigator.clipboard.writeText(text);
    copied = true;
  } catch {
    copied = copyOldWay(text);
    button.focus();
  }
  const word = button.querySelector("span");
  word.textContent = copied ? "Copied" : "Copy it by hand";
  button.classList.toggle("copied", copied);
  setTimeout(() => {
    word.textContent = "Copy";
    button.classList.remove("copied");
  }, COPIED_MS);
}

document.documentElement.classList.add("live");
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy]");
  if (button) copy(button);
});
