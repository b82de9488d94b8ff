import type { Actor } from "../world/actor.js";
import type { Json } from "./model.js";

/** Whether a frame says what the program has said, and while that counts. @returns what is wrong */
export function checkFrame({ program, streams }: Actor, message: Json): string | undefined {
  const { stream, data } = message as {
    readonly stream?: { readonly streamId: string; readonly idleTimeoutMs?: number };
    readonly data?: { readonly op?: number; readonly filling?: string };
  };
  if (stream !== undefined) {
    const call = streams.sent.find(({ streamId }) => streamId === stream.streamId)?.call;
    const isSame =
      call?.group === message["group"] &&
      (call?.noEcho ?? false) === message["noEcho"] &&
      call?.idleTimeoutInMs === stream.idleTimeoutMs;
    return isSame ? undefined : `stream ${stream.streamId} is started otherwise than it was opened`;
  }
  const record = program.numbered.get(data?.op ?? 0);
  if (record === undefined) return undefined;
  const { op, call, settledAt } = record;
  if (settledAt !== undefined) return `op ${op} is settled, but is sent`;
  const isSame =
    call.do === "send"
      ? call.group === message["group"] &&
        (call.noEcho ?? false) === message["noEcho"] &&
        call.ttl === message["ttlSeconds"] &&
        (call.bytes ?? 0) === (data?.filling?.length ?? 0)
      : message["event"] === "told";
  return isSame ? undefined : `op ${op} is sent otherwise than it was called`;
}
