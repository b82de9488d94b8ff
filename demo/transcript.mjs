const WIDTH = 30;
const REFRESH_IN_MS = 100;

/** Prints what happens; on a terminal with a line of progress below it. */
export class Transcript {
  #output;
  #began = performance.now();
  #shown = false;

  constructor(output) {
    this.#output = output;
  }

  get elapsedInMs() {
    return performance.now() - this.#began;
  }

  tell(who, what) {
    this.#clear();
    const time = (this.elapsedInMs / 1000).toFixed(2).padStart(6);
    this.#output.write(`${time} s  ${who.padEnd(7)}  ${what}\n`);
  }

  /**
   * Keeps a line of progress on a terminal; elsewhere it does nothing.
   * @param look tells how far things are: [0 to 1, words]
   * @returns a function that ends it
   */
  follow(look) {
    if (!this.#output.isTTY) return () => {};
    const timer = setInterval(() => {
      const [progress, words] = look();
      const bar = "#".repeat(Math.round(progress * WIDTH)).padEnd(WIDTH, ".");
      this.#output.write(`\r\x1b[K[${bar}] ${words}`);
      this.#shown = true;
    }, REFRESH_IN_MS);
    return () => {
      clearInterval(timer);
      this.#clear();
    };
  }

  figures(line) {
    this.#clear();
    this.#output.write(`\n${line}\n`);
  }

  #clear() {
    if (this.#shown) this.#output.write("\r\x1b[K");
    this.#shown = false;
  }
}
