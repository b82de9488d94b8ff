import { toSettings } from "../../../src/core/options.js";
import type { SendMessageError } from "../../../src/core/errors.js";
import type { WebPubSubResult } from "../../../src/core/models/options.js";
import { Outbox, type OutboxOptions } from "../../../src/core/session/outbox.js";

/** How one operation ended: once, or the bench throws. */
export type Outcome =
  { readonly result: WebPubSubResult } | { readonly error: SendMessageError; readonly unknown?: boolean };

export interface Call {
  readonly name: string;
  readonly ackId: number | undefined;
  outcome: Outcome | undefined;
}

export interface CallOptions {
  readonly ackId?: number;
  readonly fireAndForget?: boolean;
  readonly internal?: boolean;
  readonly signal?: AbortSignal;
  readonly lane?: string;
  readonly replaceable?: boolean;
  readonly maxRetries?: number;
}

/** An outbox with the smallest possible session around it: what is written lands in a list. */
export class OutboxBench {
  readonly outbox: Outbox;
  /** `name#ackId` of every write that the socket took, in order. */
  readonly written: string[] = [];
  readonly calls = new Map<string, Call>();
  now = 0;
  /** What the socket does with the next write. */
  beforeWrite: ((name: string) => void) | undefined;
  dueTimes: number[] = [];
  idle = 0;

  constructor(options: Partial<OutboxOptions> = {}) {
    this.outbox = new Outbox({
      ...toSettings(),
      random: () => 0.5,
      onDue: (due) => this.dueTimes.push(due),
      onIdle: () => this.idle++,
      onAborted: () => undefined,
      ...options,
    });
  }

  add(
    name: string,
    { ackId, fireAndForget, internal = false, signal, lane, ...more }: CallOptions = {},
  ): Call {
    const id = fireAndForget === true ? undefined : this.outbox.reserveAckId(ackId);
    const call: Call = { name, ackId: id, outcome: undefined };
    const settle = (outcome: Outcome): void => {
      if (call.outcome !== undefined) throw new Error(`${name} was settled twice`);
      call.outcome = outcome;
    };
    this.outbox.add({
      message: { kind: "joinGroup", group: name, ackId: id },
      isNumbered: ackId === undefined && fireAndForget !== true,
      frame: name,
      internal,
      signal,
      lane,
      ...more,
      settle: (error, unknown, result) => {
        if (result !== undefined) settle({ result });
        else if (error !== undefined) settle(unknown ? { error, unknown } : { error });
      },
    });
    this.calls.set(name, call);
    return call;
  }

  /** Writes at most so many. */
  flush(limit = Infinity): this {
    for (let i = 0; i < limit; i++) {
      const operation = this.outbox.takeNext(this.now);
      if (operation === undefined) break;
      const name = operation.frame as string;
      try {
        this.beforeWrite?.(name);
      } catch (error) {
        this.outbox.writeFailed(operation, this.now, error as Error);
        continue;
      }
      this.written.push(`${name}#${operation.ackId ?? ""}`);
      this.outbox.written(operation);
    }
    return this;
  }

  /** The service's answer: success, or a refusal by this name. */
  answer(name: string, refusal?: string): this {
    const ackId = this.call(name).ackId ?? -1;
    const error = refusal === undefined ? undefined : { name: refusal, message: "no" };
    this.outbox.answered({ kind: "ack", ackId, success: refusal === undefined, error }, this.now);
    return this;
  }

  /** Lets time pass with the connection up. */
  pass(ms: number, connected = true): this {
    this.now += ms;
    this.outbox.tick(this.now, connected);
    return connected ? this.flush() : this;
  }

  recover(): this {
    this.outbox.resume();
    return this.flush();
  }

  reconnect(): this {
    this.outbox.sessionEnded(new Error("gone"));
    return this.flush();
  }

  call(name: string): Call {
    const call = this.calls.get(name);
    if (call === undefined) throw new Error(`No call ${name}.`);
    return call;
  }

  /** What was written since the last look. */
  take(): string[] {
    return this.written.splice(0);
  }

  /** `ok`, `duplicate`, `ok again` or the error's code; undefined while it is pending. */
  ending(name: string): string | undefined {
    const { outcome } = this.call(name);
    if (outcome === undefined) return undefined;
    if ("error" in outcome) return outcome.error.code;
    const { isDuplicated, resentOnNewConnection } = outcome.result;
    return `${isDuplicated ? "duplicate" : "ok"}${resentOnNewConnection === true ? " again" : ""}`;
  }
}
