import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** How long a refused client may take to close its end, in milliseconds. */
const lingerInMs = 1_000;

const { setTimeout, clearTimeout } = globalThis;

/** The body of every refusal. */
export function errorBody(status: number, message: string): string {
  const code = (STATUS_CODES[status] ?? "Error").replaceAll(/[^A-Za-z]/g, "");
  return JSON.stringify({ error: { code, message } });
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
