import type { GroupStream, GroupStreamWriter, OpenGroupStreamOptions } from "web-pubsub-client";
import type { Frame } from "../../helpers/frames.js";
import type { ScriptedSocket } from "../../helpers/scriptedSocket.js";
import { Stage, turn, type StageOptions } from "../../helpers/stage.js";

/** Frames of streams as the service writes them. */
export const streamAck = (expectedSequenceId: number, streamId = "s"): Frame => ({
  type: "streamAck",
  streamId,
  expectedSequenceId,
});

export const streamNack = (
  expectedSequenceId: number,
  streamId = "s",
  name = "InvalidSequenceId",
): Frame => ({
  type: "streamNack",
  streamId,
  name,
  message: `${name}!`,
  expectedSequenceId,
});

export const streamClosed = (error?: Frame, streamId = "s"): Frame => ({
  type: "streamClosed",
  streamId,
  error,
});

/** A fragment as a subscriber gets it. */
export function fragment(
  streamSequenceId: number,
  data: unknown = `${streamSequenceId}`,
  more: Frame = {},
): Frame {
  const { stream, ...rest } = more as { stream?: Frame };
  return {
    type: "message",
    from: "group",
    group: "room",
    fromUserId: "bob",
    dataType: "text",
    data,
    stream: { streamId: "s", streamSequenceId, ...stream },
    ...rest,
  };
}

/** The last message of a stream. */
export function endOf(streamSequenceId: number, data: unknown = "", error?: Frame, more: Frame = {}): Frame {
  const { stream, ...rest } = more as { stream?: Frame };
  return fragment(streamSequenceId, data, { ...rest, stream: { endOfStream: true, error, ...stream } });
}

/** What a socket was sent of streams, in short: `start`, `1`, `2`, `end`, `end!` with an error, `alive`. */
export function sentOf(socket: ScriptedSocket, id = "s"): string[] {
  return socket.sent.flatMap((frame) => {
    const stream = frame["stream"] as { streamId?: string } | undefined;
    if (frame["type"] === "sendToGroup" && stream?.streamId === id) return ["start"];
    if (frame["streamId"] !== id) return [];
    if (frame["type"] === "streamEnd") return [frame["error"] === undefined ? "end" : "end!"];
    const sequenceId = frame["streamSequenceId"] as number | undefined;
    return [sequenceId === undefined ? "alive" : `${sequenceId}`];
  });
}

/** Opens the stream `s`; the service confirms it. */
export async function openStream(
  stage: Stage,
  options: OpenGroupStreamOptions = {},
): Promise<GroupStreamWriter> {
  const streamId = options.streamId ?? "s";
  const opening = stage.client.openGroupStream("room", { streamId, ...options });
  stage.socket.receiveFrame(streamAck(1, streamId));
  return opening;
}

/** Keep-alive pings would end a silent scripted connection. */
export const quiet: StageOptions = { keepAliveIntervalInMs: 0, keepAliveTimeoutInMs: 0 };

export async function connectedStage(options: StageOptions = {}): Promise<Stage> {
  const stage = new Stage({ ...quiet, ...options });
  await stage.connect();
  return stage;
}

/** What became of a stream that is read to its end. */
export interface Reading {
  readonly streamId: string;
  readonly groupName: string;
  readonly stream: GroupStream;
  readonly data: unknown[];
  done: boolean;
  error: (Error & { code?: string; userErrorCode?: string }) | undefined;
}

/** A callback that reads every stream, and what it has read. */
export function reader(): {
  readonly readings: Reading[];
  readonly read: (stream: GroupStream) => Promise<void>;
} {
  const readings: Reading[] = [];
  const read = async (stream: GroupStream): Promise<void> => {
    const { streamId, groupName } = stream;
    const reading: Reading = { streamId, groupName, stream, data: [], done: false, error: undefined };
    readings.push(reading);
    try {
      for await (const { data } of stream) reading.data.push(data);
      reading.done = true;
    } catch (thrown) {
      reading.error = thrown as Error;
    }
  };
  return { readings, read };
}

export { turn };
