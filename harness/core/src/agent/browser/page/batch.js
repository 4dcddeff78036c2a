// Many scenarios at the same time.

// Requests in flight at a time. A browser opens six connections per host; more only queue.
const QUICK_LANE = 10;
// What is delayed or held gets a lane of its own and never occupies all six.
const SLOW_LANE = 4;

// Batch: {context, budget, jobs: [{deadline, slow, steps: [{wait, control, settled, wants, listen, request}]}]};
// times in milliseconds. Result: one entry per job, {steps: [{end, events, facts}, …]} or {failed: text}.
// An end is {visible: {…}}, {blocked: {…}}, {silent: {}} or {timedOut: {}}.
async function run(text) {
  const batch = JSON.parse(text);
  if (batch.context !== "window") {
    return runElsewhere(batch);
  }
  forgetTimings();
  const lanes = { quick: lane(QUICK_LANE), slow: lane(SLOW_LANE) };
  const { budget, jobs } = batch;
  const results = jobs.map(() => ({ failed: `not finished after ${budget} ms` }));
  const all = Promise.all(
    jobs.map(async (job, index) => {
      results[index] = await runJob(job, job.slow ? lanes.slow : lanes.quick);
    }),
  );
  await Promise.race([all, sleep(budget)]);
  return JSON.stringify(results);
}

async function runJob(job, lane) {
  const steps = [];
  try {
    for (const plan of job.steps) {
      if (plan.wait > 0) {
        await sleep(plan.wait);
      }
      await lane.enter();
      try {
        if (plan.control !== null) {
          await tellServer(plan.control);
        }
        steps.push(await runStep(plan, job.deadline));
      } finally {
        lane.leave();
      }
    }
  } catch (exception) {
    return { failed: `${exception.name}: ${exception.message}` };
  }
  return { steps };
}

async function runStep(plan, deadline) {
  if (NEEDS_HOME.has(plan.request.via) && !canMakeDocuments()) {
    return runInDisposable(plan, deadline);
  }
  const mechanism = MECHANISMS[plan.request.via];
  if (!mechanism) {
    throw new Error(`there is no \`${plan.request.via}\` in this page`);
  }
  const step = new Step(plan);
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve({ timedOut: {} }), deadline);
  });
  let outcome;
  try {
    const end = await Promise.race([mechanism(step), late]);
    outcome = { end, facts: await step.findFacts(), events: step.events };
  } finally {
    clearTimeout(timer);
    step.clear();
  }
  // Connections are closed by now, which the server has to see before anybody reads the tape. Where
  // script is told nothing, it has been waited for already.
  if (plan.settled !== null && outcome.end !== SILENT) {
    await tellServer(plan.settled);
  }
  return outcome;
}

// A request that is no part of the scenario.
async function tellServer(url) {
  const response = await fetch(url, { cache: "no-store", credentials: "omit" });
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}`);
  }
}

// Requests same-origin URLs, so that their cookies are stored first-party. Result: for each null, or
// the text of what went wrong.
async function visit(urls) {
  const results = await Promise.all(
    JSON.parse(urls).map(async (url) => {
      try {
        const response = await fetch(url, { cache: "no-store", credentials: "include" });
        return response.ok ? null : `${url} answered ${response.status}`;
      } catch (exception) {
        return `${url}: ${exception.name}: ${exception.message}`;
      }
    }),
  );
  return JSON.stringify(results);
}

// At most `width` holders at a time, in order of arrival.
function lane(width) {
  const waiting = [];
  let free = width;
  return {
    async enter() {
      if (free > 0) {
        free -= 1;
      } else {
        await new Promise((resolve) => waiting.push(resolve));
      }
    },
    leave() {
      const next = waiting.shift();
      if (next) {
        next();
      } else {
        free += 1;
      }
    },
  };
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
