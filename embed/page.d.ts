// What scripts of this project find on a page, beyond what browsers have.

/** An object of the cluster, as `kubectl get -o json` prints it: as far as scripts here look into it. */
interface LabObject {
  metadata: { name: string; uid: string; annotations?: Record<string, string> };
  status: { phase?: string; readyReplicas?: number };
}

/** `window.lab`, for those that drive the lab's page. */
interface LabOfPage {
  exec(line: string): Promise<string>;
  apply(): Promise<string>;
  write(file: string, text: string): void;
  read(file: string): string | undefined;
  state(): { now: number; deployments: LabObject[]; replicasets: LabObject[]; pods: LabObject[]; services: LabObject[]; events: LabObject[] };
  play(): void;
  pause(): void;
  step(): number;
  /** Times the clock, or `story`. */
  speed(pace: number | "story"): void;
  /** Milliseconds of simulated time, as all that follow. */
  advance(ms: number): number;
  seek(ms: number): number;
  now(): number;
  on(event: string, listener: (detail: unknown) => void): void;
}

/** What public/survival.js and src/view/survival.rs tell each other. */
interface LabSurvival {
  recover: string;
  isBare: boolean;
  isGuest: boolean;
  note(before: string, attempt: string): void;
}

interface Window {
  lab: LabOfPage;
  labSurvival: LabSurvival;
  /** Which functions have run, in a page that LAB_PROFILE=1 has built. */
  hits: Uint8Array;
  /** What tests/page/soak.mjs measures with. */
  soak: { wasm(): number; gaps(): number[] };
}

/** The service worker's own world, as far as public/sw.js needs it: browsers' own types have either a page's or a worker's. */
interface WorkerOfPage {
  registration: ServiceWorkerRegistration;
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: { waitUntil(work: Promise<void>): void }) => void): void;
  addEventListener(type: "fetch", listener: (event: { request: Request; respondWith(answer: Promise<Response>): void }) => void): void;
}

/** What a page stops with: told already, when it stopped. */
interface Error {
  hasStopped?: boolean;
}

interface HTMLElementTagNameMap {
  "hellok8s-lab": import("./element.js").Hellok8sLab;
  "hellok8s-block": import("./blocks/bar.js").Bar;
  "hellok8s-dock": import("./blocks/dock.js").Dock;
}

/** Where the browser has Trusted Types: what makes addresses that a page which demands them takes. */
declare var trustedTypes: { createPolicy(name: string, rules: { createScriptURL(text: string): string }): { createScriptURL(text: string): object } } | undefined;
