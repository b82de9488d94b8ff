/** Wraps a listener: what it throws, or what its promise rejects with, is reported. */
export function safely<T>(
  listener: (args: T) => unknown,
  onError: (error: unknown) => void,
): (args: T) => void {
  return (args) => {
    try {
      const result = listener(args);
      // Not every promise is of this realm, or of this class.
      if (typeof (result as PromiseLike<unknown> | undefined)?.then === "function")
        Promise.resolve(result).catch(onError);
    } catch (error) {
      onError(error);
    }
  };
}
