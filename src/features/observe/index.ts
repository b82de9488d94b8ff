import { defineFeature, type AnyClient } from "../../core/feature.js";
import { flag } from "../../core/util/checkOptions.js";
import type { Observation, ObserveOptions, Observer } from "./models.js";
import { Observers } from "./observers.js";

export type {
  Observation,
  ObservedAttempt,
  ObservedFrame,
  ObservedLoad,
  ObservedOperation,
  ObservedRecovery,
  ObserveOptions,
  Observer,
} from "./models.js";

const observers = /* @__PURE__ */ defineFeature("observe", (port) => new Observers(port));

/**
 * Calls the methods of `observer` for everything that happens in a client: attempts to connect, states, recoveries,
 * frames, operations, round trips. Several observers may observe one client. Call it before `start`: attempts,
 * operations and recoveries already under way are not reported.
 *
 * Tokens are never reported. Messages are, with the option `content`.
 * @throws TypeError for an observer or a client that isn't one
 */
export function observe(client: AnyClient, observer: Observer, options?: ObserveOptions): Observation {
  if (typeof observer !== "object" || observer === null)
    throw new TypeError("observe: the second argument must be an object with the methods of an Observer.");
  return observers(client).add(observer, flag("content", options?.content, false));
}
