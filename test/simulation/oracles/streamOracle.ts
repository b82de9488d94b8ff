import type { Actor } from "../world/actor.js";
import type { Json, ModelStream } from "./model.js";
import { isCalm } from "../plans/plan.js";
import type { ReceivedStream, SentStream } from "../world/streamUse.js";
import type { World } from "../world/world.js";

/** Streams that have ended have arrived; checked while everybody is still connected. */
export function checkArrivals(actor: Actor, world: World): void {
  const failed = (reason: string): void => world.failed(`${actor.name}: ${reason}`);
  for (const record of actor.streams.sent) {
    // Another client that has the session ends the streams that are in it.
    if (record.outcome === "ended" && actor.holders === undefined) checkEnded(record, world, failed);
    if (record.isSuspended && actor.holders === undefined) checkSuspended(record, actor, world, failed);
  }
}

/** Whoever goes on with the connection has told the receivers that no more comes. */
function checkSuspended(
  { streamId }: SentStream,
  { client }: Actor,
  world: World,
  failed: (reason: string) => void,
): void {
  const { model } = world.backend;
  const stream = [...model.streams.values()].find((each) => each.streamId === streamId);
  if (stream?.publisher.connectionId !== client.connectionId) return;
  for (const { name, streams, plan, client: listener, holders } of world.actors) {
    if (!plan.reliable || holders !== undefined) continue;
    const isOpen = streams.received.some(
      (each) =>
        each.streamId === streamId && each.outcome === "open" && each.connectionId === listener.connectionId,
    );
    if (isOpen) failed(`stream ${streamId} was suspended, and ${name} still waits for more`);
  }
}

/** What was promised of streams, checked when all is over. */
export function checkStreams(actor: Actor, world: World): void {
  const { name, streams, written } = actor;
  const failed = (reason: string): void => world.failed(`${name}: ${reason}`);
  const frames = new Map<string, typeof written>();
  for (const frame of written) {
    const id = streamIdOf(frame.message);
    if (id === undefined) continue;
    const list = frames.get(id);
    if (list === undefined) frames.set(id, [frame]);
    else list.push(frame);
  }
  for (const record of streams.sent) {
    const { streamId, outcome, pending, signal, call } = record;
    if (pending > 0) failed(`a call on stream ${streamId} was never settled`);
    if ((signal?.listeners.size ?? 0) > 0) failed(`stream ${streamId} still listens to its abort signal`);
    const sent = frames.get(streamId) ?? [];
    const early = call.abortAfter === -1;
    if (early && (sent.length > 0 || outcome !== "failed"))
      failed(`stream ${streamId} was opened although it couldn't be`);
    if (outcome === "failed" && isCalm(world.plan) && !mayFail(record))
      failed(`stream ${streamId} failed although nothing was wrong: ${String(record.error)}`);
    if (new Set(sent.map(({ wire }) => wire.connectionId)).size > 1)
      failed(`stream ${streamId} went out on two connections`);
    checkFrames(record, sent, failed);
  }
  for (const { streamId, outcome, last } of streams.received) {
    if (outcome === "open") failed(`the reader of ${streamId} still waits after stop()`);
    if (outcome !== "complete") continue;
    const source = senderOf(streamId, world);
    const finished = source?.call.finish === "end" && last === source.call.fragments;
    // One whose only fragment nobody saw is an end without anything.
    if (!finished && !(source?.call.finish === "end" && last === 0))
      failed(`stream ${streamId} looked complete after fragment ${last}`);
  }
}

/** It was refused, aborted, or slower than it said it would be. */
function mayFail({ call, stateAtCall }: SentStream): boolean {
  const { abortAfter, group, idleTimeoutInMs } = call;
  return (
    stateAtCall === "Stopped" ||
    abortAfter !== undefined ||
    idleTimeoutInMs !== undefined ||
    group === "closed"
  );
}

/** Fragments first go out in order and keep their number. */
function checkFrames(
  { streamId, op }: SentStream,
  sent: Actor["written"],
  failed: (reason: string) => void,
): void {
  let next = 1;
  for (const { message } of sent) {
    const n = message["streamSequenceId"] as number | undefined;
    if (message["type"] !== "streamData" || n === undefined) continue;
    const data = message["data"] as { op: number; n: number };
    if (data.op !== op || data.n !== n) failed(`fragment ${n} of ${streamId} has the wrong content`);
    if (n > next) failed(`fragment ${n} of ${streamId} was sent before fragment ${next}`);
    next = Math.max(next, n + 1);
  }
}

/** The service has said that it has everything: whoever was there all the time has it too. */
function checkEnded({ streamId, call }: SentStream, world: World, failed: (reason: string) => void): void {
  const { model } = world.backend;
  const kept = [...model.streams.values()].filter((stream) => stream.streamId === streamId);
  const accepted = Math.max(0, ...kept.map((stream) => stream.accepted));
  if (accepted !== call.fragments)
    failed(`stream ${streamId} ended, but the service has ${accepted} of ${call.fragments} fragments`);
  for (const stream of kept) checkMembers(stream, call, world, failed);
}

function checkMembers(
  { streamId, audience }: ModelStream,
  { fragments }: SentStream["call"],
  world: World,
  failed: (reason: string) => void,
): void {
  for (const { connectionId, user, reliable } of audience) {
    const listener = world.actors.find((each) => each.user === user);
    const got = listener?.streams.received.filter(
      (stream) => stream.streamId === streamId && stream.connectionId === connectionId,
    );
    // A session may wait in vain for a client that was stopped before it knew its connection id.
    if (!reliable || got === undefined || listener?.client.connectionId !== connectionId) continue;
    // A clock set forward looks like silence.
    if (listener.disturbed) continue;
    // Each of two that hold the connection gets a part.
    if (listener.holders !== undefined) continue;
    const isWhole = got.some(
      ({ outcome, first, last }) =>
        outcome === "left" ||
        (outcome === "complete" && (fragments === 0 || (first === 1 && last === fragments))),
    );
    if (!isWhole && !isWholeTogether(got, fragments)) {
      const what = got.map(({ outcome, first, last }) => `${outcome}, ${first} to ${last}`).join("; ");
      failed(`stream ${streamId} ended, but ${user} got: ${what || "nothing"}`);
    }
  }
}

/**
 * Each page went on where the one before had ended, or earlier if it resumed an older session. A page that is suspended
 * by a listener of a fragment hands it to no reader.
 */
function isWholeTogether(got: readonly ReceivedStream[], fragments: number): boolean {
  let [next, page, isComplete] = [1, 0, false];
  for (const each of got) {
    const slack = each.page === page ? 0 : 1;
    if (each.first > next + slack) return false;
    if (each.first > 0) next = each.last + 1;
    page = each.page;
    isComplete = each.outcome === "complete";
  }
  return isComplete && page > 1 && next === fragments + 1;
}

function senderOf(streamId: string, world: World): SentStream | undefined {
  for (const { streams } of world.actors) {
    const found = streams.sent.find((record) => record.streamId === streamId);
    if (found !== undefined) return found;
  }
  return undefined;
}

function streamIdOf(message: Json): string | undefined {
  const start = message["stream"] as { streamId?: string } | undefined;
  return start?.streamId ?? (message["streamId"] as string | undefined);
}
