import type { Link as ServiceLink, Transport } from "../../../emulator/src/service/transport.js";
import type { Json } from "../oracles/model.js";
import { readDownstream, readUpstream } from "./protobufFrame.js";
import { Random } from "../plans/random.js";
import { ClientSocket } from "./clientSocket.js";
import type { Surroundings, WireUser } from "./surroundings.js";

/** How a transport breaks. */
export interface Break {
  /** After how many ms the side hears of it; -1: not by itself. */
  readonly clientLearns: number;
  readonly serviceLearns: number;
  /** What is under way to the service, or to the client, is lost. */
  readonly loseUp: boolean;
  readonly loseDown: boolean;
}

/** How long a service looks at a silent socket before it gives it up, in ms. */
const SERVICE_PATIENCE = 45_000;
/** How long a socket waits for the answer to its close frame, in ms. */
const CLOSE_PATIENCE = 2_000;

/** One attempt to connect and, if it succeeds, one transport: two ends and what is under way between them. */
export class Wire {
  readonly socket: ClientSocket;
  readonly url: URL;
  readonly protocol: string;
  /** Known once the service has said it, or from the ticket of a recovery. */
  connectionId: string | undefined;
  readonly isRecovery: boolean;
  /** Frames still to arrive until `cutAfter` strikes. */
  trap: { direction: "up" | "down"; frames: number; how: Break } | undefined;
  stalledUp = 0;
  stalledDown = 0;
  /** How long each frame takes by itself, in ms, and until when. */
  readonly #crawl = { up: { perFrame: 0, until: 0 }, down: { perFrame: 0, until: 0 } };
  readonly #world: Surroundings;
  readonly #actor: WireUser;
  readonly #random: Random;
  #upTail = 0;
  #downTail = 0;
  #upLost = false;
  #downLost = false;
  /** Nothing new enters. */
  #dead = false;
  /** The client has sent its close frame. */
  #closing = false;
  /** Frames that the client has got. */
  received = 0;
  /** When the last of them came. */
  heardAt = 0;
  /** Nothing has happened to it that could make either side give it up. */
  healthy = true;
  closeCode: number | undefined;
  /** What the service said before it closed it. */
  farewell: string | undefined;
  #service: ServiceLink | undefined;
  #serviceClosed = false;
  #buffered = 0;

  constructor(world: Surroundings, actor: WireUser, url: string, protocol: string, index: number) {
    this.#world = world;
    this.#actor = actor;
    this.#random = new Random(world.plan.seed, actor.index, index, 77);
    this.url = new URL(url);
    this.protocol = protocol;
    const id = this.url.searchParams.get("awps_connection_id");
    this.isRecovery = id !== null;
    this.connectionId = id ?? undefined;
    this.socket = new ClientSocket(this, actor.plan.browser);
    this.#up(() => this.#knock());
  }

  /** Whether frames can still pass, as far as the network is concerned. */
  get alive(): boolean {
    return !this.#dead && this.socket.readyState === 1;
  }

  /** It has carried everything so far, and since the connection's beginning. */
  get isUnhindered(): boolean {
    return this.healthy && !this.isRecovery && !this.#actor.sendIsBroken;
  }

