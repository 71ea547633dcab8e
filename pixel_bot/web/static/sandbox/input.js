// The input line: sending, recalling earlier lines with arrow-up, and commands that complete themselves.

const REMEMBER = 30;
const SHOW = 4;

export class ChatInput {
  constructor({ form, field, suggest, label }, say) {
    Object.assign(this, { form, field, suggest, label });
    this.commands = [];
    this.prefix = "!";
    this.past = [];
    this.at = 0;
    this.draft = "";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text || !say(text)) return;
      if (this.past[this.past.length - 1] !== text) this.past.push(text);
      if (this.past.length > REMEMBER) this.past.shift();
      this.write("", false);
    });
    field.addEventListener("input", () => {
      this.at = this.past.length;
      this.complete();
    });
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("blur", (event) => {
      if (!suggest.contains(event.relatedTarget)) suggest.hidden = true;
    });
    suggest.addEventListener("mousedown", (event) => event.preventDefault());
    suggest.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.write(field.value);
    });
    suggest.addEventListener("focusout", (event) => {
      if (!suggest.contains(event.relatedTarget) && event.relatedTarget !== field) suggest.hidden = true;
    });
  }

  speaker(name) {
    this.label.textContent = `Message as ${name}`;
    const room = matchMedia("(min-width: 600px)").matches;
    this.field.placeholder = room ? `Chat as ${name}, or type ${this.prefix} for commands` : `Chat as ${name}`;
  }

  /** Puts a text into the line; what stands after `from` is selected, so that typing replaces it. */
  write(text, focus = true, from = text.length) {
    this.field.value = text;
    this.at = this.past.length;
    this.suggest.hidden = true;
    if (focus) this.field.focus();
    this.field.setSelectionRange(from, text.length);
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.suggest.hidden = true;
    if (event.key === "Tab" && !event.shiftKey && !this.suggest.hidden) {
      const best = this.matches()[0];
      const typed = this.field.value.slice(this.prefix.length);
      if (best && typed && !/\s/.test(typed) && best.name !== typed.toLowerCase()) {
        event.preventDefault();
        this.take(best);
      }
    }
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    const to = this.at + step;
    if (!step || to < 0 || to > this.past.length) return;
    event.preventDefault();
    if (this.at === this.past.length) this.draft = this.field.value;
    this.write(to === this.past.length ? this.draft : this.past[to]);
    this.at = to;
  }

  matches() {
    const text = this.field.value;
    if (!text.startsWith(this.prefix)) return [];
    const words = text.slice(this.prefix.length).toLowerCase().split(/\s+/);
    return this.commands.filter((one) => (words.length > 1 ? one.name === words[0] : one.name.startsWith(words[0])));
  }

  take(command) {
    this.write(`${this.prefix}${command.name} `);
    this.complete();
  }

  complete() {
    const found = this.matches().slice(0, SHOW);
    this.suggest.replaceChildren(...found.map((command) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      const usage = document.createElement("code");
      const help = document.createElement("span");
      button.type = "button";
      usage.textContent = command.usage || this.prefix + command.name;
      help.textContent = command.mods ? `mods: ${command.help}` : command.help;
      button.append(usage, help);
      button.addEventListener("click", () => this.take(command));
      item.append(button);
      return item;
    }));
    this.suggest.hidden = found.length === 0;
  }
}
