import { randomBytes } from "node:crypto";
import { connect } from "node:net";

const subprotocol = "json.reliable.webpubsub.azure.v1";

/** Connects a client with as little as that takes; resolves when the service's first message has come. */
export async function connectFirst(address) {
  const { hostname, port, pathname, search } = new URL(address);
  const socket = connect(Number(port), hostname);
  socket.write(
    [
      `GET ${pathname}${search} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Protocol: ${subprotocol}`,
      "\r\n",
    ].join("\r\n"),
  );
  let text = "";
  for await (const chunk of socket.setEncoding("latin1")) {
    text += chunk;
    if (text.includes('"event":"connected"')) break;
  }
  socket.destroy();
  if (!text.startsWith("HTTP/1.1 101 ")) throw new Error(`The client was not let in: ${text}`);
}
