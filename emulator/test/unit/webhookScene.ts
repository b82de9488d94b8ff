import type { ConnectEvent, UserEvent, UserEventAnswer } from "../../src/service/upstream.js";
import { AbuseProtection } from "../../src/upstream/abuseProtection.js";
import type { OutboundRequest, OutboundResponse } from "../../src/upstream/outbound.js";
import { Webhook } from "../../src/upstream/webhook.js";
import { VirtualClock } from "./world.js";

type Answer = OutboundResponse | Error | "hang";

export const origin = {
  hub: "chat",
  connectionId: "c1",
  userId: "u",
  subprotocol: "json.webpubsub.azure.v1",
  connectionState: "e30=",
  eventId: 7,
};
export const event: UserEvent = {
  ...origin,
  eventName: "greet",
  payload: { dataType: "text", text: "hi" },
  metadata: { k: "v" },
};
export const connect: ConnectEvent = { ...origin, claims: {}, query: {}, headers: {}, subprotocols: [] };

export function answer(status: number, body = "", headers: Record<string, string> = {}): OutboundResponse {
  return { status, headers: new Headers(headers), body: new TextEncoder().encode(body) };
}

const allowed = answer(200, "", { "WebHook-Allowed-Origin": "*" });

/** A webhook whose HTTP server is a script, in virtual time. */
export class Scene {
  readonly clock = new VirtualClock();
  readonly requests: OutboundRequest[] = [];
  readonly times: number[] = [];
  readonly webhook: Webhook;
  readonly stopping = new AbortController();
  validation: Answer[] = [];
  answers: Answer[] = [];

  constructor(url = "http://app/{hub}/{event}", keys = ["one"]) {
    const outbound = async (request: OutboundRequest): Promise<OutboundResponse> => {
      this.requests.push(request);
      this.times.push(this.clock.now());
      const script = request.method === "POST" ? this.answers : this.validation;
      const next = script.shift() ?? (request.method === "POST" ? answer(204) : allowed);
      if (next instanceof Error) throw next;
      if (next !== "hang") return next;
      return new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
      });
    };
    const hosts = () => ["here:80", "localhost:80"];
    this.webhook = new Webhook(
      { url, systemEvents: ["connect"] },
      {
        environment: this.clock,
        outbound,
        protection: new AbuseProtection(this.clock, outbound, hosts),
        host: () => "here:80",
        accessKeys: keys,
        stopping: this.stopping.signal,
      },
    );
  }

  get posts(): OutboundRequest[] {
    return this.requests.filter(({ method }) => method === "POST");
  }

  /** Milliseconds between the attempts. */
  get pauses(): number[] {
    const times = this.times.filter((_, i) => this.requests[i]?.method === "POST");
    return times.slice(1).map((time, i) => time - (times[i] ?? 0));
  }

  async ask(asked = event, signal?: AbortSignal): Promise<UserEventAnswer> {
    return this.run(this.webhook.userEvent(asked, signal));
  }

  /** Turns the clock until the work is done. */
  async run<Value>(work: Promise<Value>): Promise<Value> {
    let done = false;
    const end = () => void (done = true);
    work.then(end, end);
    for (let turn = 0; turn < 1_000 && !done; turn++) {
      for (let i = 0; i < 30; i++) await Promise.resolve();
      if (!done) this.clock.advance(500);
    }
    return work;
  }
}
