/**
 * The configurations that were in force: kept on disk so that a node can go back to one, also after a crash.
 *
 * <p>Purpose: revisions, each with the exact texts of its files; which of them runs and which is the last good one. Place: below
 * {@link dev.sluice.agent}; knows files and hashes, nothing of objects or packets. Threads: one user, and a writer thread of its own, because disks may be
 * slow or full and the user must not wait for them. Specification: requirement rows X9 and F8; {@code docs/guides/history.md} for users. Start
 * reading at {@link dev.sluice.agent.history.History}.
 */
@NullMarked
package dev.sluice.agent.history;

import org.jspecify.annotations.NullMarked;
