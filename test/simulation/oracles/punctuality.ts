import type { OnStateChangedArgs, WebPubSubClientState } from "../../../src/core/models/events.js";
import type { Actor } from "../world/actor.js";
import { laneOfFrame } from "./lanes.js";
import type { Json } from "./model.js";
import type { Wire } from "../world/wire.js";
import type { World } from "../world/world.js";

// What the documentation says of time, in ms.
const CONNECT_TIMEOUT = 10_000;
const PING_INTERVAL = 20_000;
/** Between the last sign of life and the end of a connection: a ping, and silence after it. */
const LONGEST_SILENCE = PING_INTERVAL + 45_000;
/** How long the service may take to answer after a wake. */
const PROBE_TIMEOUT = 5_000;
/** How long `connected` waits for the groups. */
export const REJOIN_PATIENCE = 5_000;
const FIRST_RECONNECT = 1_000;
const LONGEST_RECONNECT = 30_000;
/** Over which first attempts are spread. */
const RECOVERY_PERIOD = 5_000;
/** Begins, after the drop, and lengths of the periods in each of which one attempt to recover is made. */
const PERIODS = [
  [5_000, RECOVERY_PERIOD],
  [3_000, 2_000],
  [-Infinity, 1_000],
] as const;
/** The last attempt to recover begins at this time after the drop, at the latest. */
const LAST_RECOVERY = 29_000;
/** How long after a drop a recovery may be tried. */
const RECOVERY_WINDOW = 30_000;
/** Recovery isn't given up before so much of its window is over. */
const LEAST_RECOVERY = 28_000;
/** A new connection, or a recovered one, that lives shorter than this has failed. */
const STABLE_AFTER = 1_000;
/** So many in a row may be chance. */
const CHANCE = 2;
/** The first pause between recoveries that live a moment only, at most. */
const FIRST_PAUSE = 250;
/** How long an attempt may still take after a wake. */
const AFTER_WAKE = 5_000;
const MESSAGE_RETRY_DELAY = 1_000;
/** How long a service that answers no ping is waited for, before more is written. */
const PONG_PATIENCE = 5_000;
/** Timers run in whole ms. */
const GRAIN = 1;

/** Close codes of a service that goes away for all its clients at once. */
const GOES_AWAY: readonly unknown[] = [1001, 1012, 1013];
/** Close codes after which a connection id isn't asked for again. */
const NOT_RECOVERED: readonly unknown[] = [1008, 1009];

/** Whether a client does what it does when it should: neither late nor too soon. */
export class Punctuality {
  readonly #actor: Actor;
  readonly #world: World;
  readonly #failed: (reason: string) => void;
  #told: WebPubSubClientState = "Stopped";
  #toldOf: string | undefined;
  #enteredAt = 0;
  /** When the next attempt may begin, and must; undefined while none is due. */
  #attemptAt: number | undefined;
  /** A signal may have brought the attempt forward. */
  #woken = false;
  droppedAt = 0;
  /** The first attempt to go on with a session is under way; it may come too late. */
  #isResuming = false;
  /** Its connection was that of another client. */
  #hasResumed = false;
  /** It has yet to get there. */
  #isBeginning = false;
  /** It has yet to ask for the URL, which every attempt does until then. */
  #needsUrl = false;
  /** End of the period of the current attempt to recover; undefined for the first one. */
  #periodEnd: number | undefined;
  /** The moment of all periods of this recovery: one of these, from 0 to below 1. */
  #moments: readonly number[] = [];
  /** When the newest connection began. */
  connectedAt = 0;
  /** When what was wanted until then had to be joined on it. */
  wantedSince = 0;
  /** When it was last recovered; -Infinity: never. */
  resumedAt = -Infinity;
  /** When the newest connection or recovery was established. */
  #since = -Infinity;
  /** So many in a row lived a moment only. */
  #earlyLosses = 0;
  /** How long the link must last, not to count as lost early, in ms. */
  #patience = STABLE_AFTER;
  /** When a wake has found an attempt under way. */
  #hurriedAt = Infinity;
  #pingedAt = 0;
  /** When a socket has last taken a frame. */
  #wroteAt = -Infinity;
  /** Sends, events and streams that were begun. */
  readonly #begun = new Set<number>();
  /** The first wake since something was heard. */
  #wokenAt = -Infinity;
  /** When each ack id was last written, and when it was refused, by connection. */
  readonly #written = new Map<string, { wire: Wire; at: number }>();
  readonly #refused = new Map<string, { wire: Wire; at: number }>();

  constructor(actor: Actor, world: World, failed: (reason: string) => void) {
    this.#actor = actor;
    this.#world = world;
    this.#failed = failed;
  }

