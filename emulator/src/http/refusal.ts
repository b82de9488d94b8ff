import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** How long a refused client may take to close its end, in milliseconds. */
const lingerInMs = 1_000;

const { setTimeout, clearTimeout } = globalThis;

/** The code of a refusal that has no more exact one. */
export function errorCode(status: number): string {
  return `Error.${(STATUS_CODES[status] ?? "Refused").replaceAll(/[^A-Za-z]/g, "")}`;
}

/** The body of every refusal. */
export function errorBody(
  status: number,
  message: string,
  code = errorCode(status),
  target?: string,
): string {
  return JSON.stringify({ code, message, target });
}

/** Answers on a bare socket, as for an upgrade that is refused, and closes it. */
export function refuse(socket: Duplex, status: number, message: string): void {
  const body = errorBody(status, message);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  // Dropping it at once, with bytes of the client still unread, could take the answer back from the network.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), lingerInMs).unref();
  socket.once("close", () => clearTimeout(timer));
}
