// One contestant in one scenario, measured in a process of its own. Prints a line of JSON.
import { scenarios } from "./scenarios/index.mjs";

const [contestant, name, url] = process.argv.slice(2);
const scenario = scenarios.find((each) => each.name === name);
// What measures the import must not find it done.
const imports = scenario.name !== "start" && contestant !== "local service";
const create = imports ? (await import(`./contestants/${contestant}.mjs`)).create : undefined;
console.log(JSON.stringify(await scenario.run({ create, url, contestant })));
process.exit(0);
