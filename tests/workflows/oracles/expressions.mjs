// Evaluates expressions with GitHub's own evaluator: a request a line on stdin, an answer a line on stdout.
import fs from "node:fs";

import { Evaluator, Lexer, Parser, data, wellKnownFunctions } from "@actions/expressions";
import { truthy } from "@actions/expressions/result";
import { ensureStatusFunction } from "@actions/workflow-parser/model/converter/if-condition";

const STATUS = ["always", "success", "failure", "cancelled"];

// A context whose members are all known: asking for another is a mistake in the workflow, which GitHub passes over.
class Closed extends data.Dictionary {
  get(key) {
    const value = super.get(key);
    if (value !== undefined) return value;
    throw new Error(`unknown name '${key}'; here there are ${this.pairs().map((pair) => pair.key).sort().join(", ")}`);
  }
}

function toData(value) {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === "string") return new data.StringData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  const pairs = Object.entries(value.closed ?? value.open).map(([key, member]) => ({ key, value: toData(member) }));
  return value.closed ? new Closed(...pairs) : new data.Dictionary(...pairs);
}

function plain(value) {
  if (value.kind === data.Kind.Array) return value.values().map(plain);
  if (value.kind === data.Kind.Dictionary) return Object.fromEntries(value.pairs().map((p) => [p.key, plain(p.value)]));
  return value.kind === data.Kind.Null ? null : value.value;
}

const buffered = { text: "" };
function readLine() {
  for (;;) {
    const end = buffered.text.indexOf("\n");
    if (end >= 0) {
      const line = buffered.text.slice(0, end);
      buffered.text = buffered.text.slice(end + 1);
      return line;
    }
    const chunk = Buffer.alloc(1 << 16);
    const read = fs.readSync(0, chunk);
    if (read === 0) process.exit(0);
    pending = Buffer.concat([pending, chunk.subarray(0, read)]);
    // A character may be cut by the chunk's end; a line never ends inside one.
    const last = pending.lastIndexOf(10) + 1;
    buffered.text += pending.subarray(0, last).toString("utf8");
    pending = pending.subarray(last);
  }
}
let pending = Buffer.alloc(0);
const write = (answer) => fs.writeSync(1, `${JSON.stringify(answer)}\n`);

function functionsOf(status) {
  const known = new Map(STATUS.filter((name) => name in (status ?? {})).map((name) => [
    name, { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(status[name]) },
  ]));
  known.set("hashfiles", {
    name: "hashFiles", minArgs: 1, maxArgs: 255,
    call: (...patterns) => {
      write({ hashFiles: patterns.map((pattern) => pattern.coerceString()) });
      const digest = JSON.parse(readLine());
      if (digest === null) throw new Error("hashFiles has no files to read here");
      return new data.StringData(digest);
    },
  });
  return known;
}

function evaluate(text, request) {
  const contexts = new data.Dictionary(...Object.entries(request.contexts).map(([key, v]) => ({ key, value: toData(v) })));
  const functions = functionsOf(request.status);
  const tree = new Parser(new Lexer(text).lex().tokens, Object.keys(request.contexts), [...functions.values()]).parse();
  return new Evaluator(tree, contexts, functions).evaluate();
}

// The parts of a string, as GitHub's reader of templates cuts it: quoted braces do not end an expression.
function segments(text) {
  const found = [];
  let at = 0;
  for (let start = text.indexOf("${{"); start >= 0; start = text.indexOf("${{", at)) {
    if (start > at) found.push({ literal: text.slice(at, start) });
    let quoted = false;
    let end = start + 3;
    for (; end < text.length; end++) {
      if (text[end] === "'") quoted = !quoted;
      else if (!quoted && text[end] === "}" && text[end - 1] === "}") break;
    }
    if (end >= text.length) throw new Error("The expression is not closed");
    found.push({ expression: text.slice(start + 3, end - 1) });
    at = end + 1;
  }
  if (at < text.length) found.push({ literal: text.slice(at) });
  return found;
}

function answer(request) {
  if (request.kind === "condition") {
    const whole = segments(request.text.trim());
    const text = whole.length === 1 && whole[0].expression ? whole[0].expression.trim() : request.text.trim();
    const allowed = [...Object.keys(request.contexts), ...STATUS.map((name) => `${name}(0,MAX)`), "hashFiles(1,MAX)"];
    return truthy(evaluate(ensureStatusFunction(text || "success()", { allowedContext: allowed }), request));
  }
  if (request.kind === "expression") return plain(evaluate(request.text, request));
  const parts = segments(request.text);
  if (parts.length === 1 && parts[0].expression) return plain(evaluate(parts[0].expression, request));
  return parts.map((part) => part.literal ?? evaluate(part.expression, request).coerceString()).join("");
}

if (Object.keys(wellKnownFunctions).length < 8) throw new Error("the evaluator lost its functions");
for (;;) {
  try {
    write({ value: answer(JSON.parse(readLine())) });
  } catch (error) {
    write({ refused: error.message });
  }
}
