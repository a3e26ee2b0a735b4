// All tests, in their order: what changes the world comes after those that look at it.

import "./harness.test.mjs";
import "./pages.test.mjs";
import "./pictures.test.mjs";
import "./core.test.mjs";
import "./rules.test.mjs";
import "./live.test.mjs";
import "./journeys.test.mjs";
import "./operation.test.mjs";
import "./people.test.mjs";
import "./last.test.mjs";
