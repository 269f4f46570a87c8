// Runs the script of an actions/github-script step; only the REST calls below are known.
const fs = require("fs");

const request = JSON.parse(fs.readFileSync(0, "utf8"));
const store = JSON.parse(fs.readFileSync(request.api, "utf8"));
const save = () => fs.writeFileSync(request.api, JSON.stringify(store, null, 1));

// What a call needs of the token's rights; without them GitHub answers 403.
const needed = {
  "pulls.list": [["pull-requests", "read"], ["contents", "read"]],
  "pulls.listFiles": [["pull-requests", "read"], ["contents", "read"]],
  "issues.listComments": [["pull-requests", "read"], ["issues", "read"]],
  "issues.createComment": [["pull-requests", "write"], ["issues", "write"]],
  "issues.updateComment": [["pull-requests", "write"], ["issues", "write"]],
  "actions.listJobsForWorkflowRun": [["actions", "read"]],
  "actions.listWorkflowRunArtifacts": [["actions", "read"]],
};
const allows = ([right, level]) => [level, "write"].includes(request.granted[right]);

const calls = {
  "pulls.list": ({ head }) => store.pulls.filter((pull) => !head || pull.head.label === head),
  "pulls.listFiles": ({ pull_number }) => store.pulls.find((pull) => pull.number === pull_number).files ?? [],
  "issues.listComments": ({ issue_number }) => store.comments.filter((c) => c.issue_number === issue_number),
  "issues.createComment": ({ issue_number, body }) => {
    const user = { login: "github-actions[bot]", type: "Bot" };
    store.comments.push({ id: store.comments.length + 1, issue_number, body, user });
    save();
  },
  "issues.updateComment": ({ comment_id, body }) => {
    store.comments.find((comment) => comment.id === comment_id).body = body;
    save();
  },
  "actions.listJobsForWorkflowRun": ({ run_id }) => request.jobs[run_id],
  "actions.listWorkflowRunArtifacts": ({ run_id }) => request.artifacts[run_id] ?? [],
};

const named = (group) =>
  new Proxy({}, { get: (_, name) => {
    const call = calls[`${group}.${name}`];
    if (!call) throw new Error(`github.rest.${group}.${name} is not known here`);
    return async (parameters) => {
      if (!needed[`${group}.${name}`].some(allows)) throw new Error("Resource not accessible by integration");
      return { data: call(parameters) };
    };
  } });
const github = {
  rest: new Proxy({}, { get: (_, group) => named(group) }),
  paginate: async (method, parameters) => (await method(parameters)).data,
};
const context = { payload: request.payload, repo: request.repo };
const core = { info: console.log, warning: console.log, setFailed: (message) => { throw new Error(message); } };
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;

new AsyncFunction("github", "context", "core", "require", request.script)(github, context, core, require).catch(
  (error) => { console.error(error); process.exit(1); },
);
