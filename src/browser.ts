/** Entry point of the self-contained browser builds: the package and `setLogLevel`. */
export * from "./index.js";
export { setLogLevel } from "@azure/logger";
