import { expect } from "vitest";

export const ACK_TIMEOUT = 30_000;
export const RETRY_DELAY = 1_000;

/** One operation as the delivery promises see it. */
export interface Expected {
  readonly name: string;
  readonly id: number | undefined;
  readonly order: number;
  place: "fresh" | "sent" | "again" | "delayed";
  /** Sendings that may have been executed and were not heard of, the one under way not counted. */
  unheard: boolean;
  resent: boolean;
  retries: number;
  due: number;
}

export interface Settings {
  readonly maxRetries: number;
  readonly resend: boolean;
  readonly maxPending: number;
}

/** The promises again, as plain lists without regard to cost. */
export class Model {
  readonly settings: Settings;
  readonly written: string[] = [];
  readonly endings = new Map<string, string>();
  pending: Expected[] = [];
  /** In the order of sending. */
  sent: Expected[] = [];
  again: Expected[] = [];
  /** In the order of refusal. */
  delayed: Expected[] = [];
  now = 0;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  get waiting(): number {
    return this.pending.filter(({ place }) => place === "fresh").length;
  }

  add(name: string, id: number | undefined): void {
    const order = this.pending.at(-1)?.order ?? 0;
    const place = "fresh";
    this.pending.push({
      name,
      id,
      order: order + 1,
      place,
      unheard: false,
      resent: false,
      retries: 0,
      due: 0,
    });
  }

  end(operation: Expected, how: string): void {
    expect(this.endings.has(operation.name)).toBe(false);
    this.endings.set(operation.name, how);
    for (const list of [this.pending, this.sent, this.again, this.delayed]) {
      const at = list.indexOf(operation);
      if (at >= 0) list.splice(at, 1);
    }
  }

  flush(limit: number, throwing: boolean): void {
    for (let i = 0; i < limit; i++) {
      const operation = this.again.shift() ?? this.pending.find(({ place }) => place === "fresh");
      if (operation === undefined) return;
      if (throwing) {
        this.retry(operation, "SendFailed");
        continue;
      }
      this.written.push(`${operation.name}#${operation.id ?? ""}`);
      operation.place = "sent";
      operation.due = this.now + ACK_TIMEOUT;
      if (operation.id === undefined) this.end(operation, "ok");
      else this.sent.push(operation);
    }
  }

  /** Pays for another try after a while, or ends. */
  retry(operation: Expected, code: string): void {
    this.sent = this.sent.filter((other) => other !== operation);
    if (++operation.retries > this.settings.maxRetries) return this.end(operation, code);
    operation.place = "delayed";
    operation.due = this.now + RETRY_DELAY;
    this.delayed.push(operation);
  }

  sendAgain(operation: Expected): void {
    operation.place = "again";
    this.again.push(operation);
    // In the order of the calls, whenever they come back.
    this.again.sort((a, b) => a.order - b.order);
  }

  answer(operation: Expected, answer: string): void {
    if (operation.place === "fresh") return;
    if (answer === "ok" || answer === "Duplicate") {
      const words = answer === "ok" ? "ok" : "duplicate";
      this.end(operation, operation.resent ? `${words} again` : words);
      return;
    }
    if (answer === "Forbidden" || answer === "BadRequest") this.end(operation, "Refused");
    else if (operation.place === "sent") this.retry(operation, "Refused");
  }

  tick(connected: boolean): void {
    for (const operation of this.delayed.filter(({ due }) => due <= this.now)) {
      this.delayed.splice(this.delayed.indexOf(operation), 1);
      this.sendAgain(operation);
    }
    if (!connected) return;
    for (const operation of this.sent.filter(({ due }) => due <= this.now)) {
      operation.unheard = true;
      this.sent = this.sent.filter((other) => other !== operation);
      if (++operation.retries > this.settings.maxRetries) this.end(operation, "AckTimeout");
      else this.sendAgain(operation);
    }
  }

  /** What was sent or is to be sent again, in the order of the calls; that sent may have been executed. */
  takeUnfinished(): Expected[] {
    for (const operation of this.sent) operation.unheard = true;
    const all = [...this.again, ...this.sent].sort((a, b) => a.order - b.order);
    this.again = [];
    this.sent = [];
    return all;
  }

  resume(): void {
    for (const operation of this.takeUnfinished()) this.sendAgain(operation);
  }

  sessionEnded(): void {
    for (const operation of [...this.takeUnfinished(), ...this.delayed]) {
      if (operation.unheard) {
        // One that waits for its next try has paid for it.
        if (operation.place !== "delayed") operation.retries++;
        if (!this.settings.resend || operation.retries > this.settings.maxRetries) {
          this.end(operation, "ConnectionLost");
          continue;
        }
        operation.unheard = false;
        operation.resent = true;
      }
      if (operation.place !== "delayed") this.sendAgain(operation);
    }
  }

  clear(): void {
    for (const operation of [...this.pending]) this.end(operation, "NotStarted");
  }
}
