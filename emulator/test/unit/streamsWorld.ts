import { expect } from "vitest";
import type { Message, TestClient } from "./world.js";

/** What a publisher is told about its streams. */
export const told = (client: TestClient): Message[] =>
  client.messages.filter(({ type }) => String(type).startsWith("stream"));

/** The fragments that a subscriber got: the content of each, or how the stream ended. */
export const heard = (client: TestClient): unknown[] =>
  client.data.map(({ data, stream }) => {
    const { streamSequenceId, endOfStream, error } = stream as Message;
    return endOfStream === true ? { end: streamSequenceId, error } : [streamSequenceId, data];
  });

export const start = (streamId = "s", more: Message = {}, about: Message = {}): Message => ({
  type: "sendToGroup",
  group: "g",
  noEcho: false,
  stream: { streamId, ...more },
  ...about,
});

export const fragment = (
  streamSequenceId: number,
  streamId = "s",
  data: unknown = streamSequenceId,
): Message => ({
  type: "streamData",
  streamId,
  streamSequenceId,
  dataType: "json",
  data,
});

export const keepAlive = (streamId = "s"): Message => ({ type: "streamData", streamId });

export const end = (error?: Message, streamId = "s"): Message => ({ type: "streamEnd", streamId, error });

export const ack = (expectedSequenceId: number, streamId = "s"): Message => ({
  type: "streamAck",
  streamId,
  expectedSequenceId,
});

export const closed = (name?: string, streamId = "s"): unknown =>
  name === undefined
    ? { type: "streamClosed", streamId }
    : { type: "streamClosed", streamId, error: { name, message: expect.any(String) as unknown } };
