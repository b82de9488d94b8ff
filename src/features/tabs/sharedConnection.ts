import type { SendMessageError } from "../../core/errors.js";
import type { FeaturePort } from "../../core/feature.js";
import { tryOrLog } from "../../core/log.js";
import type {
  AckMessageError,
  GroupDataMessage,
  OperationMessage,
  WebPubSubMessage,
} from "../../core/models/messages.js";
import type { WebPubSubResult } from "../../core/models/options.js";
import { MEMBERSHIP_LANE } from "../../core/session/memberships.js";
import type { SubmitOptions } from "../../core/session/operations.js";
import type { Suspect } from "../../core/session/suspect.js";
import { SharedGroups } from "./sharedGroups.js";
import { SharedInvocations } from "./sharedInvocations.js";
import { KnownStates, SharedStates } from "./sharedStates.js";
import { SharedStreams, type SiblingContent } from "./sharedStreams.js";
import { readTabFrame, writeAck, writeTabFrame } from "./tabFrames.js";
import { TabSession } from "./tabSession.js";

const WATCH_LANE = "presence";
/** Whether to try again is decided by the tab's client. */
const ONCE = { maxRetries: 0 };
/** A frame that is sent when the service has read all others. */
const PROBE: Suspect = { onDeclined: () => undefined };

/** As the service refuses it to who isn't a member. */
const NOT_IN_GROUP = {
  name: "BadRequest",
  message: "The tab isn't in the group in which it sets its state.",
};

/** The messages that go on to the tabs. */
export type SharedMessage = Extract<
  WebPubSubMessage,
  {
    kind:
      | "groupData"
      | "serverData"
      | "groupStateSnapshot"
      | "groupStateUpdate"
      | "invokeResponse"
      | "streamAck"
      | "streamNack"
      | "streamClosed";
  }
>;

/** What a tab asked for, to be submitted to the service. */
type Submit = (options: SubmitOptions) => Promise<WebPubSubResult>;

/** What lives as long as the worker's connection id: the tabs' sessions, and what they use together. */
export class SharedConnection {
  readonly connectionId: string;
  readonly sessions = new Map<string, TabSession>();
  readonly #port: FeaturePort;
  readonly #isExact: () => boolean;
  readonly #onFull: (session: TabSession) => void;
  readonly #lost = new AbortController();
  readonly #groups: SharedGroups;
  readonly #watched: SharedGroups;
  readonly #states: SharedStates;
  readonly #known = new KnownStates();
  readonly #streams: SharedStreams;
  readonly #invocations: SharedInvocations;
  /** The pongs that wait until the service keeps up. */
  #pongs: TabSession[] = [];
  /** Frames that must reach the service and wait for the link. */
  #unwritten: WebPubSubMessage[] = [];
  #lastIndex = 0;

