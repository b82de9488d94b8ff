import { Buffer } from "node:buffer";
import { answer, target } from "./negotiate.mjs";

/** The rooms of the pages. */
const ROOMS = ["lobby", "garden", "workshop"];
const MOST = 1_000;

/**
 * Answers `GET /history?group=...&after=...&before=...&limit=...` with `{ messages }`, oldest first: what was said
 * after the line with the id `after`, before the one with `before`, or last. The local service plays the store; with the cloud
 * there is none, since lines don't pass this server. A real one asks who the caller is and what they may read.
 * @param {import("web-pubsub-emulator").Emulator | undefined} emulator none for the cloud
 */
export function historyPages(emulator) {
  // A line brings its own id, which the pages know too. Anybody may send anything, null too.
  const keep = (room) => emulator.hub("chat").history(room, { id: ({ data }) => data?.id });
  const rooms = emulator && new Map(ROOMS.map((room) => [room, keep(room)]));
  return (request, response, next) => {
    const { pathname, searchParams } = target(request);
    if (pathname !== "/history") return next();
    const refuse = (status, error) => answer(response, status, { error });
    if (request.method !== "GET") return refuse(405, "Only GET.");
    const { group, after, before, limit = "100" } = Object.fromEntries(searchParams);
    const room = rooms?.get(group);
    if (room === undefined) return refuse(404, "Nothing is kept of such a group.");
    if (!/^\d+$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST)
      return refuse(400, `limit must be a whole number from 1 to ${MOST}.`);
    try {
      answer(response, 200, { messages: room.messages({ after, before, limit: Number(limit) }).map(inJson) });
    } catch (error) {
      // The line isn't kept: what came after it can't be told.
      refuse(410, error.message);
    }
  };
}

/** JSON has no bytes: they are base64, as in the service's own JSON. */
function inJson(message) {
  const { data } = message;
  return data instanceof ArrayBuffer ? { ...message, data: Buffer.from(data).toString("base64") } : message;
}
