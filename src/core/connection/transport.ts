import { ConnectionError, type ConnectionErrorCode } from "../errors.js";
import { tryOrLog } from "../log.js";
import type { Settings } from "../options.js";
import { sizeOf } from "../util/sizeOf.js";
import { Timer } from "../util/timer.js";
import type { Link } from "./link.js";
import type { ClientObserver, Sent } from "./clientObserver.js";
import { Liveness } from "./liveness.js";
import { SendWindow } from "./sendWindow.js";
import type { LinkPort } from "./sessionPort.js";

/** A service that leaves a ping unanswered this long, in ms, is no longer paced by pongs. */
const PONG_PATIENCE = 5_000;

/**
 * The current link, its frames, pings and pongs. From those it knows whether the link is alive and whether the
 * service keeps up with the written frames.
 */
export class Transport implements LinkPort {
  readonly #settings: Settings;
  readonly #onLost: (error: ConnectionError) => void;
  readonly #onRoom: () => void;
  readonly #liveness: Liveness;
  readonly #window = new SendWindow();
  readonly #livenessTimer: Timer;
  readonly #windowTimer: Timer;
  #link: Link | undefined;
  /** The connection is established. */
  #isUp = false;
  /** Undefined while nobody observes the client. */
  observer: ClientObserver | undefined;

  /**
   * @param onLost called when the link is dead
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

  /** The connection is established, and its socket is open. */
  get writable(): boolean {
    return this.#isUp && this.#isOpen;
  }

  /** A text of the service, without the secrets of this link. */
  clean(words: string): string {
    return this.#link?.clean(words) ?? words;
  }

  /** Uses a new link, whose socket isn't open yet. */
  attach(link: Link): void {
    this.#link = link;
    this.#window.reset();
  }

  /** A reconnection token has come over this link; it is kept out of the log. */
  setToken(token: string): void {
    if (this.#link) this.#link.token = token;
  }

  /** The connection is established: keeps it alive; nothing is unread yet. */
  begin(): void {
    this.#isUp = true;
    const { environment, pingFrame, protocol } = this.#settings;
    // Only a reliable connection has a window to keep.
    this.#window.set(pingFrame !== undefined && protocol.isReliableSubProtocol);
    this.#look(this.#liveness.begin(environment.now()));
  }

  /** The connection is lost or ending. */
  end(): void {
    this.#isUp = false;
    this.#livenessTimer.clear();
    this.#windowTimer.clear();
    this.#window.set(false);
  }

  /** Closes with code 1000: the service forgets the session. */
  close(): void {
    this.#link?.close();
  }

  drop(): void {
    this.#link?.drop();
    this.#link = undefined;
  }

  /**
   * Throws what the socket throws.
   * @param sent gets the frame's position, which `answered` confirms
   * @param isAlone no other frame is written until this one is read
   */
  write(frame: string | ArrayBuffer, sent?: Sent, isAlone?: boolean): void {
    const position = this.#window.wrote(sizeOf(frame), isAlone);
    if (sent) sent.position = position;
    this.#link?.send(frame);
    this.observer?.written(frame, sent);
    if (isAlone === true) this.hasRoom();
  }

  /**
   * Whether frames may be written and the service keeps up with them; sends a ping when it needs a newer answer.
   * @param isAlone for a frame that is sent alone: whether it has read all of them
   */
  hasRoom(isAlone?: boolean): boolean {
    if (!this.writable) return false;
    const isOpen = isAlone === true ? this.#window.isOpenAlone() : this.#window.isOpen;
    if (this.#window.wantsPing) this.#ping(true);
    if (isOpen) return true;
    if (!this.#windowTimer.isSet) {
      this.#windowTimer.after(PONG_PATIENCE, () => {
        this.#window.giveUp();
        this.#onRoom();
      });
    }
    return false;
  }

  /** No more frames are to be sent alone. Returns whether others have waited for that. */
  relax(): boolean {
    return this.#window.relax();
  }

  /** A frame was received. */
  heard(): void {
    this.#liveness.heard();
  }

  /** The service has read everything up to a position; without one, up to the oldest unanswered ping. */
  answered(position?: number): void {
    this.#window.readUpTo(position);
    // The timer runs while somebody waits for room.
    if (!this.#windowTimer.isSet || !this.#window.isFree) return;
    this.#windowTimer.clear();
    this.#onRoom();
  }

  /** How much was written that the service isn't known to have read, in frames; 0 without a link. */
  get unread(): number {
    return this.#isUp ? this.#window.unread : 0;
  }

  /** The service has shown that it has read a frame. */
  isRead(position: number): boolean {
    return this.#window.isRead(position);
  }

  /** The service has shown that it has read all frames. */
  get isAllRead(): boolean {
    return this.#window.isAllRead;
  }

  /** Asks for a sign of life at once. */
  probe(): void {
    if (!this.#lostUnheard()) this.#look(this.#liveness.probe(this.#settings.environment.now()));
  }

  /** Sends a ping. Returns whether it was sent. */
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
    if (sent) this.observer?.written(pingFrame);
    return sent;
  }

  /**
   * Checks again at a given time.
   * @param isLast the link is dead if it is still silent; an answer behind the timer has been read
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

  get #isOpen(): boolean {
    return this.#link?.open === true;
  }

  /** Reports a socket that is closed though no close event came. */
  #lostUnheard(): boolean {
    if (this.#isOpen) return false;
    this.#lose("Closed", "The WebSocket was closed.");
    return true;
  }

  #lose(code: ConnectionErrorCode, message: string): void {
    this.#onLost(new ConnectionError(code, message));
  }
}