  /** Frames are held up. */
  get stalled(): boolean {
    const last = Math.max(this.#upTail, this.#downTail, this.stalledUp, this.stalledDown);
    return last > this.#world.clock.now + this.#actor.plan.latency[1];
  }

  /** The client's side is done with, the service's is too or will be. */
  get over(): boolean {
    return this.socket.readyState === 3 && (this.#service === undefined || this.#serviceClosed);
  }

  break(how: Break): void {
    if (this.#dead) return;
    this.#dead = true;
    this.healthy = false;
    this.#upLost ||= how.loseUp;
    this.#downLost ||= how.loseDown;
    if (how.clientLearns >= 0) this.#world.clock.after(how.clientLearns, () => this.clientCloses(1006, ""));
    this.#serviceLearns(how.serviceLearns >= 0 ? how.serviceLearns : SERVICE_PATIENCE);
  }

  /** What a frame of the client's says. */
  read(data: string | ArrayBuffer): Json {
    if ((typeof data === "string") === this.#isBinary) this.#world.failed(`A ${typeof data} is sent.`);
    return typeof data === "string" ? (JSON.parse(data) as Json) : readUpstream(Buffer.from(data));
  }

  get #isBinary(): boolean {
    return this.#actor.plan.protobuf === true;
  }

  /** A frame that the client has handed to its socket. */
  sendUp(data: string | ArrayBuffer, message: Json): void {
    if (this.#dead) return;
    this.#up(() => {
      if (this.#upLost || this.#service === undefined || this.#serviceClosed) return;
      this.#world.trace(this.#actor.name, () => `service gets ${textOf(data, message)}`);
      const service = this.#service;
      this.#world.backend.model.hears(this, message, () =>
        service.receive(
          typeof data === "string"
            ? { binary: false, bytes: Buffer.from(data) }
            : { binary: true, bytes: new Uint8Array(data) },
        ),
      );
      this.#spring("up");
    });
  }

  /** A close frame from the client. */
  closeUp(code: number): void {
    const { clock } = this.#world;
    this.#closing = true;
    if ((code === 1000 || code === 1005) && this.#actor.client.state !== "Stopping")
      this.#world.failed(`${this.#actor.name} says goodbye while ${this.#actor.client.state}`);
    if (this.#dead) {
      clock.after(CLOSE_PATIENCE, () => this.clientCloses(1006, ""));
      return;
    }
    this.#up(() => {
      if (this.#upLost) return;
      this.serviceCloses(code);
      this.#down(() => {
        this.#dead = true;
        this.clientCloses(code, "");
      });
    });
    clock.after(CLOSE_PATIENCE * 2, () => this.clientCloses(1006, ""));
  }

  /** The client lets go of an open socket, and the service isn't told that this is the end. */
  abandoned(): void {
    const { client, program, timeIsWrong, sendIsBroken } = this.#actor;
    // The last attempt to recover has had its time, and the client ends by itself.
    if (this.received === 0 && program.wanted) return;
    if (this.healthy && client.state === "Stopping" && !timeIsWrong && !sendIsBroken)
      this.#world.failed(`${this.#actor.name} stops without a goodbye`);
  }

  /** The client lets go without a word, or without waiting for the answer to its last one. */
  terminate(): void {
    this.#upLost ||= !this.#closing && this.#random.chance(0.5);
    const dead = this.#dead;
    this.#dead = true;
    this.#downLost = true;
    this.#world.clock.after(0, () => this.clientCloses(1006, ""));
    if (!dead) this.#up(() => this.serviceCloses(1006));
  }

  /** The service's process is gone. */
  orphan(): void {
    this.#serviceClosed = true;
    this.break({ clientLearns: this.#latency(), serviceLearns: -1, loseUp: true, loseDown: true });
  }

  clientCloses(code: number, reason: string): void {
    this.healthy = false;
    this.#actor.soon(() => {
      // What comes when nobody listens any more is no news.
      if (!this.socket.released) this.closeCode ??= code;
      this.socket.closed(code, reason);
    });
  }

  serviceCloses(code: number): void {
    if (this.#serviceClosed) return;
    this.#serviceClosed = true;
    this.#world.backend.model.closed(this, code, () => this.#service?.closed(code));
  }

  #serviceLearns(delay: number): void {
    this.#world.clock.after(delay, () => this.serviceCloses(1006));
  }

