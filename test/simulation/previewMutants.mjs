// Faults planted in streams, invocation and group state; see mutants.mjs.

const outbound = "src/streams/outboundStream.ts";
const delivery = "src/streams/delivery.ts";
const inbound = "src/streams/inboundStreams.ts";
const subscription = "src/streams/inboundSubscription.ts";
const invocations = "src/session/invocations.ts";
const ownStates = "src/session/ownStates.ts";
const stateWatches = "src/session/stateWatches.ts";
const service = "emulator/src/service/";

/** @type {import("./mutants.mjs").Mutant[]} */
export const previewMutants = [
  {
    name: "streams: nothing is sent again after a recovery",
    file: delivery,
    find: `    this.#aliveAt = this.#now();
    this.#heard();
    this.resend();`,
    put: `    this.#heardAt = this.#aliveAt = this.#now();
    this.#probeAt = Infinity;
    this.#armNext();`,
  },
  {
    name: "streams: a nack is taken for an ack",
    file: delivery,
    find: `      this.#hold = FIRST_HOLD;
      this.resend();`,
    put: `      this.#probeAt = Infinity;`,
  },
  {
    name: "streams: the end overtakes fragments that wait for the window",
    file: delivery,
    find: ` || this.#endSent || this.#line.count > 0) return;`,
    put: ` || this.#endSent) return;`,
  },
  {
    name: "streams: the end is never sent",
    quick: true,
    file: delivery,
    find: `      this.#send(this.#endFrame);`,
    put: ``,
  },
  {
    name: "streams: the timer of a closed stream is left running",
    file: delivery,
    find: `    this.#timer.clear();
    this.#timerDue = -Infinity;`,
    put: ``,
  },
  {
    name: "streams: one goes on on a new connection",
    file: outbound,
    find: `    if (this.#phase === "starting" && !isKnown) return;
    const message = "Stream session aborted`,
    put: `    this.#started = true;
    if (this.#phase !== "closed") return;
    const message = "Stream session aborted`,
  },
  {
    name: "streams: stopping leaves calls unsettled",
    file: outbound,
    find: `    this.#close(this.#error("NotStarted", "Stream session aborted because client is stopping.", cause));`,
    put: ``,
  },
  {
    name: "streams: the end resolves when it is sent",
    file: outbound,
    find: `      delivery.end(frame);`,
    put: `      delivery.end(frame);
      this.#closing.resolve();`,
  },
  {
    name: "streams: a lost stream looks complete to its reader",
    file: subscription,
    find: `      stream?.end(new GroupStreamError(code, stream.streamId, message, { cause }));`,
    put: `      stream?.end();`,
  },
  {
    name: "streams: the publisher's error looks like a normal end",
    file: subscription,
    find: `    if (error) stream.end(fromWire(stream.streamId, error));
    else if (endOfStream)`,
    put: `    if (endOfStream || error)`,
  },
  {
    name: "streams: readers wait for ever when the client stops",
    file: inbound,
    find: `    this.#lose("NotStarted", "The client was stopped before the stream was complete.", cause);`,
    put: ``,
  },
  {
    name: "streams: a fragment without content for its stream's end is delivered",
    file: subscription,
    find: `    if (!isEmpty && id === expected) {`,
    put: `    if (id === expected) {`,
  },
  {
    name: "invocation: sent again after a recovery",
    file: invocations,
    find: `    for (const id of this.#cancelled.splice(0)) this.#cancel(id);`,
    put: `    for (const id of this.#cancelled.splice(0)) this.#cancel(id);
    for (const { sent, frame } of this.#byId.values()) if (sent) this.#host.write(frame);`,
  },
  {
    name: "invocation: one that was lost waits for ever",
    file: invocations,
    find: `      if (invocation.sent)
        this.#reject(`,
    put: `      if (!invocation.sent)
        this.#reject(`,
  },
  {
    name: "invocation: stopping leaves it unsettled",
    file: invocations,
    find: `      this.#reject(invocation, failure(invocation.id, "NotStarted", cause.message, { cause }));`,
    put: ``,
  },
  {
    name: "invocation: the abort listener stays",
    file: invocations,
    find: `    invocation.unlisten();`,
    put: ``,
  },
  {
    name: "invocation: answered ones are cancelled",
    quick: true,
    file: invocations,
    find: `    this.#settle(invocation);
    invocation.resolve(`,
    put: `    this.#cancel(invocation.id);
    this.#settle(invocation);
    invocation.resolve(`,
  },
  {
    name: "group state: not set again on a new connection",
    file: ownStates,
    find: `    } else if (live && (!own.live || own.doubtful)) {`,
    put: `    } else if (live && own.doubtful) {`,
  },
  {
    name: "group state: the order of executions is trusted",
    quick: true,
    file: ownStates,
    find: `        current.doubtful ||= `,
    put: `        current.doubtful = false && `,
  },
  {
    name: "group state: subscriptions end with their connection",
    file: stateWatches,
    find: `of this.#watched) this.#agree`,
    put: `of this.#watched) if (watch.held) this.#agree`,
  },
  {
    name: "group state: what was known outlives its connection",
    file: stateWatches,
    find: `      if (watch.cache.clear()) this.#changed(group);
      else this.onChanged?.(group);`,
    put: ``,
  },
  {
    name: "group state: it outlives the membership",
    file: ownStates,
    find: `    if (own !== undefined) own.leftOn = this.#connection;
    this.#own.delete(group);`,
    put: `    if (own !== undefined) own.leftOn = this.#connection;`,
  },
  {
    name: "service: streams: fragments out of order are taken",
    file: `${service}streamTable.ts`,
    find: `    if (sequenceId === this.expected) return "expected";`,
    put: `    if (sequenceId >= this.expected) return "expected";`,
  },
  {
    name: "service: streams: duplicates are published",
    file: `${service}streamTable.ts`,
    find: `    if (sequenceId < this.expected) return "duplicate";`,
    put: `    if (sequenceId < this.expected - 1) return "duplicate";
    if (sequenceId < this.expected) return "expected";`,
  },
  {
    name: "service: streams: subscribers aren't told of the end",
    file: `${service}streams.ts`,
    find: `    this.#publishEnd(hub, session, stream, toldSubscribers);`,
    put: ``,
  },
  {
    name: "service: streams: a publisher that is gone looks like the end",
    file: `${service}streams.ts`,
    find: `      this.#publishEnd(hub, session, stream, { name: "Cancelled", message: "The publisher is gone." });`,
    put: `      this.#publishEnd(hub, session, stream, undefined);`,
  },
  {
    name: "service: streams: an end behind a gap ends the stream",
    file: `${service}streams.ts`,
    find: `    if (error === undefined && stream.hasGap) return;`,
    put: ``,
  },
  {
    name: "service: group state: subscribers aren't told of changes",
    file: `${service}groupStates.ts`,
    find: `    states.set(session, item);
    this.#publish(group, item);`,
    put: `    states.set(session, item);`,
  },
  {
    name: "service: group state: states outlive the connection",
    file: `${service}groupStates.ts`,
    find: `    for (const group of groups) this.clear(session, group);`,
    put: ``,
  },
];
