/** Counts what is due at each receiver, and what comes: how often, and in which order. */
export class Ledger {
  sent = 0;
  received = 0;
  doubled = 0;
  outOfOrder = 0;
  /** By receiver and stream: numbers due, numbers seen, the largest seen. */
  #streams = new Map();
  /** By receiver: how many are on their way. */
  #onTheirWay = new Map();
  #waiting = [];

  /** A message goes out, and is due at these receivers. */
  expect(receivers, stream) {
    this.sent++;
    for (const receiver of receivers) {
      this.#stream(receiver, stream).due++;
      this.#onTheirWay.set(receiver, (this.#onTheirWay.get(receiver) ?? 0) + 1);
    }
  }

  /** A message has come. */
  note(receiver, { stream, number }) {
    const entry = this.#stream(receiver, stream);
    this.received++;
    if (entry.seen.has(number)) {
      this.doubled++;
      return;
    }
    entry.seen.add(number);
    if (number < entry.largest) this.outOfOrder++;
    entry.largest = Math.max(entry.largest, number);
    this.#onTheirWay.set(receiver, this.#onTheirWay.get(receiver) - 1);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  get due() {
    return this.#sum(({ due }) => due);
  }

  get lost() {
    return this.#sum(({ due, seen }) => due - seen.size);
  }

  /** The most that any one receiver still has to get. */
  get backlog() {
    return Math.max(0, ...this.#onTheirWay.values());
  }

  /** Waits until no receiver has more than `limit` to get; false if nothing comes for `patienceInMs`. */
  async untilBacklog(limit, patienceInMs = 40_000) {
    while (this.backlog > limit) {
      let timer;
      const news = await Promise.race([
        new Promise((resolve) => this.#waiting.push(() => resolve(true))),
        new Promise((resolve) => (timer = setTimeout(resolve, patienceInMs, false).unref())),
      ]);
      clearTimeout(timer);
      if (!news) return false;
    }
    return true;
  }

  #stream(receiver, stream) {
    const key = `${receiver} hears ${stream}`;
    let entry = this.#streams.get(key);
    if (entry === undefined) this.#streams.set(key, (entry = { due: 0, seen: new Set(), largest: 0 }));
    return entry;
  }

  #sum(count) {
    let sum = 0;
    for (const entry of this.#streams.values()) sum += count(entry);
    return sum;
  }
}
