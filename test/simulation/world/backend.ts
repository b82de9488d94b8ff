import { noInterference, type Interference } from "../../../emulator/src/service/interference.js";
import type {
  GroupStateItem,
  OperationError,
  StreamNackName,
} from "../../../emulator/src/service/messages.js";
import { Service } from "../../../emulator/src/service/service.js";
import type { TokenClaims } from "../../../emulator/src/service/token.js";
import type { Upstream, UserEvent, UserEventAnswer } from "../../../emulator/src/service/upstream.js";
import { codecs } from "../../../emulator/src/wire/index.js";
import { Model } from "../oracles/model.js";
import type { ServiceTrouble } from "../plans/plan.js";
import { filling } from "./program.js";
import { Random } from "../plans/random.js";
import type { Wire } from "./wire.js";
import type { Surroundings } from "./surroundings.js";

/** The date of a run's begin: clients and service have wall clocks. */
export const EPOCH = 1_700_000_000_000;

const HUB = "chat";

/** How often each scripted trouble is still to strike. */
const NO_TROUBLE = {
  refuse: 0,
  swallow: 0,
  delay: 0,
  silent: 0,
  twice: 0,
  reject: 0,
  handlerFails: 0,
  handlerSlow: 0,
  nack: 0,
  refuseStream: 0,
  holdStreamAck: 0,
  holdInvocation: 0,
};

type Door = Extract<ServiceTrouble, { do: "door" }>;

/** The real service core with the world around it: doors, tokens, event handler, scripted trouble. */
export class Backend {
  readonly model: Model;
  service: Service;
  readonly #world: Surroundings;
  readonly #random: Random;
  #downUntil = 0;
  #doors: { readonly trouble: Door; readonly until: number }[] = [];
  #left = { ...NO_TROUBLE };
  #refusal = "InternalServerError";
  #ackDelay = 0;
  #handlerDelay = 0;
  #nackName: StreamNackName = "TransientError";
  #streamAckDelay = 0;
  #invocationDelay = 0;

  constructor(world: Surroundings) {
    this.#world = world;
    this.#random = new Random(world.plan.seed, 4711);
    this.model = new Model(world);
    this.service = this.#newService();
  }

  /** How an upgrade fares before the service sees it. */
  door(isRecovery: boolean): "refuse" | "hang" | undefined {
    const { now } = this.#world.clock;
    if (now < this.#downUntil) return "refuse";
    const kind = isRecovery ? "recovery" : "new";
    const door = this.#doors.find(
      ({ trouble, until }) => now < until && (trouble.only === "all" || trouble.only === kind),
    );
    if (door === undefined) return undefined;
    return door.trouble.how === "hang" ? "hang" : "refuse";
  }

  trouble(what: ServiceTrouble, wires: readonly Wire[]): void {
    const { clock } = this.#world;
    const left = this.#left;
    switch (what.do) {
      case "restart":
        this.#downUntil = clock.now + what.downFor;
        if (what.how === "die") {
          this.service = this.#newService();
          this.model.forgetAll();
          for (const wire of wires) wire.orphan();
        } else this.service.endAll("The service restarts.", what.how === "cut" ? "cut" : what.code);
        return;
      case "door":
        this.#doors.push({ trouble: what, until: clock.now + what.for });
        return;
      case "refuseOperations":
        left.refuse += what.times;
        this.#refusal = what.name;
        return;
      case "swallowAcks":
        left.swallow += what.times;
        return;
      case "delayAcks":
        left.delay += what.times;
        this.#ackDelay = what.by;
        return;
      case "silentRecoveries":
        left.silent += what.times;
        return;
      case "replayTwice":
        left.twice += what.times;
        return;
      case "rejectRecoveries":
        left.reject += what.times;
        return;
      case "handler":
        if (what.how === "fails") left.handlerFails += what.times;
        else left.handlerSlow += what.times;
        this.#handlerDelay = what.by;
        return;
      case "nackFragments":
        left.nack += what.times;
        this.#nackName = what.name === "InvalidSequenceId" ? "InvalidSequenceId" : "TransientError";
        return;
      case "refuseStreams":
        left.refuseStream += what.times;
        return;
      case "holdStreamAcks":
        left.holdStreamAck += what.times;
        this.#streamAckDelay = what.by;
        return;
      case "holdInvocations":
        left.holdInvocation += what.times;
        this.#invocationDelay = what.by;
        return;
      case "publish":
        for (let i = 0; i < what.times; i++) this.publish(what.group, what.ttl, what.bytes);
    }
  }

  /** The application's server says something to a group. */
  publish(group: string, ttlSeconds = 0, bytes?: number): void {
    const json = this.model.published(group, ttlSeconds, bytes === undefined ? undefined : filling(bytes));
    this.service.hub(HUB).publish(
      {
        kind: "groupData",
        group,
        fromUserId: undefined,
        payload: { dataType: "json", json },
        metadata: undefined,
      },
      { ttlSeconds },
    );
  }

  /** Ends a session as an administrator does. */
  kick(connectionId: string, code: number | "cut"): void {
    this.service.hub(HUB).session(connectionId)?.end("Closed by the server.", code);
  }

  closeStreams(connectionId: string, name: string): void {
    const session = this.service.hub(HUB).session(connectionId);
    if (session !== undefined) this.service.closeStreams(session, { name, message: "A simulated end." });
  }

