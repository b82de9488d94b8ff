import WebSocket from "isomorphic-ws";
import type { WebSocketLike } from "web-pubsub-client";

export interface SentFrame {
  readonly type: string;
  readonly group?: string;
}

/** Real sockets, and a record of how many there were and what was sent through them. */
export function spySockets() {
  const sent: SentFrame[] = [];
  const sockets: WebSocketLike[] = [];
  let held: (() => void)[] | undefined;
  const createWebSocket = (url: string, protocol: string): WebSocketLike => {
    const real = new WebSocket(url, protocol);
    const socket: WebSocketLike = real;
    let receive: WebSocketLike["onmessage"] = null;
    Object.defineProperty(socket, "onmessage", { set: (handler: typeof receive) => (receive = handler) });
    real.addEventListener("message", (event) => {
      const deliver = (): void => void receive?.(event as never);
      if (held === undefined) deliver();
      else held.push(deliver);
    });
    const send = socket.send.bind(socket);
    socket.send = (data) => {
      if (typeof data === "string") sent.push(JSON.parse(data) as SentFrame);
      send(data);
    };
    sockets.push(socket);
    return socket;
  };
  return {
    environment: { createWebSocket },
    sockets,
    /** From now on frames wait for `release`. */
    hold(): void {
      held ??= [];
    },
    /** How many wait. */
    get waiting(): number {
      return held?.length ?? 0;
    },
    /** Delivers what has waited, before it returns, and what comes later as it comes. */
    release(): void {
      const frames = held ?? [];
      held = undefined;
      for (const deliver of frames) deliver();
    },
    /** How many frames of one type there were. */
    types: (type: string) => sent.filter((frame) => frame.type === type).length,
    /** Names of the groups in frames of one type, in order. */
    groups: (type: "joinGroup" | "leaveGroup") =>
      sent.filter((frame) => frame.type === type).map(({ group }) => group),
  };
}
