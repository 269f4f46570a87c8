// Validates the files named after the root of their repository, as github.com does; prints the findings as one JSON list.
import fs from "node:fs";
import path from "node:path";

import { validate } from "@actions/languageservice";
import { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } from "@actions/workflow-parser";
import { TextDocument } from "vscode-languageserver-textdocument";

const [root, ...files] = process.argv.slice(2);
const text = (name) => fs.readFileSync(path.join(root, name), "utf8");
const config = {
  fileProvider: {
    getFileContent: async (reference) => ({ name: reference.path, content: text(reference.path) }),
  },
};

const findings = [];
for (const name of files) {
  const found = (line, message) => findings.push({ file: name, line, message });
  if (!/action\.ya?ml$/.test(name)) {
    const { context, value } = parseWorkflow({ name, content: text(name) }, new NoOperationTraceWriter());
    if (value) await convertWorkflowTemplate(context, value, config.fileProvider, { fetchReusableWorkflowDepth: 1 });
    for (const error of context.errors.getErrors()) found(error.range?.start.line ?? 0, error.rawMessage);
  }
  const document = TextDocument.create(`file:///${name}`, "yaml", 1, text(name));
  for (const one of await validate(document, config)) found(one.range.start.line + 1, one.message);
}
process.stdout.write(JSON.stringify(findings));
