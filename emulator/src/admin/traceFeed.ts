import type { Trace } from "../service/trace.js";
import { type TraceEntry, traceEntry } from "./traceEntry.js";
import type { Snapshot } from "./snapshot.js";

/** How often what has happened is sent, in milliseconds. */
const intervalInMs = 100;
/** A snapshot of many connections takes a while to make: at most one part in so many of the time goes to that. */
const snapshotShare = 20;
/** Most entries sent at once: a page can't show more either. */
const maxEntries = 500;
/** Bytes that may wait for a reader before it misses entries. */
const maxWaitingBytes = 1024 * 1024;

const { setInterval, clearInterval } = globalThis;
const encoder = new TextEncoder();

/** What a feed shows. */
export interface TraceSource {
  readonly trace: Trace;
  readonly snapshot: () => Snapshot;
  readonly now: () => number;
}

/**
 * One watcher's stream of Server-Sent Events: `state` with a snapshot whenever it is another one, `traffic` with the
 * entries since the last. Whoever reads too slowly misses the older of them and is told how many.
 */
export class TraceFeed {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #source: TraceSource;
  /** In order, but that the oldest is at `#skipped` once it is full. */
  #entries: TraceEntry[] = [];
  #skipped = 0;
  #lastState = "";
  #nextStateAt = 0;
  readonly #end: () => void;

  /** @param ended called once, when nobody reads any more or the feed was closed. */
  constructor(source: TraceSource, ended: () => void) {
    this.#source = source;
    let done = false;
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const unwatch = source.trace.watch((subject, event) => {
      const entry = traceEntry(subject, event, source.now());
      if (this.#entries.length < maxEntries) this.#entries.push(entry);
      // In place of the oldest.
      else this.#entries[this.#skipped++ % maxEntries] = entry;
    });
    const timer = setInterval(() => controller && this.#flush(controller), intervalInMs).unref();
    const end = () => {
      if (done) return;
      done = true;
      clearInterval(timer);
      unwatch();
      ended();
    };
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (given) => {
          controller = given;
          this.#flush(given);
        },
        cancel: end,
      },
      new ByteLengthQueuingStrategy({ highWaterMark: maxWaitingBytes }),
    );
    this.#end = () => {
      if (!done) controller?.close();
      end();
    };
  }

  close(): void {
    this.#end();
  }

  #flush(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if ((controller.desiredSize ?? 0) <= 0) return;
    if (performance.now() >= this.#nextStateAt) this.#flushState(controller);
    if (this.#entries.length === 0) return;
    const oldest = this.#skipped % maxEntries;
    const entries = [...this.#entries.slice(oldest), ...this.#entries.slice(0, oldest)];
    controller.enqueue(message("traffic", JSON.stringify({ entries, skipped: this.#skipped })));
    this.#entries = [];
    this.#skipped = 0;
  }

  #flushState(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const start = performance.now();
    const state = JSON.stringify(this.#source.snapshot());
    if (state !== this.#lastState) {
      this.#lastState = state;
      controller.enqueue(message("state", state));
    }
    const end = performance.now();
    this.#nextStateAt = end + (end - start) * snapshotShare;
  }
}

function message(event: string, json: string): Uint8Array {
  return encoder.encode(`event: ${event}\ndata: ${json}\n\n`);
}
