import type { Socket } from "node:net";
import type { Weather } from "./proxy.js";

/** Bytes that may be on their way before the sender is held up. */
const CAPACITY = 256 * 1024;

interface Parcel {
  readonly bytes: Buffer;
  /** When it may arrive. */
  readonly due: number;
}

/** One direction of a link: a line of bytes with a delay and a rate. */
export class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  #line: Parcel[] = [];
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #weather: Weather;
  /** When the line is free for the next byte, for a limited rate. */
  #free = 0;
  /** How many more bytes pass before `#stopped`. */
  #allowance = Infinity;
  #stopped: (() => void) | undefined;
  #ending: (() => void) | undefined;
  #dropped = false;
  passed = 0;

  constructor(from: Socket, to: Socket, weather: Weather) {
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
    from.on("data", (bytes: Buffer) => this.#take(bytes));
    from.on("end", () => this.end(() => to.end()));
    to.on("drain", () => this.#pump());
  }

  set weather(weather: Weather) {
    this.#weather = weather;
    this.#free = Math.min(this.#free, performance.now());
    this.#pump();
  }

  get stopped(): boolean {
    return this.#allowance === 0;
  }

  /** Lets exactly so many bytes more pass, then nothing. What is dead stays dead: TCP leaves nothing out. */
  stopAfter(bytes: number, stopped: () => void): void {
    if (this.stopped) return;
    this.#allowance = bytes;
    this.#stopped = stopped;
    if (bytes === 0) stopped();
  }

  /** Once everything on its way has arrived; never on a stopped line. */
  end(ended: () => void): void {
    this.#ending ??= ended;
    this.#pump();
  }

  drop(): void {
    this.#dropped = true;
    clearTimeout(this.#timer);
    this.#line = [];
  }

  #take(bytes: Buffer): void {
    if (this.#dropped) return;
    // A dead line swallows what is sent: to the sender's kernel it looks acknowledged.
    if (this.#allowance === 0) return;
    const { latencyInMs = 0, bytesPerSecond = 0 } = this.#weather;
    const now = performance.now();
    if (bytesPerSecond > 0) {
      this.#free = Math.max(this.#free, now) + (bytes.length / bytesPerSecond) * 1_000;
    }
    this.#line.push({ bytes, due: (bytesPerSecond > 0 ? this.#free : now) + latencyInMs });
    this.#waiting += bytes.length;
    if (this.#waiting > CAPACITY) this.#from.pause();
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (!this.#dropped && this.#allowance > 0) {
      const parcel = this.#line[0];
      if (parcel === undefined) {
        const ending = this.#ending;
        this.#ending = undefined;
        return ending?.();
      }
      const wait = parcel.due - performance.now();
      if (wait > 0) {
        // Timers hold whole milliseconds.
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(wait));
        return;
      }
      if (this.#to.destroyed || this.#to.writableNeedDrain) return;
      this.#line.shift();
      this.#waiting -= parcel.bytes.length;
      if (this.#waiting <= CAPACITY && this.#from.isPaused()) this.#from.resume();
      this.#pass(parcel.bytes);
    }
  }

  #pass(bytes: Buffer): void {
    const part = bytes.subarray(0, this.#allowance);
    this.#allowance -= part.length;
    this.passed += part.length;
    if (this.#allowance > 0) {
      this.#to.write(part);
      return;
    }
    // The last bytes leave the process before the end: the receiver has to get them.
    this.#to.write(part, () => this.#stopped?.());
  }
}