  /**
   * @param isExact a pong means that the service has read everything
   * @param onFull called when a tab has left too much unacknowledged
   */
  constructor(
    port: FeaturePort,
    connectionId: string,
    isExact: () => boolean,
    onFull: (session: TabSession) => void,
  ) {
    this.#port = port;
    this.connectionId = connectionId;
    this.#isExact = isExact;
    this.#onFull = onFull;
    const { signal } = this.#lost;
    this.#groups = new SharedGroups(
      port,
      { lane: MEMBERSHIP_LANE, enter: "joinGroup", leave: "leaveGroup" },
      signal,
    );
    this.#watched = new SharedGroups(
      port,
      { lane: WATCH_LANE, enter: "subscribeGroupState", leave: "unsubscribeGroupState" },
      signal,
    );
    this.#states = new SharedStates(port, signal);
    const host = {
      write: (message: WebPubSubMessage) => this.#write(message),
      writeSurely: (message: WebPubSubMessage) => this.#writeSurely(message),
      deliverToSiblings: (content: SiblingContent, except: TabSession) =>
        this.#deliverToSiblings(content, except),
    };
    this.#streams = new SharedStreams(host);
    this.#invocations = new SharedInvocations(host);
  }

  /** A tab has connected. */
  open(): TabSession {
    const index = ++this.#lastIndex;
    // No secret: all tabs are of one origin.
    const token = `${this.connectionId}/${index}`;
    const session: TabSession = new TabSession(token, index, () => this.#onFull(session));
    this.sessions.set(token, session);
    return session;
  }

  /** A tab has gone. */
  drop(session: TabSession): void {
    if (!this.sessions.delete(session.token)) return;
    session.detach();
    this.#states.dropAll(session);
    this.#groups.drop(session);
    this.#watched.drop(session);
    this.#streams.drop(session);
    this.#invocations.drop(session);
  }

  /** The connection id is gone. */
  end(): void {
    this.#groups.end();
    this.#watched.end();
    this.#lost.abort();
  }

  /** A tab's client has written a frame. */
  handle(session: TabSession, frame: string): void {
    const message = readTabFrame(frame);
    switch (message.kind) {
      case "ping":
        this.#pongs.push(session);
        return this.onRoom();
      case "sequenceAck":
        return session.acknowledged(message.sequenceId);
      case "joinGroup":
        return this.#operate(session, message, (options) =>
          this.#groups.enter(session, message.group, options),
        );
      case "leaveGroup":
        return this.#operate(session, message, (options) => this.#leave(session, message.group, options));
      case "subscribeGroupState":
        return this.#watch(session, message);
      case "unsubscribeGroupState":
        return this.#operate(session, message, (options) =>
          this.#watched.leave(session, message.group, options),
        );
      case "setGroupState":
        if (message.state !== undefined && this.#groups.isOthers(message.group, session))
          return session.refuse(message.ackId, NOT_IN_GROUP);
        return this.#operate(session, message, (options) =>
          this.#states.set(session, message.group, message.state, options),
        );
      case "sendToGroup":
        if (message.stream !== undefined) return this.#streams.start(session, message);
        return this.#operate(
          session,
          message,
          (options) => this.#port.submit(() => message, options, ONCE),
          () => {
            if (message.noEcho) {
              const { group, data, dataType, metadata } = message;
              this.#deliverToSiblings({ group, data, dataType, metadata }, session);
            }
          },
        );
      case "sendEvent":
        return this.#operate(session, message, (options) => this.#port.submit(() => message, options, ONCE));
      case "streamData":
      case "streamEnd":
        return this.#streams.write(session, message);
      case "invoke":
      case "cancelInvocation":
        return this.#invocations.write(session, message);
    }
  }

  /** The service has sent a message. */
  receive(message: SharedMessage): void {
    switch (message.kind) {
      case "groupData":
        return this.#deliver(message, this.#groups.tabs(message.group) ?? this.sessions.values());
      case "serverData":
        return this.#deliver(message, this.sessions.values());
      case "groupStateSnapshot":
      case "groupStateUpdate":
        this.#known.take(message);
        return this.#deliver(message, this.#watched.tabs(message.group) ?? []);
      case "invokeResponse":
        return this.#invocations.answered(message);
      case "streamAck":
      case "streamNack":
        return this.#streams.answered(message);
      case "streamClosed":
        return this.#streams.closed(message);
    }
  }

  /** The service keeps up with what was written. */
  onRoom(): void {
    if (!this.hasRoom()) return;
    const pong = writeTabFrame({ kind: "pong" });
    for (const session of this.#pongs.splice(0)) session.socket?.post(pong);
  }

  /** Whether the service keeps up; where that is asked exactly, whether it has read everything. */
  hasRoom(): boolean {
    return this.#port.hasRoom(this.#isExact() ? PROBE : undefined);
  }

  /** The link is down. What was asked over it isn't answered. */
  onSuspended(): void {
    this.#pongs = [];
  }

  /** The link is there again. */
  onRecovered(): void {
    for (const message of this.#unwritten.splice(0)) this.#writeSurely(message);
  }

  /** @param then called when the operation was executed */
  #operate(session: TabSession, message: OperationMessage, submit: Submit, then?: () => void): void {
    const { ackId } = message;
    const abortSignal = this.#lost.signal;
    // The worker's client has ids of its own.
    delete message.ackId;
    if (ackId === undefined) {
      // Nobody waits for the result.
      submit({ fireAndForget: true, abortSignal }).then(then, () => undefined);
      return;
    }
    const known = session.answer(ackId);
    if (known?.isPending) return;
    if (known?.isDone)
      return session.post(writeAck(ackId, { name: "Duplicate", message: "It was executed before." }));
    const answer = session.asked(ackId);
    // A repeated operation has the same id, so that the service executes it once.
    const result = submit({
      abortSignal,
      ...(answer.realAckId !== undefined && { ackId: answer.realAckId }),
    });
    answer.realAckId = message.ackId;
    result.then(
      () => {
        session.answered(ackId, answer);
        then?.();
      },
      (thrown: unknown) => {
        const error = toAckError(thrown);
        if (error === undefined) answer.isPending = false;
        else session.answered(ackId, answer, error);
      },
    );
  }

  #leave(session: TabSession, group: string, options: SubmitOptions): Promise<WebPubSubResult> {
    // At the call: a state may be set again before the service has answered.
    if (this.#groups.hasOthers(group, session)) this.#states.drop(session, group);
    else this.#states.forget(group);
    return this.#groups.leave(session, group, options);
  }

  #watch(session: TabSession, message: Extract<OperationMessage, { kind: "subscribeGroupState" }>): void {
    const { group } = message;
    const snapshot = (): void => {
      const items = this.#known.snapshot(group);
      if (items !== undefined) session.deliver(writeTabFrame({ kind: "groupStateSnapshot", group, items }));
    };
    if (this.#watched.tabs(group) === undefined) this.#known.forget(group);
    this.#operate(session, message, (options) => this.#watched.enter(session, group, options), snapshot);
  }

  #deliverToSiblings(
    { group, data, dataType = "text", metadata, stream }: SiblingContent,
    except: TabSession,
  ): void {
    const fromUserId = this.#port.client.userId as string;
    // JSON null is a payload.
    const content = data === undefined ? "" : data;
    const message: GroupDataMessage = {
      kind: "groupData",
      group,
      fromUserId,
      dataType,
      data: content,
      stream,
      metadata,
    };
    const tabs = [...(this.#groups.tabs(message.group) ?? [])];
    this.#deliver(
      message,
      tabs.filter((tab) => tab !== except),
    );
  }

  #deliver(message: WebPubSubMessage, sessions: Iterable<TabSession>): void {
    let body: string | undefined;
    // A copy, since one whose window is full leaves.
    for (const session of [...sessions]) session.deliver((body ??= writeTabFrame(message)));
  }

  #write(message: WebPubSubMessage): void {
    const { settings, writable } = this.#port;
    if (!writable) return;
    tryOrLog(settings.logger, `write ${message.kind} for a tab`, () =>
      this.#port.write(settings.protocol.writeMessage(message)),
    );
  }

  #writeSurely(message: WebPubSubMessage): void {
    if (this.#port.writable) this.#write(message);
    else this.#unwritten.push(message);
  }
}

/** What the tab's client is told of a failure. Undefined: nothing, so that it asks again when its time is over. */
function toAckError(thrown: unknown): AckMessageError | undefined {
  const { code, errorDetail, message } = thrown as SendMessageError;
  if (errorDetail !== undefined) return errorDetail;
  // The worker's client has refused it, or has found that the service declines it.
  if (code === "InvalidMessage" || code === "Refused") return { name: "BadRequest", message };
  const isLater = code === "TooManyPending" || code === "NotStarted" || code === "AckIdInUse";
  return isLater ? { name: "InternalServerError", message } : undefined;
}
