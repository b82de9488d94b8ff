import { ConnectionError, type ConnectionErrorCode } from "../errors.js";
import { tryOrLog } from "../log.js";
import type { Settings } from "../options.js";
import { sizeOf } from "../util/sizeOf.js";
import { Timer } from "../util/timer.js";
import type { Link } from "./link.js";
import { Liveness } from "./liveness.js";
import { SendWindow } from "./sendWindow.js";

/** A service that leaves a ping unanswered so long, in ms, isn't measured by it. */
const PONG_PATIENCE = 5_000;

/**
 * One link after another, and all that goes over it: frames, pings and their answers. From those it knows whether
 * the link is alive and whether the service keeps up with what is written.
 */
export class Transport {
  readonly #settings: Settings;
  readonly #onLost: (error: ConnectionError) => void;
  readonly #onRoom: () => void;
  readonly #liveness: Liveness;
  readonly #window = new SendWindow();
  readonly #livenessTimer: Timer;
  readonly #windowTimer: Timer;
  #link: Link | undefined;

  /**
   * @param onLost called when the link can't be alive
   * @param onRoom called when there is room again
   */
  constructor(settings: Settings, onLost: (error: ConnectionError) => void, onRoom: () => void) {
    const { environment, pingFrame, keepAliveIntervalInMs, keepAliveTimeoutInMs } = settings;
    this.#settings = settings;
    this.#onLost = onLost;
    this.#onRoom = onRoom;
    this.#livenessTimer = new Timer(environment);
    this.#windowTimer = new Timer(environment);
    const [interval, timeout] =
      pingFrame === undefined ? [0, 0] : [keepAliveIntervalInMs, keepAliveTimeoutInMs];
    this.#liveness = new Liveness(interval, timeout, () => this.ping());
  }

  /** The socket takes frames. */
  get isOpen(): boolean {
    return this.#link?.open === true;
  }

  /** Words of the service without the secrets of this link. */
  clean(words: string): string {
    return this.#link?.clean(words) ?? words;
  }

  /** A new socket, which is yet to open and to prove itself. */
  attach(link: Link): void {
    this.#link = link;
    this.#window.reset();
  }

  /** The reconnection token that the link has brought; it is kept out of the log. */
  hearsToken(token: string): void {
    if (this.#link !== undefined) this.#link.token = token;
  }

  /** The connection stands: it is kept alive, and nothing of it is unread. */
  begin(): void {
    const { environment, pingFrame, protocol } = this.#settings;
    // Only a reliable connection has a window to keep.
    this.#window.set(pingFrame !== undefined && protocol.isReliableSubProtocol);
    this.#look(this.#liveness.begin(environment.now()));
  }

  /** The connection doesn't stand any more. */
  end(): void {
    this.#livenessTimer.clear();
    this.#windowTimer.clear();
    this.#window.set(false);
  }

  /** Closes in good order: the service forgets the session. */
  close(): void {
    this.#link?.close();
  }

  drop(): void {
    this.#link?.drop();
    this.#link = undefined;
  }

  /** Throws what the socket throws. @param sent is told the frame's position, which `answered` confirms */
  write(frame: string | ArrayBuffer, sent?: { position: number }): void {
    const position = this.#window.wrote(sizeOf(frame));
    if (sent !== undefined) sent.position = position;
    this.#link?.send(frame);
  }

  /** Whether the service keeps up with what is written; asks it by a ping now and then. */
  hasRoom(): boolean {
    if (this.#window.wantsPing) this.#ping(true);
    if (this.#window.isOpen) return true;
    if (!this.#windowTimer.isSet) {
      this.#windowTimer.after(PONG_PATIENCE, () => {
        this.#window.set(false);
        this.#onRoom();
      });
    }
    return false;
  }

  /** A frame has come. */
  heard(): void {
    this.#liveness.heard();
  }

  /** The service has read everything up to a position; none: up to the ping that it answers. */
  answered(position?: number): void {
    const wasOpen = this.#window.isOpen;
    this.#window.readUpTo(position);
    if (wasOpen || !this.#window.isOpen) return;
    this.#windowTimer.clear();
    this.#onRoom();
  }

  /** Asks for a sign of life out of turn. */
  probe(): void {
    if (!this.#lostUnheard()) this.#look(this.#liveness.probe(this.#settings.environment.now()));
  }

  /** Sends a ping and tells whether it could. */
  ping(): boolean {
    return this.#ping(false);
  }

  #ping(isWanted: boolean): boolean {
    const { logger, pingFrame } = this.#settings;
    const link = this.#link;
    if (pingFrame === undefined || link?.open !== true) return false;
    if (isWanted) this.#window.pinged(true);
    const sent = tryOrLog(logger, "send a ping", () => link.send(pingFrame));
    if (sent && !isWanted) this.#window.pinged();
    return sent;
  }

  /**
   * Looks again at a given time.
   * @param isLast what was silent before is dead: an answer that waited behind the timer has had its turn
   */
  #look(due: number, isLast = false): void {
    this.#livenessTimer.at(due, () => {
      if (this.#lostUnheard()) return;
      const step = this.#liveness.tick(this.#settings.environment.now());
      if (!step.dead) this.#look(step.due);
      else if (isLast) this.#lose("NoAnswer", "The service has not answered in time.");
      else this.#look(-Infinity, true);
    });
  }

  /** A socket that claims to be open isn't believed, but one that is closing or closed is. */
  #lostUnheard(): boolean {
    if (this.isOpen) return false;
    this.#lose("Closed", "The WebSocket was closed.");
    return true;
  }

  #lose(code: ConnectionErrorCode, message: string): void {
    this.#onLost(new ConnectionError(code, message));
  }
}
