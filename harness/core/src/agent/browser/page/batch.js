// Many scenarios at the same time.

// How many steps of each kind are under way at a time. A browser opens six connections per host; more
// requests only queue. What is delayed or held never occupies all six. Sockets have connections of their
// own, but Chromium lets each wait for some time that doubles with every one that is being opened: tens of
// milliseconds for three, seconds for ten.
const LANES = { quick: 10, slow: 4, socket: 3 };
// Those of a frame or a worker, beside those of its page.
const NARROW_LANES = { quick: 6, slow: 2, socket: 2 };
// A step that takes longer than this waits more than it works, and lets another one begin.
const PATIENCE = 1000;

// How many jobs may wait for their turn, so that more are wanted: what comes next should be here before
// there is nothing left to begin with.
const FEW = 32;

// The batches that have begun and whose results nobody has taken yet, by number.
const batches = new Map();

// Begins with a batch, beside those that are under way. Batch: {number, budget, canWrite, jobs: [{context,
// deadline, lane, steps: [{wait, control, begun, settled, wants, listen, onlyAssigns, request}]}]}; times in
// milliseconds.
async function begin(text) {
  const { number, budget, canWrite, jobs } = JSON.parse(text);
  canWriteDocuments = canWrite;
  const batch = { results: unfinished(jobs, budget), isOver: false };
  const byContext = new Map();
  jobs.forEach((job, index) => {
    byContext.set(job.context, [...(byContext.get(job.context) ?? []), index]);
  });
  // Each global object takes its own share, beside the others.
  const shares = [...byContext].map(async ([context, indexes]) => {
    const share = indexes.map((index) => jobs[index]);
    const tell = (number, result) => (batch.results[indexes[number]] = result);
    if (context === "window") {
      await runJobs(share, LANES, tell);
    } else {
      (await runElsewhere(context, share, budget)).forEach((result, number) => tell(number, result));
    }
  });
  batch.end = Promise.race([Promise.all(shares), sleep(budget)]).then(() => {
    batch.isOver = true;
  });
  batches.set(number, batch);
  return "";
}

// Waits until a batch has ended or, if one is wanted, until there is room for another. Result: the numbers
// of the batches that have ended, each with one entry per job, {steps: [{end, events, facts}, …]} or
// {failed: text}. An end is {visible: {…}}, {blocked: {…}}, {silent: {}} or {timedOut: {}}.
async function next(text) {
  const { wantsMore } = JSON.parse(text);
  const ends = [...batches.values()].map(({ end }) => end);
  await Promise.race(wantsMore ? [...ends, lanesOf(LANES).quick.room()] : ends);
  const ended = [...batches].filter(([, { isOver }]) => isOver);
  for (const [number] of ended) {
    batches.delete(number);
  }
  return JSON.stringify(ended.map(([number, { results }]) => [number, results]));
}

// What a frame or a worker does of a batch.
async function runShare(jobs, budget) {
  const results = unfinished(jobs, budget);
  const all = runJobs(jobs, NARROW_LANES, (number, result) => (results[number] = result));
  await Promise.race([all, sleep(budget)]);
  return results;
}

function unfinished(jobs, budget) {
  return jobs.map(() => ({ failed: `not finished after ${budget} ms` }));
}

// All batches of a global object share them.
let lanes;

function lanesOf(widths) {
  lanes ??= Object.fromEntries(Object.entries(widths).map(([name, width]) => [name, lane(width)]));
  return lanes;
}

let sharesUnderWay = 0;

async function runJobs(jobs, widths, tell) {
  if (sharesUnderWay === 0) {
    forgetTimings();
  }
  sharesUnderWay += 1;
  const lanes = lanesOf(widths);
  await Promise.all(
    jobs.map(async (job, number) => tell(number, await runJob(job, lanes[job.lane]))),
  );
  sharesUnderWay -= 1;
}

async function runJob(job, lane) {
  const steps = [];
  try {
    for (const plan of job.steps) {
      if (plan.wait > 0) {
        await sleep(plan.wait);
      }
      // What a step finds may last for seconds only, as a preflight in the cache.
      const leave = await lane.enter({ first: steps.length > 0 });
      let outcome;
      try {
        if (plan.control !== null) {
          await tellServer(plan.control);
        }
        outcome = await runStep(plan, job.deadline);
      } finally {
        leave();
      }
      if (mustSettle(plan, outcome)) {
        await tellServer(plan.settled);
      }
      steps.push(outcome);
    }
  } catch (exception) {
    return { failed: `${exception.name}: ${exception.message}` };
  }
  return { steps };
}

// Connections are closed after a step, which the server has to see before anybody reads the tape. What
// was refused made none; where script is told nothing, the server has been waited for already.
function mustSettle({ settled }, { end }) {
  return settled !== null && !end.silent && !end.blocked?.refused;
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
  return outcome;
}

// A request that is no part of the scenario.
async function tellServer(url) {
  const response = await fetch(url, { cache: "no-store", credentials: "omit" });
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}`);
  }
}

// At most `width` holders at a time, in order of arrival, and twice as many more as have been there for long.
// Who is to come first waits before all others.
function lane(width) {
  const waiting = [];
  let free = width;
  let spare = 2 * width;
  const wanting = [];
  const release = () => {
    const next = waiting.shift();
    if (next) {
      next();
    } else {
      free += 1;
    }
    if (waiting.length <= FEW) {
      wanting.splice(0).forEach((resolve) => resolve());
    }
  };
  return {
    // Waits until only few wait for their turn.
    async room() {
      if (waiting.length > FEW) {
        await new Promise((resolve) => wanting.push(resolve));
      }
    },
    // Returns what is called to leave it.
    async enter({ first }) {
      if (free > 0) {
        free -= 1;
      } else {
        await new Promise((resolve) => (first ? waiting.unshift(resolve) : waiting.push(resolve)));
      }
      let isSpare = false;
      const timer = setTimeout(() => {
        if (spare > 0) {
          spare -= 1;
          isSpare = true;
          release();
        }
      }, PATIENCE);
      return () => {
        clearTimeout(timer);
        if (isSpare) {
          spare += 1;
        } else {
          release();
        }
      };
    },
  };
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
