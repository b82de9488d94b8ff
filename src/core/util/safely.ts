/** Wraps a listener so that its exceptions and its promise's rejections are reported. */
export function safely<T>(
  listener: (args: T) => unknown,
  onError: (error: unknown) => void,
): (args: T) => void {
  return (args) => {
    try {
      const result = listener(args);
      // Not `instanceof Promise`: promises of other realms or classes count too.
      if (typeof (result as PromiseLike<unknown> | undefined)?.then === "function")
        Promise.resolve(result).catch(onError);
    } catch (error) {
      onError(error);
    }
  };
}
