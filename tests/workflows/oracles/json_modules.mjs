// Lets node import .json files without an attribute, as the packages' authors bundle them; `node --import` this file.
import { register } from "node:module";

const hook = `
import fs from "node:fs";
import { fileURLToPath } from "node:url";
export async function load(url, context, next) {
  if (!url.endsWith(".json")) return next(url, context);
  return { format: "module", shortCircuit: true, source: "export default " + fs.readFileSync(fileURLToPath(url), "utf8") };
}`;
register("data:text/javascript," + encodeURIComponent(hook));
