/** The key of the method that `await using` calls. */

declare const _absent: unique symbol;
/** The user's compiler resolves it, so a `lib` without the symbol causes no error. */
type AsyncDispose = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol }
  ? Key
  : typeof _absent;

/**
 * `Symbol.asyncDispose`, or the symbol that compilers use instead on a platform without it. Otherwise the method would
 * be named "undefined".
 */
export const ASYNC_DISPOSE: AsyncDispose =
  Symbol.asyncDispose ?? /* @__PURE__ */ Symbol.for("Symbol.asyncDispose");
