/** node --test: the frame that crops a picture. */
import assert from "node:assert/strict";
import test from "node:test";
import { around, moved, turned } from "../src/crop.js";

test("a shape is framed around the point that matters, as on the server", () => {
  assert.deepEqual(around(200, 100, [1, 1], [50, 50]), { left: 25, top: 0, right: 75, bottom: 100 });
  assert.deepEqual(around(200, 100, [1, 1], [90, 10]), { left: 50, top: 0, right: 100, bottom: 100 });
  assert.deepEqual(turned([10, 20], 90, false), [80, 10]);
  assert.deepEqual(turned([10, 20], 180, true), [10, 80]);
});

test("a frame stays within the picture, whichever way it is dragged", () => {
  const frame = { left: 20, top: 20, right: 60, bottom: 60 };
  assert.deepEqual(moved(frame, [-50, 70], null, 0), { left: 0, top: 60, right: 40, bottom: 100 });
  assert.deepEqual(moved(frame, [-90, 5], ["right", "bottom"], 0), { left: 20, top: 20, right: 22, bottom: 65 });
  assert.deepEqual(moved(frame, [20, 0], ["right", "bottom"], 1), { left: 20, top: 20, right: 80, bottom: 80 });
  assert.deepEqual(moved(frame, [40, 0], ["right", "bottom"], 0.5), { left: 20, top: 20, right: 60, bottom: 100 }, "no room for more");
});
