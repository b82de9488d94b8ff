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
  const createWebSocket = (url: string, protocol: string): WebSocketLike => {
    const socket: WebSocketLike = new WebSocket(url, protocol);
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
    /** How many frames of one type there were. */
    types: (type: string) => sent.filter((frame) => frame.type === type).length,
    /** Names of the groups in frames of one type, in order. */
    groups: (type: "joinGroup" | "leaveGroup") =>
      sent.filter((frame) => frame.type === type).map(({ group }) => group),
  };
}
