// window.lab: every door that embedders and tests rely on.
import { expect, openEmpty, test } from "./support/lab";


test("files, commands, time and state can be had from scripts", async ({ page }) => {
  await openEmpty(page);
  const found = await page.evaluate(async () => {
    const lab = (window as any).lab;
    lab.pause();
    const started = lab.now();
    lab.write("notes.txt", "one\n");
    const read = [lab.read("notes.txt"), lab.read("nothing")];
    const applied = await lab.apply();
    const advanced = lab.advance(10_000) - started;
    const listed = await lab.exec("kubectl get pods -o name");
    const state = lab.state();
    const before = lab.now();
    const stepped = lab.step() >= before;
    const sought = lab.seek(started + 100);
    const then = lab.state().pods.length;
    lab.speed(5);
    lab.play();
    return { read, applied, advanced, listed, kinds: Object.keys(state), pods: state.pods.length, isNow: state.now === before, stepped, sought: sought - started, then };
  });
  expect(found).toMatchObject({
    read: ["one\n", undefined],
    applied: "deployment.apps/hellok8s-deployment created\n",
    listed: expect.stringMatching(/^pod\/hellok8s-deployment-\w+-\w+\n$/),
    pods: 1,
    isNow: true,
    stepped: true,
    sought: 100,
  });
  expect(found.kinds).toEqual(expect.arrayContaining(["now", "deployments", "replicasets", "pods", "services", "events"]));
  expect(found.advanced).toBeGreaterThanOrEqual(10_000);
  await expect(page.getByTestId("play")).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByTestId("speed")).toHaveValue("5");
});

test("what a script asks of time is bounded, and odd numbers move nothing", async ({ page }) => {
  await openEmpty(page);
  const passed = await page.evaluate(() => {
    const lab = (window as any).lab;
    lab.pause();
    const by = (ms: unknown) => {
      const before = lab.now();
      return lab.advance(ms) - before;
    };
    return { nothing: [Number.NaN, -5, undefined, "soon", {}].map(by), endless: by(Number.POSITIVE_INFINITY), again: by(1e300) };
  });
  expect(passed.nothing).toEqual([0, 0, 0, 0, 0]);
  expect(passed.endless).toBeGreaterThan(0);
  expect(passed.endless).toBeLessThanOrEqual(86_400_000);
  expect(passed.again).toBeLessThanOrEqual(86_400_000);
});

test("listeners hear that the page is ready, what changes and which goals are reached", async ({ page }) => {
  await openEmpty(page, "/?lesson=scale");
  await page.evaluate(() => {
    const all = window as any;
    all.heard = [];
    for (const event of ["ready", "change", "goal"]) {
      all.lab.on(event, (detail: unknown) => all.heard.push([event, detail]));
    }
    // Who throws is not the lab's trouble.
    all.lab.on("change", () => {
      throw new Error("the listener's own");
    });
    all.lab.on("nothing", () => {});
    all.lab.on("change", "no function");
  });
  const heard = (event: string) => page.evaluate((event) => (window as any).heard.filter((each: unknown[]) => each[0] === event).map((each: unknown[]) => each[1]), event);
  await expect.poll(() => heard("ready")).toEqual([{ version: expect.stringMatching(/^\d+\./) }]);
  await page.getByTestId("apply").click();
  await page.evaluate(() => window.lab.advance(20_000));
  await expect.poll(async () => (await heard("change")).at(-1)?.pods?.length).toBe(1);
  await expect.poll(() => heard("goal")).toContainEqual({ lesson: "scale", step: 1, steps: expect.any(Number), done: false });
});
