import type { Frame } from "./frames.js";
import { ack, connected, pong } from "./frames.js";
import type { ScriptedSocket } from "./scriptedSocket.js";
import type { Stage } from "./stage.js";

/** How long a frame takes from one side to the other, in ms. */
const LATENCY = 20;

/** Answers the sockets of a stage as the service does, and declines the frames that a test says. */
export class DecliningService {
  /** What it has read, without pings. */
  readonly read: Frame[] = [];
  /** The frames that it has declined. */
  readonly declined: Frame[] = [];
  #connections = 0;

  /** @param forgets it knows nothing of the connection after that, as the cloud does */
  constructor(stage: Stage, isBad: (frame: Frame) => boolean, forgets = false) {
    stage.onSocket = (socket) => {
      setTimeout(() => this.#accept(socket, forgets), LATENCY);
      socket.onSent = (frame) =>
        void setTimeout(() => {
          if (socket.readyState !== 1) return;
          if (frame["type"] !== "ping" && isBad(frame)) {
            this.declined.push(frame);
            socket.receiveClose(1007, "not accepted");
            return;
          }
          if (frame["type"] !== "ping") this.read.push(frame);
          const answer = answerTo(frame);
          if (answer === undefined) return;
          setTimeout(() => void (socket.readyState === 1 && socket.receiveFrame(answer)), LATENCY);
        }, LATENCY);
    };
  }

  #accept(socket: ScriptedSocket, forgets: boolean): void {
    if (socket.readyState !== 0) return;
    socket.receiveOpen();
    if (socket.url.searchParams.has("awps_connection_id")) {
      if (forgets) socket.receiveClose(1008, "gone");
      return;
    }
    socket.receiveFrame(connected(`connection-${++this.#connections}`));
  }
}

function answerTo(frame: Frame): Frame | undefined {
  const { ackId, stream, streamId, streamSequenceId, type } = frame;
  if (type === "ping") return pong;
  if (stream !== undefined)
    return { type: "streamAck", streamId: (stream as Frame)["streamId"], expectedSequenceId: 1 };
  if (type === "streamData" && typeof streamSequenceId === "number")
    return { type: "streamAck", streamId, expectedSequenceId: streamSequenceId + 1 };
  if (type === "streamEnd") return { type: "streamClosed", streamId };
  return ackId === undefined ? undefined : ack(ackId);
}
