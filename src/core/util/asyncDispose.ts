/** The key of the method that `await using` calls. */

declare const _absent: unique symbol;
/** Left to the compiler of the program, so that it meets no unknown name if its libraries (`lib`) lack the symbol. */
type AsyncDispose = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol }
  ? Key
  : typeof _absent;

/**
 * `Symbol.asyncDispose`. Where the platform has none, it is the symbol that compilers of `await using` put in its place;
 * else the method would be called "undefined".
 */
export const ASYNC_DISPOSE: AsyncDispose =
  Symbol.asyncDispose ?? /* @__PURE__ */ Symbol.for("Symbol.asyncDispose");
