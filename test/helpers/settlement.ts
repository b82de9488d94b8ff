/** What has become of a promise so far. */
export class Settlement<T> {
  status: "pending" | "resolved" | "rejected" = "pending";
  value: T | undefined;
  error: (Error & { code?: unknown; ackId?: number; errorDetail?: unknown }) | undefined;

  constructor(promise: Promise<T>) {
    promise.then(
      (value) => {
        this.status = "resolved";
        this.value = value;
      },
      (error: Error) => {
        this.status = "rejected";
        this.error = error;
      },
    );
  }
}

/** Follows a promise without waiting for it. */
export function follow<T>(promise: Promise<T>): Settlement<T> {
  return new Settlement(promise);
}
