import type { AbortSignalLike } from "@azure/abort-controller";
import type { SendMessageError } from "../../../src/core/errors.js";
import { WebPubSubClient } from "../../../src/webPubSubClient.js";
import { WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from "../../../src/completeProtocols.js";
import { WebPubSubProtobufProtocol, WebPubSubProtobufReliableProtocol } from "../../../src/protobuf/index.js";
import { ActorEnvironment } from "./actorEnvironment.js";
import { Conduct } from "../oracles/conduct.js";
import { credential } from "./credential.js";
import { GroupUse } from "./groupUse.js";
import { HandOver } from "./handOver.js";
import { Grammar } from "../oracles/grammar.js";
import type { Json, Owed } from "../oracles/model.js";
import type { ClientPlan, Reaction, Trouble } from "../plans/plan.js";
import { InvocationUse } from "./invocationUse.js";
import { ObservationCheck } from "../oracles/observation.js";
import { OwnJoins } from "../oracles/ownJoins.js";
import { Program } from "./program.js";
import { Punctuality } from "../oracles/punctuality.js";
import { RetentionUse } from "./retentionUse.js";
import { SequenceCheck } from "../oracles/sequenceCheck.js";
import { knownStates } from "../oracles/stateOracle.js";
import { StreamUse } from "./streamUse.js";
import type { TwoHolders } from "./twoHolders.js";
import { textOf, Wire } from "./wire.js";
import type { World } from "./world.js";

/** A frame that a socket of the client has taken. */
export interface Written {
  readonly wire: Wire;
  readonly message: Json;
  readonly at: number;
  readonly moment: number;
  /** The wire had carried everything till then. */
  readonly isUnhindered: boolean;
}

/** An answer that the client has got. */
export interface Answer {
  readonly wire: Wire;
  readonly ackId: number;
  /** `success`, or the error's name. */
  readonly name: string;
  readonly at: number;
  readonly moment: number;
}

const EVENTS = [
  "state-changed",
  "connected",
  "disconnected",
  "recovering",
  "recovered",
  "stopped",
  "group-message",
  "server-message",
  "rejoin-group-failed",
] as const;

const PROTOCOLS = {
  json: { reliable: WebPubSubJsonReliableProtocol, plain: WebPubSubJsonProtocol },
  protobuf: { reliable: WebPubSubProtobufReliableProtocol, plain: WebPubSubProtobufProtocol },
};

/** What is looked at of a message that the client emits. */
interface Delivered {
  readonly data: unknown;
  readonly group?: string;
  readonly fromUserId?: string;
  readonly sequenceId?: number;
}

/** One real client in the virtual world, the program that uses it, and what is seen of both. */
export class Actor {
  readonly name: string;
  /** Its user: two that hold one session have one. */
  readonly user: string;
  readonly index: number;
  readonly plan: ClientPlan;
  readonly environment: ActorEnvironment;
  /** The one that the program uses now: it may have gone on with the session of another one. */
  client: WebPubSubClient;
  grammar: Grammar;
  readonly program: Program;
  readonly streams: StreamUse;
  readonly invocations: InvocationUse;
  readonly groups: GroupUse;
  readonly retention: RetentionUse;
  readonly sequence: SequenceCheck;
  readonly conduct: Conduct;
  readonly punctuality: Punctuality;
  readonly ownJoins: OwnJoins;
  /** Of every other client: an observer must change nothing. */
  readonly observation: ObservationCheck | undefined;
  readonly handOver: HandOver;
  readonly wires: Wire[] = [];
  readonly written: Written[] = [];
  /** Frames that a socket has refused. */
  readonly thrown: Omit<Written, "at" | "isUnhindered">[] = [];
  /** Groups whose rejoining failed for good, on the connection id of then. */
  readonly rejoinFailures: {
    readonly connectionId: string | undefined;
    readonly group: string;
    readonly error: SendMessageError;
    readonly at: number;
  }[] = [];
  /** The same of group states, and of their subscriptions. */
  readonly restoreFailures: { readonly connectionId: string | undefined; readonly group: string }[] = [];
  /** Ack ids that the client has got a final answer to. */
  readonly answered = new Set<number>();
  /** The last answer to each ack id: `success`, or the error's name. */
  readonly answers = new Map<number, string>();
  /** All of them. */
  readonly heard: Answer[] = [];
  /** Rises with each call, frame and answer: the order of what happens within one ms. */
  moment = 0;
  /** Time went by in other ways than the client could know. */
  disturbed = false;
  /** It slept, or its clock was put forward or back. */
  timeIsWrong = false;
  /** Its sockets don't take everything. */
  sendIsBroken = false;
  /** A session older than what its client still did has gone on: of what happened since nobody knows. */
  isStale = false;
  /** Another client holds its session too. */
  holders: TwoHolders | undefined;
  /** So many messages of the connection may come again with the first that comes, from the client that went on then. */
  mayRepeat:
    | {
        readonly connectionId: string | undefined;
        readonly from: number;
        /** The largest sequence id among those that have come already. */
        readonly upTo: number;
      }
    | undefined;
  /** When its state last changed. */
  changedAt = -Infinity;
  /** When something was last asked of it while it wasn't started. */
  askedUnstartedAt = -Infinity;
  credentialTrouble: { how: "fails" | "hangs" | "lies" | "slow"; until: number; takes: number } = {
    how: "fails",
    until: 0,
    takes: 0,
  };
  /** What tells the credential that the attempt it was asked for is over. */
  credentialSignals: AbortSignalLike[] = [];
  /** Changes of state that have reached the first listener, and not the last, which comes behind one that may throw. */
  roundsOpen = 0;
  /** What the client knew of a group's states when it last told that they had changed. */
  readonly toldStates = new Map<string, string>();
  #throws = 0;
  readonly #reactions: { event: string; left: number; reaction: Reaction }[] = [];
  readonly #world: World;

  /** @param first another one, whose session it is about to hold too */
  constructor(world: World, index: number, plan: ClientPlan, first?: Actor) {
    this.#world = world;
    this.index = index;
    this.plan = plan;
    this.name = `c${index}`;
    this.user = first?.user ?? this.name;
    this.environment = new ActorEnvironment(world, index, {
      connect: (url, protocol) => this.#connect(url, protocol),
      wake: (signal) => this.punctuality.wakes(signal),
    });
    this.grammar = new Grammar((reason) => this.#failed(reason));
    this.sequence = new SequenceCheck(this.environment, world.clock, (reason) => this.#failed(reason));
    this.conduct = new Conduct(this, world, (reason) => this.#failed(reason), first?.conduct);
    this.punctuality = new Punctuality(this, world, (reason) => this.#failed(reason));
    this.ownJoins = new OwnJoins(this, world);
    this.handOver = new HandOver(this, world);
    if (index % 2 === 1) this.observation = new ObservationCheck((reason) => this.#failed(reason));
    this.client = this.#makeClient();
    this.program = new Program(this, world);
    this.streams = new StreamUse(this, world);
    this.groups = new GroupUse(this, world);
    this.retention = new RetentionUse(this, world);
    this.invocations = new InvocationUse(this, world);
    this.#listen();
  }

  /** A new page or process begins, which knows nothing of the client before. */
  begins(): void {
    this.client = this.#makeClient();
    this.grammar = new Grammar((reason) => this.#failed(reason));
    this.toldStates.clear();
    this.groups.begins();
    this.streams.begins();
    this.retention.begins();
    this.#listen();
  }

  #makeClient(): WebPubSubClient {
    const { plan } = this;
    const client = new WebPubSubClient(credential(this, this.#world), {
      environment: this.environment,
      protocol:
        PROTOCOLS[plan.protobuf === true ? "protobuf" : "json"][plan.reliable ? "reliable" : "plain"](),
      autoReconnect: plan.autoReconnect,
      autoRejoinGroups: plan.autoRejoinGroups,
      restoreGroupStates: plan.restoreGroupStates,
      resendOnNewConnection: plan.resendOnNewConnection,
      maxPendingOperations: plan.maxPendingOperations,
      ackTimeoutInMs: plan.ackTimeoutInMs,
      messageRetryOptions: { maxRetries: plan.maxRetries },
      ...(plan.maxReconnects < 0
        ? undefined
        : { reconnectRetryOptions: { maxRetries: plan.maxReconnects, mode: "Exponential" as const } }),
    });
    this.observation?.begins(client);
    return client;
  }

  /** The newest transport that is still up. */
  get wire(): Wire | undefined {
    return this.wires.findLast((wire) => wire.alive);
  }

  /** Calls back as soon as this client's machine runs. */
  soon(callback: () => void): void {
    this.environment.soon(callback);
  }

  /** A frame is about to reach the client. */
  receives(wire: Wire, message: Json, data: string | ArrayBuffer): void {
    if (wire.socket.onmessage === null) return;
    this.#world.trace(this.name, () => `gets ${textOf(data, message)}`);
    if (message["type"] === "ack") this.#acked(wire, message);
    this.streams.hears(message);
    const { state } = this.client;
    if (message["event"] === "disconnected" && (state === "Connected" || state === "Recovering"))
      wire.farewell = String(message["message"]);
    const size = typeof data === "string" ? data.length : data.byteLength;
    if (this.plan.reliable) this.sequence.received(wire, message, size);
  }

  trouble(what: Trouble): void {
    const { environment } = this;
    switch (what.do) {
      case "cut":
        this.wire?.break(what);
        return;
      case "cutAfter": {
        const wire = this.wires.at(-1);
        if (wire !== undefined) wire.trap = { direction: what.direction, frames: what.frames, how: what };
        return;
      }
      case "stall": {
        const until = this.#world.clock.now + what.for;
        for (const wire of this.wires) wire.stall(what.direction, until);
        return;
      }
      case "crawl": {
        const until = this.#world.clock.now + what.for;
        for (const wire of this.wires) wire.crawl(what.direction, what.perFrame, until);
        return;
      }
      case "closeStreams":
        if (this.client.connectionId !== undefined)
          this.#world.backend.closeStreams(this.client.connectionId, what.name);
        return;
      case "freeze":
        this.disturbed = this.timeIsWrong = true;
        this.sequence.disturbed();
        environment.freeze(what.for, what.wakes, what.first);
        return;
      case "wake":
        this.disturbed = true;
        this.soon(() => environment.wake());
        return;
      case "clockJump":
        this.disturbed = this.timeIsWrong = true;
        this.sequence.disturbed();
        environment.wallOffset += what.by;
        return;
      case "sendThrows":
        this.sendIsBroken = true;
        this.#throws += what.times;
        this.sequence.disturbed();
        if (this.wire !== undefined) {
          this.wire.socket.throws += this.#throws;
          this.#throws = 0;
        }
        return;
      case "credential":
        // A slow one may come when its attempt is long over.
        this.credentialTrouble = { how: what.how, until: this.#world.clock.now + what.for, takes: what.for };
        return;
      case "kick":
        if (this.client.connectionId !== undefined)
          this.#world.backend.kick(this.client.connectionId, what.code);
        return;
      case "react":
        this.#reactions.push({ event: what.event, left: what.times, reaction: what.reaction });
    }
  }

  heal(): void {
    this.#reactions.length = 0;
    this.#throws = 0;
    this.credentialTrouble.until = 0;
    for (const wire of this.wires) {
      wire.socket.throws = 0;
      wire.trap = undefined;
    }
  }

  #connect(url: string, protocol: string): Wire["socket"] {
    const wire = new Wire(this.#world, this, url, protocol, this.wires.length);
    this.#world.trace(
      this.name,
      () => `opens socket ${this.wires.length}${wire.isRecovery ? " (recovery)" : ""}`,
    );
    const live = this.wires.filter((other) => other.socket.readyState < 2 && !other.socket.released);
    if (live.length > 0) this.#failed("a second socket is opened while the first is in use");
    this.conduct.connects(wire, this.wires.at(-1));
    this.punctuality.connects(wire);
    this.wires.push(wire);
    wire.socket.throws = this.#throws;
    this.#throws = 0;
    wire.socket.onTaken = (message, data) => {
      this.conduct.writes(wire, message);
      this.punctuality.writes(wire, message);
      this.ownJoins.writes(wire, message);
      this.handOver.writes(wire.connectionId, message);
      const { isUnhindered } = wire;
      this.written.push({ wire, message, at: this.#world.clock.now, moment: ++this.moment, isUnhindered });
      this.#world.trace(this.name, () => `says ${textOf(data, message)}`);
      this.streams.writes(message);
      if (message["type"] === "sequenceAck") this.sequence.acknowledged(wire, message);
    };
    wire.socket.onThrown = (message) => void this.thrown.push({ wire, message, moment: ++this.moment });
    return wire.socket;
  }

  #listen(): void {
    const { client, grammar } = this;
    client.on("state-changed", () => void this.roundsOpen++);
    client.on("state-changed", (args) => {
      if (client !== this.client) this.#failed(`is ${args.state} after another client has its session`);
      this.#world.trace(this.name, () => `${args.previousState} -> ${args.state}`);
      this.changedAt = this.#world.clock.now;
      grammar.stateChanged(args, client.state);
      const { state, connectionId } = client.connectionInfo;
      if (state !== args.state || connectionId !== client.connectionId)
        this.#failed(`connectionInfo says ${state} of ${connectionId}`);
      this.retention.stateChanged(args.state);
      this.conduct.stateChanged(args);
      this.punctuality.stateChanged(args);
    });
    client.on("connected", ({ connectionId, userId, resumed }) => {
      if (userId !== this.user) this.#failed(`connected as ${userId}`);
      grammar.connected(connectionId, client.state, resumed);
      this.conduct.connected(connectionId);
      this.punctuality.connected();
    });
    client.on("disconnected", ({ connectionId, message }) => {
      const farewell = this.wires.findLast(
        (wire) => wire.connectionId === connectionId && wire.received > 0,
      )?.farewell;
      if (message?.message !== farewell)
        this.#failed(`disconnected brings the words ${message?.message}, not ${farewell}`);
      grammar.disconnected(connectionId);
      this.groups.lost();
    });
    client.on("recovering", ({ connectionId }) => grammar.recovering(connectionId, client.state));
    client.on("recovered", ({ connectionId }) => {
      grammar.recovered(connectionId, client.state);
      if (this.wires.at(-1)?.received === 0) this.#failed("recovered without a sign of life");
    });
    client.on("stopped", () => {
      grammar.stopped(client.state);
      this.program.stopped();
    });
    client.on("group-message", ({ message }) => {
      // Those of a stream have a check of their own.
      if (message.stream !== undefined) return;
      this.#delivered(message);
      this.groups.delivers(message.group, (message.data as { op: number }).op);
    });
    client.on("server-message", ({ message }) => this.#delivered(message));
    client.on("rejoin-group-failed", ({ group, error }) =>
      this.rejoinFailures.push({
        connectionId: client.connectionId,
        group,
        error,
        at: this.#world.clock.now,
      }),
    );
    client.on(
      "group-states-changed",
      ({ group }) => void this.toldStates.set(group, knownStates(this, group)),
    );
    client.on("restore-group-states-failed", ({ group }) =>
      this.restoreFailures.push({ connectionId: client.connectionId, group }),
    );
    for (const event of EVENTS) {
      client.on(event, () => {
        if (event !== "state-changed") this.#world.trace(this.name, () => `event ${event}`);
        return this.#react(event);
      });
    }
    client.on("state-changed", () => void this.roundsOpen--);
  }

  #react(event: string): unknown {
    const found = this.#reactions.find((entry) => entry.event === event && entry.left > 0);
    if (found === undefined) return undefined;
    found.left--;
    const { reaction } = found;
    if ("throws" in reaction) {
      if (reaction.throws === "async")
        return Promise.reject(this.#world.reports.thrown("A listener's promise rejects."));
      throw this.#world.reports.thrown("A listener throws.");
    }
    this.program.call(reaction);
    return undefined;
  }

  #acked(wire: Wire, message: Json): void {
    const ackId = message["ackId"] as number;
    const error = message["error"] as { name: string } | undefined;
    if (error?.name !== "InternalServerError") this.answered.add(ackId);
    const name = error?.name ?? "success";
    this.answers.set(ackId, name);
    this.heard.push({ wire, ackId, name, at: this.#world.clock.now, moment: ++this.moment });
    const isFinal = error?.name === "Forbidden";
    if (isFinal) this.conduct.refused(wire, ackId);
    if (isFinal || error?.name === "InternalServerError") this.ownJoins.refused(wire, ackId, isFinal);
    else this.ownJoins.answered(ackId);
    if (error?.name === "InternalServerError") this.punctuality.refused(wire, ackId);
    else this.punctuality.answered(wire, ackId);
  }

  /** Compares with what the connection is owed. */
  #delivered({ data, group, fromUserId, sequenceId = 0 }: Delivered): void {
    const { op } = data as { op: number };
    const id = this.client.connectionId;
    if (this.client.state !== "Connected") this.#failed(`message ${op} came while ${this.client.state}`);
    const session = id === undefined ? undefined : this.#world.backend.model.sessions.get(id);
    if (session === undefined) return this.#failed(`message ${op} came without a connection`);
    const shared = session.shared?.delivers(this.name, session.owed, op);
    if (session.shared !== undefined)
      return shared === undefined
        ? this.#failed(`message ${op} came twice, too late, or nobody sent it`)
        : this.#checkOrigin(shared, group, fromUserId);
    const { mayRepeat } = this;
    this.mayRepeat = undefined;
    if (mayRepeat !== undefined && mayRepeat.connectionId === id && sequenceId <= mayRepeat.upTo) {
      const again = session.owed.findIndex((owed, index) => index >= mayRepeat.from && owed.id === op);
      if (again >= 0) session.delivered = Math.min(session.delivered, again);
    }
    for (;;) {
      const owed = session.owed[session.delivered];
      if (owed === undefined) return this.#failed(`message ${op} came twice, or nobody sent it`);
      session.delivered++;
      if (owed.id === op) {
        this.#checkOrigin(owed, group, fromUserId);
        if (owed.expiresAt <= this.#world.clock.now) session.expiredDelivered.add(op);
        return;
      }
      if (owed.expiresAt > this.#world.clock.now && !session.expiredDelivered.delete(owed.id))
        return this.#failed(`message ${op} came, but ${owed.id} was due first`);
    }
  }

  #checkOrigin(owed: Owed, group: string | undefined, fromUserId: string | undefined): void {
    // Protobuf doesn't tell who has sent a message.
    const from = this.plan.protobuf === true && group !== undefined ? "" : owed.from;
    if (group !== owed.group || fromUserId !== from)
      this.#failed(`message ${owed.id} came from ${fromUserId} in ${group}, not ${from} in ${owed.group}`);
  }

  #failed(reason: string): void {
    this.#world.failed(`${this.name}: ${reason}`);
  }
}