  /** The handshake has reached the service. */
  #knock(): void {
    if (this.#upLost) return;
    const { backend } = this.#world;
    const refusal = backend.door(this.isRecovery);
    if (refusal === "hang") return;
    if (refusal !== undefined) return this.#refused();
    const incarnation = backend.service;
    void incarnation
      .admit({
        hub: "chat",
        host: this.url.host,
        query: this.url.searchParams,
        headers: {},
        subprotocols: [this.protocol],
      })
      .then((admission) => {
        if (admission.kind === "refused" || incarnation !== backend.service) {
          if (admission.kind === "refused")
            this.#world.trace(this.#actor.name, () => `service refuses: ${admission.message}`);
          return this.#refused();
        }
        this.#down(() => this.socket.opened());
        const transport = new ServiceEnd(this);
        this.#service = admission.open(transport);
        if (transport.closing) backend.model.turnedAway(this.connectionId);
        else if (this.connectionId !== undefined) backend.model.attached(this.connectionId, this);
        // The client may have gone while the service made up its mind.
        if (this.#dead) this.#serviceLearns(this.#latency());
      });
  }

  #refused(): void {
    this.#down(() => {
      this.#dead = true;
      this.socket.failed();
    });
  }

  /** From the service's end: a frame. */
  sendDown(bytes: Uint8Array): void {
    if (this.#serviceClosed) return;
    const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const data = this.#isBinary ? new Uint8Array(frame).buffer : frame.toString();
    const message = typeof data === "string" ? (JSON.parse(data) as Json) : readDownstream(frame);
    if (message["event"] === "connected") this.connectionId = String(message["connectionId"]);
    if (this.#dead) return;
    this.#world.backend.model.says(this, message, bytes.length);
    this.#buffered += bytes.length;
    this.#down(() => {
      this.#buffered -= bytes.length;
      if (!this.socket.receives) return;
      this.received++;
      this.heardAt = this.#world.clock.now;
      this.#actor.receives(this, message, data);
      this.socket.message(data);
      this.#spring("down");
    });
  }

  closeDown(code: number, reason: string): void {
    this.healthy = false;
    this.#down(() => {
      this.#dead = true;
      this.clientCloses(code, reason);
    });
    this.#serviceLearns(CLOSE_PATIENCE);
  }

  cutDown(): void {
    this.break({
      clientLearns: this.#latency(),
      serviceLearns: 0,
      loseUp: true,
      loseDown: this.#random.chance(0.5),
    });
  }

  stall(direction: "up" | "down", until: number): void {
    this.healthy = false;
    if (direction === "up") this.stalledUp = until;
    else this.stalledDown = until;
  }

  crawl(direction: "up" | "down", perFrame: number, until: number): void {
    this.healthy = false;
    this.#crawl[direction] = { perFrame, until };
  }

  get bufferedBytes(): number {
    return this.#buffered;
  }

  #spring(direction: "up" | "down"): void {
    const { trap } = this;
    if (trap?.direction !== direction || --trap.frames > 0) return;
    this.trap = undefined;
    this.#world.trace(this.#actor.name, () => `transport breaks after a frame ${direction}`);
    this.break(trap.how);
  }

  #up(arrive: () => void): void {
    const { clock } = this.#world;
    this.#upTail = Math.max(this.#after(this.#upTail, "up"), this.stalledUp, clock.now + this.#latency());
    clock.at(this.#upTail, arrive);
  }

  #down(arrive: () => void): void {
    const { clock } = this.#world;
    this.#downTail = Math.max(
      this.#after(this.#downTail, "down"),
      this.stalledDown,
      clock.now + this.#latency(),
    );
    clock.at(this.#downTail, () => {
      if (!this.#downLost) this.#actor.soon(arrive);
    });
  }

  /** When the frame behind one that arrives at `tail` may arrive. */
  #after(tail: number, direction: "up" | "down"): number {
    const { perFrame, until } = this.#crawl[direction];
    return tail < until ? Math.min(tail + perFrame, until) : tail;
  }

  #latency(): number {
    return this.#random.between(...this.#actor.plan.latency);
  }
}

/** How a frame is shown in a history. */
export function textOf(data: string | ArrayBuffer, message: Json): string {
  return typeof data === "string" ? data : JSON.stringify(message);
}

/** The service's end of a wire. */
class ServiceEnd implements Transport {
  closing = false;
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  get bufferedBytes(): number {
    return this.#wire.bufferedBytes;
  }

  send(frame: { bytes: Uint8Array }): void {
    if (!this.closing) this.#wire.sendDown(frame.bytes);
  }

  close(code: number, reason: string): void {
    if (this.closing) return;
    this.closing = true;
    this.#wire.closeDown(code, reason);
  }

  cut(): void {
    if (this.closing) return;
    this.closing = true;
    this.#wire.cutDown();
  }

  freeze(): void {
    throw new Error("The simulated network has half-open transports of its own.");
  }
}