  statesOf(group: string): readonly GroupStateItem[] {
    return this.service.hub(HUB).states.list(group);
  }

  /** Whether the service has forgotten everybody. */
  get isEmpty(): boolean {
    const { sessions, groups } = this.service.hub(HUB);
    return [...sessions, ...groups].length === 0;
  }

  groupsOf(connectionId: string): ReadonlySet<string> {
    return this.service.hub(HUB).session(connectionId)?.groups ?? new Set();
  }

  /** All trouble is over. */
  heal(): void {
    this.#downUntil = 0;
    this.#doors = [];
    this.#left = { ...NO_TROUBLE };
  }

  #strikes(key: keyof typeof NO_TROUBLE): boolean {
    if (this.#left[key] === 0) return false;
    this.#left[key]--;
    return true;
  }

  #interference(): Interference {
    return {
      ...noInterference,
      rejectsRecovery: () => this.#strikes("reject"),
      refusesOperation: () => this.#refusesOperation(),
      holdsAck: () => {
        if (this.#strikes("swallow")) return "swallow";
        return this.#strikes("delay") ? this.#ackDelay : undefined;
      },
      announcesRecovery: () => this.#world.plan.announces !== false && !this.#strikes("silent"),
      replays: () => (this.#strikes("twice") ? 2 : 1),
      refusesStream: () => {
        if (!this.#strikes("refuseStream")) return undefined;
        this.model.refused("InternalServerError");
        return { name: "InternalServerError", message: "A simulated refusal." };
      },
      nacksFragment: () => {
        if (!this.#strikes("nack")) return undefined;
        this.model.refused(this.#nackName);
        return this.#nackName;
      },
      holdsStreamAck: () => this.#held("holdStreamAck", this.#streamAckDelay),
      holdsInvocation: () => this.#held("holdInvocation", this.#invocationDelay),
    };
  }

  #held(key: "holdStreamAck" | "holdInvocation", delay: number): "swallow" | number | undefined {
    if (!this.#strikes(key)) return undefined;
    return delay < 0 ? "swallow" : delay;
  }

  #refusesOperation(): OperationError | undefined {
    const { mayBeForbidden, staysForbidden } = this.model;
    if (!staysForbidden) {
      if (this.#refusal === "Forbidden" && !mayBeForbidden) return undefined;
      if (!this.#strikes("refuse")) return undefined;
    }
    const name = staysForbidden ? "Forbidden" : this.#refusal;
    this.model.refused(name);
    return { name, message: "A simulated refusal." };
  }

  #newService(): Service {
    const { clock } = this.#world;
    const service: Service = new Service({
      environment: {
        now: () => EPOCH + clock.now,
        setTimer: (callback, delay) => {
          const entry = clock.after(delay, callback);
          return { cancel: () => clock.cancel(entry) };
        },
        randomBytes: (length) => Uint8Array.from({ length }, () => this.#random.between(0, 255)),
      },
      tokens: { verify: (token) => this.#verify(token) },
      codecs,
      upstream: this.#upstream(() => service === this.service),
      interference: this.#interference(),
      diagnostics: ({ message }) => this.#world.trace("service", () => message),
    });
    return service;
  }

  /** A token is its user and the date of its end. */
  async #verify(token: string): Promise<TokenClaims> {
    const [user, end] = token.split("~");
    if (Number(end) <= this.#world.clock.now) throw new Error("expired");
    const role = ["webpubsub.joinLeaveGroups.open*", "webpubsub.sendToGroups.open*"];
    return { sub: user, role };
  }

  #upstream(isCurrent: () => boolean): Upstream {
    return {
      connect: () => Promise.resolve(undefined),
      connected: ({ connectionId, userId, subprotocol }) =>
        this.model.began(connectionId, userId ?? "", subprotocol?.includes("reliable") === true),
      disconnected: ({ connectionId, reason }) => {
        if (!isCurrent()) return;
        this.#world.trace("service", () => `session ${connectionId.slice(0, 4)} ends: ${reason}`);
        this.model.ended(connectionId, reason);
      },
      joined() {},
      left() {},
      userEvent: (event) => this.#handle(event),
    };
  }

  async #handle(event: UserEvent): Promise<UserEventAnswer> {
    const { payload, connectionId } = event;
    if (payload.dataType !== "json") throw new Error("The simulation speaks JSON.");
    const { op, reply } = JSON.parse(payload.json) as { op: number; reply?: boolean };
    if (this.#strikes("handlerSlow")) {
      await new Promise<void>((resolve) => this.#world.clock.after(this.#handlerDelay, resolve));
    }
    if (event.invocationId !== undefined) {
      if (this.#strikes("handlerFails")) return { kind: "failed", reason: "A simulated failure." };
      const answer = this.model.invocationHandled(op);
      return { kind: "handled", reply: { payload: { dataType: "json", json: answer } } };
    }
    if (this.#strikes("handlerFails")) {
      this.model.eventFailed(connectionId, op);
      return { kind: "failed", reason: "A simulated failure." };
    }
    const json = this.model.eventHandled(connectionId, op, reply === true);
    return json === undefined
      ? { kind: "handled" }
      : { kind: "handled", reply: { payload: { dataType: "json", json } } };
  }
}