  stateChanged(args: OnStateChangedArgs): void {
    const { state, previousState, code, connectionId } = args;
    const { now } = this.#world.clock;
    const isTimely = !this.#actor.timeIsWrong;
    this.#attemptEnds(isTimely);
    if (previousState === "Connecting") {
      const took = now - this.#enteredAt;
      if (isTimely && took > CONNECT_TIMEOUT + GRAIN) this.#failed(`an attempt to connect took ${took} ms`);
    }
    if (previousState === "Connected" && (state === "Recovering" || state === "Disconnected"))
      this.#dropped(isTimely);
    if (previousState === "Recovering" && state === "Recovering") this.#recoveryFailed(isTimely);
    if (previousState === "Recovering" && state === "Disconnected" && !NOT_RECOVERED.includes(code)) {
      const tried = now - this.droppedAt;
      if (isTimely && tried < LEAST_RECOVERY) this.#failed(`gave a recovery up after ${tried} ms`);
    }
    if (state === "Connecting" && previousState === "Disconnected") this.#begins("connect");
    if (previousState === "Stopped") this.#earlyLosses = 0;
    if (state === "Connected") {
      this.#since = now;
      // One who takes the connection back may need as long as this one has needed.
      const took =
        this.#hasResumed && previousState === "Recovering" ? now - (this.#attemptAt ?? this.#enteredAt) : 0;
      this.#patience = Math.max(STABLE_AFTER, 2 * took);
      this.resumedAt = previousState === "Recovering" ? now : -Infinity;
      this.#pingedAt = now;
      // A session that goes on may have groups to join again, too.
      if (previousState !== "Recovering") {
        this.connectedAt = this.wantedSince = now;
        this.#hasResumed = false;
      } else if (this.#isBeginning) this.connectedAt = now;
      this.#isBeginning = false;
    }
    if (previousState !== "Stopped") this.#isResuming = false;
    // Who goes on with a session waits for nothing but its credential.
    if (previousState === "Stopped") this.#attemptAt = undefined;
    else if (state === "Disconnected" || state === "Recovering") this.#waits(args);
    else this.#attemptAt = undefined;
    this.#told = state;
    this.#toldOf = connectionId;
    this.#enteredAt = now;
    this.#woken = false;
  }

  /** The client is about to be suspended in this state. */
  suspends(state: WebPubSubClientState): void {
    if (state === "Connected") this.droppedAt = this.#world.clock.now;
    this.#attemptEnds(!this.#actor.timeIsWrong);
  }

  /** A client goes on with a session that was suspended. */
  resumes(): void {
    this.#periodEnd = undefined;
    this.wantedSince = this.#world.clock.now;
    this.#hasResumed = this.#isResuming = this.#isBeginning = this.#needsUrl = true;
  }

  /** A socket is opened. */
  connects(wire: Wire): void {
    if (!wire.isRecovery) return;
    const late = this.#world.clock.now - this.droppedAt;
    if (!this.#actor.disturbed && !this.#isResuming && late > RECOVERY_WINDOW)
      this.#failed(`tries to recover ${late} ms after the drop`);
    this.#attemptEnds(!this.#actor.timeIsWrong);
    if (this.#needsUrl) this.#attemptAt = undefined;
    this.#needsUrl = false;
    this.#begins("recover");
    this.#enteredAt = this.#world.clock.now;
  }

  connected(): void {
    const { now } = this.#world.clock;
    const due = Math.max(this.connectedAt + REJOIN_PATIENCE, this.resumedAt);
    if (!this.#actor.timeIsWrong && now > due + GRAIN)
      this.#failed(`connected was told ${now - this.connectedAt} ms after the connection stood`);
  }

  /** The service has said no to an operation for now. */
  refused(wire: Wire, ackId: number): void {
    const place = placeOf(wire, ackId);
    this.#written.delete(place);
    // One sent twice is refused twice; the wait begins with the first.
    if (!this.#refused.has(place)) this.#refused.set(place, { wire, at: this.#world.clock.now });
  }

  answered(wire: Wire, ackId: number): void {
    const place = placeOf(wire, ackId);
    this.#written.delete(place);
    this.#refused.delete(place);
  }

  writes(wire: Wire, message: Json): void {
    const { now } = this.#world.clock;
    this.#checkRoom(wire, message);
    this.#wroteAt = now;
    if (message["type"] === "ping") {
      if (this.#told === "Connected") this.#checkPing();
      this.#pingedAt = now;
      return;
    }
    const ackId = message["ackId"] as number | undefined;
    if (ackId === undefined) return;
    const place = placeOf(wire, ackId);
    const before = this.#written.get(place);
    const refusal = this.#refused.get(place);
    this.#written.set(place, { wire, at: now });
    // A recovery sends everything again, also what the frame that proves it refuses.
    if (this.#told !== "Connected") return;
    this.#refused.delete(place);
    const { timeIsWrong, sendIsBroken, program, plan } = this.#actor;
    if (timeIsWrong || sendIsBroken || program.operations.some(({ call }) => call.ackId === ackId)) return;
    if (refusal?.wire === wire)
      this.#checkGap(message, wire, refusal.at, MESSAGE_RETRY_DELAY, `refused ack id ${ackId}`);
    else if (before?.wire === wire)
      this.#checkGap(message, wire, before.at, plan.ackTimeoutInMs, `unanswered ack id ${ackId}`);
  }

  /** A wake signal is given: who waits stops waiting, who is connected asks whether it still is. */
  wakes(signal: () => void): void {
    const { client, wires, sendIsBroken } = this.#actor;
    const { now } = this.#world.clock;
    const [before, sockets, heardAt] = [client.state, wires.length, wires.at(-1)?.heardAt ?? 0];
    if (this.#wokenAt <= heardAt) this.#wokenAt = now;
    const wasWaiting =
      before === "Disconnected" || (before === "Recovering" && this.#attemptAt !== undefined);
    this.#woken = true;
    if (!wasWaiting && (before === "Connecting" || before === "Recovering"))
      this.#hurriedAt = Math.min(this.#hurriedAt, now);
    signal();
    const isStill = client.state === before;
    if (wasWaiting && isStill && !this.#needsUrl && wires.length === sockets)
      this.#failed(`goes on waiting after a wake`);
    if (before !== "Connected" || !isStill || sendIsBroken || heardAt <= this.#pingedAt) return;
    if (this.#pingedAt !== now)
      this.#failed("is connected, and doesn't ask after a wake whether it still is");
  }

  #attemptEnds(isTimely: boolean): void {
    const took = this.#world.clock.now - this.#hurriedAt;
    this.#hurriedAt = Infinity;
    if (isTimely && took > AFTER_WAKE + GRAIN) this.#failed(`an attempt went on for ${took} ms after a wake`);
  }

  #begins(what: string): void {
    const { now } = this.#world.clock;
    const due = this.#attemptAt;
    this.#attemptAt = undefined;
    if (due === undefined || this.#woken || this.#actor.timeIsWrong) return;
    if (now < due || now > due + GRAIN) this.#failed(`tries to ${what} ${now - due} ms after it was due`);
  }

  /** A connection that stood is lost. */
  #dropped(isTimely: boolean): void {
    const { now } = this.#world.clock;
    this.droppedAt = now;
    this.#checkPing();
    if (!isTimely || this.#actor.sendIsBroken) return;
    const heardAt = Math.max(this.connectedAt, this.resumedAt, this.#actor.wires.at(-1)?.heardAt ?? 0);
    const due = this.#wokenAt > heardAt ? this.#wokenAt + PROBE_TIMEOUT : heardAt + LONGEST_SILENCE;
    if (now > due + GRAIN) this.#failed(`took a silent connection for alive for ${now - heardAt} ms`);
  }

  #recoveryFailed(isTimely: boolean): void {
    const took = this.#world.clock.now - this.#enteredAt;
    if (isTimely && !this.#needsUrl && took > CONNECT_TIMEOUT + GRAIN)
      this.#failed(`an attempt to recover took ${took} ms`);
  }

  /** The next attempt is announced: its delay is what the policy says. */
  #waits({ state, previousState, attempt = 1, nextDelayInMs: delay = 0, code }: OnStateChangedArgs): void {
    const { now } = this.#world.clock;
    this.#attemptAt = now + delay;
    if (this.#actor.timeIsWrong) return;
    if (previousState === "Connected")
      this.#earlyLosses = now - this.#since < this.#patience ? this.#earlyLosses + 1 : 0;
    // Two that hold one session would take the connection from each other for ever.
    const isContested = this.#hasResumed && this.#earlyLosses > CHANCE;
    if (previousState === "Connected" && state === "Recovering" && isContested)
      this.#failed(`takes a connection back that it has lost ${this.#earlyLosses} times within a moment`);
    if (state === "Recovering") return this.#checkRecoveryDelay(previousState, attempt, delay, code);
    const retry = attempt - 1 + Math.max(0, this.#earlyLosses - CHANCE);
    const pause = retry > 0 ? Math.min(LONGEST_RECONNECT, FIRST_RECONNECT * 2 ** Math.min(retry - 1, 20)) : 0;
    const spread = previousState === "Connected" && GOES_AWAY.includes(code) ? RECOVERY_PERIOD : 0;
    // After a recovery that failed, clients may be spread over a period or not.
    if (previousState !== "Recovering" || delay > RECOVERY_PERIOD)
      this.#checkDrawn(delay, Math.max(pause, spread), `reconnection delay ${retry}`);
  }

  #checkRecoveryDelay(
    previousState: WebPubSubClientState,
    attempt: number,
    delay: number,
    code: number | undefined,
  ): void {
    if (attempt === 1 && previousState === "Connected") {
      const early = this.#earlyLosses - CHANCE;
      const pause = early > 0 ? Math.min(RECOVERY_PERIOD, FIRST_PAUSE * 2 ** (early - 1)) : 0;
      this.#checkDrawn(delay, GOES_AWAY.includes(code) ? RECOVERY_PERIOD : pause, "first recovery delay");
      this.#periodEnd = undefined;
      return;
    }
    const { now } = this.#world.clock;
    const latest = this.droppedAt + LAST_RECOVERY;
    const due = (begin: number, moment: number): number => {
      const end = begin + lengthOf(begin - this.droppedAt);
      return begin + Math.floor(moment * Math.max(0, Math.min(end, latest) - begin));
    };
    // The moment is drawn for the first period, and in what is left after the last one.
    const next = this.#periodEnd !== undefined && this.#periodEnd < latest ? this.#periodEnd : undefined;
    if (next === undefined) this.#moments = this.#actor.environment.drawn;
    // Where the last attempt took longer than until this moment of the next period, a period begins now.
    const begin = (moment: number): number => (next === undefined || due(next, moment) < now ? now : next);
    this.#moments = this.#moments.filter((moment) => due(begin(moment), moment) === now + delay);
    const [moment] = this.#moments;
    if (moment === undefined) this.#failed(`waits ${delay} ms before attempt ${attempt} to recover`);
    else this.#periodEnd = begin(moment) + lengthOf(begin(moment) - this.droppedAt);
  }

  /** A delay is a random part of its bound. */
  #checkDrawn(delay: number, bound: number, what: string): void {
    if (!this.#actor.environment.drawn.some((random) => Math.floor(random * bound) === delay))
      this.#failed(`${what} is ${delay} ms, drawn from ${bound} ms`);
  }

  #checkPing(): void {
    const { timeIsWrong, sendIsBroken } = this.#actor;
    const gap = this.#world.clock.now - this.#pingedAt;
    if (!timeIsWrong && !sendIsBroken && gap > PING_INTERVAL + GRAIN)
      this.#failed(`no ping was sent for ${gap} ms`);
  }

  /** What waits for nothing but room goes out when the service has read what was written, or hasn't for long. */
  #checkRoom({ healthy, connectionId }: Wire, message: Json): void {
    const { timeIsWrong, sendIsBroken, plan } = this.#actor;
    const waiting = this.#waiting(message);
    if (waiting === undefined || this.#begun.has(waiting.op)) return;
    const { op, since } = waiting;
    this.#begun.add(op);
    // What goes out with the connection's beginning does so before that is told.
    const isTold = this.#told === "Connected" && this.#toldOf === connectionId;
    if (!isTold || timeIsWrong || sendIsBroken) return;
    const waited = this.#world.clock.now - Math.max(since, this.connectedAt, this.resumedAt, this.#wroteAt);
    const roundTrip = 2 * plan.latency[1];
    if (waited > (healthy ? roundTrip : Math.max(roundTrip, PONG_PATIENCE)) + GRAIN)
      this.#failed(`op ${op} is held up for ${waited} ms`);
  }

  /** The number of a send, an event or a stream's first fragment, and since when it may go out. */
  #waiting({ type, data, streamId, streamSequenceId }: Json): { op: number; since: number } | undefined {
    const { program, streams } = this.#actor;
    if (type === "streamData") {
      const stream = streams.sent.find((each) => each.streamId === streamId);
      const since = streamSequenceId === 1 ? stream?.beganAt : undefined;
      return stream === undefined || since === undefined ? undefined : { op: stream.op, since };
    }
    const record = program.numbered.get((data as { op?: number } | undefined)?.op ?? 0);
    return record && { op: record.op, since: record.at };
  }

  #checkGap(message: Json, wire: Wire, since: number, due: number, what: string): void {
    const gap = this.#world.clock.now - since;
    const lane = laneOfFrame(message);
    // One of the client's own may go before it meanwhile.
    const isOvertaken =
      lane !== undefined &&
      this.#actor.written.some(
        (each) =>
          each.at >= since &&
          laneOfFrame(each.message) === lane &&
          each.message["ackId"] !== message["ackId"],
      );
    // Behind a burst it waits for an answer, on a line that is slow or dead for longer.
    const isFree = wire.healthy && !isOvertaken;
    const latest = isFree ? due + 2 * this.#actor.plan.latency[1] + GRAIN : Infinity;
    if (gap < due || gap > latest)
      this.#failed(`${what} is sent again after ${gap} ms, was due after ${due} ms`);
  }
}

/** Of the period that begins so many ms after the drop. */
function lengthOf(begin: number): number {
  return PERIODS.find(([from]) => begin >= from)?.[1] ?? 0;
}

function placeOf(wire: Wire, ackId: number): string {
  return `${wire.connectionId} ${ackId}`;
}
