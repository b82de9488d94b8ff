import type { Actor } from "../world/actor.js";
import type { Json } from "./model.js";
import type { Wire } from "../world/wire.js";
import type { World } from "../world/world.js";

/** One join on one transport. */
interface Course {
  readonly wire: Wire;
  readonly group: string;
  readonly ackId: number;
  /** When it was first written there, and whether it was written on an earlier transport too. */
  readonly since: number;
  readonly isResumed: boolean;
  tries: number;
  /** The last try waits for its answer. */
  isOpen: boolean;
  /** When it had failed for good. */
  failedAt: number | undefined;
}

/** Joins of the client's own: where one fails for good the application is told. */
export class OwnJoins {
  readonly #actor: Actor;
  readonly #world: World;
  readonly #courses = new Map<number, Course>();
  readonly #failed: Course[] = [];

  constructor(actor: Actor, world: World) {
    this.#actor = actor;
    this.#world = world;
  }

  writes(wire: Wire, { type, group, ackId }: Json): void {
    if (type !== "joinGroup" || typeof ackId !== "number") return;
    const known = this.#courses.get(ackId);
    const { plan } = this.#actor;
    const course: Course =
      known?.wire === wire
        ? known
        : {
            wire,
            group: String(group),
            ackId,
            since: this.#world.clock.now,
            isResumed: known !== undefined && known.wire.connectionId === wire.connectionId,
            tries: 0,
            isOpen: false,
            failedAt: undefined,
          };
    this.#courses.set(ackId, course);
    course.isOpen = true;
    if (++course.tries <= plan.maxRetries) return;
    this.#world.clock.after(plan.ackTimeoutInMs, () => {
      // A timer of the client's, set for the same time, may come a little later.
      this.#world.clock.after(1, () => {
        if (course.isOpen) this.#fails(course);
      });
    });
  }

  /** The service has said no, for good or for now. */
  refused(wire: Wire, ackId: number, isFinal: boolean): void {
    const course = this.#courses.get(ackId);
    if (course?.wire !== wire || !course.isOpen) return;
    course.isOpen = false;
    if (isFinal || course.tries > this.#actor.plan.maxRetries) this.#fails(course);
  }

  answered(ackId: number): void {
    const course = this.#courses.get(ackId);
    if (course !== undefined) course.isOpen = false;
  }

  #fails(course: Course): void {
    const { client, wires, environment } = this.#actor;
    const { now } = this.#world.clock;
    const stands = client.state === "Connected" && wires.at(-1) === course.wire;
    if (!stands || environment.frozenUntil > now) return;
    course.failedAt = now;
    this.#failed.push(course);
  }

  /** Checked when all is over: then it is known which ids the program's calls have had. */
  check(): void {
    const { name, program, groups, rejoinFailures, sendIsBroken, timeIsWrong } = this.#actor;
    if (sendIsBroken || timeIsWrong || this.#actor.isStale) return;
    for (const { wire, group, ackId, since, isResumed, failedAt = 0 } of this.#failed) {
      // A handle tells by its status.
      if (isResumed || groups.knows(group)) continue;
      const isOfProgram = program.operations.some(
        ({ call, result, error }) => (result?.ackId ?? error?.ackId ?? call.ackId) === ackId,
      );
      // What is called meanwhile decides.
      const isCalledOff = program.operations.some(
        ({ call, at }) =>
          (call.do === "join" || call.do === "leave") &&
          call.group === group &&
          at >= since &&
          at <= failedAt,
      );
      if (isOfProgram || isCalledOff) continue;
      const isTold = rejoinFailures.some(
        (failure) => failure.error.ackId === ackId && failure.connectionId === wire.connectionId,
      );
      if (!isTold) this.#world.failed(`${name}: ${group} wasn't joined again, and nobody is told`);
    }
  }
}
