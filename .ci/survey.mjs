// Applies other people's manifests, each in a lab of its own, and says what became of their Deployments: available, or stopped
// and why. It fails where one is neither: then a cluster would know a reason that the lab does not tell.
//
//   cargo build && node .ci/survey.mjs FOLDER…
//
// The manifests are not part of this project: clone what you want to look at. Templates (with `{{`) are left out.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const LAB = fileURLToPath(new URL("../target/debug/hellok8s-lab", import.meta.url));
const LONGEST_BYTES = 16 << 20;
/** Simulated seconds until one looks: longer than most delays of probes, shorter than a progress deadline. */
const WAITS_S = 180;

/**
 * What is read of an object in `kubectl get -o json`.
 * @typedef {{ type: string, status: string, message: string }} Condition
 * @typedef {{ name: string, ready: boolean, state?: { waiting?: { reason: string, message?: string } } }} ContainerStatus
 * @typedef {Object} Read
 * @property {{ name: string, uid: string, ownerReferences?: { uid: string }[] }} metadata
 * @property {{ replicas?: number }} spec
 * @property {{ conditions?: Condition[], availableReplicas?: number, initContainerStatuses?: ContainerStatus[], containerStatuses?: ContainerStatus[] }} [status]
 * @property {string} [reason] of an event, as the two that follow
 * @property {string} [message]
 * @property {{ uid?: string }} [involvedObject]
 */

/**
 * @param {string} folder
 * @returns {Generator<{ path: string, text: string }>}
 */
function* manifests(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules") {
      yield* manifests(path);
    } else if (entry.isFile() && /\.ya?ml$/.test(entry.name) && statSync(path).size <= LONGEST_BYTES) {
      const text = readFileSync(path, "utf8");
      if (/^kind: *["']?Deployment["']? *$/m.test(text) && !text.includes("{{")) {
        yield { path, text };
      }
    }
  }
}

/**
 * What the lab prints after a line that stands alone, and the command that follows it.
 * @param {string} printed
 * @param {string} mark
 */
const after = (printed, mark) => printed.slice(printed.indexOf(`\n${mark}\n`) + mark.length + 2).replace(/^\$ .*\n/, "");

/**
 * @param {string} printed
 * @param {string} mark
 * @returns {Read[]}
 */
function json(printed, mark) {
  const text = after(printed, mark);
  const end = text.indexOf("\n}\n");
  return text.startsWith("{") && end > 0 ? JSON.parse(text.slice(0, end + 2)).items : [];
}

/** @param {{ text: string }} manifest */
function play({ text }) {
  const folder = mkdtempSync(join(tmpdir(), "survey-"));
  try {
    const namespaces = new Set([...text.matchAll(/^\s+namespace: *["']?([a-z0-9-]+)/gm)].map(([, name = ""]) => name));
    const lines = [
      ...[...namespaces].filter((name) => !["default", "kube-system"].includes(name)).map((name) => `kubectl create namespace ${name} >/dev/null 2>&1`),
      "lab stand-in m.yaml >/dev/null", "kubectl apply -f m.yaml >applied.txt 2>&1", `sleep ${WAITS_S}`, "echo refused", "grep -v -E ' (created|configured|unchanged|serverside-applied)$' applied.txt",
      ...["deployments", "replicasets", "pods", "events"].flatMap((type) => [`echo ${type}`, `kubectl get ${type} -A -o json`]),
    ];
    writeFileSync(join(folder, "m.yaml"), text);
    writeFileSync(join(folder, "session.txt"), `${lines.join("\n")}\n`);
    const { stdout, stderr, status } = spawnSync(LAB, ["run", "--seed", "1", "--dir", folder, join(folder, "session.txt")], { encoding: "utf8", timeout: 300_000, maxBuffer: 1 << 28 });
    return status === 0 ? { stdout, stderr } : { stdout: "", stderr: stderr || "it did not end" };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Why a Deployment is not available, in the cluster's words; undefined where nothing says so.
 * @param {Read} deployment
 * @param {Read[]} sets
 * @param {Read[]} pods
 * @param {Read[]} events
 */
function reason(deployment, sets, pods, events) {
  /** @param {Read} object */
  const conditions = ({ status }) => status?.conditions ?? [];
  /** @type {(objects: Read[], owner: Read) => Read[]} */
  const owned = (objects, owner) => objects.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid));
  const failure = conditions(deployment).find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  if (failure) return failure.message;
  const [pod] = owned(sets, deployment).flatMap((set) => owned(pods, set)).filter((pod) => !conditions(pod).some(({ type, status }) => type === "Ready" && status === "True"));
  if (!pod) return undefined;
  const unscheduled = conditions(pod).find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unscheduled) return unscheduled.message;
  const mount = events.find(({ reason, involvedObject }) => reason === "FailedMount" && involvedObject?.uid === pod.metadata.uid);
  if (mount) return mount.message;
  const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const waiting = containers.map(({ state, name }) => state?.waiting && `${state.waiting.reason} of ${name}${state.waiting.message ? `: ${state.waiting.message}` : ""}`).find(Boolean);
  return waiting ?? (containers.some(({ ready }) => !ready) ? "a container is not ready: its probe fails" : undefined);
}

let [available, stopped, refused, unknown] = [0, 0, 0, 0];
for (const folder of process.argv.slice(2)) {
  for (const manifest of manifests(folder)) {
    const name = relative(folder, manifest.path);
    const { stdout, stderr } = play(manifest);
    const [deployments = [], sets = [], pods = [], events = []] = ["deployments", "replicasets", "pods", "events"].map((mark) => json(stdout, mark));
    const complaint = after(stdout, "refused").split("\n").filter((line) => /^(The |Error |error: |resource mapping)/.test(line))[0];
    if (deployments.length === 0) {
      refused += 1;
      console.log(`${name}: refused: ${(complaint ?? stderr).slice(0, 200)}`);
    }
    for (const deployment of deployments) {
      const wanted = deployment.spec.replicas ?? 1;
      if ((deployment.status?.availableReplicas ?? 0) >= wanted) {
        available += 1;
        continue;
      }
      const why = reason(deployment, sets, pods, events);
      why ? (stopped += 1) : (unknown += 1);
      console.log(`${name}: ${deployment.metadata.name}: ${(why ?? "NOT AVAILABLE, and nothing says why").slice(0, 200)}`);
    }
  }
}
console.log(`${available} Deployments available, ${stopped} stopped with a reason, ${unknown} without one; ${refused} files refused`);
process.exitCode = unknown === 0 ? 0 : 1;
