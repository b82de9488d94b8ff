/** Wraps a listener so that its exceptions and its promise's rejections are reported. */
export function safely<T>(
  listener: (args: T) => unknown,
  onError: (error: unknown) => void,
): (args: T) => void {
  return (args) => {
    try {
      reportRejection(listener(args), onError);
    } catch (error) {
      onError(error);
    }
  };
}

/** Reports the rejection of what may be a promise. */
export function reportRejection(result: unknown, onError: (error: unknown) => void): void {
  // Not `instanceof Promise`: promises of other realms or classes count too.
  if (typeof (result as PromiseLike<unknown> | undefined)?.then === "function")
    Promise.resolve(result).catch(onError);
}
