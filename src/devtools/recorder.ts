import type { CoreClient, OnStateChangedArgs } from "../core/index.js";
import {
  observe,
  type Observation,
  type ObservedAttempt,
  type ObservedFrame,
  type ObservedLoad,
  type ObservedOperation,
  type ObservedRecovery,
} from "../features/observe/index.js";
import { Newest } from "./newest.js";

/** What the time line shows. An attempt is told when it begins and when it has ended: the same object. */
export type Happening = { readonly at: number } & (
  | { readonly change: OnStateChangedArgs }
  | { readonly attempt: ObservedAttempt }
  | { readonly recovery: ObservedRecovery }
);

/** Most records of a kind that are kept. */
const MOST = 500;
/** Most bytes of frames that are kept. */
const MOST_BYTES = 8_000_000;
const MOST_GROUPS = 200;

/** Listens to a client and keeps the newest of what it does, whether the panel is open or not. */
export class Recorder {
  readonly happenings = new Newest<Happening>(MOST);
  readonly operations = new Newest<ObservedOperation>(MOST);
  readonly frames = new Newest<ObservedFrame>(MOST, MOST_BYTES, ({ bytes }) => bytes);
  /** In ms. */
  readonly roundTrips = new Newest<number>(60);
  /** The names of the groups that were heard of. */
  readonly groups = new Set<string>();
  readonly #observation: Observation;

  /**
   * @param onChange something was recorded
   * @param onState the state of the client may have changed
   */
  constructor(client: CoreClient, now: () => number, onChange: () => void, onState: () => void) {
    const { state, connectionId, connectionInfo } = client;
    const { error, attempt } = connectionInfo;
    this.happenings.add({ at: now(), change: { state, previousState: state, connectionId, error, attempt } });
    const happen = (what: { attempt: ObservedAttempt } | { recovery: ObservedRecovery }): void => {
      this.happenings.add({ at: now(), ...what });
      onChange();
    };
    this.#observation = observe(
      client,
      {
        onState: (change) => {
          this.happenings.add({ at: now(), change });
          onState();
          onChange();
        },
        onAttemptStarted: (attempt) => happen({ attempt }),
        onAttemptEnded: onChange,
        // That it has begun, the state tells.
        onRecoveryEnded: (recovery) => happen({ recovery }),
        onFrame: (frame) => {
          this.frames.add(frame);
          this.#meet(frame.group);
          onChange();
        },
        onOperationQueued: (operation) => {
          this.operations.add(operation, ({ durationInMs }) => durationInMs !== undefined);
          this.#meet(operation.group);
          onChange();
        },
        onOperationSent: onChange,
        onOperationSettled: onChange,
        onRoundTrip: (durationInMs) => {
          this.roundTrips.add(durationInMs);
          onChange();
        },
        onLoad: onChange,
      },
      { content: true },
    );
  }

  /** What waits in the client now. */
  load(): ObservedLoad {
    return this.#observation.load();
  }

  stop(): void {
    this.#observation.stop();
  }

  #meet(group: string | undefined): void {
    if (group === undefined || this.groups.has(group)) return;
    const [oldest = group] = this.groups;
    if (this.groups.size === MOST_GROUPS) this.groups.delete(oldest);
    this.groups.add(group);
  }
}
