import type { Frame } from "./codec.js";

/** A connected socket, as the service sees it. No method throws. */
export interface Transport {
  send(frame: Frame): void;
  /** Bytes sent but not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Closes with a close frame, after everything sent before it. */
  close(code: number, reason: string): void;
  /** Drops the connection without a close frame. */
  cut(): void;
  /** Fault: the socket stays up, but nothing is read from it and nothing sent any more. */
  freeze(): void;
  /** Whether that has happened. */
  readonly frozen?: boolean;
}

/** The service's end of one transport: the transport's owner tells it what happens there. */
export interface Link {
  receive(frame: Frame): void;
  /**
   * The transport is gone.
   * @param code the client's close code; 1005 for a close frame without one, 1006 where none came.
   * @param reason the client's words; left out: none.
   */
  closed(code: number, reason?: string): void;
  /**
   * The client broke the rules of WebSocket, or sent a frame that is too large; the transport closes by itself.
   * @param reason without a full stop: it becomes a part of a sentence.
   */
  violated(reason: string): void;
}

/** Close codes that the service sends. */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  /** The client has sent text where the subprotocol is binary. */
  wrongFrameType: 1003,
  /** The client has sent what can't be read. */
  invalidPayload: 1007,
  /** The session is gone for good: a recovery can't help. */
  policy: 1008,
  /** The application failed. */
  internalError: 1011,
  serviceRestart: 1012,
} as const;
