// A service that does just enough for the benchmarks, as fast as `ws` can: it numbers messages, keeps
// the 1,000-message window, acknowledges operations and streams, and keeps sessions for their
// recovery. Runs in a process of its own. `POST /cut?id=` breaks a transport, with `&refuse=2` the next two attempts
// to recover it are refused; `/hold?id=` holds acks.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { jsonWire } from "./wire/json.mjs";
import { protobufWire } from "./wire/protobuf.mjs";

const WINDOW = 1_000;
/** Stream acks come after so many fragments. */
const STREAM_BATCH = 32;

const now = () => performance.timeOrigin + performance.now();
const sessions = new Map();

/** What of a connection outlives its transport. */
class Session {
  id = Math.random().toString(36).slice(2);
  socket = undefined;
  /** One way, in ms: what goes out and what comes in is held up for so long. */
  delay = 0;
  holds = false;
  /** How many attempts to recover it are still to be refused. */
  refusals = 0;
  acceptedAt = 0;
  #wire;
  #frameOf;
  #sent = 0;
  #acknowledged = 0;
  #wanted = 0;
  #streams = new Map();

  constructor(wire, delay) {
    this.#wire = wire;
    this.delay = delay;
  }

  attach(socket, isRecovery) {
    this.socket = socket;
    this.acceptedAt = now();
    this.holds = false;
    socket.on("message", (raw, isBinary) => {
      if (this.delay === 0) this.#receive(raw, isBinary);
      else setTimeout(() => this.#receive(raw, isBinary), this.delay);
    });
    this.send(this.#wire.connected(this.id));
    if (!isRecovery) return;
    this.#sent = this.#acknowledged;
    this.#pump();
  }

  send(frame) {
    const { socket } = this;
    if (this.delay === 0) socket?.send(frame);
    else setTimeout(() => socket?.send(frame), this.delay);
  }

  /** Messages of a kind for this client. */
  blast({ kind, bytes, count }) {
    this.#frameOf = this.#wire.message(kind, bytes);
    this.#wanted += count;
    this.#pump();
  }

  #pump() {
    if (this.socket === undefined) return;
    while (this.#sent < this.#wanted && this.#sent - this.#acknowledged < WINDOW)
      this.send(this.#frameOf(++this.#sent));
  }

  #receive(raw, isBinary) {
    const frame = this.#wire.parse(raw, isBinary);
    switch (frame.type) {
      case "sequenceAck":
        this.#acknowledged = Math.max(this.#acknowledged, frame.sequenceId);
        this.#pump();
        return;
      case "ping":
        this.send(this.#wire.pong);
        return;
      case "streamData":
        this.#fragment(frame);
        return;
      case "streamEnd":
        this.#streamAck(frame.streamId, this.#streams.get(frame.streamId));
        this.send(JSON.stringify({ type: "streamClosed", streamId: frame.streamId }));
        return;
      default:
    }
    if (frame.stream !== undefined) {
      this.#streams.set(frame.stream.streamId, 0);
      this.#streamAck(frame.stream.streamId, 0);
      return;
    }
    if (frame.ackId !== undefined && !this.holds) this.send(this.#wire.ack(frame.ackId));
    if (frame.event === "blast") this.blast(frame.data);
  }

  #fragment({ streamId, streamSequenceId = 0 }) {
    if (streamSequenceId !== this.#streams.get(streamId) + 1) return;
    this.#streams.set(streamId, streamSequenceId);
    if (streamSequenceId % STREAM_BATCH === 0) this.#streamAck(streamId, streamSequenceId);
  }

  #streamAck(streamId, last) {
    this.send(JSON.stringify({ type: "streamAck", streamId, expectedSequenceId: last + 1 }));
  }
}

/** Orders by HTTP; answers with the session's times. */
function order({ pathname, searchParams }) {
  const session = sessions.get(searchParams.get("id"));
  if (session === undefined) return undefined;
  if (pathname === "/hold") session.holds = true;
  if (pathname === "/cut") {
    const { socket } = session;
    session.refusals = Number(searchParams.get("refuse") ?? 0);
    session.socket = undefined;
    socket?.terminate();
    if (searchParams.has("message")) session.blast({ kind: "json", bytes: 40, count: 1 });
    return { cutAt: now() };
  }
  return { acceptedAt: session.acceptedAt };
}

const http = createServer((request, response) => {
  const answer = order(new URL(request.url, "http://127.0.0.1"));
  response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
});
const sessionOf = (url) =>
  sessions.get(new URL(url, "ws://127.0.0.1").searchParams.get("awps_connection_id"));
const server = new WebSocketServer({
  server: http,
  perMessageDeflate: false,
  verifyClient({ req }, done) {
    const session = sessionOf(req.url);
    if (session === undefined || session.refusals === 0) return done(true);
    session.refusals--;
    done(false, 503);
  },
  handleProtocols: (offered) => [...offered][0],
});

server.on("connection", (socket, { url }) => {
  const query = new URL(url, "ws://127.0.0.1").searchParams;
  const known = sessionOf(url);
  const wire = socket.protocol.startsWith("protobuf") ? protobufWire : jsonWire;
  const session = known ?? new Session(wire, Number(query.get("delay") ?? 0));
  sessions.set(session.id, session);
  socket.on("close", (code) => {
    if (session.socket === socket) session.socket = undefined;
    if (code === 1000 || code === 1005) sessions.delete(session.id);
  });
  session.attach(socket, known !== undefined);
});

http.listen(0, "127.0.0.1", () =>
  process.send?.({ url: `ws://127.0.0.1:${http.address().port}/client/hubs/bench` }),
);
process.on("disconnect", () => process.exit(0));
